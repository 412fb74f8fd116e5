using Confluent.Kafka;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Avro.Schemas.Compatibility;
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
        await _registry.RegisterAsync("orders-value", new SchemaDefinition(Ids));
        var forEver = new AvroSerializer<GenericRecord>(_registry, new AvroSerializerConfig { UseLatestVersion = true }, timeProvider: _time).AsSync();
        var forAMinute = new AvroSerializer<GenericRecord>(_registry, Minute(), timeProvider: _time).AsSync();
        byte[] Write(ISerializer<GenericRecord> serializer) => serializer.Serialize(NewOrder(), Value());
        Assert.Equal([0, 0, 0, 0, 1, 2], Write(forEver));
        Assert.Equal([0, 0, 0, 0, 1, 2], Write(forAMinute));
        await _registry.RegisterAsync("orders-value", new SchemaDefinition(Longs));

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
        await using var server = new ScriptedServer(_ =>
        {
            isOpen.Wait();
            return new ScriptedAnswer(200, $$"""{"id":1,"version":1,"subject":"orders-value","schema":{{System.Text.Json.JsonSerializer.Serialize(Ids)}}}""");
        });
        using var registry = new HttpSchemaRegistry(new SchemaRegistryOptions { Url = server.Url });
        var serializer = new AvroSerializer<GenericRecord>(registry, new AvroSerializerConfig { UseLatestVersion = true });
        var writes = Enumerable.Range(0, 1000).Select(_ => serializer.SerializeAsync(NewOrder(), Value())).ToArray();
        isOpen.Set();
        Assert.All(await Task.WhenAll(writes), static bytes => Assert.Equal([0, 0, 0, 0, 1, 2], bytes));
        Assert.Equal(["/subjects/orders-value/versions/latest"], server.Requests.Select(static request => request.Target));

        isOpen.Reset();
        var deserializer = new AvroDeserializer<GenericRecord>(registry, new AvroDeserializerConfig { UseLatestVersion = true });
        var reads = Enumerable.Range(0, 1000).Select(_ => deserializer.DeserializeAsync(new byte[] { 0, 0, 0, 0, 1, 2 }, isNull: false, Value())).ToArray();
        isOpen.Set();
        Assert.All(await Task.WhenAll(reads), static record => Assert.Equal(1, record["id"]));
        Assert.Equal(["/schemas/ids/1", "/subjects/orders-value/versions/latest"], server.Requests.Skip(1).Select(static request => request.Target));
    }

    [Fact]
    public async Task A_registry_that_is_away_when_the_time_is_over_leaves_the_known_version_in_use()
    {
        await _registry.RegisterAsync("orders-value", new SchemaDefinition(Ids));
        var serializer = new AvroSerializer<GenericRecord>(_registry, Minute(), timeProvider: _time).AsSync();
        var deserializer = Reader(TimeSpan.FromMinutes(1));
        var bytes = serializer.Serialize(NewOrder(), Value());
        Assert.Equal(1, deserializer.Deserialize(bytes, isNull: false, Value())["id"]);
        await _registry.RegisterAsync("orders-value", new SchemaDefinition(Longs));

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
        await _registry.RegisterAsync("orders-value", new SchemaDefinition(Ids));
        byte[] bytes = [0, 0, 0, 0, 1, 2];
        var forEver = Reader(null);
        var forAMinute = Reader(TimeSpan.FromMinutes(1));
        Assert.Equal((1, 1), (forEver.Deserialize(bytes, isNull: false, Value())["id"], forAMinute.Deserialize(bytes, isNull: false, Value())["id"]));
        await _registry.RegisterAsync("orders-value", new SchemaDefinition(Longs));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((1, 1L), (forEver.Deserialize(bytes, isNull: false, Value())["id"], forAMinute.Deserialize(bytes, isNull: false, Value())["id"]));
        Assert.Equal(1L, (await forAMinute.DeserializeAsync(bytes, isNull: false, Value()))["id"]);
    }

    [Fact]
    public async Task Strictly_the_latest_version_must_read_all_that_the_values_schema_writes()
    {
        await _registry.SetConfigAsync(CompatibilityLevel.None);
        await _registry.RegisterAsync("orders-value", new SchemaDefinition(Strings));
        byte[] lenient = new AvroSerializer<GenericRecord>(_registry, Minute()).AsSync().Serialize(new GenericRecord(Order) { ["id"] = 1L }, Value());
        Assert.Equal([0, 0, 0, 0, 1, 2, 2], lenient);

        var strict = Minute();
        strict.LatestCompatibilityStrict = true;
        Assert.NotEmpty(new AvroSerializer<GenericRecord>(_registry, strict).AsSync().Serialize(new GenericRecord(Order) { ["id"] = 1L }, Value()));

        await _registry.RegisterAsync("orders-value", new SchemaDefinition("""{"type":"record","name":"Order","fields":[{"name":"id","type":["string","boolean"]}]}"""));
        var refused = await Assert.ThrowsAsync<SchemaResolutionException>(() =>
            new AvroSerializer<GenericRecord>(_registry, strict).SerializeAsync(new GenericRecord(Order) { ["id"] = 1 }, Value()));
        Assert.Contains("orders-value", refused.Message, StringComparison.Ordinal);
        Assert.Contains("MISSING_UNION_BRANCH", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Strictly_messages_whose_schema_the_latest_version_does_not_read_are_refused_even_where_their_values_would_do()
    {
        const string either = """["string","int"]""";
        await _registry.SetConfigAsync(CompatibilityLevel.None);
        await _registry.RegisterAsync("orders-value", new SchemaDefinition(either));
        var bytes = new AvroSerializer<object>(_registry, schema: AvroSchema.Parse(either)).AsSync().Serialize("x", Value());
        await _registry.RegisterAsync("orders-value", new SchemaDefinition("\"string\""));
        var lenient = new AvroDeserializer<object>(_registry, new AvroDeserializerConfig { UseLatestVersion = true });
        Assert.Equal("x", lenient.Deserialize(bytes, isNull: false, Value()));
        var strict = new AvroDeserializer<object>(_registry, new AvroDeserializerConfig { UseLatestVersion = true, LatestCompatibilityStrict = true });
        var refused = Assert.Throws<InvalidDataException>(() => strict.Deserialize(bytes, isNull: false, Value()));
        Assert.Contains("latest.compatibility.strict", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_subject_without_a_version_is_an_error_that_names_it()
    {
        await _registry.RegisterAsync("elsewhere", new SchemaDefinition(Ids));
        var fault = Assert.Throws<SchemaRegistryException>(() => Reader(null).Deserialize([0, 0, 0, 0, 1, 2], isNull: false, Value()));
        Assert.Equal(SchemaRegistryException.SubjectNotFound, fault.ErrorCode);
        Assert.Contains("orders-value", fault.Message, StringComparison.Ordinal);
        await _registry.RegisterAsync("orders-value", new SchemaDefinition(Ids));
    }

    [Fact]
    public void A_header_is_not_looked_at_where_the_strategy_is_prefix()
    {
        var bytes = new AvroSerializer<GenericRecord>(_registry).AsSync().Serialize(NewOrder(), Value());
        var context = new SerializationContext(MessageComponentType.Value, "orders", new Headers { { WireFormat.ValueHeader, [9, 9] } });
        Assert.Throws<InvalidDataException>(() => new AvroDeserializer<GenericRecord>(_registry).Deserialize(bytes, isNull: false, context));
        var prefix = new AvroDeserializer<GenericRecord>(_registry, new AvroDeserializerConfig { IgnoreHeaders = true });
        Assert.Equal(1, prefix.Deserialize(bytes, isNull: false, context)["id"]);
    }

    [Fact]
    public async Task The_last_header_wins_and_a_header_of_the_other_role_is_not_looked_at()
    {
        await _registry.RegisterAsync("s", new SchemaDefinition("\"int\""));
        await _registry.RegisterAsync("t", new SchemaDefinition("\"bytes\""));
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

    private static AvroSerializerConfig Minute() => new() { UseLatestVersion = true, LatestCacheTtl = TimeSpan.FromMinutes(1) };

    private static SerializationContext Value() => new(MessageComponentType.Value, "orders", []);

    private AvroDeserializer<GenericRecord> Reader(TimeSpan? ttl) =>
        new(_registry, new AvroDeserializerConfig { UseLatestVersion = true, LatestCacheTtl = ttl }, timeProvider: _time);
}
