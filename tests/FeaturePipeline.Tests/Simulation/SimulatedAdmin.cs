using FeaturePipeline.Streams.Clients;

namespace FeaturePipeline.Tests.Simulation;

internal sealed class SimulatedAdmin(SimulatedClients clients) : IAdmin
{
    public int? PartitionCount(string topic, TimeSpan timeout)
    {
        Enter($"metadata of {topic}", timeout);
        return clients.Broker.PartitionCount(topic);
    }

    public void CreateMissingTopics(IReadOnlyCollection<TopicSpec> topics, TimeSpan timeout)
    {
        Enter("CreateTopics", timeout);
        foreach (TopicSpec topic in topics)
        {
            clients.Broker.CreateTopic(topic.Name, topic.Partitions);
        }
    }

    public IReadOnlyDictionary<string, string> TopicConfig(string topic, TimeSpan timeout)
    {
        Enter($"DescribeConfigs of {topic}", timeout);
        return new Dictionary<string, string>();
    }

    public void DeleteTopic(string topic, TimeSpan timeout)
    {
        Enter("DeleteTopics", timeout);
        clients.Broker.DeleteTopic(topic);
    }

    public IReadOnlyList<string> GroupMembers(string group, TimeSpan timeout)
    {
        Enter("DescribeGroups", timeout);
        return [.. clients.Broker.Group(group).Members.Keys];
    }

    public void SetGroupOffsets(string group, IReadOnlyCollection<TopicPartitionOffset> offsets, TimeSpan timeout)
    {
        Enter("OffsetCommit", timeout);
        foreach (TopicPartitionOffset offset in offsets)
        {
            clients.Broker.Group(group).SetOffset(offset.TopicPartition, offset.Offset);
        }
    }

    public void DeleteGroupOffsets(string group, IReadOnlyCollection<TopicPartition> partitions, TimeSpan timeout)
    {
        Enter("OffsetDelete", timeout);
        foreach (TopicPartition partition in partitions)
        {
            clients.Broker.Group(group).SetOffset(partition, null);
        }
    }

    public void Dispose()
    {
        // Holds nothing.
    }

    private void Enter(string call, TimeSpan timeout)
    {
        clients.Enter(call);
        clients.Broker.ThrowIfAway(call, timeout);
        if (clients.Broker.Faults.Strikes(FaultKind.AdminTimeout, call))
        {
            throw clients.Broker.Unanswered(call, timeout);
        }
    }
}
