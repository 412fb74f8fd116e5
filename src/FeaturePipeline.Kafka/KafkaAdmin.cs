using Confluent.Kafka;
using Confluent.Kafka.Admin;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Errors;
using KafkaPartition = Confluent.Kafka.TopicPartition;
using KafkaPartitionOffset = Confluent.Kafka.TopicPartitionOffset;
using TopicPartition = FeaturePipeline.Streams.Clients.TopicPartition;
using TopicPartitionOffset = FeaturePipeline.Streams.Clients.TopicPartitionOffset;

namespace FeaturePipeline.Kafka;

/// <summary>The admin port on Confluent.Kafka's admin client.</summary>
internal sealed class KafkaAdmin : IAdmin
{
    private readonly string _clientId;
    private readonly IAdminClient _admin;
    private readonly EmbeddedBroker? _embedded;
    private readonly ClientErrors _errors;
    private readonly TimeProvider _time;

    internal KafkaAdmin(
        IReadOnlyDictionary<string, string> properties, EmbeddedBroker? embedded, ClientErrors errors, TimeProvider time, Action<LogMessage> log)
    {
        _embedded = embedded;
        _errors = errors;
        _time = time;
        _clientId = properties["client.id"];
        _admin = new AdminClientBuilder(properties)
            .SetErrorHandler((_, error) => errors.Report(_clientId, error.Code, error.Reason))
            .SetLogHandler((_, message) => log(message))
            .Build();
    }

    /// <inheritdoc/>
    public int? PartitionCount(string topic, TimeSpan timeout)
    {
        string operation = $"Reading the partitions of topic '{topic}'";
        return Call(operation, () => _embedded is null ? Describe(topic, timeout) : FromMetadata(topic, timeout));
    }

