namespace FeaturePipeline.Kafka;

/// <summary>How the group assigns partitions.</summary>
public enum GroupProtocol
{
    /// <summary>The classic protocol with cooperative-sticky assignment.</summary>
    Classic,

    /// <summary>The protocol of KIP-848: the broker assigns. Needs Kafka 4.0.</summary>
    Consumer,
}

/// <summary>Where a partition without a committed offset begins.</summary>
public enum AutoOffsetReset
{
    /// <summary>At the first record that is still there.</summary>
    Earliest,

    /// <summary>At the next record that is written.</summary>
    Latest,

    /// <summary>Nowhere: the application stops with an error.</summary>
    Error,
}

/// <summary>What the clients need to know; sections Kafka, Streams and Source of the configuration.</summary>
public sealed record KafkaClientOptions
{
    /// <summary>The value of <see cref="BootstrapServers"/> that stands for the in-process broker.</summary>
    public const string Embedded = "embedded";

    /// <summary>host:port, comma-separated; <see cref="Embedded"/> for the in-process broker.</summary>
    public required string BootstrapServers { get; init; }

    /// <summary>Consumer group.</summary>
    public required string ApplicationId { get; init; }

    /// <summary>Static membership: a stable id of this process; null for a dynamic member. Clients append their own id.</summary>
    public string? InstanceId { get; init; }

    /// <summary>Group protocol. Default classic.</summary>
    public GroupProtocol GroupProtocol { get; init; } = GroupProtocol.Classic;

    /// <summary>Where a partition without a committed offset begins. Default earliest.</summary>
    public AutoOffsetReset AutoOffsetReset { get; init; } = AutoOffsetReset.Earliest;

    /// <summary>Whether consumers without a group see records of open and aborted transactions, for tools. Default false; restoring must not.</summary>
    public bool ReadUncommitted { get; init; }

    /// <summary>Raw librdkafka properties of every client, for example security.protocol.</summary>
    public IReadOnlyDictionary<string, string> Client { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Raw librdkafka properties of consumers.</summary>
    public IReadOnlyDictionary<string, string> Consumer { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Raw librdkafka properties of producers.</summary>
    public IReadOnlyDictionary<string, string> Producer { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Raw librdkafka properties of admin clients.</summary>
    public IReadOnlyDictionary<string, string> Admin { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>How long a transaction may be open (<c>transaction.timeout.ms</c>); without end where the value is none, which <see cref="Validate"/> tells.</summary>
    public TimeSpan TransactionTimeout => KafkaProperties.TransactionTimeout(this);

    /// <summary>Names of the properties that librdkafka has, to find the one that was meant.</summary>
    public static IReadOnlyCollection<string> PropertyNames => KafkaProperties.Names();

    /// <summary>Every mistake in these options, found without a connection; empty when there is none.</summary>
    public IReadOnlyList<KafkaOptionError> Validate() => KafkaProperties.Validate(this);
}

/// <summary>One mistake in <see cref="KafkaClientOptions"/>.</summary>
/// <param name="Key">Full configuration key, for example <c>Kafka:Consumer:enable.auto.commit</c>.</param>
/// <param name="Message">What is wrong, and the remedy. Never a secret's value.</param>
public sealed record KafkaOptionError(string Key, string Message)
{
    /// <summary>The value that librdkafka refuses, which may be a secret; null where the property itself is wrong.</summary>
    public string? RefusedValue { get; init; }

    /// <summary>Whether librdkafka has no such property.</summary>
    public bool IsUnknownProperty { get; init; }
}
