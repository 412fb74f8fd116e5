using System.Globalization;
using System.Text;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Diagnostics;
using FeaturePipeline.Streams.Errors;
using FeaturePipeline.Streams.Topology;
using Microsoft.Extensions.Logging;

namespace FeaturePipeline.Streams.Tasks;

/// <summary>Writes records that no operator takes to their topics, in the transaction of the batch that they came in.</summary>
/// <remarks>
/// Key, value and headers are the record's own; <c>dlq.*</c> headers (UTF-8 text) say what happened and where. They are stamped now, so that
/// retention counts from when they were written; the record's own timestamp is in <c>dlq.timestamp</c>.
/// </remarks>
internal sealed class DeadLetters(StreamsOptions options, RecordCollector collector, ILogger logger)
{
    private static readonly int ReasonCount = Enum.GetValues<DropReason>().Length;

    private readonly long[] _lastLogMs = new long[ReasonCount];
    private readonly long[] _unloggedCount = new long[ReasonCount];
    private readonly byte[] _application = Encoding.UTF8.GetBytes(options.ApplicationId);
    private long _secondStartMs;
    private int _sentThisSecond;

    /// <summary>Writes a rejected record, when a dead-letter topic is configured and its rate allows.</summary>
    public void Send(RecordBatch batch, in ConsumedRecord record, Rejection rejection, long nowMs)
    {
        Log(in record, rejection, nowMs);
        if (options.DeadLetterTopic is { } topic && IsWithinRate(nowMs))
        {
            Send(topic, batch, in record, rejection, nowMs);
        }
    }

    /// <summary>Writes a late record, when a late topic is configured.</summary>
    public void SendLate(RecordBatch batch, in ConsumedRecord record, long nowMs)
    {
        Rejection late = new(DropReason.Late, "The event is later than gap and grace allow. Raise Window:Grace to accept it.");
        Log(in record, late, nowMs);
        if (options.LateTopic is { } topic)
        {
            Send(topic, batch, in record, late, nowMs);
        }
    }

    private void Send(string topic, RecordBatch batch, in ConsumedRecord record, Rejection rejection, long nowMs)
    {
        SendFlags flags = (record.IsKeyNull ? SendFlags.NullKey : SendFlags.None) | (record.IsValueNull ? SendFlags.NullValue : SendFlags.None);
        try
        {
            IReadOnlyList<RecordHeader> headers = [.. record.HasHeaders ? batch.ReadHeaders(in record) : [], .. Reasons(in record, rejection.Reason, rejection.Message)];
            collector.Send(topic, RecordCollector.PartitionByKey, record.Key, record.Value, nowMs, flags, headers);
        }
        catch (RecordTooLargeException)
        {
            // With our headers it is larger than it was in its own topic. One such record must not stop all others.
            string message = $"{rejection.Message} The record is too large to be copied here: key, value ({record.Value.Length} bytes) and headers are left out, read them where it came from.";
            collector.Send(
                topic, RecordCollector.PartitionByKey, default, default, nowMs, SendFlags.NullKey | SendFlags.NullValue,
                Reasons(in record, rejection.Reason, message));
        }
    }

    private RecordHeader[] Reasons(in ConsumedRecord record, DropReason reason, string message) =>
    [
        new("dlq.reason", Encoding.UTF8.GetBytes(reason.ToText())),
        new("dlq.message", Encoding.UTF8.GetBytes(message)),
        new("dlq.topic", Encoding.UTF8.GetBytes(record.Topic)),
        new("dlq.partition", Number(record.Partition)),
        new("dlq.offset", Number(record.Offset)),
        new("dlq.timestamp", Number(record.TimestampMs)),
        new("dlq.application", _application),
    ];

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
