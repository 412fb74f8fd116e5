using FeaturePipeline.Configuration;
using FeaturePipeline.Features.Definitions;
using FeaturePipeline.Streams;
using Microsoft.Extensions.Configuration;

namespace FeaturePipeline.Tests.Program.Configuration;

public class PipelineOptionsTests
{
    [Fact]
    public void Every_mistake_of_every_section_is_reported_at_once()
    {
        string[] keys =
        [
            .. Mistakes(
                ("Kafka:BootstrapServers", "nowhere"),
                ("Kafka:ApplicationId", "a b"),
                ("SchemaRegistry:Url", "ftp://x"),
                ("SchemaRegistry:CaLocation", "/does/not/exist.pem"),
                ("Source:MaxFutureSkew", "soon"),
                ("Streams:Threads", "0"),
                ("Streams:CommitInterval", "2h"),
                ("Streams:ProcessingGuarantee", "Sometimes"),
                ("Management:Port", "70000"),
                ("Telemetry:Otlp:Endpoint", "collector"),
                ("FeatureNamespace", "com.2company")).Select(mistake => mistake.Key),
        ];

        Assert.Equal(
            [
                "FeatureNamespace", "Kafka:ApplicationId", "Kafka:BootstrapServers", "Management:Port", "SchemaRegistry:CaLocation", "SchemaRegistry:Url",
                "Source:MaxFutureSkew", "Streams:CommitInterval", "Streams:ProcessingGuarantee", "Streams:Threads", "Telemetry:Otlp:Endpoint",
            ],
            keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_mistake_shows_the_key_the_value_and_what_is_allowed()
    {
        ConfigurationMistake mistake = Assert.Single(Mistakes(("Streams:ProcessingGuarantee", "Sometimes")));

        Assert.Equal("Streams:ProcessingGuarantee = 'Sometimes': allowed: ExactlyOnce, AtLeastOnce", mistake.ToString());
    }

    [Theory]
    [InlineData("kafka:bootstrapservrs", "BootstrapServers")]
    [InlineData("Streems:Threads", "Streams")]
    [InlineData("SchemaRegistry:Ulr", "Url")]
    [InlineData("Telemetry:Otlp:Endpiont", "Endpoint")]
    [InlineData("Sinks:Redis:Enable", "Enabled")]
    public void A_misspelt_name_is_reported_with_the_nearest_right_one(string key, string meant)
    {
        ConfigurationMistake mistake = Assert.Single(Mistakes((key, "x")));

        Assert.Contains($"did you mean '{meant}'?", mistake.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Streams:Store", "RocksDb", "Memory works")]
    [InlineData("Streams:Standbys", "1", "0 works")]
    [InlineData("Sinks:Redis:Enabled", "true", "false works")]
    [InlineData("Telemetry:Librdkafka", "true", "false works")]
    public void What_this_version_cannot_do_is_refused_and_the_message_names_what_works(string key, string value, string works)
    {
        ConfigurationMistake mistake = Assert.Single(Mistakes((key, value)));

        Assert.Contains(works, mistake.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Null_for_KeyedBy_is_refused_and_not_taken_for_the_default() =>
        Assert.Contains("repartition", Assert.Single(Mistakes(("Source:KeyedBy", null))).ToString(), StringComparison.Ordinal);

    [Theory]
    [InlineData("9900ms", null, "ExactlyOnce", true)]
    [InlineData("10s", null, "ExactlyOnce", false)]
    [InlineData("30s", "20000", "ExactlyOnce", false)]
    [InlineData("30s", "60000", "ExactlyOnce", true)]
    [InlineData("30s", "60000", "ExactlyOnce", true, "Kafka:Producer:TransactionTimeoutMs")]
    [InlineData("30s", "60000", "ExactlyOnce", true, "Kafka:Client:transaction.timeout.ms")]
    [InlineData("30s", null, "AtLeastOnce", true)]
    public void A_commit_interval_that_no_transaction_outlasts_is_refused(string interval, string? timeoutMs, string guarantee, bool isAllowed, string key = "Kafka:Producer:transaction.timeout.ms")
    {
        List<ConfigurationMistake> mistakes = Mistakes([
            ("Kafka:BootstrapServers", "broker:9092"), ("Streams:CommitInterval", interval), ("Streams:ProcessingGuarantee", guarantee),
            .. timeoutMs is null ? (ReadOnlySpan<(string, string?)>)[] : [(key, timeoutMs)]]);
        Assert.Equal(isAllowed ? [] : ["Streams:CommitInterval"], mistakes.Select(m => m.Key));
        Assert.All(mistakes, m => Assert.Contains("Kafka:Producer:transaction.timeout.ms", m.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public void A_log_level_that_does_not_exist_is_refused_for_every_provider()
    {
        Assert.Equal(
            ["Logging:Console:LogLevel:FeaturePipeline", "Logging:LogLevel:Default"],
            Mistakes(
                ("Logging:LogLevel:Default", "Verbose"), ("Logging:Console:LogLevel:FeaturePipeline", "Foo"), ("Logging:LogLevel:Other", "warning"),
                ("Logging:Console:FormatterName", "json")).Select(m => m.Key));
    }

    [Fact]
    public void Late_events_and_dead_letters_in_one_topic_are_refused() => Assert.Equal(
        "Late:Topic",
        Assert.Single(Mistakes(("DeadLetter:Topic", "side"), ("Late:Topic", "side"), ("Late:Enabled", "true"), ("DeadLetter:Enabled", "true"))).Key);

    [Fact]
    public void Dead_letters_in_the_source_topic_are_refused() =>
        Assert.Equal("DeadLetter:Topic", Assert.Single(Mistakes(("DeadLetter:Topic", "user-events"))).Key);

    [Theory]
    [InlineData("250ms")]
    [InlineData("00:00:00.25")]
    public void Durations_are_read_in_both_forms(string text)
    {
        PipelineOptions options = Read(("Streams:CommitInterval", text), ("Source:IdleAfter", "0"));

        Assert.Equal(TimeSpan.FromMilliseconds(250), options.Streams.CommitInterval);
        Assert.Equal(TimeSpan.Zero, options.Source.IdleAfter);
    }

    [Fact]
    public void Keys_are_read_without_regard_to_case()
    {
        PipelineOptions options = Read(("STREAMS:threads", "3"), ("kafka:client:sasl.mechanism", "PLAIN"));

        Assert.Equal(3, options.Streams.Threads);
        Assert.Equal("PLAIN", options.Kafka.Client["sasl.mechanism"]);
    }

    [Fact]
    public void Without_any_setting_everything_has_the_documented_default()
    {
        PipelineOptions options = Read();

        Assert.Equal(StoreKind.Memory, options.Streams.Store);
        Assert.Equal(ProcessingGuarantee.ExactlyOnce, options.Streams.ProcessingGuarantee);
        Assert.Equal("user_id", options.Source.KeyedBy);
        Assert.Equal(8080, options.Management.Port);
    }

    [Fact]
    public void No_mistake_prints_a_secret()
    {
        string text = string.Join('\n', Mistakes(
            ("SchemaRegistry:BasicAuthUserInfo", "hunter2"),
            ("SchemaRegistry:BearerToken", "hunter2"),
            ("SchemaRegistry:BearerTokn", "hunter2"),
            ("SchemaRegistry:Url", "ftp://me:hunter2@host"),
            ("Telemetry:Otlp:Endpoint", "ftp://me:hunter2@host")).Select(mistake => mistake.ToString()));

        Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
        Assert.Contains("SchemaRegistry:BasicAuthUserInfo", text, StringComparison.Ordinal);
    }

    internal static IConfigurationRoot Configuration(params (string Key, string? Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, s.Value))).Build();

    private static List<ConfigurationMistake> Mistakes(params (string Key, string? Value)[] settings)
    {
        var mistakes = new List<ConfigurationMistake>();
        _ = PipelineOptionsReader.Read(Configuration(settings), mistakes);
        return mistakes;
    }

    private static PipelineOptions Read(params (string Key, string? Value)[] settings)
    {
        var mistakes = new List<ConfigurationMistake>();
        PipelineOptions options = PipelineOptionsReader.Read(Configuration(settings), mistakes);
        Assert.Empty(mistakes);
        return options;
    }
}
