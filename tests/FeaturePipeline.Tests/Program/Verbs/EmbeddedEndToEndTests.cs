using System.Text;
using System.Text.Json;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Avro.Files;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Consuming;
using FeaturePipeline.Generator;
using FeaturePipeline.Kafka;
using FeaturePipeline.Streams.Clients;
using Microsoft.Extensions.Logging.Abstractions;

namespace FeaturePipeline.Tests.Program.Verbs;

public sealed class EmbeddedEndToEndTests : IDisposable
{
    private readonly EmbeddedBroker _broker = new();
    private readonly ISchemaRegistryClient _registry = new MockSchemaRegistry();
    private readonly KafkaClients _clients;

    public EmbeddedEndToEndTests() =>
        _clients = new KafkaClients(new KafkaClientOptions { BootstrapServers = _broker.BootstrapServers, ApplicationId = "test" }, TimeProvider.System, NullLoggerFactory.Instance);

    public void Dispose()
    {
        _registry.Dispose();
        _broker.Dispose();
    }

    [Fact]
    public async Task What_is_produced_is_consumed_in_full_keyed_by_user()
    {
        await ProduceAsync("events", 2_000, seed: 7);

        List<JsonElement> records = Consume("events", new ReadRange { FromBeginning = true, ExitAtEnd = true });

        Assert.Equal(2_000, records.Count);
        Assert.All(records, record => Assert.Equal(record.GetProperty("key").GetString(), record.GetProperty("value").GetProperty("user_id").GetString()));
        Assert.All(records, record => Assert.Equal(record.GetProperty("timestamp").GetInt64(), record.GetProperty("value").GetProperty("timestamp").GetInt64()));
        Assert.Equal(4, records.Select(record => record.GetProperty("partition").GetInt32()).Distinct().Count());
        Assert.Contains(records, record => record.GetProperty("value").GetProperty("session_id").ValueKind == JsonValueKind.Null);
    }

