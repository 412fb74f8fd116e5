namespace FeaturePipeline.Streams.Clients;

/// <summary>What one poll returned: records, and partitions whose end was reached.</summary>
/// <remarks>
/// The consumer owns the batch and reuses it: it is valid until the next <see cref="IStreamsConsumer.Poll"/>,
/// <see cref="IStreamsConsumer.Close"/> or <see cref="IDisposable.Dispose"/> of that consumer.
/// </remarks>
public abstract class RecordBatch
{
    /// <summary>The records, in offset order within each partition.</summary>
    public abstract ReadOnlySpan<ConsumedRecord> Records { get; }

    /// <summary>
    /// Partitions whose end was reached after their records above. The offset is the position that a reader of the
    /// partition has then reached: control records of transactions are behind it.
    /// </summary>
    public abstract IReadOnlyList<TopicPartitionOffset> Ends { get; }

    /// <summary>Copies the headers of a record of this batch, in order; empty when it has none.</summary>
    /// <param name="record">A record of <see cref="Records"/>.</param>
    public abstract IReadOnlyList<RecordHeader> ReadHeaders(in ConsumedRecord record);
}
