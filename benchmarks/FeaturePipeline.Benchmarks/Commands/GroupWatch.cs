using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace FeaturePipeline.Benchmarks.Commands;

/// <summary>How far a consumer group has come on one topic, as the broker tells it.</summary>
/// <param name="bootstrapServers">The broker.</param>
/// <param name="group">The consumer group.</param>
/// <param name="topic">The source topic.</param>
internal sealed class GroupWatch(string bootstrapServers, string group, string topic) : IDisposable
{
    private readonly IAdminClient _admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = bootstrapServers }).Build();
    private List<TopicPartition>? _partitions;

    /// <summary>Sum of the partitions' ends.</summary>
    public long End() => _admin
        .ListOffsetsAsync(Partitions().Select(p => new TopicPartitionOffsetSpec { TopicPartition = p, OffsetSpec = OffsetSpec.Latest() }))
        .GetAwaiter().GetResult()
        .ResultInfos.Sum(r => r.TopicPartitionOffsetError.Offset.Value);

    /// <summary>Sum of the group's committed offsets; 0 while it has none.</summary>
    public long Committed()
    {
        try
        {
            var results = _admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions(group, Partitions())]).GetAwaiter().GetResult();
            return results.Single().Partitions.Sum(p => Math.Max(0, p.Offset.Value));
        }
        catch (KafkaException)
        {
            // No such group yet.
            return 0;
        }
    }

    /// <summary>Members of the group that own partitions.</summary>
    public int Members()
    {
        try
        {
            var description = _admin.DescribeConsumerGroupsAsync([group]).GetAwaiter().GetResult().ConsumerGroupDescriptions.Single();
            return description.Members.Count(m => m.Assignment.TopicPartitions.Count > 0);
        }
        catch (KafkaException)
        {
            return 0;
        }
    }

    /// <summary>Whether everything is committed. Behind the last record there may be one control record of the producer's transaction.</summary>
    public bool IsAtEnd(long committed, long end) => committed > 0 && end - committed <= 0;

    public int PartitionCount => Partitions().Count;

    public void Dispose() => _admin.Dispose();

    private List<TopicPartition> Partitions()
    {
        if (_partitions is null)
        {
            var metadata = _admin.GetMetadata(topic, TimeSpan.FromSeconds(30)).Topics.Single();
            if (metadata.Error.IsError)
            {
                throw new InvalidOperationException($"Topic '{topic}': {metadata.Error.Reason}.");
            }

            _partitions = [.. metadata.Partitions.Select(p => new TopicPartition(topic, p.PartitionId))];
        }

        return _partitions;
    }
}
