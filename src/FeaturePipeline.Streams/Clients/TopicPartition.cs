namespace FeaturePipeline.Streams.Clients;

/// <summary>One partition of one topic.</summary>
/// <param name="Topic">Topic name.</param>
/// <param name="Partition">Partition number, from 0.</param>
public readonly record struct TopicPartition(string Topic, int Partition)
{
    /// <summary>The form that Kafka's own logs use: <c>topic-partition</c>.</summary>
    public override string ToString() => $"{Topic}-{Partition}";
}

/// <summary>A position in a partition.</summary>
/// <param name="TopicPartition">The partition.</param>
/// <param name="Offset">Offset of the next record to read or process (last + 1).</param>
public readonly record struct TopicPartitionOffset(TopicPartition TopicPartition, long Offset);

/// <summary>The ends of a partition, as the broker told them.</summary>
/// <param name="Low">Offset of the first record that is still kept.</param>
/// <param name="High">High watermark: one past the last replicated record, open transactions included.</param>
/// <param name="LastStable">Last stable offset: one past the last record that no open transaction holds back.</param>
public readonly record struct Watermarks(long Low, long High, long LastStable);

/// <summary>One header of a record.</summary>
/// <param name="Name">Header name; names may repeat.</param>
/// <param name="Value">Header value, or null.</param>
public readonly record struct RecordHeader(string Name, byte[]? Value);
