using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace FeaturePipeline.IntegrationTests.Sessions;

/// <summary>How far a consumer group has come on one topic, as the broker tells it.</summary>
/// <param name="bootstrapServers">The broker.</param>
/// <param name="group">The consumer group.</param>
/// <param name="topic">The source topic.</param>
public sealed class GroupWatch(string bootstrapServers, string group, string topic) : IDisposable
{
    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(30);

    // Tests take the broker away on purpose: what librdkafka would print about it is no news.
    private readonly IAdminClient _admin =
        new AdminClientBuilder(new AdminClientConfig { BootstrapServers = bootstrapServers }).SetLogHandler((_, _) => { }).Build();

    // A consumer that never subscribes: it only asks. The admin client's ListConsumerGroupOffsetsAsync, called often, crashes the process.
    private readonly IConsumer<Ignore, Ignore> _consumer = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig
    {
        BootstrapServers = bootstrapServers,
        GroupId = group,
        EnableAutoCommit = false,
        IsolationLevel = IsolationLevel.ReadUncommitted,
        SocketTimeoutMs = 3_000, // of three brokers one that hangs
        CoordinatorQueryIntervalMs = 1_000, // one that is no member does not notice that its coordinator is another broker now
    }).SetLogHandler((_, _) => { }).Build();

    private List<TopicPartition>? _partitions;

    /// <summary>Whether the topic exists.</summary>
    public bool HasTopic() => !_admin.GetMetadata(topic, _timeout).Topics.Single().Error.IsError;

    /// <summary>Sum of the partitions' ends.</summary>
    public long End() => Partitions().Sum(p => _consumer.QueryWatermarkOffsets(p, _timeout).High.Value);

    /// <summary>Sum of the group's committed offsets; 0 while it has none.</summary>
    public long Committed() => _consumer.Committed(Partitions(), _timeout).Sum(p => Math.Max(0, p.Offset.Value));

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

    /// <summary>Waits until a condition holds, and looks often: what it waits for is to be interrupted in the middle.</summary>
    public static bool Await(Func<bool> isReached, TimeSpan timeout)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (!isReached())
        {
            if (clock.Elapsed > timeout)
            {
                return false;
            }

            Thread.Sleep(20);
        }

        return true;
    }

    /// <summary>Whether the group has committed everything there is.</summary>
    public bool IsAtEnd() => Committed() >= End();

    public void Dispose()
    {
        _consumer.Dispose();
        _admin.Dispose();
    }

    private List<TopicPartition> Partitions()
    {
        if (_partitions is null)
        {
            var metadata = _admin.GetMetadata(topic, _timeout).Topics.Single();
            if (metadata.Error.IsError)
            {
                throw new KafkaException(new Error(metadata.Error.Code, $"Topic '{topic}': {metadata.Error.Reason}.")); // of several brokers one learns of it later
            }

            _partitions = [.. metadata.Partitions.Select(p => new TopicPartition(topic, p.PartitionId))];
        }

        return _partitions;
    }
}
