using FeaturePipeline.Streams.Clients;

namespace FeaturePipeline.Tests.Simulation;

// A batch over pinned memory. Invariant: after its release the memory holds garbage, and the batch refuses every use.
internal sealed class SimulatedBatch : RecordBatch
{
    private const byte Garbage = 0xDB;
    private readonly List<LogRecord> _records;
    private readonly ConsumedRecord[] _views;
    private readonly List<TopicPartitionOffset> _ends;
    private readonly byte[] _arena;
    private bool _isReleased;

    public unsafe SimulatedBatch(List<(PartitionLog Log, LogRecord Record)> records, List<TopicPartitionOffset> ends, byte[] arena)
    {
        _records = records.ConvertAll(r => r.Record);
        _views = new ConsumedRecord[records.Count];
        _ends = ends;
        _arena = arena;
        fixed (byte* start = arena)
        {
            byte* next = start;
            for (int i = 0; i < records.Count; i++)
            {
                (PartitionLog log, LogRecord record) = records[i];
                byte* key = next;
                next = Copy(record.Key, next);
                byte* value = next;
                next = Copy(record.Value, next);
                _views[i] = new ConsumedRecord(
                    log.Partition.Topic, log.Partition.Partition, record.Offset, record.TimestampMs,
                    key, record.Key?.Length ?? -1, value, record.Value?.Length ?? -1, record.Headers.Count > 0, i);
            }
        }
    }

    public static int BytesOf(List<(PartitionLog Log, LogRecord Record)> records) =>
        records.Sum(r => (r.Record.Key?.Length ?? 0) + (r.Record.Value?.Length ?? 0));

    public override ReadOnlySpan<ConsumedRecord> Records
    {
        get
        {
            ThrowIfReleased();
            return _views;
        }
    }

    public override IReadOnlyList<TopicPartitionOffset> Ends
    {
        get
        {
            ThrowIfReleased();
            return _ends;
        }
    }

    public override IReadOnlyList<RecordHeader> ReadHeaders(in ConsumedRecord record)
    {
        ThrowIfReleased();
        return _records[(int)record.Handle].Headers;
    }

    public void Release()
    {
        _isReleased = true;
        _arena.AsSpan().Fill(Garbage);
    }

    private static unsafe byte* Copy(byte[]? bytes, byte* to)
    {
        bytes?.CopyTo(new Span<byte>(to, bytes.Length));
        return to + (bytes?.Length ?? 0);
    }

    private void ThrowIfReleased()
    {
        if (_isReleased)
        {
            throw new SimulationContractException("A batch was used after the next poll, close or dispose of its consumer.");
        }
    }
}
