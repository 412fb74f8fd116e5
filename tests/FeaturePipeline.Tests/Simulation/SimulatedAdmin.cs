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
