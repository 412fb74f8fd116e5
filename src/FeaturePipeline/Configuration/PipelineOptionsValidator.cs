using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Features.Definitions;
using FeaturePipeline.Kafka;
using FeaturePipeline.Streams;

namespace FeaturePipeline.Configuration;

/// <summary>Checks the values of options: ranges, names, what belongs together, and what this version can't do yet.</summary>
internal sealed partial class PipelineOptionsValidator
{
    private const string CommitIntervalMax = "1h";

    private readonly ICollection<ConfigurationMistake> _mistakes;

    private PipelineOptionsValidator(ICollection<ConfigurationMistake> mistakes) => _mistakes = mistakes;

    /// <summary>Adds every mistake, each with its key, its value unless that is a secret, and what is allowed.</summary>
    /// <param name="options">What was bound.</param>
    /// <param name="mistakes">Where mistakes are added.</param>
    public static void Validate(PipelineOptions options, ICollection<ConfigurationMistake> mistakes)
    {
        var validator = new PipelineOptionsValidator(mistakes);
        validator.CheckKafka(options.Kafka);
        validator.CheckRegistry(options.SchemaRegistry);
        validator.CheckSource(options.Source);
        validator.Require(
            AvroName().IsMatch(options.FeatureNamespace), nameof(options.FeatureNamespace), options.FeatureNamespace,
            "allowed: an Avro namespace, that is names of letters, digits and '_' joined by dots");
        validator.CheckSideTopics(options);
        validator.CheckStreams(options.Streams);
        validator.CheckCommitInterval(options);
        validator.Require(
            !options.Sinks.Redis.Enabled, "Sinks:Redis:Enabled", "true",
            "not in this version; false works: meanwhile a sink connector can read the features' topics");
        validator.CheckManagement(options.Management);
        validator.CheckTelemetry(options.Telemetry);
    }

    private void CheckKafka(KafkaOptions kafka)
    {
        Require(
            kafka.IsEmbedded() || kafka.BootstrapServers.Split(',').All(server => HostAndPort().IsMatch(server.Trim())),
            "Kafka:BootstrapServers", kafka.BootstrapServers, "allowed: host:port pairs separated by commas, or 'embedded' for the in-process broker");
        RequireTopicName("Kafka:ApplicationId", kafka.ApplicationId);
    }

    private void CheckRegistry(RegistryOptions registry)
    {
        Require(
            registry.Url.Split(',').All(IsRegistryUrl), "SchemaRegistry:Url", registry.Url,
            "allowed: http:// or https:// addresses separated by commas for fail-over, or mock://NAME");
        RequireFile("SchemaRegistry:CaLocation", registry.CaLocation);
        RequireFile("SchemaRegistry:CertificateLocation", registry.CertificateLocation);
        RequireFile("SchemaRegistry:KeyLocation", registry.KeyLocation);
        RequireRange("SchemaRegistry:Timeout", registry.Timeout, "100ms", "10m");
        Require(
            registry.BasicAuthUserInfo?.Contains(':', StringComparison.Ordinal) ?? true, "SchemaRegistry:BasicAuthUserInfo", Redaction.Mask,
            "allowed: user:password");
        Require(
            registry.BasicAuthUserInfo is null || registry.BearerToken is null, "SchemaRegistry:BearerToken", Redaction.Mask,
            "given together with SchemaRegistry:BasicAuthUserInfo; only one can be sent");
        Require(
            registry.KeyLocation is null || registry.CertificateLocation is not null, "SchemaRegistry:CertificateLocation", null,
            "missing; a client key without a certificate is of no use");
    }

    private void CheckSource(SourceOptions source)
    {
        RequireTopicName("Source:Topic", source.Topic);
        RequireFile("Source:Schema", source.Schema);
        RequireRange("Source:MaxFutureSkew", source.MaxFutureSkew, "0", "365d");
        RequireRange("Source:IdleAfter", source.IdleAfter, "0", "365d");
    }

    private void CheckSideTopics(PipelineOptions options)
    {
        RequireTopicName("DeadLetter:Topic", options.DeadLetter.Topic);
        if (options.DeadLetter.MaxRate is { } rate)
        {
            RequireRange("DeadLetter:MaxRate", rate, 1, 1_000_000);
        }

        RequireTopicName("Late:Topic", options.Late.Topic);
        Require(
            !options.DeadLetter.Enabled || options.DeadLetter.Topic != options.Source.Topic, "DeadLetter:Topic", options.DeadLetter.Topic,
            "the source topic, too: dead letters would be read again for ever");
        Require(
            !options.Late.Enabled || options.Late.Topic != options.Source.Topic, "Late:Topic", options.Late.Topic,
            "the source topic, too: late events would be read again for ever");
        Require(
            !options.DeadLetter.Enabled || !options.Late.Enabled || options.Late.Topic != options.DeadLetter.Topic, "Late:Topic", options.Late.Topic,
            "the topic of dead letters, too; each needs its own");
    }

