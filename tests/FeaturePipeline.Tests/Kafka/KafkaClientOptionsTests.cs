using FeaturePipeline.Kafka;
using FeaturePipeline.Streams.Errors;
using Microsoft.Extensions.Logging.Abstractions;

namespace FeaturePipeline.Tests.Kafka;

public sealed class KafkaClientOptionsTests
{
    private static readonly KafkaClientOptions s_options = new() { BootstrapServers = "no-such-host:9092", ApplicationId = "app" };

    [Fact]
    public void Good_options_have_no_errors_and_nothing_connects() =>
        Assert.Empty((s_options with
        {
            InstanceId = "pod-1",
            Client = Section(("security.protocol", "SASL_SSL"), ("sasl.mechanism", "PLAIN"), ("sasl.username", "u"), ("sasl.password", "p")),
            Consumer = Section(("session.timeout.ms", "6000"), ("enable.auto.commit", "False")),
            Producer = Section(("compression.type", "lz4"), ("linger.ms", "20")),
            Admin = Section(("socket.timeout.ms", "5000")),
        }).Validate());

    [Theory]
    [InlineData("SASL_SSL", "sasl_ssl")]
    [InlineData("SaslSsl", "sasl_ssl")]
    [InlineData("sasl_plaintext", "sasl_plaintext")]
    [InlineData("SaslPlaintext", "sasl_plaintext")]
    [InlineData("Ssl", "ssl")]
    [InlineData("PLAINTEXT", "plaintext")]
    public void Both_spellings_of_a_security_protocol_are_accepted(string written, string librdkafkas)
    {
        KafkaClientOptions options = s_options with
        {
            Client = Section(("Security.Protocol", written), ("sasl.mechanism", "PLAIN"), ("sasl.username", "u"), ("sasl.password", "p")),
        };
        Assert.Empty(options.Validate());
        Assert.Equal(librdkafkas, KafkaProperties.ForConsumer(options, "c", isMember: true)["security.protocol"]);
    }

    [Theory]
    [InlineData("ScramSha256", "SCRAM-SHA-256")]
    [InlineData("SCRAM-SHA-512", "SCRAM-SHA-512")]
    [InlineData("Plain", "PLAIN")]
    [InlineData("OAuthBearer", "OAUTHBEARER")]
    public void Both_spellings_of_a_mechanism_are_accepted(string written, string librdkafkas) =>
        Assert.Equal(librdkafkas, KafkaProperties.Spell("sasl.mechanism", written));

