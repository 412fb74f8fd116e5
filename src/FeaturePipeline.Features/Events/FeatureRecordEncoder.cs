using System.Buffers;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Features.Aggregators;
using FeaturePipeline.Features.Definitions;
using FeaturePipeline.Streams.Topology;

namespace FeaturePipeline.Features.Events;

/// <summary>Encodes a closed window as the record of its view. One instance per task.</summary>
public sealed class FeatureRecordEncoder : IWindowEncoder<WindowState>
{
    private readonly RowEncoder _encoder;
    private readonly FeatureDefinition[] _features;
    private readonly DerivedStep[] _derived;
    private readonly FieldValue[] _values;
    private readonly ResultData _data = new();
    private readonly string _viewName;
    private readonly int _schemaId;
    private readonly int _firstFeature;

    /// <summary>Makes the encoder of one task.</summary>
    /// <param name="view">The view.</param>
    /// <param name="schemaId">The registry's id of the view's schema.</param>
    public FeatureRecordEncoder(FeatureView view, int schemaId)
    {
        _viewName = view.Name;
        _schemaId = schemaId;
        _encoder = RowEncoder.Compile(view.RecordSchema);
        _features = [.. view.Features];
        _firstFeature = 1 + FeatureRecordSchema.BaseFields.Count + (view.Emit == EmitMode.OnClose ? 0 : 1);
        _values = new FieldValue[_firstFeature + _features.Length];
        _derived = [.. _features.Index().Where(f => f.Item.Derived is not null).Select(f => new DerivedStep(
            f.Index, f.Item.Derived!.Value.IsRatio, Find(f.Item.Derived!.Value.Left), Find(f.Item.Derived!.Value.Right)))];
    }

    private readonly record struct DerivedStep(int Index, bool IsRatio, int Left, int Right);

    /// <summary>Sums that did not fit a long and became null, since the encoder was made.</summary>
    public long Overflows => _data.Overflows;

    /// <inheritdoc/>
    public long Encode(in WindowResult<WindowState> result, long nowMs, ArrayBufferWriter<byte> key, ArrayBufferWriter<byte> value)
    {
        key.Write(result.Key);
        _data.Clear();
        _values[0] = _data.Add(result.Key);
        _values[1] = FieldValue.FromLong(result.EndMs);
        _values[2] = FieldValue.FromLong(nowMs);
        _values[3] = FieldValue.FromLong(result.StartMs);
        _values[4] = FieldValue.FromLong(result.EndMs);
        if (_firstFeature > 5)
        {
            _values[5] = FieldValue.FromBoolean(result.IsFinal);
        }

        long overflows = _data.Overflows;
        for (int i = 0; i < _features.Length; i++)
        {
            // What is neither aggregated nor derived from features is the session's duration.
            _values[_firstFeature + i] = _features[i].Aggregator?.Result(result.State, _data) ?? FieldValue.FromLong(result.EndMs - result.StartMs);
        }

        foreach (DerivedStep step in _derived)
        {
            _values[_firstFeature + step.Index] = step.IsRatio ? Divide(step) : Subtract(step);
        }

        if (_data.Overflows != overflows)
        {
            FeatureMetrics.CountOverflows(_data.Overflows - overflows, _viewName);
        }

        WriteValue(value);
        return result.EndMs;
    }

    private void WriteValue(ArrayBufferWriter<byte> value)
    {
        Span<byte> destination = value.GetSpan(WireFormat.PrefixSize + _encoder.MaxSize(_values));
        WireFormat.WritePrefix(destination, _schemaId);
        int length = _encoder.Encode(_values, _data.Bytes, destination[WireFormat.PrefixSize..]);
        if (length < 0)
        {
            throw new InvalidOperationException("RowEncoder.MaxSize was less than the row's size.");
        }

        value.Advance(WireFormat.PrefixSize + length);
    }

    // Null where there is nothing to divide, or nothing to divide by.
    private FieldValue Divide(DerivedStep step)
    {
        double? numerator = Number(step.Left);
        double? denominator = Number(step.Right);
        return numerator is null || denominator is null or 0 ? FieldValue.Null : FieldValue.FromDouble(numerator.Value / denominator.Value);
    }

    private FieldValue Subtract(DerivedStep step)
    {
        FieldValue left = _values[_firstFeature + step.Left];
        FieldValue right = _values[_firstFeature + step.Right];
        if (left.IsNull || right.IsNull)
        {
            return FieldValue.Null;
        }

        return _features[step.Index].Kind == FieldKind.Long
            ? _data.ToLong((Int128)left.AsLong - right.AsLong)
            : FieldValue.FromDouble(Number(step.Left)!.Value - Number(step.Right)!.Value);
    }

    private double? Number(int feature)
    {
        FieldValue value = _values[_firstFeature + feature];
        return value.IsNull ? null : _features[feature].Kind == FieldKind.Double ? value.AsDouble : value.AsLong;
    }

    private int Find(string name) => Array.FindIndex(_features, f => string.Equals(f.Name, name, StringComparison.Ordinal));
}
