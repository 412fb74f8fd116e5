using Docker.DotNet;
using DotNet.Testcontainers.Builders;
using FeaturePipeline.IntegrationTests;
using FeaturePipeline.Kafka;
using FeaturePipeline.Streams.Clients;
using Microsoft.Extensions.Logging.Abstractions;
using Testcontainers.Kafka;

[assembly: AssemblyFixture(typeof(KafkaFixture))]

namespace FeaturePipeline.IntegrationTests;

/// <summary>
/// The broker that integration tests share: the one in FEATUREPIPELINE_TEST_KAFKA (bootstrap servers), else a container where
/// Docker answers. Where there is neither, a test that asks for the broker is skipped with the reason.
/// </summary>
public sealed class KafkaFixture : IAsyncLifetime
{
    public const string BrokerVariable = "FEATUREPIPELINE_TEST_KAFKA";
    public const string RegistryVariable = "FEATUREPIPELINE_TEST_REGISTRY";
    public const string Image = "apache/kafka:4.3.1";

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);
    private readonly Lazy<Task<Broker>> _broker = new(StartAsync);

    /// <summary>Bootstrap servers; skips the test where there is no broker.</summary>
    public string BootstrapServers
    {
        get
        {
            // Started by the first test that asks: a run without such tests needs no container.
            Broker broker = _broker.Value.GetAwaiter().GetResult();
            Assert.SkipWhen(broker.Servers is null, broker.Reason);
            return broker.Servers!;
        }
    }

    /// <summary>URL of a schema registry; skips the test where there is none.</summary>
    public string RegistryUrl
    {
        get
        {
            string? url = Environment.GetEnvironmentVariable(RegistryVariable);
            Assert.SkipWhen(string.IsNullOrEmpty(url), $"{RegistryVariable} is not set to a registry's URL.");
            return url!;
        }
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_broker.IsValueCreated && (await _broker.Value).Container is { } container)
        {
            await container.DisposeAsync();
        }
    }

    /// <summary>A name that no other test uses, for a topic, a group or a transactional id.</summary>
    public static string Unique(string prefix) => $"{prefix}-{Guid.NewGuid():N}"[..(prefix.Length + 9)];

    /// <summary>Clients of one application; options may be changed.</summary>
    public KafkaClients Clients(string applicationId, Func<KafkaClientOptions, KafkaClientOptions>? configure = null)
    {
        var options = new KafkaClientOptions
        {
            BootstrapServers = BootstrapServers,
            ApplicationId = applicationId,
            Consumer = new Dictionary<string, string> { ["session.timeout.ms"] = "6000", ["heartbeat.interval.ms"] = "500" },
        };
        return new KafkaClients(configure?.Invoke(options) ?? options, TimeProvider.System, NullLoggerFactory.Instance);
    }

    /// <summary>Creates a topic of its own for one test.</summary>
    public string CreateTopic(int partitions, string name = "test")
    {
        string topic = Unique(name);
        using IAdmin admin = Clients("topics").CreateAdmin();
        admin.CreateMissingTopics([new TopicSpec(topic, partitions, -1, new Dictionary<string, string>())], s_timeout);
        return topic;
    }

    private static async Task<Broker> StartAsync()
    {
        if (Environment.GetEnvironmentVariable(BrokerVariable) is { Length: > 0 } servers)
        {
            return new Broker(servers, null, "");
        }

        try
        {
            KafkaContainer container = new KafkaBuilder(Image)
                .WithEnvironment("KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0")
                .WithEnvironment("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
                .Build();
            await container.StartAsync();
            return new Broker(container.GetBootstrapAddress(), container, "");
        }
        catch (Exception e) when (e is DockerUnavailableException or DockerApiException)
        {
            return new Broker(null, null, $"{BrokerVariable} is not set, and Docker can't run {Image}: {e.Message.Split('\n')[0]}");
        }
    }

    private sealed record Broker(string? Servers, KafkaContainer? Container, string Reason);
}