    [Fact]
    public async Task The_same_seed_writes_the_same_records()
    {
        await ProduceAsync("one", 500, seed: 3);
        await ProduceAsync("two", 500, seed: 3);

        var all = new ReadRange { FromBeginning = true, ExitAtEnd = true };
        Assert.Equal(Consume("one", all).Select(r => r.GetRawText()).Order(StringComparer.Ordinal), Consume("two", all).Select(r => r.GetRawText()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_records_of_a_container_file_are_replayed_under_their_own_schema_keyed_by_user()
    {
        const string schema = """
            {"type":"record","name":"Old","fields":[{"name":"user_id","type":"string"},{"name":"timestamp","type":["null",{"type":"long","logicalType":"timestamp-micros"}]},{"name":"n","type":"int"}]}
            """;
        string path = Path.GetTempFileName();
        try
        {
            WriteFile(path, (RecordSchema)AvroSchema.Parse(schema), count: 50);
            TrafficSource.CreateTopic(_clients, "replayed", 4, -1);
            FileEvents file = FileEvents.Open(path, "user_id", "timestamp");
            file.SchemaId = await TrafficSource.RegisterAsync(_registry, "replayed", file.Schema.ToString(), CancellationToken.None);
            using var source = new TrafficSource(_clients, "replayed", file);
            source.Run(count: null, rate: null, static _ => { }, CancellationToken.None);

            List<JsonElement> records = Consume("replayed", new ReadRange { FromBeginning = true, ExitAtEnd = true });

            Assert.Equal(50, source.Sent);
            Assert.Equal(Enumerable.Range(0, 50), records.Select(r => r.GetProperty("value").GetProperty("n").GetInt32()).Order());
            Assert.All(records, r => Assert.Equal($"user-{r.GetProperty("value").GetProperty("n").GetInt32() % 5}", r.GetProperty("key").GetString()));
            Assert.All(records, r => Assert.Equal(1_700_000_000_000 + r.GetProperty("value").GetProperty("n").GetInt32(), r.GetProperty("timestamp").GetInt64()));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task A_file_that_is_no_container_file_fails_in_one_line()
    {
        (int code, _, string error) = await CommandLineTests.RunAsync(
            "produce", "--from", typeof(EmbeddedEndToEndTests).Assembly.Location, "--set", "SchemaRegistry:Url=mock://file", "--set", $"Kafka:BootstrapServers={_broker.BootstrapServers}");

        Assert.Equal(1, code);
        Assert.Contains("no Avro object container file", Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Consuming_stops_at_the_wanted_number_and_when_nothing_comes()
    {
        await ProduceAsync("events", 300, seed: 1);

        Assert.Equal(7, Consume("events", new ReadRange { FromBeginning = true, Max = 7 }).Count);
        Assert.Equal(300, Consume("events", new ReadRange { FromBeginning = true, IdleTimeout = TimeSpan.FromSeconds(1) }).Count);
        Assert.Empty(Consume("events", new ReadRange { FromBeginning = false, ExitAtEnd = true }));
    }

    [Fact]
    public async Task What_is_not_avro_is_shown_as_base64_with_the_reason_and_headers_are_shown()
    {
        TrafficSource.CreateTopic(_clients, "dead", 1, -1);
        int id = await TrafficSource.RegisterAsync(_registry, "dead", CancellationToken.None);
        byte[] truncated = new byte[WireFormat.PrefixSize + 1];
        WireFormat.WritePrefix(truncated, id);
        truncated[^1] = 20;
        var rules = new RuleSet([], [new Rule("r", RuleKind.Condition, RuleMode.Read, "CEL", null, null)]);
        int ruledId = await _registry.RegisterSchemaAsync("ruled", new Schema("\"int\"", [], SchemaType.Avro, null, rules));
        byte[] ruled = new byte[WireFormat.PrefixSize + 1];
        WireFormat.WritePrefix(ruled, ruledId);
        byte[] unknown = new byte[WireFormat.PrefixSize + 1];
        WireFormat.WritePrefix(unknown, 4711);
        using (IStreamsProducer producer = _clients.CreateProducer("test", transactionalId: null))
        {
            producer.Send("dead", 0, "k"u8, "no avro"u8, 5, SendFlags.None, [new RecordHeader("dlq.reason", Encoding.UTF8.GetBytes("not_avro")), new RecordHeader("bytes", [0xff])]);
            producer.Send("dead", 0, default, default, 6, SendFlags.NullKey | SendFlags.NullValue);
            producer.Send("dead", 0, [0xfe], truncated, 7);
            producer.Send("dead", 0, "k"u8, ruled, 8);
            producer.Send("dead", 0, "k"u8, unknown, 9);
            producer.Flush(TimeSpan.FromSeconds(10));
        }

        List<JsonElement> records = Consume("dead", new ReadRange { FromBeginning = true, ExitAtEnd = true });

        Assert.Equal(
            """{"partition":0,"offset":0,"timestamp":5,"key":"k","value":{"base64":"bm8gYXZybw==","problem":"not Avro in Confluent framing"},"headers":{"dlq.reason":"not_avro","bytes":{"base64":"/w=="}}}""",
            records[0].GetRawText());
        Assert.Equal("""{"partition":0,"offset":1,"timestamp":6,"key":null,"value":null}""", records[1].GetRawText());
        Assert.Contains("Truncated", records[2].GetProperty("value").GetProperty("problem").GetString(), StringComparison.Ordinal);
        Assert.Equal("/g==", records[2].GetProperty("key").GetProperty("base64").GetString());
        Assert.Contains("rule set", records[3].GetProperty("value").GetProperty("problem").GetString(), StringComparison.Ordinal);
        Assert.Equal("schema 4711 is not in the registry", records[4].GetProperty("value").GetProperty("problem").GetString());
    }

    private static void WriteFile(string path, RecordSchema schema, int count)
    {
        using var writer = new AvroFileWriter(File.Create(path), schema);
        for (int i = 0; i < count; i++)
        {
            var record = new GenericRecord(schema) { ["user_id"] = $"user-{i % 5}", ["timestamp"] = 1_700_000_000_000_000 + (i * 1_000L), ["n"] = i };
            writer.Write(record);
        }
    }

    private async Task ProduceAsync(string topic, long count, ulong seed)
    {
        TrafficSource.CreateTopic(_clients, topic, 4, -1);
        int id = await TrafficSource.RegisterAsync(_registry, topic, CancellationToken.None);
        using var source = new TrafficSource(_clients, topic, new GeneratedEvents(new TrafficOptions { Users = 100, Seed = seed, StartMs = 1_700_000_000_000 }, id));
        source.Run(count, rate: null, static _ => { }, CancellationToken.None);
        Assert.Equal(count, source.Sent);
    }

    private List<JsonElement> Consume(string topic, ReadRange range)
    {
        using var output = new StringWriter();
        using IAdmin admin = _clients.CreateAdmin();
        using IStreamsConsumer consumer = _clients.CreateRestoreConsumer("test-consume");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        new TopicReader(consumer, admin, TimeProvider.System).Read(topic, range, new RecordJson(_registry), output, limit.Token);
        Assert.False(limit.IsCancellationRequested, "The reader did not stop by itself.");
        return [.. output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }
}
