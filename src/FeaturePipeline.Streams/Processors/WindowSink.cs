using System.Buffers;
using FeaturePipeline.Streams.Tasks;
using FeaturePipeline.Streams.Topology;

namespace FeaturePipeline.Streams.Processors;

/// <summary>Sink of a windowed operator in one task: encodes results and hands them to the collector.</summary>
internal sealed class WindowSink<TState>(string topic, IWindowEncoder<TState> encoder, RecordCollector collector)
    where TState : class
{
    // Brokers refuse a record that is an hour ahead of their clock (message.timestamp.after.max.ms): one that comes near is stamped now. The
    // window's own times are in the value.
    private const long FutureMsMax = 30 * 60 * 1000;

    private readonly ArrayBufferWriter<byte> _key = new(64);
    private readonly ArrayBufferWriter<byte> _value = new(256);

    /// <summary>Sends one result; the partition is chosen by key.</summary>
    public void Send(in WindowResult<TState> result, long nowMs)
    {
        _key.ResetWrittenCount();
        _value.ResetWrittenCount();
        long timestampMs = encoder.Encode(in result, nowMs, _key, _value);
        bool isRefused = timestampMs - nowMs > FutureMsMax;
        collector.Send(topic, RecordCollector.PartitionByKey, _key.WrittenSpan, _value.WrittenSpan, isRefused ? nowMs : timestampMs);
    }
}
