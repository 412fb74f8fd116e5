using FeaturePipeline.Streams.Clients;

namespace FeaturePipeline.Tests.Features.Events;

/// <summary>A batch of one record in pinned memory.</summary>
internal sealed class EventBatch : RecordBatch
{
    private readonly byte[] _key;
    private readonly byte[] _value;
    private readonly RecordHeader[] _headers;
    private readonly ConsumedRecord[] _records;

    public unsafe EventBatch(byte[]? key, byte[]? value, long offset = 0, int partition = 0, params RecordHeader[] headers)
    {
        _key = Pin(key);
        _value = Pin(value);
        _headers = headers;
        fixed (byte* k = _key, v = _value)
        {
            // The arrays are pinned for their life, the pointers outlive the statement.
            _records = [new ConsumedRecord("user-events", partition, offset, 0, k, key?.Length ?? -1, v, value?.Length ?? -1, headers.Length > 0, 0)];
        }
    }

    public override ReadOnlySpan<ConsumedRecord> Records => _records;

    public override IReadOnlyList<TopicPartitionOffset> Ends => [];

    public ref readonly ConsumedRecord Record => ref _records[0];

    public override IReadOnlyList<RecordHeader> ReadHeaders(in ConsumedRecord record) => _headers;

    private static byte[] Pin(byte[]? bytes)
    {
        byte[] pinned = GC.AllocateArray<byte>(Math.Max(1, bytes?.Length ?? 0), pinned: true);
        bytes?.CopyTo(pinned, 0);
        return pinned;
    }
}
