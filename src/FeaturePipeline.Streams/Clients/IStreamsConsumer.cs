namespace FeaturePipeline.Streams.Clients;

/// <summary>Called on the polling thread, inside <see cref="IStreamsConsumer.Poll"/> or <see cref="IStreamsConsumer.Close"/>.</summary>
/// <param name="Assigned">Partitions that were added. They are fetched only after the callback returned.</param>
/// <param name="Revoked">Partitions that are about to be given up: the last moment to commit their offsets.</param>
/// <param name="Lost">Partitions that are gone already: their offsets can't be committed any more.</param>
public sealed record RebalanceCallbacks(
    Action<IReadOnlyList<TopicPartition>> Assigned,
    Action<IReadOnlyList<TopicPartition>> Revoked,
    Action<IReadOnlyList<TopicPartition>> Lost);

/// <summary>Identity of a group member at one generation, as sent with a transaction's offsets (KIP-447).</summary>
/// <param name="Client">The client's own object; opaque to the runtime.</param>
public readonly record struct GroupMetadata(object Client);

/// <summary>The consumer port: batches of spans, no record objects.</summary>
/// <remarks>
/// Not thread-safe: one thread polls and calls. Methods that ask the broker throw <see cref="Errors.RetriableException"/>
/// when it does not answer in time and <see cref="Errors.StreamsException"/> when no retry can help.
/// </remarks>
public interface IStreamsConsumer : IDisposable
{
    /// <summary>Joins the group; assignments arrive through the callbacks, by incremental (cooperative) rebalancing.</summary>
    /// <param name="topics">Topics to read.</param>
    /// <param name="callbacks">What to call when partitions come and go.</param>
    void Subscribe(IReadOnlyCollection<string> topics, RebalanceCallbacks callbacks);

    /// <summary>Leaves the group and forgets the subscription without closing; revoked partitions are reported.</summary>
    void Unsubscribe();

    /// <summary>Reads exactly these partitions from these offsets, without a group. Replaces the assignment before.</summary>
    /// <param name="positions">Partitions and the offset of the first record wanted of each.</param>
    void Assign(IReadOnlyCollection<TopicPartitionOffset> positions);

    /// <summary>Waits for records at most <paramref name="timeout"/>, and returns as soon as there is one.</summary>
    /// <param name="timeout">Longest wait; zero only takes what is there.</param>
    /// <returns>A batch, possibly empty, valid until the next call.</returns>
    /// <exception cref="Errors.StreamsException">The client can't go on (for example: not authorised).</exception>
    RecordBatch Poll(TimeSpan timeout);

    /// <summary>Stops fetching these partitions; they stay assigned. Records already fetched are not returned.</summary>
    /// <param name="partitions">Assigned partitions.</param>
    void Pause(IReadOnlyCollection<TopicPartition> partitions);

    /// <summary>Fetches these partitions again.</summary>
    /// <param name="partitions">Assigned partitions.</param>
    void Resume(IReadOnlyCollection<TopicPartition> partitions);

    /// <summary>Sets the offset of the next record of an assigned partition; records fetched before are not returned.</summary>
    /// <param name="position">Partition and offset.</param>
    void Seek(TopicPartitionOffset position);

    /// <summary>The group's committed offsets, stable ones only (KIP-447); null where none is committed.</summary>
    /// <param name="partitions">Partitions to ask about.</param>
    /// <param name="timeout">Longest wait.</param>
    /// <exception cref="Errors.RetriableException">No stable answer in time: a transaction may still be open.</exception>
    IReadOnlyDictionary<TopicPartition, long?> Committed(IReadOnlyCollection<TopicPartition> partitions, TimeSpan timeout);

    /// <summary>Asks the broker for the ends of a partition.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="timeout">Longest wait.</param>
    Watermarks QueryWatermarks(TopicPartition partition, TimeSpan timeout);

    /// <summary>High watermark of an assigned partition as last seen in a fetch; null before the first.</summary>
    /// <param name="partition">The partition.</param>
    long? LastSeenEnd(TopicPartition partition);

    /// <summary>The member's identity now; read it anew for every transaction.</summary>
    /// <exception cref="Errors.TaskMigratedException">
    /// The client is no member now, although no callback has said so yet. Its identity would name neither member nor generation,
    /// and Kafka checks a transaction's offsets against the group only when they name one: nothing would fence this member.
    /// </exception>
    GroupMetadata GroupMetadata { get; }

    /// <summary>Commits offsets outside a transaction (at-least-once), and waits for the answer.</summary>
    /// <param name="positions">Offsets of the next records (last + 1).</param>
    /// <exception cref="Errors.TaskMigratedException">The member is no longer part of the generation.</exception>
    void Commit(IReadOnlyCollection<TopicPartitionOffset> positions);

    /// <summary>Leaves the group (a static member keeps its place); revoked partitions are reported before it returns.</summary>
    void Close();
}
