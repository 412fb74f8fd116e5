namespace FeaturePipeline.Streams.Clients;

/// <summary>A topic that the application needs.</summary>
/// <param name="Name">Topic name.</param>
/// <param name="Partitions">Number of partitions.</param>
/// <param name="ReplicationFactor">Replicas; -1 for the broker's default.</param>
/// <param name="Config">Topic configuration in Kafka's spelling, for example <c>cleanup.policy</c>.</param>
public sealed record TopicSpec(string Name, int Partitions, short ReplicationFactor, IReadOnlyDictionary<string, string> Config);

/// <summary>The admin port: what start-up needs to know of topics, and what a reset does to topics and groups.</summary>
/// <remarks>Throws <see cref="Errors.RetriableException"/> when the broker is away, <see cref="Errors.StreamsException"/> when it refuses.</remarks>
public interface IAdmin : IDisposable
{
    /// <summary>Number of partitions of a topic; null when it does not exist.</summary>
    /// <param name="topic">Topic name.</param>
    /// <param name="timeout">Longest wait.</param>
    int? PartitionCount(string topic, TimeSpan timeout);

    /// <summary>Creates the topics that do not exist yet; an existing one is left as it is.</summary>
    /// <param name="topics">Topics wanted.</param>
    /// <param name="timeout">Longest wait.</param>
    void CreateMissingTopics(IReadOnlyCollection<TopicSpec> topics, TimeSpan timeout);

    /// <summary>The settings of an existing topic that are in force, in Kafka's spelling; empty where the broker has none.</summary>
    /// <param name="topic">Topic name.</param>
    /// <param name="timeout">Longest wait.</param>
    IReadOnlyDictionary<string, string> TopicConfig(string topic, TimeSpan timeout);

    /// <summary>Deletes a topic, and waits until it is gone; one that does not exist is no error.</summary>
    /// <param name="topic">Topic name.</param>
    /// <param name="timeout">Longest wait.</param>
    void DeleteTopic(string topic, TimeSpan timeout);

    /// <summary>The members of a group, each as client id and host; none for a group that does not exist.</summary>
    /// <param name="group">Group id.</param>
    /// <param name="timeout">Longest wait.</param>
    IReadOnlyList<string> GroupMembers(string group, TimeSpan timeout);

    /// <summary>Sets offsets of a group without members.</summary>
    /// <param name="group">Group id.</param>
    /// <param name="offsets">Offsets of the next records.</param>
    /// <param name="timeout">Longest wait.</param>
    void SetGroupOffsets(string group, IReadOnlyCollection<TopicPartitionOffset> offsets, TimeSpan timeout);

    /// <summary>Deletes offsets of a group without members.</summary>
    /// <param name="group">Group id.</param>
    /// <param name="partitions">Whose offsets.</param>
    /// <param name="timeout">Longest wait.</param>
    void DeleteGroupOffsets(string group, IReadOnlyCollection<TopicPartition> partitions, TimeSpan timeout);
}