    [Theory]
    [InlineData("Consumer", "enable.auto.commit", "true")]
    [InlineData("Consumer", "enable.auto.offset.store", "true")]
    [InlineData("Consumer", "isolation.level", "read_uncommitted")]
    [InlineData("Consumer", "enable.partition.eof", "false")]
    [InlineData("Consumer", "partition.assignment.strategy", "range")]
    [InlineData("Consumer", "group.id", "other")]
    [InlineData("Consumer", "auto.offset.reset", "latest")]
    [InlineData("Producer", "transactional.id", "mine")]
    [InlineData("Producer", "enable.idempotence", "false")]
    [InlineData("Client", "bootstrap.servers", "other:9092")]
    [InlineData("Client", "Isolation.Level", "read_uncommitted")]
    public void What_correctness_rests_on_can_not_be_overridden(string section, string name, string value)
    {
        KafkaOptionError error = Assert.Single(With(section, name, value).Validate());
        Assert.Equal($"Kafka:{section}:{name}", error.Key);
        Assert.EndsWith("Remove it.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Client", "securty.protocol", "ssl", "not a property")]
    [InlineData("Consumer", "session.timeout.ms", "soon", "Invalid value")]
    [InlineData("Producer", "linger.ms", "-5", "outside allowed range")]
    [InlineData("Producer", "compression.type", "zip", "Invalid value")]
    [InlineData("Admin", "nonsense", "1", "not a property")]
    public void A_property_that_librdkafka_does_not_take_is_reported_with_its_key(string section, string name, string value, string because)
    {
        KafkaOptionError error = Assert.Single(With(section, name, value).Validate());
        Assert.Equal($"Kafka:{section}:{name}", error.Key);
        Assert.Contains(because, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Properties_that_contradict_each_other_are_reported()
    {
        KafkaOptionError error = Assert.Single((s_options with
        {
            Consumer = Section(("max.poll.interval.ms", "1000"), ("session.timeout.ms", "6000")),
        }).Validate());
        Assert.Equal("Kafka:Consumer", error.Key);
        Assert.Contains("max.poll.interval.ms", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_consumers_and_producers_both_miss_is_reported_once()
    {
        KafkaOptionError error = Assert.Single((s_options with
        {
            Client = Section(("security.protocol", "SaslSsl"), ("sasl.mechanism", "Plain")),
        }).Validate());
        Assert.Equal(("Kafka:Client", "sasl.username and sasl.password must be set."), (error.Key, error.Message));
    }

    [Fact]
    public void All_mistakes_are_reported_at_once_and_the_clients_refuse_to_be_made()
    {
        KafkaClientOptions options = new()
        {
            BootstrapServers = "",
            ApplicationId = " ",
            Consumer = Section(("isolation.level", "read_uncommitted"), ("nonsense", "1")),
            Producer = Section(("acks", "many")),
        };
        Assert.Equal(
            ["Kafka:ApplicationId", "Kafka:BootstrapServers", "Kafka:Consumer:isolation.level", "Kafka:Consumer:nonsense", "Kafka:Producer:acks"],
            options.Validate().Select(e => e.Key).Order(StringComparer.Ordinal));
        StreamsException e = Assert.Throws<StreamsException>(() => new KafkaClients(options, TimeProvider.System, NullLoggerFactory.Instance));
        Assert.Contains("Kafka:Producer:acks", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_users_properties_win_over_defaults_and_the_fixed_ones_over_the_users()
    {
        KafkaClientOptions options = s_options with
        {
            Client = Section(("Reconnect.Backoff.Max.Ms", "7")),
            Consumer = Section(("fetch.queue.backoff.ms", "50"), ("isolation.level", "read_uncommitted")),
        };
        Dictionary<string, string> properties = KafkaProperties.ForConsumer(options, "c", isMember: true);
        Assert.Equal(("7", "50", "read_committed", "earliest", "cooperative-sticky"), (
            properties["reconnect.backoff.max.ms"], properties["fetch.queue.backoff.ms"], properties["isolation.level"],
            properties["auto.offset.reset"], properties["partition.assignment.strategy"]));
        Dictionary<string, string> producer = KafkaProperties.ForProducer(options, "p", "tx");
        Assert.Equal(("5", "murmur2_random", "10000", "tx"), (
            producer["linger.ms"], producer["partitioner"], producer["transaction.timeout.ms"], producer["transactional.id"]));
        Assert.DoesNotContain("transactional.id", KafkaProperties.ForProducer(options, "p", null).Keys);
    }

    [Fact]
    public void The_group_protocol_of_KIP_848_leaves_the_assignment_to_the_broker()
    {
        KafkaClientOptions options = s_options with { GroupProtocol = GroupProtocol.Consumer };
        Assert.Empty(options.Validate());
        Dictionary<string, string> properties = KafkaProperties.ForConsumer(options, "c", isMember: true);
        Assert.Equal("consumer", properties["group.protocol"]);
        Assert.DoesNotContain("partition.assignment.strategy", properties.Keys);
    }

    [Theory]
    [InlineData("app-6ec7-1-consumer", "pod-0-1")]
    [InlineData("app-6ec7-12", "pod-0-12")]
    [InlineData("reader", "pod-0-reader")]
    public void Each_thread_is_a_static_member_of_its_own(string clientId, string instance)
    {
        Assert.Equal(instance, KafkaProperties.MemberInstanceId("pod-0", clientId));
        KafkaClientOptions options = s_options with { InstanceId = "pod-0" };
        Assert.Equal(instance, KafkaProperties.ForConsumer(options, clientId, isMember: true)["group.instance.id"]);
        Assert.DoesNotContain("group.instance.id", KafkaProperties.ForConsumer(options, clientId, isMember: false).Keys);
    }

    private static Dictionary<string, string> Section(params (string Name, string Value)[] properties) =>
        properties.ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal);

    private static KafkaClientOptions With(string section, string name, string value) => section switch
    {
        "Client" => s_options with { Client = Section((name, value)) },
        "Consumer" => s_options with { Consumer = Section((name, value)) },
        "Producer" => s_options with { Producer = Section((name, value)) },
        _ => s_options with { Admin = Section((name, value)) },
    };
}
