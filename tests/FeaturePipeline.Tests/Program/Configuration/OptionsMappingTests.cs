using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Configuration;
using FeaturePipeline.Kafka;
using FeaturePipeline.Streams;

namespace FeaturePipeline.Tests.Program.Configuration;

public class OptionsMappingTests
{
    [Theory]
    [InlineData("sasl.mechanism", "sasl.mechanism")]
    [InlineData("SaslPassword", "sasl.password")]
    [InlineData("sasl_password", "sasl.password")]
    [InlineData("SASL_PASSWORD", "sasl.password")]
    [InlineData("SslCaLocation", "ssl.ca.location")]
    [InlineData("debug", "debug")]
    public void Properties_of_librdkafka_are_taken_in_the_spelling_of_environment_variables_too(string written, string property) =>
        Assert.Equal(property, OptionsMapping.Dotted(written));

    [Theory]
    [InlineData("schema.registry.basic.auth.credentials.source")]
    [InlineData("SchemaRegistryBasicAuthCredentialsSource")]
    [InlineData("BasicAuthCredentialsSource")]
    [InlineData("BASIC_AUTH_CREDENTIALS_SOURCE")]
    public void Credentials_of_the_Kafka_client_go_to_the_registry_only_where_that_is_asked_for(string source)
    {
        var kafka = new KafkaOptions { Client = { ["SaslUsername"] = "alice", ["sasl.password"] = "s3cret" } };
        SchemaRegistryOptions inherited = new PipelineOptions
        {
            Kafka = kafka,
            SchemaRegistry = new RegistryOptions { Client = { [source] = "SASL_INHERIT" } },
        }.ToRegistry();

        Assert.Equal(("alice", "s3cret"), (inherited.Client["sasl.username"], inherited.Client["sasl.password"]));
        Assert.Empty(RegistryProperties.Validate(inherited));
        Assert.Empty(new PipelineOptions { Kafka = kafka }.ToRegistry().Client);
    }

    [Fact]
    public void The_embedded_broker_runs_at_least_once()
    {
        var options = new PipelineOptions { Kafka = new KafkaOptions { BootstrapServers = "Embedded" } };

        Assert.Equal(ProcessingGuarantee.AtLeastOnce, options.ToStreams().ProcessingGuarantee);
        Assert.Equal(ProcessingGuarantee.ExactlyOnce, new PipelineOptions().ToStreams().ProcessingGuarantee);
    }

    [Fact]
    public void Side_topics_that_are_switched_off_are_not_written()
    {
        StreamsOptions streams = new PipelineOptions { DeadLetter = new DeadLetterOptions { Enabled = false } }.ToStreams();

        Assert.Null(streams.DeadLetterTopic);
        Assert.Null(streams.LateTopic);
        Assert.Equal("user-events-dlq", new PipelineOptions().ToStreams().DeadLetterTopic);
    }

    [Theory]
    [InlineData("max.poll.interval.ms", "900000", 900)]
    [InlineData("MaxPollIntervalMs", "60000", 60)]
    [InlineData("session.timeout.ms", "6000", 300)]
    public void A_thread_counts_as_stuck_when_the_group_gives_its_consumer_up(string name, string value, int seconds)
    {
        var options = new PipelineOptions { Kafka = new KafkaOptions { Consumer = { [name] = value } } };

        Assert.Equal(TimeSpan.FromSeconds(seconds), options.ToStreams().MaxPollInterval);
    }

    [Fact]
    public void Where_a_new_group_starts_is_told_to_both_runtime_and_clients()
    {
        var options = new PipelineOptions { Source = new SourceOptions { AutoOffsetReset = OffsetReset.Latest } };

        Assert.Equal(AutoOffsetReset.Latest, options.ToKafka().AutoOffsetReset);
        Assert.Equal(OffsetReset.Latest, options.ToStreams().AutoOffsetReset);
    }
}
