namespace FeaturePipeline.Streams.Clients;

/// <summary>Makes the clients of one broker: Kafka's, or the simulated one's.</summary>
public interface IStreamsClients
{
    /// <summary>A member of the application's group; auto-commit off, read_committed, ends of partitions reported.</summary>
    /// <param name="clientId">Client id.</param>
    IStreamsConsumer CreateConsumer(string clientId);

    /// <summary>A consumer without a group, read_committed, for restoring state from changelogs.</summary>
    /// <param name="clientId">Client id.</param>
    IStreamsConsumer CreateRestoreConsumer(string clientId);

    /// <summary>A producer.</summary>
    /// <param name="clientId">Client id.</param>
    /// <param name="transactionalId">Transactional id, stable over restarts; null for at-least-once.</param>
    IStreamsProducer CreateProducer(string clientId, string? transactionalId);

    /// <summary>An admin client.</summary>
    IAdmin CreateAdmin();
}
