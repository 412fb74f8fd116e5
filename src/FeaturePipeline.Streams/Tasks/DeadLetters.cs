using System.Globalization;
using System.Text;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Diagnostics;
using FeaturePipeline.Streams.Topology;
using Microsoft.Extensions.Logging;

namespace FeaturePipeline.Streams.Tasks;

/// <summary>Writes records that no operator takes to their topics, in the transaction of the batch that they came in.</summary>
/// <remarks>Key, value and headers are the record's own; <c>dlq.*</c> headers (UTF-8 text) say what happened and where.</remarks>
internal sealed class DeadLetters(StreamsOptions options, RecordCollector collector, ILogger logger)
{
    private static readonly DropReason[] Reasons = Enum.GetValues<DropReason>();

    private readonly long[] _lastLogMs = new long[Reasons.Length];
    private readonly long[] _unloggedCount = new long[Reasons.Length];
    private readonly byte[] _application = Encoding.UTF8.GetBytes(options.ApplicationId);
    private long _secondStartMs;
    private int _sentThisSecond;

    /// <summary>Writes a rejected record, when a dead-letter topic is configured and its rate allows.</summary>
    public void Send(RecordBatch batch, in ConsumedRecord record, Rejection rejection, long nowMs)
    {
        Log(in record, rejection, nowMs);
        if (options.DeadLetterTopic is { } topic && IsWithinRate(nowMs))
        {
            Send(topic, batch, in record, rejection);
        }
    }

    /// <summary>Writes a late record, when a late topic is configured.</summary>
    public void SendLate(RecordBatch batch, in ConsumedRecord record, long nowMs)
    {
        if (options.LateTopic is { } topic)
        {
            Rejection late = new(DropReason.Late, "The event is later than gap and grace allow. Raise Window:Grace to accept it.");
            Log(in record, late, nowMs);
            Send(topic, batch, in record, late);
        }
    }

    private void Send(string topic, RecordBatch batch, in ConsumedRecord record, Rejection rejection)
    {
        List<RecordHeader> headers = [.. record.HasHeaders ? batch.ReadHeaders(in record) : []];
        headers.Add(new RecordHeader("dlq.reason", Encoding.UTF8.GetBytes(rejection.Reason.ToText())));
        headers.Add(new RecordHeader("dlq.message", Encoding.UTF8.GetBytes(rejection.Message)));
        headers.Add(new RecordHeader("dlq.topic", Encoding.UTF8.GetBytes(record.Topic)));
        headers.Add(new RecordHeader("dlq.partition", Number(record.Partition)));
        headers.Add(new RecordHeader("dlq.offset", Number(record.Offset)));
        headers.Add(new RecordHeader("dlq.timestamp", Number(record.TimestampMs)));
        headers.Add(new RecordHeader("dlq.application", _application));
        SendFlags flags = (record.IsKeyNull ? SendFlags.NullKey : SendFlags.None) | (record.IsValueNull ? SendFlags.NullValue : SendFlags.None);
        collector.Send(topic, RecordCollector.PartitionByKey, record.Key, record.Value, Math.Max(record.TimestampMs, 0), flags, headers);
    }

    private bool IsWithinRate(long nowMs)
    {
        if (options.DeadLetterMaxPerSecond is not { } max)
        {
            return true;
        }

        if (nowMs - _secondStartMs >= 1000)
        {
            _secondStartMs = nowMs;
            _sentThisSecond = 0;
        }

        return _sentThisSecond++ < max;
    }

    // At most once a second and reason: a broken producer must not fill the disk with our log.
    private void Log(in ConsumedRecord record, Rejection rejection, long nowMs)
    {
        int reason = (int)rejection.Reason;
        _unloggedCount[reason]++;
        if (nowMs - _lastLogMs[reason] >= 1000)
        {
            logger.RecordDropped(
                rejection.Reason.ToText(), _unloggedCount[reason], record.Topic, record.Partition, record.Offset, rejection.Message);
            _lastLogMs[reason] = nowMs;
            _unloggedCount[reason] = 0;
        }
    }

    private static byte[] Number(long value) => Encoding.UTF8.GetBytes(value.ToString(CultureInfo.InvariantCulture));
}
