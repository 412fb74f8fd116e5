using System.Buffers;
using FeaturePipeline.Features.Definitions;
using FeaturePipeline.Features.Events;
using FeaturePipeline.Features.Expressions;
using FeaturePipeline.Streams.Topology;

namespace FeaturePipeline.Features.Aggregators;

/// <summary>All aggregated features of a view over the events of one window.</summary>
public sealed class FeatureAggregation : IWindowedAggregation<EventRow, WindowState>
{
    private const int PoolSizeMax = 4096;

    private readonly FeatureView _view;
    private readonly Aggregator[] _aggregators;
    private readonly Step[] _steps;
    private readonly Stack<WindowState> _pool = new();

    /// <summary>Makes the aggregation of one task.</summary>
    /// <param name="view">The view.</param>
    public FeatureAggregation(FeatureView view)
    {
        _view = view;
        FeatureDefinition[] features = [.. view.Features.Where(f => f.Aggregator is not null)];
        _aggregators = [.. features.Select(f => f.Aggregator!)];
        LayoutHash = view.LayoutHash;

        // Features with the same filter ask it once.
        _steps = [.. features
            .GroupBy(f => f.Options.Where?.Trim() ?? "", StringComparer.Ordinal)
            .Select(group => new Step(group.First().Filter, [.. group.Select(f => f.Aggregator!)]))];
    }

    private readonly record struct Step(BooleanExpression? Filter, Aggregator[] Aggregators);

    /// <inheritdoc/>
    public uint LayoutHash { get; }

    /// <inheritdoc/>
    public WindowState Create() => _pool.TryPop(out WindowState? state) ? state : new WindowState(_view.StateSize, _view.StateSlots);

    /// <inheritdoc/>
    public void Add(WindowState state, in EventRow row)
    {
        foreach (Step step in _steps)
        {
            if (step.Filter is null || step.Filter.IsTrue(row))
            {
                foreach (Aggregator aggregator in step.Aggregators)
                {
                    aggregator.Add(state, row);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Merge(WindowState into, WindowState other)
    {
        foreach (Aggregator aggregator in _aggregators)
        {
            aggregator.Merge(into, other);
        }
    }

    /// <inheritdoc/>
    public void Write(WindowState state, ArrayBufferWriter<byte> output)
    {
        var writer = new StateWriter(output);
        foreach (Aggregator aggregator in _aggregators)
        {
            aggregator.Write(state, ref writer);
        }

        writer.Finish();
    }

    /// <inheritdoc/>
    public void Read(WindowState state, ReadOnlySpan<byte> input)
    {
        var reader = new StateReader(input);
        foreach (Aggregator aggregator in _aggregators)
        {
            aggregator.Read(state, ref reader);
        }

        if (!reader.IsAtEnd)
        {
            throw StateReader.Broken();
        }
    }

    /// <inheritdoc/>
    public void Release(WindowState state)
    {
        if (_pool.Count >= PoolSizeMax)
        {
            return;
        }

        state.ClearFixed();
        foreach (Aggregator aggregator in _aggregators)
        {
            aggregator.ClearSlots(state);
        }

        _pool.Push(state);
    }
}