    /// <inheritdoc/>
    public void CreateMissingTopics(IReadOnlyCollection<TopicSpec> topics, TimeSpan timeout)
    {
        if (_embedded is not null)
        {
            foreach (TopicSpec topic in topics)
            {
                _embedded.CreateTopic(topic.Name, topic.Partitions);
            }

            return;
        }

        long start = _time.GetTimestamp();
        List<TopicSpec> missing = topics.Where(t => PartitionCount(t.Name, timeout) is null).ToList();
        if (missing.Count == 0)
        {
            return;
        }

        string names = string.Join(", ", missing.Select(static t => $"'{t.Name}'"));
        Call($"Creating topics {names}", () => Create(missing, timeout));
        WaitUntilVisible(missing, timeout - _time.GetElapsedTime(start));
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> TopicConfig(string topic, TimeSpan timeout)
    {
        if (_embedded is not null)
        {
            return new Dictionary<string, string>();
        }

        var resource = new ConfigResource { Type = ResourceType.Topic, Name = topic };
        DescribeConfigsResult result = Call(
            $"Reading the settings of topic '{topic}'",
            () => _admin.DescribeConfigsAsync([resource], new DescribeConfigsOptions { RequestTimeout = timeout }).GetAwaiter().GetResult()[0]);
        return result.Entries.Where(static entry => entry.Value.Value is not null).ToDictionary(static entry => entry.Key, static entry => entry.Value.Value);
    }

    /// <inheritdoc/>
    public void DeleteTopic(string topic, TimeSpan timeout)
    {
        CheckIsKafka();
        long start = _time.GetTimestamp();
        Call($"Deleting topic '{topic}'", () => Delete(topic, timeout));
        WaitUntil(() => PartitionCount(topic, timeout) is null, start, timeout, $"Topic '{topic}' was deleted but is still visible");
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> GroupMembers(string group, TimeSpan timeout)
    {
        CheckIsKafka();
        return Call($"Reading the members of group '{group}'", () => Members(group, timeout));
    }

    /// <inheritdoc/>
    public void SetGroupOffsets(string group, IReadOnlyCollection<TopicPartitionOffset> offsets, TimeSpan timeout)
    {
        CheckIsKafka();
        var wanted = new ConsumerGroupTopicPartitionOffsets(
            group, [.. offsets.Select(static offset => new KafkaPartitionOffset(Of(offset.TopicPartition), offset.Offset))]);
        Call(
            $"Setting the offsets of group '{group}'",
            () => _admin.AlterConsumerGroupOffsetsAsync([wanted], new AlterConsumerGroupOffsetsOptions { RequestTimeout = timeout }).GetAwaiter().GetResult());
    }

    /// <inheritdoc/>
    public void DeleteGroupOffsets(string group, IReadOnlyCollection<TopicPartition> partitions, TimeSpan timeout)
    {
        CheckIsKafka();
        Call(
            $"Deleting the offsets of group '{group}'",
            () => _admin.DeleteConsumerGroupOffsetsAsync(
                group, partitions.Select(Of), new DeleteConsumerGroupOffsetsOptions { RequestTimeout = timeout }).GetAwaiter().GetResult());
    }

    /// <inheritdoc/>
    public void Dispose() => _admin.Dispose();

    private static KafkaPartition Of(TopicPartition partition) => new(partition.Topic, partition.Partition);

    private void CheckIsKafka()
    {
        if (_embedded is not null)
        {
            throw new StreamsException("The embedded broker ends with its process: there are no groups and topics to change. Set Kafka:BootstrapServers.");
        }
    }

    private bool Delete(string topic, TimeSpan timeout)
    {
        try
        {
            _admin.DeleteTopicsAsync([topic], new DeleteTopicsOptions { RequestTimeout = timeout, OperationTimeout = timeout }).GetAwaiter().GetResult();
        }
        catch (DeleteTopicsException e) when (e.Results is [{ Error.Code: ErrorCode.UnknownTopicOrPart }])
        {
            // It is gone, which is what was asked for.
        }

        return true;
    }

    private List<string> Members(string group, TimeSpan timeout)
    {
        try
        {
            DescribeConsumerGroupsResult result = _admin.DescribeConsumerGroupsAsync(
                [group], new DescribeConsumerGroupsOptions { RequestTimeout = timeout }).GetAwaiter().GetResult();
            return [.. result.ConsumerGroupDescriptions[0].Members.Select(static member => $"{member.ClientId} at {member.Host.TrimStart('/')}")];
        }
        catch (DescribeConsumerGroupsException e) when (e.Results.ConsumerGroupDescriptions is [{ Error.Code: ErrorCode.GroupIdNotFound }])
        {
            return [];
        }
    }

    private T Call<T>(string operation, Func<T> action)
    {
        try
        {
            T result = action();
            _errors.Answered();
            return result;
        }
        catch (KafkaException e)
        {
            throw _errors.Explain(_clientId, KafkaErrors.Map(operation, e));
        }
    }

    private int? Describe(string topic, TimeSpan timeout)
    {
        try
        {
            DescribeTopicsResult result = _admin.DescribeTopicsAsync(
                TopicCollection.OfTopicNames([topic]), new DescribeTopicsOptions { RequestTimeout = timeout }).GetAwaiter().GetResult();
            return result.TopicDescriptions[0].Partitions.Count;
        }
        catch (DescribeTopicsException e)
        {
            Error error = e.Results.TopicDescriptions[0].Error;
            if (error.Code == ErrorCode.UnknownTopicOrPart)
            {
                return null;
            }

            throw new KafkaException(error, e);
        }
    }

    // Of all topics: a request for one would create it on the embedded broker.
    private int? FromMetadata(string topic, TimeSpan timeout) =>
        _admin.GetMetadata(timeout).Topics.Find(t => t.Topic == topic)?.Partitions.Count;

    private bool Create(List<TopicSpec> topics, TimeSpan timeout)
    {
        var specifications = topics.Select(static t => new TopicSpecification
        {
            Name = t.Name,
            NumPartitions = t.Partitions,
            ReplicationFactor = t.ReplicationFactor,
            Configs = new Dictionary<string, string>(t.Config, StringComparer.Ordinal),
        });
        try
        {
            _admin.CreateTopicsAsync(specifications, new CreateTopicsOptions { RequestTimeout = timeout, OperationTimeout = timeout })
                .GetAwaiter().GetResult();
        }
        catch (CreateTopicsException e)
        {
            // Another instance that starts at the same time may have been first.
            CreateTopicReport? failed = e.Results.Find(static r => r.Error.IsError && r.Error.Code != ErrorCode.TopicAlreadyExists);
            if (failed is not null)
            {
                throw new KafkaException(new Error(failed.Error.Code, $"topic '{failed.Topic}': {failed.Error.Reason}"), e);
            }
        }

        return true;
    }

    // CreateTopics returns when the controller has decided; brokers learn of it a moment later.
    private void WaitUntilVisible(List<TopicSpec> topics, TimeSpan timeout)
    {
        long start = _time.GetTimestamp();
        foreach (TopicSpec topic in topics)
        {
            WaitUntil(() => PartitionCount(topic.Name, timeout) is not null, start, timeout, $"Topic '{topic.Name}' was created but is not visible");
        }
    }

    private void WaitUntil(Func<bool> isDone, long start, TimeSpan timeout, string otherwise)
    {
        using var pause = new ManualResetEventSlim();
        while (!isDone())
        {
            if (_time.GetElapsedTime(start) >= timeout)
            {
                throw new RetriableException($"{otherwise} after {timeout.TotalSeconds:0} s. Check the brokers' log.");
            }

            pause.Wait(50);
        }
    }
}
