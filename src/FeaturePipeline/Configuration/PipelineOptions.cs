using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Kafka;
using FeaturePipeline.Streams;

namespace FeaturePipeline.Configuration;

/// <summary>Where task state is kept; its changelog topic restores either.</summary>
public enum StoreKind
{
    /// <summary>In memory, restored from the changelog at start.</summary>
    Memory,

    /// <summary>On local disk.</summary>
    RocksDb,
}

/// <summary>The whole configuration: section names and keys are those of <c>appsettings.json</c>.</summary>
public sealed class PipelineOptions
{
    /// <summary>Names of the sections that are bound here; FeatureViews is bound beside them.</summary>
    public static readonly IReadOnlyList<string> SectionNames =
    [
        nameof(Kafka), nameof(SchemaRegistry), nameof(Source), "FeatureViews", nameof(FeatureNamespace), nameof(DeadLetter), nameof(Late),
        nameof(Streams), nameof(Sinks), nameof(Management), nameof(Telemetry),
    ];

    /// <summary>Brokers and clients.</summary>
    public KafkaOptions Kafka { get; init; } = new();

    /// <summary>The schema registry.</summary>
    public RegistryOptions SchemaRegistry { get; init; } = new();

    /// <summary>The topic of user events.</summary>
    public SourceOptions Source { get; init; } = new();

    /// <summary>Where bad records go.</summary>
    public DeadLetterOptions DeadLetter { get; init; } = new();

    /// <summary>Where late events go.</summary>
    public LateOptions Late { get; init; } = new();

    /// <summary>The runtime.</summary>
    public RuntimeOptions Streams { get; init; } = new();

    /// <summary>Other destinations of features.</summary>
    public SinksOptions Sinks { get; init; } = new();

    /// <summary>The endpoint of health and metrics.</summary>
    public ManagementOptions Management { get; init; } = new();

    /// <summary>Metrics, traces and logs.</summary>
    public TelemetryOptions Telemetry { get; init; } = new();

    /// <summary>Namespace of the generated Avro records.</summary>
    public string FeatureNamespace { get; init; } = "com.company.features";

    /// <summary>The same options with another management endpoint.</summary>
    /// <param name="management">The endpoint.</param>
    internal PipelineOptions With(ManagementOptions management) => new()
    {
        Kafka = Kafka,
        SchemaRegistry = SchemaRegistry,
        Source = Source,
        DeadLetter = DeadLetter,
        Late = Late,
        Streams = Streams,
        Sinks = Sinks,
        Management = management,
        Telemetry = Telemetry,
        FeatureNamespace = FeatureNamespace,
    };
}

/// <summary>Section <c>Kafka</c>.</summary>
public sealed class KafkaOptions
{
    /// <summary>The value of <see cref="BootstrapServers"/> that means the in-process broker.</summary>
    public const string Embedded = "embedded";

    /// <summary>host:port pairs, comma-separated; <c>embedded</c> for the broker in this process.</summary>
    public string BootstrapServers { get; init; } = "localhost:9092";

    /// <summary>Consumer group, transactional-id prefix and prefix of internal topics.</summary>
    public string ApplicationId { get; init; } = "ml-feature-pipeline";

