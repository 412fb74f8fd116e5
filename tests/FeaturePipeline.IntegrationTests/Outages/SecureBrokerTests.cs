using Confluent.Kafka;
using Confluent.Kafka.Admin;
using FeaturePipeline.IntegrationTests.Sessions;

namespace FeaturePipeline.IntegrationTests.Outages;

/// <summary>SASL_SSL with ACLs: the program with the rights that the README names, and one without.</summary>
public sealed class SecureBrokerTests(KafkaFixture kafka)
{
    private const ResourceType TransactionalId = (ResourceType)5; // librdkafka's RD_KAFKA_RESOURCE_TRANSACTIONAL_ID, which Confluent.Kafka has no name for

    [Fact]
    public void A_principal_with_the_documented_rights_runs_the_job_and_a_stranger_is_refused_by_name()
    {
        const int Events = 20_000;
        using var broker = new OwnBroker("--secure");
        using var job = new SessionScenario(broker.BootstrapServers, kafka.RegistryUrl, "secure") { Settings = As(broker, "pipeline") };
        Allow(broker.BootstrapServers, "pipeline", job);
        job.Produce(Events);

        // The wrong password and missing rights are no outage: waiting mends neither.
        AssertRefused(job.StartWorker("wrong", "Kafka:Client:sasl.password=wrong"), "uthentication");
        AssertRefused(job.StartWorker("stranger", [.. As(broker, "stranger")]), "uthoriz");

        ProgramProcess worker = job.StartWorker("one");
        job.AwaitEnd();
        Assert.True(worker.Terminate() == 0, worker.Log);
        job.AssertExact();
    }

    private static void AssertRefused(ProgramProcess worker, string says)
    {
        Assert.True(worker.WaitForExit() == 1, worker.Log);
        Assert.Contains(says, worker.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("-secret", worker.Log, StringComparison.Ordinal);
    }

    private static string[] As(OwnBroker broker, string user) =>
    [
        $"Kafka:BootstrapServers={broker.SecureBootstrapServers}", "Kafka:Client:security.protocol=SASL_SSL", "Kafka:Client:sasl.mechanism=PLAIN",
        $"Kafka:Client:sasl.username={user}", $"Kafka:Client:sasl.password={user}-secret", $"Kafka:Client:ssl.ca.location={broker.CaFile}",
    ];

    private static void Allow(string bootstrapServers, string user, SessionScenario job)
    {
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = bootstrapServers }).Build();
        string id = job.ApplicationId;
        (ResourceType Type, string Prefix, AclOperation[] Operations)[] rights =
        [
            (ResourceType.Topic, job.SourceTopic, [AclOperation.Read, AclOperation.Write, AclOperation.Create]), // the last two for the producer
            (ResourceType.Topic, id + "-user_sessions", [AclOperation.Read, AclOperation.Write, AclOperation.Create]),
            (ResourceType.Topic, job.FeatureTopic, [AclOperation.Write, AclOperation.Create]),
            (ResourceType.Topic, id + "-dlq", [AclOperation.Write, AclOperation.Create]),
            (ResourceType.Group, id, [AclOperation.Read]),
            (TransactionalId, id, [AclOperation.Write]),
        ];
        admin.CreateAclsAsync(rights.SelectMany(right => right.Operations.Select(operation => new AclBinding
        {
            Pattern = new ResourcePattern { Type = right.Type, Name = right.Prefix, ResourcePatternType = ResourcePatternType.Prefixed },
            Entry = new AccessControlEntry { Principal = $"User:{user}", Host = "*", Operation = operation, PermissionType = AclPermissionType.Allow },
        }))).GetAwaiter().GetResult();
    }
}
