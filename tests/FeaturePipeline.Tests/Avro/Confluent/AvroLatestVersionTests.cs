using Confluent.Kafka;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Tests.Avro.Registry;

namespace FeaturePipeline.Tests.Avro.Confluent;

/// <summary>use.latest.version: how long the latest version is the latest, and what it must be able to read.</summary>
public class AvroLatestVersionTests
{
    private const string Ids = """{"type":"record","name":"Order","fields":[{"name":"id","type":"int"}]}""";
    private const string Longs = """{"type":"record","name":"Order","fields":[{"name":"id","type":"long"}]}""";
    private const string Strings = """{"type":"record","name":"Order","fields":[{"name":"id","type":["string","long"]}]}""";
    private static readonly RecordSchema Order = (RecordSchema)AvroSchema.Parse(Ids);
    private readonly MockSchemaRegistry _registry = new();
    private readonly SettableTimeProvider _time = new();

    [Fact]
    public async Task The_latest_version_is_the_latest_for_ever_unless_a_time_is_set()
    {
        await _registry.RegisterSchemaWithResponseAsync("orders-value", new Schema(Ids, SchemaType.Avro));
        var forEver = Writer(null);
        var forAMinute = Writer(60);
        byte[] Write(ISerializer<GenericRecord> serializer) => serializer.Serialize(NewOrder(), Value());
        Assert.Equal([0, 0, 0, 0, 1, 2], Write(forEver));
        Assert.Equal([0, 0, 0, 0, 1, 2], Write(forAMinute));
        await _registry.RegisterSchemaWithResponseAsync("orders-value", new Schema(Longs, SchemaType.Avro));

        _time.Advance(TimeSpan.FromSeconds(59));
        var asked = _registry.Requests;
        Assert.Equal(1, Write(forAMinute)[4]);
        Assert.Equal(asked, _registry.Requests);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, Write(forAMinute)[4]);
        Assert.Equal(2, Write(forAMinute)[4]);
        Assert.Equal(asked + 1, _registry.Requests);
        Assert.Equal(1, Write(forEver)[4]);
    }

    [Fact]
    public async Task First_uses_at_the_same_time_ask_once_for_the_latest_version()
    {
        using var isOpen = new ManualResetEventSlim();
        await using var server = new ScriptedServer(request =>
        {
            isOpen.Wait();
            return request.Target.StartsWith("/associations/", StringComparison.Ordinal) ? new ScriptedAnswer(404, """{"error_code":404,"message":"HTTP 404 Not Found"}""") : new ScriptedAnswer(200, $$"""{"id":1,"version":1,"subject":"orders-value","schema":{{System.Text.Json.JsonSerializer.Serialize(Ids)}}}""");
        });
        using var registry = SchemaRegistries.Create(new SchemaRegistryOptions { Url = server.Url });
        var serializer = new AvroSerializer<GenericRecord>(registry, new AvroSerializerConfig { AutoRegisterSchemas = false, UseLatestVersion = true });
        var writes = Enumerable.Range(0, 1000).Select(_ => serializer.SerializeAsync(NewOrder(), Value())).ToArray();
        isOpen.Set();
        Assert.All(await Task.WhenAll(writes), static bytes => Assert.Equal([0, 0, 0, 0, 1, 2], bytes));
        Assert.Equal(["/associations", "/subjects/orders-value/versions/latest"], Asked());

        isOpen.Reset();
        var deserializer = new AvroDeserializer<GenericRecord>(registry, new AvroDeserializerConfig { UseLatestVersion = true });
        var reads = Enumerable.Range(0, 1000).Select(_ => deserializer.DeserializeAsync(new byte[] { 0, 0, 0, 0, 1, 2 }, isNull: false, Value())).ToArray();
        isOpen.Set();
        Assert.All(await Task.WhenAll(reads), static record => Assert.Equal(1, record["id"]));
        Assert.Equal(["/associations", "/schemas/ids/1?subject=orders-value"], Asked()[2..]); // the client has the latest version already

        string[] Asked() => [.. server.Requests.Select(static request => request.Target.StartsWith("/associations/", StringComparison.Ordinal) ? "/associations" : request.Target)];
    }

    [Fact]
    public async Task A_registry_that_is_away_when_the_time_is_over_leaves_the_known_version_in_use()
    {
        await _registry.RegisterSchemaWithResponseAsync("orders-value", new Schema(Ids, SchemaType.Avro));
        var serializer = Writer(60);
        var deserializer = Reader(60);
        var bytes = serializer.Serialize(NewOrder(), Value());
        Assert.Equal(1, deserializer.Deserialize(bytes, isNull: false, Value())["id"]);
        await _registry.RegisterSchemaWithResponseAsync("orders-value", new Schema(Longs, SchemaType.Avro));

        _time.Advance(TimeSpan.FromMinutes(1));
        _registry.IsAway = true;
        Assert.Equal(bytes, serializer.Serialize(NewOrder(), Value()));
        Assert.Equal(1, deserializer.Deserialize(bytes, isNull: false, Value())["id"]);
        _registry.IsAway = false;
        Assert.Equal(bytes, serializer.Serialize(NewOrder(), Value())); // asked again when the time is over again

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(2, serializer.Serialize(NewOrder(), Value())[4]);
        Assert.Equal(1L, deserializer.Deserialize(bytes, isNull: false, Value())["id"]);
    }

    [Fact]
    public async Task Reading_with_the_latest_version_sees_a_newer_one_when_the_time_is_over()
    {
        await _registry.RegisterSchemaWithResponseAsync("orders-value", new Schema(Ids, SchemaType.Avro));
        byte[] bytes = [0, 0, 0, 0, 1, 2];
        var forEver = Reader(null);
        var forAMinute = Reader(60);
        Assert.Equal((1, 1), (forEver.Deserialize(bytes, isNull: false, Value())["id"], forAMinute.Deserialize(bytes, isNull: false, Value())["id"]));
        await _registry.RegisterSchemaWithResponseAsync("orders-value", new Schema(Longs, SchemaType.Avro));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((1, 1L), (forEver.Deserialize(bytes, isNull: false, Value())["id"], forAMinute.Deserialize(bytes, isNull: false, Value())["id"]));
        Assert.Equal(1L, (await forAMinute.DeserializeAsync(bytes, isNull: false, Value()))["id"]);
    }

    [Fact]
    public async Task A_subject_without_a_version_is_an_error_that_names_it()
    {
        await _registry.RegisterSchemaWithResponseAsync("elsewhere", new Schema(Ids, SchemaType.Avro));
        var fault = Assert.Throws<SchemaRegistryException>(() => Reader(null).Deserialize([0, 0, 0, 0, 1, 2], isNull: false, Value()));
        Assert.Equal(RegistryErrors.SubjectNotFound, fault.ErrorCode);
        Assert.Contains("orders-value", fault.Message, StringComparison.Ordinal);
        await _registry.RegisterSchemaWithResponseAsync("orders-value", new Schema(Ids, SchemaType.Avro));
    }

    [Fact]
    public void A_header_is_not_looked_at_where_the_strategy_is_prefix()
    {
        var bytes = new AvroSerializer<GenericRecord>(_registry).AsSync().Serialize(NewOrder(), Value());
        var context = new SerializationContext(MessageComponentType.Value, "orders", new Headers { { WireFormat.ValueHeader, [9, 9] } });
        Assert.Throws<InvalidDataException>(() => new AvroDeserializer<GenericRecord>(_registry).Deserialize(bytes, isNull: false, context));
        var prefix = new AvroDeserializer<GenericRecord>(_registry, new AvroDeserializerConfig { SchemaIdStrategy = SchemaIdDeserializerStrategy.Prefix });
        Assert.Equal(1, prefix.Deserialize(bytes, isNull: false, context)["id"]);
    }

    [Fact]
    public async Task The_last_header_wins_and_a_header_of_the_other_role_is_not_looked_at()
    {
        await _registry.RegisterSchemaWithResponseAsync("s", new Schema("\"int\"", SchemaType.Avro));
        await _registry.RegisterSchemaWithResponseAsync("t", new Schema("\"bytes\"", SchemaType.Avro));
        var headers = new Headers
        {
            { WireFormat.ValueHeader, [0, 0, 0, 0, 1] }, { WireFormat.ValueHeader, [0, 0, 0, 0, 2] }, { WireFormat.KeyHeader, [7] },
        };
        var reader = new AvroDeserializer<object>(_registry);
        byte[] raw = [0, 0, 0, 0, 1, 2];
        Assert.Equal(raw, reader.Deserialize(raw, isNull: false, new SerializationContext(MessageComponentType.Value, "orders", headers)));
        headers.Remove(WireFormat.KeyHeader);
        Assert.Equal(1, reader.Deserialize(raw, isNull: false, new SerializationContext(MessageComponentType.Key, "orders", headers)));
    }

    private static GenericRecord NewOrder() => new(Order) { ["id"] = 1 };

    private static SerializationContext Value() => new(MessageComponentType.Value, "orders", []);

    private ISerializer<GenericRecord> Writer(int? ttlSeconds) =>
        new AvroSerializer<GenericRecord>(Registry(ttlSeconds), new AvroSerializerConfig { AutoRegisterSchemas = false, UseLatestVersion = true }, null, _time).AsSync();

    private AvroDeserializer<GenericRecord> Reader(int? ttlSeconds) =>
        new(Registry(ttlSeconds), new AvroDeserializerConfig { UseLatestVersion = true }, null, _time);

    // The time is a setting of the registry's client, as with Confluent's serde.
    private MockSchemaRegistry Registry(int? ttlSeconds)
    {
        _registry.Config = new SchemaRegistryConfig { Url = "mock://test", LatestCacheTtlSecs = ttlSeconds };
        return _registry;
    }
}
