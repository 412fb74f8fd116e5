namespace FeaturePipeline.Streams.Clients;

/// <summary>The producer port: one per thread, transactional under exactly-once.</summary>
/// <remarks>
/// Not thread-safe. Every method may throw
/// <see cref="Errors.TaskMigratedException"/> (fenced, or the group's generation is gone: close, rejoin),
/// <see cref="Errors.TransactionAbortedException"/> (abort the transaction, roll back, go on),
/// <see cref="Errors.RetriableException"/> (the outcome is unknown: call the same method again) and
/// <see cref="Errors.StreamsException"/> (fatal).
/// </remarks>
public interface IStreamsProducer : IDisposable
{
    /// <summary>Fences older producers of the same transactional id and ends what they left open.</summary>
    /// <param name="timeout">Longest wait.</param>
    void InitTransactions(TimeSpan timeout);

    /// <summary>Serves what the client has to tell: errors pile up in it else. Never waits and throws nothing.</summary>
    void Poll();

    /// <summary>Starts a transaction.</summary>
    void BeginTransaction();

    /// <summary>Copies a record into the client's queue and returns; a full queue is waited for.</summary>
    /// <param name="topic">Topic; the same string instance for repeated sends is fastest.</param>
    /// <param name="partition">Partition, or -1 to choose by key as Java's default partitioner does (murmur2).</param>
    /// <param name="key">Key bytes.</param>
    /// <param name="value">Value bytes.</param>
    /// <param name="timestampMs">Record timestamp in ms since the epoch.</param>
    /// <param name="flags">Which of key and value are null rather than empty.</param>
    /// <param name="headers">Headers in order, or null.</param>
    /// <exception cref="Errors.RecordTooLargeException">The record is larger than the client sends; the transaction goes on without it.</exception>
    void Send(
        string topic, int partition, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long timestampMs,
        SendFlags flags = SendFlags.None, IReadOnlyList<RecordHeader>? headers = null);

    /// <summary>Waits until every record sent so far is acknowledged.</summary>
    /// <param name="timeout">Longest wait.</param>
    /// <exception cref="Errors.TransactionAbortedException">A record was refused; outside a transaction, too.</exception>
    void Flush(TimeSpan timeout);

    /// <summary>Makes the source offsets part of the transaction.</summary>
    /// <param name="positions">Offsets of the next records (last + 1).</param>
    /// <param name="group">The consumer's <see cref="IStreamsConsumer.GroupMetadata"/>.</param>
    /// <param name="timeout">Longest wait.</param>
    void SendOffsetsToTransaction(IReadOnlyCollection<TopicPartitionOffset> positions, GroupMetadata group, TimeSpan timeout);

    /// <summary>Flushes and commits. After <see cref="Errors.RetriableException"/> call it again: the commit may be durable.</summary>
    /// <param name="timeout">Longest wait.</param>
    void CommitTransaction(TimeSpan timeout);

    /// <summary>Purges what is not sent and aborts.</summary>
    /// <param name="timeout">Longest wait.</param>
    void AbortTransaction(TimeSpan timeout);
}

/// <summary>Null markers of <see cref="IStreamsProducer.Send"/>: a span can't be null.</summary>
[Flags]
public enum SendFlags
{
    /// <summary>Key and value are as given; empty is empty.</summary>
    None = 0,

    /// <summary>The key is null.</summary>
    NullKey = 1,

    /// <summary>The value is null: a tombstone.</summary>
    NullValue = 2,
}