    /// <summary>librdkafka properties of every client.</summary>
    public Dictionary<string, string> Client { get; init; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>librdkafka properties of consumers.</summary>
    public Dictionary<string, string> Consumer { get; init; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>librdkafka properties of producers.</summary>
    public Dictionary<string, string> Producer { get; init; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>librdkafka properties of admin clients.</summary>
    public Dictionary<string, string> Admin { get; init; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether the broker is the one in this process.</summary>
    public bool IsEmbedded() => BootstrapServers.Equals(Embedded, StringComparison.OrdinalIgnoreCase);
}

/// <summary>Section <c>SchemaRegistry</c>.</summary>
public sealed class RegistryOptions
{
    /// <summary>Comma-separated for fail-over; <c>mock://NAME</c> is in memory.</summary>
    public string Url { get; init; } = "http://localhost:8081";

    /// <summary><c>user:password</c>, or null.</summary>
    public string? BasicAuthUserInfo { get; init; }

    /// <summary>Token, or null.</summary>
    public string? BearerToken { get; init; }

    /// <summary>PEM file of the authority that is trusted, or null.</summary>
    public string? CaLocation { get; init; }

    /// <summary>PEM file of the client certificate, or null.</summary>
    public string? CertificateLocation { get; init; }

    /// <summary>PEM file of the client key, or null.</summary>
    public string? KeyLocation { get; init; }

    /// <summary>Longest wait for one answer; 100 ms to 10 min.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Raw properties of Confluent's registry client, for example <c>schema.registry.max.retries</c>. With SASL_INHERIT as the source of
    /// basic credentials, <c>sasl.username</c> and <c>sasl.password</c> are those of Kafka:Client.</summary>
    public Dictionary<string, string> Client { get; init; } = new(StringComparer.OrdinalIgnoreCase);
}

/// <summary>Section <c>Source</c>.</summary>
public sealed class SourceOptions
{
    /// <summary>The topic of user events.</summary>
    public string Topic { get; init; } = "user-events";

    /// <summary>Path of the reader schema; null for the built-in UserEvent.</summary>
    public string? Schema { get; init; }

    /// <summary>The field by which the topic is partitioned.</summary>
    public string KeyedBy { get; init; } = "user_id";

    /// <summary>The field that holds event time.</summary>
    public string TimestampField { get; init; } = "timestamp";

    /// <summary>How far event time may be ahead of the wall clock; zero switches the check off.</summary>
    public TimeSpan MaxFutureSkew { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Wall time at a partition's end after which its stream time flows; zero switches that off.</summary>
    public TimeSpan IdleAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Where a new group starts.</summary>
    public OffsetReset AutoOffsetReset { get; init; } = OffsetReset.Earliest;
}

/// <summary>Section <c>DeadLetter</c>.</summary>
public sealed class DeadLetterOptions
{
    /// <summary>Topic of bad records.</summary>
    public string Topic { get; init; } = "user-events-dlq";

    /// <summary>Whether bad records are written there; they are counted in any case.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Most records that a thread writes there a second, 1 to 1,000,000; beyond it bad records are only counted. Null for no limit.</summary>
    public int? MaxRate { get; init; }
}

/// <summary>Section <c>Late</c>.</summary>
public sealed class LateOptions
{
    /// <summary>Topic of events that no window took.</summary>
    public string Topic { get; init; } = "user-events-late";

    /// <summary>Whether late events are written there; they are counted in any case.</summary>
    public bool Enabled { get; init; }
}

/// <summary>Section <c>Streams</c>.</summary>
public sealed class RuntimeOptions
{
    /// <summary>Exactly-once or at-least-once.</summary>
    public ProcessingGuarantee ProcessingGuarantee { get; init; } = ProcessingGuarantee.ExactlyOnce;

    /// <summary>Threads of this process, each with a consumer and a producer; 1 to 256.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Wall time between commits; 1 ms to 1 h.</summary>
    public TimeSpan CommitInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Where state is kept; only Memory in this version.</summary>
    public StoreKind Store { get; init; } = StoreKind.Memory;

    /// <summary>Directory of local state and of the instance's identity.</summary>
    public string StateDirectory { get; init; } = "state";

    /// <summary>Name for static membership; null for dynamic membership.</summary>
    public string? InstanceId { get; init; }

    /// <summary>Only Classic in this version.</summary>
    public GroupProtocol GroupProtocol { get; init; } = GroupProtocol.Classic;

    /// <summary>Of topics that are created; -1 for the broker's default.</summary>
    public int ReplicationFactor { get; init; } = -1;

    /// <summary>Whether missing topics are created at start.</summary>
    public bool CreateTopics { get; init; } = true;

    /// <summary>Standby replicas; only 0 in this version.</summary>
    public int Standbys { get; init; }
}

/// <summary>Section <c>Sinks</c>.</summary>
public sealed class SinksOptions
{
    /// <summary>Feast's online store.</summary>
    public RedisOptions Redis { get; init; } = new();
}

/// <summary>Section <c>Sinks:Redis</c>; only Enabled = false in this version.</summary>
public sealed class RedisOptions
{
    /// <summary>Whether features are written to Redis.</summary>
    public bool Enabled { get; init; }

    /// <summary>host:port and options.</summary>
    public string Connection { get; init; } = "localhost:6379";

    /// <summary>Feast project.</summary>
    public string Project { get; init; } = "feature_pipeline";

    /// <summary>Life of a key; null for ever.</summary>
    public TimeSpan? KeyTtl { get; init; }
}

/// <summary>Section <c>Management</c>.</summary>
public sealed class ManagementOptions
{
    /// <summary>TCP port; 0 for any free one.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>IP address to listen on; <c>*</c> for all, or <c>localhost</c>.</summary>
    public string Address { get; init; } = "*";
}

/// <summary>Section <c>Telemetry</c>.</summary>
public sealed class TelemetryOptions
{
    /// <summary>OTLP.</summary>
    public OtlpOptions Otlp { get; init; } = new();

    /// <summary>Whether <c>/metrics</c> is served.</summary>
    public bool Prometheus { get; init; } = true;

    /// <summary>Whether librdkafka's statistics are exported; not in this version.</summary>
    public bool Librdkafka { get; init; }
}

/// <summary>Section <c>Telemetry:Otlp</c>.</summary>
public sealed class OtlpOptions
{
    /// <summary>Address of a collector; null for none (OTEL_EXPORTER_OTLP_ENDPOINT works, too).</summary>
    public string? Endpoint { get; init; }

    /// <summary><c>grpc</c> or <c>http/protobuf</c>.</summary>
    public string Protocol { get; init; } = "grpc";
}