    private void CheckStreams(RuntimeOptions streams)
    {
        RequireRange("Streams:Threads", streams.Threads, 1, 256);
        RequireRange("Streams:CommitInterval", streams.CommitInterval, "1ms", CommitIntervalMax);
        Require(streams.Store == StoreKind.Memory, "Streams:Store", streams.Store.ToString(), "not in this version; Memory works: the changelog topic restores it at start");
        Require(
            streams.GroupProtocol == GroupProtocol.Classic, "Streams:GroupProtocol", streams.GroupProtocol.ToString(),
            "not in this version; Classic (cooperative-sticky) works");
        Require(
            streams.Standbys == 0, "Streams:Standbys", Text(streams.Standbys),
            streams.Standbys < 0 ? "allowed: 0" : "not in this version; 0 works: a task that moves is restored from its changelog");
        Require(
            streams.ReplicationFactor is -1 or (>= 1 and <= short.MaxValue), "Streams:ReplicationFactor", Text(streams.ReplicationFactor),
            "allowed: -1 for the broker's default, or 1 to 32767");
        if (streams.InstanceId is { } instance)
        {
            RequireTopicName("Streams:InstanceId", instance);
        }
    }

    // The broker ends a transaction that is open for longer: nothing would ever be committed.
    private void CheckCommitInterval(PipelineOptions options)
    {
        TimeSpan timeout = options.ToKafka().TransactionTimeout;
        Require(
            options.Streams.ProcessingGuarantee != ProcessingGuarantee.ExactlyOnce || options.Kafka.IsEmbedded() || options.Streams.CommitInterval < timeout
                || options.Streams.CommitInterval > Durations.Parse(CommitIntervalMax),
            "Streams:CommitInterval", Durations.Format(options.Streams.CommitInterval),
            $"allowed under ExactlyOnce: less than the transaction's timeout, {Durations.Format(timeout)}; Kafka:Producer:transaction.timeout.ms raises it");
    }

    private void CheckManagement(ManagementOptions management)
    {
        RequireRange("Management:Port", management.Port, 0, 65_535);
        Require(
            management.Address is "*" or "localhost" || IPAddress.TryParse(management.Address, out _), "Management:Address", management.Address,
            "allowed: '*' for all addresses, 'localhost', or one IP address");
    }

    private void CheckTelemetry(TelemetryOptions telemetry)
    {
        Require(
            telemetry.Otlp.Endpoint is null
                || (Uri.TryCreate(telemetry.Otlp.Endpoint, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https"),
            "Telemetry:Otlp:Endpoint", Redaction.Value("Telemetry:Otlp:Endpoint", telemetry.Otlp.Endpoint),
            "allowed: an http:// or https:// address such as http://localhost:4317");
        Require(telemetry.Otlp.Protocol is "grpc" or "http/protobuf", "Telemetry:Otlp:Protocol", telemetry.Otlp.Protocol, "allowed: grpc, http/protobuf");
        Require(!telemetry.Librdkafka, "Telemetry:Librdkafka", "true", "not in this version; false works");
    }

    private static bool IsRegistryUrl(string text) =>
        Uri.TryCreate(text.Trim(), UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" or "mock" && uri.Host.Length > 0;

    private void Require(bool holds, string key, string? value, string problem)
    {
        if (!holds)
        {
            _mistakes.Add(new ConfigurationMistake(key, Redaction.Value(key, value), problem));
        }
    }

    private void RequireTopicName(string key, string value) =>
        Require(TopicName().IsMatch(value) && value is not ("." or ".."), key, value, "allowed: 1 to 249 letters, digits, '.', '_' and '-'");

    private void RequireFile(string key, string? path) =>
        Require(path is null || File.Exists(path), key, path, $"there is no such file (looked for {Path.GetFullPath(path ?? ".")})");

    private void RequireRange(string key, int value, int least, int most) =>
        Require(value >= least && value <= most, key, Text(value), string.Create(CultureInfo.InvariantCulture, $"allowed: {least} to {most}"));

    private void RequireRange(string key, TimeSpan value, string least, string most) =>
        Require(value >= Durations.Parse(least) && value <= Durations.Parse(most), key, Durations.Format(value), $"allowed: {least} to {most}");

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^[A-Za-z0-9._-]{1,249}$", RegexOptions.None, 1000)]
    private static partial Regex TopicName();

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AvroName();

    [GeneratedRegex(@"^([A-Za-z_]+://)?([^\s:/]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HostAndPort();
}
