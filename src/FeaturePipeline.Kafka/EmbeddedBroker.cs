using System.Collections.Concurrent;
using FeaturePipeline.Kafka.Native;
using FeaturePipeline.Streams.Errors;

namespace FeaturePipeline.Kafka;

/// <summary>A broker inside this process: librdkafka's mock cluster, for development, tests and the demo.</summary>
/// <remarks>
/// It keeps at most 5 MB or 100,000 records of a partition and then drops the oldest. Transactions run without isolation,
/// and offsets sent with them are not kept: use at-least-once with it.
/// </remarks>
public sealed class EmbeddedBroker : IDisposable
{
    private static readonly ConcurrentDictionary<string, EmbeddedBroker> s_running = new(StringComparer.Ordinal);
    private static readonly Lazy<EmbeddedBroker> s_shared = new(static () => new EmbeddedBroker());
    private readonly ConcurrentDictionary<string, int> _topics = new(StringComparer.Ordinal);
    private nint _client;
    private nint _cluster;

    /// <summary>Starts a broker on free ports of the loopback interface.</summary>
    public EmbeddedBroker()
    {
        nint conf = Librdkafka.ConfNew();
        unsafe
        {
            Librdkafka.ConfSetLogCallback(conf, null);
        }

        _client = NativeConfiguration.Create(NativeConstants.Producer, conf, out string? failure);
        _cluster = _client == 0 ? 0 : Librdkafka.MockClusterNew(_client, 1);
        if (_cluster == 0)
        {
            throw new StreamsException($"The embedded broker did not start: {failure ?? "no free port on the loopback interface"}. "
                + "Use a real broker: set Kafka:BootstrapServers.");
        }

        Librdkafka.MockGroupInitialRebalanceDelayMs(_cluster, 0);
        BootstrapServers = NativeText.Read(Librdkafka.MockClusterBootstraps(_cluster));
        s_running[BootstrapServers] = this;
    }

    /// <summary>The broker of this process that <c>Kafka:BootstrapServers=embedded</c> stands for; started on first use.</summary>
    public static EmbeddedBroker Shared => s_shared.Value;

    /// <summary>Where clients, of any kind, connect to.</summary>
    public string BootstrapServers { get; }

    /// <summary>The embedded broker behind an address; null when it is none.</summary>
    /// <param name="bootstrapServers">The word <c>embedded</c>, or the address of a running instance.</param>
    public static EmbeddedBroker? At(string bootstrapServers) =>
        string.Equals(bootstrapServers, KafkaClientOptions.Embedded, StringComparison.OrdinalIgnoreCase)
            ? Shared
            : s_running.GetValueOrDefault(bootstrapServers);

    /// <summary>Creates a topic; an existing one is left as it is.</summary>
    /// <param name="topic">Topic name.</param>
    /// <param name="partitions">Number of partitions.</param>
    public void CreateTopic(string topic, int partitions)
    {
        ObjectDisposedException.ThrowIf(_cluster == 0, this);
        if (!_topics.TryAdd(topic, partitions))
        {
            return;
        }

        int result = Librdkafka.MockTopicCreate(_cluster, topic, partitions, replicationFactor: 1);
        if (result is not 0 and not (int)Confluent.Kafka.ErrorCode.TopicAlreadyExists)
        {
            throw new StreamsException($"The embedded broker can't create topic '{topic}': {NativeText.OfError(result)}. Check its name and partitions.");
        }
    }

    /// <summary>Closes every connection and accepts no new one: a broker that is away.</summary>
    public void TakeDown() => _ = Librdkafka.MockBrokerSetDown(_cluster, 1);

    /// <summary>Accepts connections again, with all data.</summary>
    public void BringUp() => _ = Librdkafka.MockBrokerSetUp(_cluster, 1);

    /// <summary>Stops the broker; its data is gone.</summary>
    public void Dispose()
    {
        if (_cluster == 0)
        {
            return;
        }

        s_running.TryRemove(BootstrapServers, out _);
        Librdkafka.MockClusterDestroy(_cluster);
        Librdkafka.Destroy(_client);
        _cluster = 0;
        _client = 0;
    }

    /// <summary>The next requests of a kind fail with these errors, in this order.</summary>
    /// <param name="apiKey">The protocol's number of the request; 0 is Produce.</param>
    /// <param name="errors">Error codes.</param>
    internal unsafe void FailNext(short apiKey, params ReadOnlySpan<Confluent.Kafka.ErrorCode> errors)
    {
        fixed (Confluent.Kafka.ErrorCode* codes = errors)
        {
            Librdkafka.MockPushRequestErrors(_cluster, apiKey, (nuint)errors.Length, (int*)codes);
        }
    }
}
