using System.Globalization;
using System.Text.RegularExpressions;
using Confluent.Kafka;
using FeaturePipeline.Kafka.Native;

namespace FeaturePipeline.Kafka;

/// <summary>Which client a set of properties is for.</summary>
internal enum ClientKind
{
    Consumer,
    Producer,
    Admin,
}

/// <summary>Builds librdkafka's properties: our defaults, then the user's, then what correctness demands.</summary>
internal static partial class KafkaProperties
{
    // Defaults that suit throughput and short transactions; the user may change them.
    private const string TransactionTimeoutMs = "transaction.timeout.ms";

    private static readonly (string Name, string Value)[] s_clientDefaults =
    [
        ("socket.keepalive.enable", "true"),
        ("reconnect.backoff.max.ms", "2000"),
    ];

    private static readonly (string Name, string Value)[] s_consumerDefaults =
    [
        // 1,000 by default: as soon as processing is slower than fetching, throughput falls to a sixth.
        ("fetch.queue.backoff.ms", "5"),
        ("fetch.error.backoff.ms", "100"),
        ("queued.min.messages", "200000"),
        ("queued.max.messages.kbytes", "65536"),
        ("allow.auto.create.topics", "false"),
    ];

    // The mock cluster waits a whole session time-out when a member has left; in-process heartbeats are cheap.
    private static readonly (string Name, string Value)[] s_embeddedConsumerDefaults =
    [
        ("session.timeout.ms", "2000"),
        ("heartbeat.interval.ms", "200"),
    ];

    private static readonly (string Name, string Value)[] s_producerDefaults =
    [
        ("linger.ms", "5"),
        ("partitioner", "murmur2_random"),
        ("queue.buffering.max.messages", "1000000"),
        ("queue.buffering.max.kbytes", "262144"),
        ("batch.size", "1000000"),
        ("batch.num.messages", "10000"),

        // What a broker takes by default (1,048,588 with the batch's own 61 bytes): librdkafka's 1,000,000 would refuse a dead letter
        // that its source topic took.
        ("message.max.bytes", "1048500"),
    ];

    // Settings that exactly-once and the runtime's offsets rest on. Value null: set by another option.
    private static readonly (ClientKind Kind, string Name, string? Value, string Why)[] s_fixed =
    [
        (ClientKind.Consumer, "enable.auto.commit", "false", "the pipeline commits offsets itself, together with its state"),
        (ClientKind.Consumer, "enable.auto.offset.store", "false", "the pipeline commits offsets itself, together with its state"),
        (ClientKind.Consumer, "isolation.level", "read_committed", "only then are aborted records and unstable offsets left out"),
        (ClientKind.Consumer, "enable.partition.eof", "true", "restoring and idle time flow need to see the end of a partition"),
        (ClientKind.Consumer, "partition.assignment.strategy", "cooperative-sticky", "tasks keep their state through a rebalance"),
        (ClientKind.Consumer, "group.id", null, "set Kafka:ApplicationId instead"),
        (ClientKind.Consumer, "group.instance.id", null, "set Streams:InstanceId instead"),
        (ClientKind.Consumer, "group.protocol", null, "set Streams:GroupProtocol instead"),
        (ClientKind.Consumer, "auto.offset.reset", null, "set Source:AutoOffsetReset instead"),
        (ClientKind.Producer, "enable.idempotence", "true", "records would be lost, doubled or out of order"),
        (ClientKind.Producer, "delivery.report.only.error", "true", "successes are counted by the flush"),
        (ClientKind.Producer, "transactional.id", null, "it is made of Kafka:ApplicationId, Streams:InstanceId and the thread"),
        (ClientKind.Admin, "bootstrap.servers", null, "set Kafka:BootstrapServers instead"),
        (ClientKind.Admin, "metadata.broker.list", null, "set Kafka:BootstrapServers instead"),
        (ClientKind.Admin, "client.id", null, "each client is named after its thread"),
    ];

