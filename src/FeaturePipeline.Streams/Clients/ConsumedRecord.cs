namespace FeaturePipeline.Streams.Clients;

/// <summary>One consumed record: a view into memory that its <see cref="RecordBatch"/> owns.</summary>
/// <remarks>Key and value are valid until the batch is released, that is until the consumer's next poll.</remarks>
public readonly unsafe struct ConsumedRecord
{
    private readonly byte* _key;
    private readonly byte* _value;
    private readonly int _keyLength;
    private readonly int _valueLength;

    /// <summary>Makes a view of one record.</summary>
    /// <param name="topic">Topic; the same string instance for every record of one topic.</param>
    /// <param name="partition">Partition number.</param>
    /// <param name="offset">Offset in the partition.</param>
    /// <param name="timestampMs">Record timestamp in ms since the epoch, or -1 when it has none.</param>
    /// <param name="key">Start of the key; ignored when <paramref name="keyLength"/> is -1.</param>
    /// <param name="keyLength">Bytes of the key; -1 for a null key.</param>
    /// <param name="value">Start of the value; ignored when <paramref name="valueLength"/> is -1.</param>
    /// <param name="valueLength">Bytes of the value; -1 for a null value (tombstone).</param>
    /// <param name="hasHeaders">Whether the record carries headers.</param>
    /// <param name="handle">The client's own handle of the record, for reading its headers.</param>
    public ConsumedRecord(
        string topic, int partition, long offset, long timestampMs,
        byte* key, int keyLength, byte* value, int valueLength, bool hasHeaders, nint handle)
    {
        Topic = topic;
        Partition = partition;
        Offset = offset;
        TimestampMs = timestampMs;
        _key = key;
        _keyLength = keyLength;
        _value = value;
        _valueLength = valueLength;
        HasHeaders = hasHeaders;
        Handle = handle;
    }

    /// <summary>Topic name.</summary>
    public string Topic { get; }

    /// <summary>Partition number.</summary>
    public int Partition { get; }

    /// <summary>Offset in the partition.</summary>
    public long Offset { get; }

    /// <summary>Record timestamp in ms since the epoch; -1 when it has none.</summary>
    public long TimestampMs { get; }

    /// <summary>Whether the record carries headers; they are read with <see cref="RecordBatch.ReadHeaders"/>.</summary>
    public bool HasHeaders { get; }

    /// <summary>The client's own handle of the record.</summary>
    public nint Handle { get; }

    /// <summary>Whether the key is null (an empty key is not).</summary>
    public bool IsKeyNull => _keyLength < 0;

    /// <summary>Whether the value is null: a tombstone.</summary>
    public bool IsValueNull => _valueLength < 0;

    /// <summary>The key's bytes; empty when null.</summary>
    public ReadOnlySpan<byte> Key => _keyLength <= 0 ? default : new ReadOnlySpan<byte>(_key, _keyLength);

    /// <summary>The value's bytes; empty when null.</summary>
    public ReadOnlySpan<byte> Value => _valueLength <= 0 ? default : new ReadOnlySpan<byte>(_value, _valueLength);

    /// <summary>The partition that the record was read from.</summary>
    public TopicPartition TopicPartition => new(Topic, Partition);
}
