using FeaturePipeline.Streams.Processors;
using FeaturePipeline.Streams.State;
using FeaturePipeline.Streams.Tasks;
using FeaturePipeline.Streams.Windows;

namespace FeaturePipeline.Streams.Topology;

/// <summary>Builds a <see cref="Topology"/>: sources, windowed operators, sinks.</summary>
/// <example>
/// <code>
/// var builder = new StreamBuilder();
/// builder.Source("events", "user-events", () => new MyDecoder())
///     .SessionWindow("sessions", new SessionWindows(gapMs: 1_800_000, graceMs: 300_000), () => new MyAggregation())
///     .To("session-features", () => new MyEncoder());
/// Topology topology = builder.Build();
/// </code>
/// </example>
public sealed class StreamBuilder
{
    private readonly List<Subtopology> _subtopologies = [];

    /// <summary>Adds a source: one task for each partition of its topic.</summary>
    /// <param name="name">Name of the node.</param>
    /// <param name="topic">Topic to read.</param>
    /// <param name="decoder">Makes the decoder of one task.</param>
    /// <typeparam name="TRow">Row type.</typeparam>
    public SourceStream<TRow> Source<TRow>(string name, string topic, Func<IRecordDecoder<TRow>> decoder)
        where TRow : struct, IStreamRow, allows ref struct
    {
        if (_subtopologies.Exists(s => s.SourceTopic == topic))
        {
            throw new ArgumentException($"Topic '{topic}' has a source already; add the operators to it.", nameof(topic));
        }

        Subtopology<TRow> subtopology = new(_subtopologies.Count, name, topic, decoder);
        _subtopologies.Add(subtopology);
        return new SourceStream<TRow>(subtopology);
    }

    /// <summary>The finished graph.</summary>
    /// <exception cref="InvalidOperationException">There is no source, a source feeds nothing, an operator has no sink, or a name stands twice.</exception>
    public Topology Build()
    {
        if (_subtopologies.Count == 0)
        {
            throw new InvalidOperationException("The topology has no source.");
        }

        HashSet<string> names = [];
        foreach (TopologyNode node in _subtopologies.SelectMany(s => s.Nodes()))
        {
            if (!names.Add(node.Name))
            {
                throw new InvalidOperationException($"The topology has two nodes named '{node.Name}'.");
            }

            if (node.Kind != TopologyNodeKind.Sink && node.Successors.Count == 0)
            {
                throw new InvalidOperationException($"Node '{node.Name}' feeds nothing; give it an operator or a sink.");
            }
        }

        return new Topology([.. _subtopologies]);
    }
}

/// <summary>Whether a row goes on.</summary>
/// <param name="row">The row.</param>
/// <typeparam name="TRow">Row type.</typeparam>
public delegate bool RowPredicate<TRow>(in TRow row)
    where TRow : struct, IStreamRow, allows ref struct;

/// <summary>A stream of rows, keyed as its topic is partitioned.</summary>
/// <typeparam name="TRow">Row type.</typeparam>
public sealed class SourceStream<TRow>
    where TRow : struct, IStreamRow, allows ref struct
{
    private readonly Subtopology<TRow> _subtopology;
    private readonly RowPredicate<TRow>? _filter;

    internal SourceStream(Subtopology<TRow> subtopology, RowPredicate<TRow>? filter = null)
    {
        _subtopology = subtopology;
        _filter = filter;
    }

    /// <summary>Only the rows for which a predicate holds. The others move stream time all the same, and are never late.</summary>
    /// <param name="predicate">Without state, because tasks share it.</param>
    public SourceStream<TRow> Filter(RowPredicate<TRow> predicate) =>
        new(_subtopology, _filter is not { } earlier ? predicate : (in TRow row) => earlier(in row) && predicate(in row));

    /// <summary>Aggregates by key and session.</summary>
    /// <param name="name">Name of the operator and of its store.</param>
    /// <param name="windows">Gap and grace.</param>
    /// <param name="aggregation">Makes the aggregation of one task.</param>
    /// <typeparam name="TState">State of one session.</typeparam>
    public WindowedStream<TRow, TState> SessionWindow<TState>(
        string name, SessionWindows windows, Func<IWindowedAggregation<TRow, TState>> aggregation)
        where TState : class
    {
        RowPredicate<TRow>? filter = _filter;
        WindowedStream<TRow, TState> stream = new(name, (context, sink) =>
        {
            IWindowedAggregation<TRow, TState> instance = aggregation();
            SessionStore<TRow, TState> store = new(name, context.Options.ChangelogTopic(name), instance);
            return new SessionAggregate<TRow, TState>(windows, store, instance, sink, context, filter);
        });
        _subtopology.Add(stream);
        return stream;
    }
}

/// <summary>A stream of window results.</summary>
/// <typeparam name="TRow">Row type of the source.</typeparam>
/// <typeparam name="TState">State of one window.</typeparam>
public sealed class WindowedStream<TRow, TState> : IOperatorDefinition<TRow>
    where TRow : struct, IStreamRow, allows ref struct
    where TState : class
{
    private readonly Func<TaskContext, WindowSink<TState>, WindowOperator<TRow>> _create;
    private Func<IWindowEncoder<TState>>? _encoder;
    private string? _topic;

    internal WindowedStream(string name, Func<TaskContext, WindowSink<TState>, WindowOperator<TRow>> create)
    {
        Name = name;
        _create = create;
    }

    /// <summary>Name of the operator and of its store.</summary>
    public string Name { get; }

    string? IOperatorDefinition<TRow>.SinkTopic => _topic;

    /// <summary>Sends the results to a topic, partitioned by key.</summary>
    /// <param name="topic">Topic to write.</param>
    /// <param name="encoder">Makes the encoder of one task.</param>
    public void To(string topic, Func<IWindowEncoder<TState>> encoder)
    {
        if (_topic is not null)
        {
            throw new InvalidOperationException($"Operator '{Name}' has a sink already.");
        }

        _topic = topic;
        _encoder = encoder;
    }

    WindowOperator<TRow> IOperatorDefinition<TRow>.Create(TaskContext context) =>
        _create(context, new WindowSink<TState>(_topic!, _encoder!(), context.Collector));
}
