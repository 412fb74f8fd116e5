using Confluent.Kafka;
using Confluent.Kafka.Admin;
using FeaturePipeline.IntegrationTests.Outages;
using FeaturePipeline.Kafka;
using FeaturePipeline.Streams.Clients;
using Microsoft.Extensions.Logging.Abstractions;

namespace FeaturePipeline.IntegrationTests.Sessions;

// Invariant: features carry the time of their events, and no broker's retention takes them for that: topics are made so, and one that is there and
// would do so is told of.
public sealed class TopicConfigTests(KafkaFixture kafka)
{
    private const int Events = 5_000;
    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Topics_of_features_keep_all_on_a_broker_that_deletes_by_age_and_others_are_warned_of()
    {
        using var broker = OwnBroker.WithKafkasRetention();
        using var job = new SessionScenario(broker.BootstrapServers, kafka.RegistryUrl, "kept")
        {
            Settings = ["FeatureViews:user_sessions:TopicConfig:segment.bytes=1048576"],
        };
        job.Produce(Events);
        ProgramProcess mistaken = job.StartWorker("mistaken", "FeatureViews:user_sessions:TopicConfig:retention.mss=5");
        Assert.Equal(1, mistaken.WaitForExit());
        Assert.Contains("Unknown topic config name: retention.mss. Correct the setting under FeatureViews:NAME:TopicConfig.", mistaken.Log, StringComparison.Ordinal);
        job.RunToEnd(Events);
        var clients = new KafkaClients(
            new KafkaClientOptions { BootstrapServers = broker.BootstrapServers, ApplicationId = "kept" }, TimeProvider.System, NullLoggerFactory.Instance);
        using IAdmin admin = clients.CreateAdmin();
        IReadOnlyDictionary<string, string> config = admin.TopicConfig(job.FeatureTopic, _timeout);
        Assert.Equal(("-1", "1048576"), (config["retention.ms"], config["segment.bytes"]));
        Assert.Equal("604800000", admin.TopicConfig($"{job.ApplicationId}-dlq", _timeout)["retention.ms"]); // dead letters are stamped now
        Assert.DoesNotContain("warning: ", job.Run("validate", "--online").Printed, StringComparison.Ordinal);

        // A topic that somebody else made.
        const string Other = "made-before";
        admin.CreateMissingTopics([new TopicSpec(Other, 4, -1, new Dictionary<string, string> { ["message.timestamp.before.max.ms"] = "86400000" })], _timeout);
        string[] toOther = ["--set", $"FeatureViews:user_sessions:Topic={Other}"];
        (int code, string printed) = job.Run("validate", ["--online", .. toOther]);
        Assert.Equal(0, code);
        Assert.Contains($"warning: Topic '{Other}' deletes records older than 7 days (retention.ms=604800000)", printed, StringComparison.Ordinal);
        Assert.Contains($"warning: Topic '{Other}' refuses records older than 1 days (message.timestamp.before.max.ms=86400000)", printed, StringComparison.Ordinal);
        ProgramProcess worker = job.StartWorker("other", [toOther[1]]);
        job.Await(() => worker.Log.Contains("[2007]", StringComparison.Ordinal), "the warning of the start");
        Assert.True(worker.Terminate() == 0, worker.Log);

        // The remedies that the warnings name.
        using IAdminClient kafkas = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = broker.BootstrapServers }).Build();
        await kafkas.IncrementalAlterConfigsAsync(new Dictionary<ConfigResource, List<ConfigEntry>>
        {
            [new ConfigResource { Type = ResourceType.Topic, Name = Other }] =
            [
                new() { Name = "retention.ms", Value = "-1", IncrementalOperation = AlterConfigOpType.Set },
                new() { Name = "message.timestamp.before.max.ms", Value = "9223372036854775807", IncrementalOperation = AlterConfigOpType.Set },
            ],
        });
        Assert.DoesNotContain("warning: ", job.Run("validate", ["--online", .. toOther]).Printed, StringComparison.Ordinal);
    }
}