    /// <summary>Properties of a consumer.</summary>
    /// <param name="options">The user's options.</param>
    /// <param name="clientId">Client id.</param>
    /// <param name="isMember">Whether it joins the group (static membership and group protocol apply).</param>
    /// <param name="isEmbedded">Whether the broker is the embedded one.</param>
    internal static Dictionary<string, string> ForConsumer(KafkaClientOptions options, string clientId, bool isMember, bool isEmbedded = false)
    {
        Dictionary<string, string> properties = Begin(options, ClientKind.Consumer, clientId);
        foreach ((string name, string value) in isEmbedded ? s_embeddedConsumerDefaults : [])
        {
            properties.TryAdd(name, value);
        }

        // Not a member: the same group id all the same, because librdkafka looks for the coordinator of any group id and
        // a principal may be allowed this one only.
        properties["group.id"] = options.ApplicationId;
        properties["auto.offset.reset"] = options.AutoOffsetReset.ToString().ToLowerInvariant();
        if (!isMember)
        {
            // It is told where to start. Should that be gone meanwhile, state is what is left, not what is yet to come.
            properties["auto.offset.reset"] = "earliest";
            if (options.ReadUncommitted)
            {
                properties["isolation.level"] = "read_uncommitted";
            }

            return properties;
        }

        if (options.InstanceId is { Length: > 0 } instance)
        {
            properties["group.instance.id"] = MemberInstanceId(instance, clientId);
        }

        if (options.GroupProtocol == GroupProtocol.Consumer)
        {
            properties["group.protocol"] = "consumer";
            properties.Remove("partition.assignment.strategy"); // the broker assigns; librdkafka refuses the setting
        }

        return properties;
    }

    /// <summary>Properties of a producer.</summary>
    /// <param name="options">The user's options.</param>
    /// <param name="clientId">Client id.</param>
    /// <param name="transactionalId">Transactional id, or null.</param>
    internal static Dictionary<string, string> ForProducer(KafkaClientOptions options, string clientId, string? transactionalId)
    {
        Dictionary<string, string> properties = Begin(options, ClientKind.Producer, clientId);
        if (transactionalId is not null)
        {
            properties["transactional.id"] = transactionalId;
            // What a killed process left open holds readers back for this long at most.
            properties.TryAdd(TransactionTimeoutMs, "10000"); // Kafka Streams: 10 s, too
        }
        else
        {
            properties.TryAdd("message.timeout.ms", "60000");
            properties.Remove(TransactionTimeoutMs);
        }

        return properties;
    }

    internal static TimeSpan TransactionTimeout(KafkaClientOptions options) =>
        int.TryParse(ForProducer(options, "", "")[TransactionTimeoutMs], NumberStyles.None, CultureInfo.InvariantCulture, out int milliseconds)
            ? TimeSpan.FromMilliseconds(milliseconds) : TimeSpan.MaxValue;

    /// <summary>Properties of an admin client.</summary>
    internal static Dictionary<string, string> ForAdmin(KafkaClientOptions options, string clientId) =>
        Begin(options, ClientKind.Admin, clientId);

    /// <summary>Names of librdkafka's properties. It can list only those that have a value; Confluent.Kafka has a member for each.</summary>
    internal static IReadOnlyCollection<string> Names() =>
    [
        .. new[] { typeof(ConsumerConfig), typeof(ProducerConfig), typeof(AdminClientConfig) }
            .SelectMany(static type => type.GetProperties())
            .Select(static property => WordStart().Replace(property.Name, ".").ToLowerInvariant())
            .Distinct(StringComparer.Ordinal)
            .Where(NativeConfiguration.Knows),
    ];

    /// <summary>Every mistake, found without a connection.</summary>
    internal static IReadOnlyList<KafkaOptionError> Validate(KafkaClientOptions options)
    {
        var errors = new List<KafkaOptionError>();
        Require(options.BootstrapServers, "Kafka:BootstrapServers", "host:port of one or more brokers, comma-separated, or 'embedded'", errors);
        Require(options.ApplicationId, "Kafka:ApplicationId", "the name of the application, for example 'ml-feature-pipeline'", errors);
        ValidateSection(options.Client, "Client", [ClientKind.Consumer, ClientKind.Producer, ClientKind.Admin], errors);
        ValidateSection(options.Consumer, "Consumer", [ClientKind.Consumer], errors);
        ValidateSection(options.Producer, "Producer", [ClientKind.Producer], errors);
        ValidateSection(options.Admin, "Admin", [ClientKind.Admin], errors);
        if (errors.Count > 0)
        {
            return errors;
        }

        // Each property is right by itself: let librdkafka judge them together, still without a broker to connect to.
        ValidateTogether(ForConsumer(options, "validate", isMember: true), NativeConstants.Consumer, "Kafka:Consumer", errors);
        ValidateTogether(ForProducer(options, "validate", "validate"), NativeConstants.Producer, "Kafka:Producer", errors);
        ValidateTogether(ForProducer(options, "validate", transactionalId: null), NativeConstants.Producer, "Kafka:Producer", errors);

        // What consumers and producers have in common is wrong with the properties of both.
        return errors.GroupBy(static e => e.Message)
            .Select(static g => g.DistinctBy(static e => e.Key).Count() == 1 ? g.First() : new KafkaOptionError("Kafka:Client", g.Key))
            .ToList();
    }

