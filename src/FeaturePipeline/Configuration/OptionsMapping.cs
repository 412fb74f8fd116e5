using System.Globalization;
using System.Text;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Kafka;
using FeaturePipeline.Streams;

namespace FeaturePipeline.Configuration;

/// <summary>Our sections as the options of the parts.</summary>
internal static class OptionsMapping
{
    /// <summary>Options of the Kafka clients.</summary>
    /// <param name="options">The configuration.</param>
    public static KafkaClientOptions ToKafka(this PipelineOptions options) => new()
    {
        BootstrapServers = options.Kafka.BootstrapServers,
        ApplicationId = options.Kafka.ApplicationId,
        InstanceId = options.Streams.InstanceId,
        GroupProtocol = options.Streams.GroupProtocol,
        AutoOffsetReset = options.Source.AutoOffsetReset == OffsetReset.Latest ? AutoOffsetReset.Latest : AutoOffsetReset.Earliest,
        Client = Dotted(options.Kafka.Client),
        Consumer = Dotted(options.Kafka.Consumer),
        Producer = Dotted(options.Kafka.Producer),
        Admin = Dotted(options.Kafka.Admin),
    };

    /// <summary>Options of the runtime.</summary>
    /// <param name="options">The configuration.</param>
    public static StreamsOptions ToStreams(this PipelineOptions options) => new()
    {
        ApplicationId = options.Kafka.ApplicationId,
        // The embedded broker keeps no offsets of transactions, and nothing of it outlives the process anyway.
        ProcessingGuarantee = options.Kafka.IsEmbedded() ? ProcessingGuarantee.AtLeastOnce : options.Streams.ProcessingGuarantee,
        Threads = options.Streams.Threads,
        CommitInterval = options.Streams.CommitInterval,
        MaxPollInterval = options.Kafka.MaxPollInterval(),
        StateDirectory = options.Streams.StateDirectory,
        InstanceId = options.Streams.InstanceId,
        MaxFutureSkew = options.Source.MaxFutureSkew,
        IdleAfter = options.Source.IdleAfter,
        AutoOffsetReset = options.Source.AutoOffsetReset,
        DeadLetterTopic = options.DeadLetter.Enabled ? options.DeadLetter.Topic : null,
        DeadLetterMaxPerSecond = options.DeadLetter.MaxRate,
        LateTopic = options.Late.Enabled ? options.Late.Topic : null,
        ReplicationFactor = (short)options.Streams.ReplicationFactor,
        CreateTopics = options.Streams.CreateTopics,
    };

    /// <summary>Options of the registry client.</summary>
    /// <param name="options">The configuration.</param>
    public static SchemaRegistryOptions ToRegistry(this PipelineOptions options) => new()
    {
        Url = options.SchemaRegistry.Url,
        BasicAuthUserInfo = options.SchemaRegistry.BasicAuthUserInfo,
        BearerToken = options.SchemaRegistry.BearerToken,
        CaLocation = options.SchemaRegistry.CaLocation,
        CertificateLocation = options.SchemaRegistry.CertificateLocation,
        KeyLocation = options.SchemaRegistry.KeyLocation,
        Timeout = options.SchemaRegistry.Timeout,
        Client = options.RegistryClient(),
    };

    // The registry's properties and, where it asks for them, the credentials of the Kafka clients.
    private static Dictionary<string, string> RegistryClient(this PipelineOptions options)
    {
        const string Source = SchemaRegistryConfig.PropertyNames.SchemaRegistryBasicAuthCredentialsSource;
        var properties = new Dictionary<string, string>(options.SchemaRegistry.Client, StringComparer.Ordinal);
        if (properties.Any(static property => RegistryProperties.Spell(property.Key) == Source && property.Value == "SASL_INHERIT"))
        {
            Dictionary<string, string> kafka = Dotted(options.Kafka.Client);
            foreach (string name in RegistryProperties.Inherited)
            {
                if (kafka.TryGetValue(name, out string? value))
                {
                    properties[name] = value;
                }
            }
        }

        return properties;
    }

    // The liveness probe must not call a thread stuck that the group still waits for.
    private static TimeSpan MaxPollInterval(this KafkaOptions options)
    {
        const string Name = "max.poll.interval.ms";
        string? value = Dotted(options.Consumer).GetValueOrDefault(Name) ?? Dotted(options.Client).GetValueOrDefault(Name);
        return int.TryParse(value, CultureInfo.InvariantCulture, out int milliseconds)
            ? TimeSpan.FromMilliseconds(milliseconds)
            : StreamsOptions.MaxPollIntervalDefault;
    }

    /// <summary>librdkafka's spelling of a property: environment variables can't hold dots everywhere, so <c>SaslPassword</c> and <c>sasl_password</c> are <c>sasl.password</c>.</summary>
    /// <param name="name">A property in either spelling.</param>
    internal static string Dotted(string name)
    {
        if (name.Contains('.', StringComparison.Ordinal))
        {
            return name;
        }

        var dotted = new StringBuilder(name.Length + 4);
        for (int i = 0; i < name.Length; i++)
        {
            bool startsWord = char.IsAsciiLetterUpper(name[i]) && i > 0 && char.IsAsciiLetterLower(name[i - 1]);
            dotted.Append(startsWord ? "." : "").Append(name[i] == '_' ? '.' : char.ToLowerInvariant(name[i]));
        }

        return dotted.ToString();
    }

    private static Dictionary<string, string> Dotted(Dictionary<string, string> properties)
    {
        var dotted = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, string value) in properties)
        {
            dotted[Dotted(name)] = value;
        }

        return dotted;
    }
}
