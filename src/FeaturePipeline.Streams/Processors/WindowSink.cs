using System.Buffers;
using FeaturePipeline.Streams.Tasks;
using FeaturePipeline.Streams.Topology;

namespace FeaturePipeline.Streams.Processors;

/// <summary>Sink of a windowed operator in one task: encodes results and hands them to the collector.</summary>
internal sealed class WindowSink<TState>(string topic, IWindowEncoder<TState> encoder, RecordCollector collector)
    where TState : class
{
    private readonly ArrayBufferWriter<byte> _key = new(64);
    private readonly ArrayBufferWriter<byte> _value = new(256);

    /// <summary>Sends one result; the partition is chosen by key.</summary>
    public void Send(in WindowResult<TState> result, long nowMs)
    {
        _key.ResetWrittenCount();
        _value.ResetWrittenCount();
        // Brokers refuse a record of the future (message.timestamp.after.max.ms); the window's own times are in the value.
        long timestampMs = Math.Min(encoder.Encode(in result, nowMs, _key, _value), nowMs);
        collector.Send(topic, RecordCollector.PartitionByKey, _key.WrittenSpan, _value.WrittenSpan, timestampMs);
    }
}