    /// <summary>librdkafka's spelling of a property that may be written in Confluent.Kafka's, for example SaslSsl.</summary>
    internal static string Spell(string name, string value) => name switch
    {
        "security.protocol" => value.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant() switch
        {
            "saslssl" => "sasl_ssl",
            "saslplaintext" => "sasl_plaintext",
            var other => other,
        },
        "sasl.mechanism" or "sasl.mechanisms" => value.Replace("-", "", StringComparison.Ordinal).ToUpperInvariant() switch
        {
            "SCRAMSHA256" => "SCRAM-SHA-256",
            "SCRAMSHA512" => "SCRAM-SHA-512",
            var other => other,
        },
        _ when value is "True" or "False" => value.ToLowerInvariant(),
        _ => value,
    };

    /// <summary>One static member per consumer: the process's id and the last number in the client id, its thread's.</summary>
    internal static string MemberInstanceId(string instance, string clientId)
    {
        int end = clientId.AsSpan().LastIndexOfAnyInRange('0', '9') + 1;
        int start = end;
        while (start > 0 && char.IsAsciiDigit(clientId[start - 1]))
        {
            start--;
        }

        return end == 0 ? $"{instance}-{clientId}" : $"{instance}-{clientId[start..end]}";
    }

    private static Dictionary<string, string> Begin(KafkaClientOptions options, ClientKind kind, string clientId)
    {
        var properties = new Dictionary<string, string>(StringComparer.Ordinal);
        Add(properties, s_clientDefaults);
        Add(properties, kind switch
        {
            ClientKind.Consumer => s_consumerDefaults,
            ClientKind.Producer => s_producerDefaults,
            _ => [],
        });
        Add(properties, options.Client.Select(static p => (p.Key, p.Value)));
        Add(properties, Section(options, kind).Select(static p => (p.Key, p.Value)));
        Add(properties, s_fixed.Where(f => f.Kind == kind && f.Value is not null).Select(static f => (f.Name, f.Value!)));
        properties["bootstrap.servers"] = options.BootstrapServers;
        properties["client.id"] = clientId;
        return properties;
    }

    private static IReadOnlyDictionary<string, string> Section(KafkaClientOptions options, ClientKind kind) => kind switch
    {
        ClientKind.Consumer => options.Consumer,
        ClientKind.Producer => options.Producer,
        _ => options.Admin,
    };

    private static void Add(Dictionary<string, string> properties, IEnumerable<(string Name, string Value)> more)
    {
        foreach ((string name, string value) in more)
        {
            string key = name.ToLowerInvariant(); // configuration keys are case-insensitive, librdkafka's are lower case
            properties[key] = Spell(key, value);
        }
    }

    private static void Require(string? value, string key, string what, List<KafkaOptionError> errors)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            errors.Add(new KafkaOptionError(key, $"is empty. Set it to {what}."));
        }
    }

    private static void ValidateSection(
        IReadOnlyDictionary<string, string> section, string name, ClientKind[] kinds, List<KafkaOptionError> errors)
    {
        foreach ((string written, string value) in section)
        {
            string key = $"Kafka:{name}:{written}";
            string property = written.ToLowerInvariant();
            if (value is null)
            {
                errors.Add(new KafkaOptionError(key, "has no value. Remove it or give it one."));
                continue;
            }

            // Rules without a kind of their own (bootstrap.servers, client.id) are listed under Admin and hold everywhere.
            var rule = s_fixed.FirstOrDefault(f => f.Name == property && (f.Kind == ClientKind.Admin || kinds.Contains(f.Kind)));
            if (rule.Name is not null)
            {
                if (rule.Value is null || !string.Equals(rule.Value, value, StringComparison.OrdinalIgnoreCase))
                {
                    string must = rule.Value is null ? "can't be set here" : $"must stay '{rule.Value}'";
                    errors.Add(new KafkaOptionError(key, $"{must}: {rule.Why}. Remove it."));
                }
            }
            else if (NativeConfiguration.Check(property, Spell(property, value), out bool isKnown) is string error)
            {
                errors.Add(new KafkaOptionError(key, error) { RefusedValue = isKnown ? value : null, IsUnknownProperty = !isKnown });
            }
        }
    }

    private static void ValidateTogether(Dictionary<string, string> properties, int type, string key, List<KafkaOptionError> errors)
    {
        properties.Remove("bootstrap.servers");
        if (NativeConfiguration.CheckTogether(properties, type) is string error)
        {
            string remedy = error.Contains("No provider for SASL mechanism", StringComparison.Ordinal)
                ? " Set sasl.mechanism under Kafka:Client to PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER, or install libsasl2 (libsasl2.so.3)."
                : "";
            errors.Add(new KafkaOptionError(key, $"{error.TrimEnd('.')}.{remedy}"));
        }
    }

    [GeneratedRegex("(?<=[a-z])(?=[A-Z])", RegexOptions.None, 1000)]
    private static partial Regex WordStart();
}
