using System.Buffers.Binary;
using System.Text;
using Confluent.Kafka;
using Confluent.Kafka.SyncOverAsync;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Confluent;

public class AvroSerdeTests
{
    private static readonly RecordSchema Order = Record("""{"type":"record","name":"shop.Order","fields":[{"name":"id","type":"int"}]}""");
    private static readonly RecordSchema Wider = Record(
        """{"type":"record","name":"shop.Order","fields":[{"name":"note","type":["null","string"],"default":null},{"name":"id","type":"long"}]}""");

    private readonly MockSchemaRegistry _registry = new();

    [Fact]
    public async Task A_record_is_registered_under_the_topics_subject_and_read_back()
    {
        var bytes = await new AvroSerializer<GenericRecord>(_registry).SerializeAsync(NewOrder(7), Value());
        Assert.Equal([0, 0, 0, 0, 1, 14], bytes);
        Assert.Equal(["orders-value"], await _registry.GetAllSubjectsAsync());
        var read = new AvroDeserializer<GenericRecord>(_registry).Deserialize(bytes, isNull: false, Value());
        Assert.Equal(7, read["id"]);
        Assert.Equal(7, (await new AvroDeserializer<GenericRecord>(_registry).DeserializeAsync(bytes, isNull: false, Value()))["id"]);
    }

    [Fact]
    public async Task The_registry_is_asked_once_per_topic_role_and_schema()
    {
        var serializer = new AvroSerializer<GenericRecord>(_registry);
        var sync = serializer.AsSync();
        sync.Serialize(NewOrder(1), Value());
        var asked = _registry.Requests;
        sync.Serialize(NewOrder(2), Value());
        Assert.True(serializer.SerializeAsync(NewOrder(3), Value()).IsCompletedSuccessfully);
        Assert.Equal(asked, _registry.Requests);
        sync.Serialize(NewOrder(2), Key());
        await serializer.SerializeAsync(NewOrder(2), new SerializationContext(MessageComponentType.Value, "returns"));
        Assert.Equal(["orders-key", "orders-value", "returns-value"], await _registry.GetAllSubjectsAsync());

        var deserializer = new AvroDeserializer<GenericRecord>(_registry);
        deserializer.Deserialize([0, 0, 0, 0, 1, 14], isNull: false, Value());
        asked = _registry.Requests;
        deserializer.Deserialize([0, 0, 0, 0, 1, 14], isNull: false, Value());
        Assert.True(deserializer.DeserializeAsync(new byte[] { 0, 0, 0, 0, 1, 14 }, isNull: false, Value()).IsCompletedSuccessfully);
        Assert.Equal(asked, _registry.Requests);
    }

    [Fact]
    public async Task Evolved_records_are_resolved_to_the_reader_schema_and_to_the_latest_version()
    {
        var old = await new AvroSerializer<GenericRecord>(_registry).SerializeAsync(NewOrder(7), Value());
        await _registry.RegisterSchemaWithResponseAsync("orders-value", new Schema(Wider.ToString(), SchemaType.Avro));

        var explicitly = new AvroDeserializer<GenericRecord>(_registry, new AvroDeserializerConfig { ReaderSchema = Wider }).Deserialize(old, isNull: false, Value());
        var latest = new AvroDeserializer<GenericRecord>(_registry, new AvroDeserializerConfig { UseLatestVersion = true });
        foreach (var read in new[] { explicitly, latest.Deserialize(old, isNull: false, Value()), latest.Deserialize(old, isNull: false, Value()), await latest.DeserializeAsync(old, isNull: false, Value()) })
        {
            Assert.Equal((7L, (object?)null), ((long)read["id"]!, read["note"]));
        }

        Assert.Equal(7, new AvroDeserializer<GenericRecord>(_registry).Deserialize(old, isNull: false, Value())["id"]);
    }

    [Theory]
    [InlineData(SubjectNameStrategy.Record)]
    [InlineData(SubjectNameStrategy.TopicRecord)]
    public async Task The_latest_version_is_that_of_the_subject_that_the_strategy_says(SubjectNameStrategy strategy)
    {
        var serializer = new AvroSerializer<GenericRecord>(_registry, new AvroSerializerConfig { SubjectNameStrategy = strategy });
        var old = await serializer.SerializeAsync(NewOrder(7), Value());
        var subject = Assert.Single(await _registry.GetAllSubjectsAsync());
        await _registry.RegisterSchemaWithResponseAsync(subject, new Schema(Wider.ToString(), SchemaType.Avro));
        var reader = new AvroDeserializer<GenericRecord>(_registry, new AvroDeserializerConfig { UseLatestVersion = true, SubjectNameStrategy = strategy });
        Assert.Equal(7L, reader.Deserialize(old, isNull: false, Value())["id"]);
        var unknown = Assert.Throws<InvalidDataException>(() => reader.Deserialize([0, 0, 0, 0, 99, 1], isNull: false, Value()));
        Assert.Equal(40403, Assert.IsType<SchemaRegistryException>(unknown.InnerException).ErrorCode);
    }

    [Theory]
    [InlineData(SubjectNameStrategy.Topic, "orders-key")]
    [InlineData(SubjectNameStrategy.Record, "shop.Order")]
    [InlineData(SubjectNameStrategy.TopicRecord, "orders-shop.Order")]
    public async Task Subjects_follow_the_strategy(SubjectNameStrategy strategy, string subject)
    {
        await new AvroSerializer<GenericRecord>(_registry, new AvroSerializerConfig { SubjectNameStrategy = strategy }).SerializeAsync(NewOrder(1), Key());
        Assert.Equal([subject], await _registry.GetAllSubjectsAsync());
    }

    [Fact]
    public async Task Subjects_may_follow_a_strategy_of_ones_own()
    {
        var config = new AvroSerializerConfig { SubjectName = static (context, name) => $"{name}@{context.Topic}" };
        await new AvroSerializer<GenericRecord>(_registry, config).SerializeAsync(NewOrder(1), Value());
        Assert.Equal(["shop.Order@orders"], await _registry.GetAllSubjectsAsync());
    }

    [Fact]
    public async Task A_record_name_strategy_refuses_a_schema_without_a_name()
    {
        var serializer = new AvroSerializer<string>(_registry, new AvroSerializerConfig { SubjectNameStrategy = SubjectNameStrategy.Record });
        Assert.Contains("subject.name.strategy", (await Assert.ThrowsAsync<ArgumentException>(() => serializer.SerializeAsync("x", Value()))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_automatic_registration_an_unregistered_schema_is_refused()
    {
        var serializer = new AvroSerializer<GenericRecord>(_registry, new AvroSerializerConfig { AutoRegisterSchemas = false });
        Assert.True((await Assert.ThrowsAsync<SchemaRegistryException>(() => serializer.SerializeAsync(NewOrder(1), Value()))).IsNotFound());
        await _registry.RegisterSchemaWithResponseAsync("orders-value", new Schema(Order.ToString(), SchemaType.Avro));
        Assert.Equal([0, 0, 0, 0, 1, 2], await serializer.SerializeAsync(NewOrder(1), Value()));
    }

    [Fact]
    public async Task A_schema_that_breaks_the_level_is_refused_when_it_is_written()
    {
        await _registry.RegisterSchemaWithResponseAsync("orders-value", new Schema("""{"type":"record","name":"shop.Order","fields":[{"name":"id","type":"string"}]}""", SchemaType.Avro));
        var fault = await Assert.ThrowsAsync<SchemaRegistryException>(() => new AvroSerializer<GenericRecord>(_registry).SerializeAsync(NewOrder(1), Value()));
        Assert.True(fault.IsIncompatible());
    }

    [Fact]
    public async Task The_schema_of_an_id_and_the_latest_version_can_be_chosen()
    {
        await _registry.RegisterSchemaWithResponseAsync("orders-value", new Schema(Order.ToString(), SchemaType.Avro));
        await _registry.RegisterSchemaWithResponseAsync("orders-value", new Schema("""{"type":"record","name":"shop.Order","fields":[{"name":"id","type":"long"}]}""", SchemaType.Avro));
        var byId = new AvroSerializer<GenericRecord>(_registry, new AvroSerializerConfig { UseSchemaId = 1 });
        Assert.Equal([0, 0, 0, 0, 1, 2], await byId.SerializeAsync(NewOrder(1), Value()));
        var latest = new AvroSerializer<GenericRecord>(_registry, new AvroSerializerConfig { AutoRegisterSchemas = false, UseLatestVersion = true });
        Assert.Equal([0, 0, 0, 0, 2, 2], await latest.SerializeAsync(NewOrder(1), Value()));
        Assert.Equal([1, 2], await _registry.GetSubjectVersionsAsync("orders-value"));
    }

    [Fact]
    public void Settings_that_exclude_each_other_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new AvroSerializer<string>(_registry, new AvroSerializerConfig { AutoRegisterSchemas = true, UseLatestVersion = true }));
        Assert.Throws<ArgumentException>(() => new AvroSerializer<string>(_registry, new AvroSerializerConfig { UseLatestVersion = true }));
        Assert.Throws<ArgumentException>(() => new AvroDeserializer<object>(_registry, new AvroDeserializerConfig { UseLatestVersion = true, ReaderSchema = Order }));
    }

    [Fact]
    public async Task Settings_are_read_under_the_names_of_Confluents_serde()
    {
        var writing = new AvroSerializer<GenericRecord>(_registry, new Dictionary<string, string>
        {
            ["avro.serializer.auto.register.schemas"] = "true",
            ["avro.serializer.normalize.schemas"] = "true",
            ["avro.serializer.subject.name.strategy"] = "TopicRecord",
            ["avro.serializer.schema.id.strategy"] = "Header",
            ["avro.serializer.buffer.bytes"] = "128",
        });
        var context = Value();
        var bytes = await writing.SerializeAsync(NewOrder(7), context);
        Assert.Equal([14], bytes);
        Assert.Equal(["orders-shop.Order"], await _registry.GetAllSubjectsAsync());
        var reading = new AvroDeserializer<GenericRecord>(_registry, new Dictionary<string, string>
        {
            ["avro.deserializer.use.latest.version"] = "true",
            ["avro.deserializer.subject.name.strategy"] = "TopicRecord",
            ["avro.deserializer.schema.id.strategy"] = "Dual",
        });
        Assert.Equal(7, reading.Deserialize(bytes, isNull: false, context)["id"]);
    }

    [Theory]
    [InlineData("avro.serializer.auto.registr.schemas", "true")]
    [InlineData("auto.register.schemas", "true")]
    [InlineData("avro.serializer.subject.name.strategy", "Tropic")]
    [InlineData("avro.serializer.schema.id.strategy", "Suffix")]
    [InlineData("subject.name.strategy.fallback.type", "Elsewhere")]
    public void A_setting_that_can_not_be_read_is_refused(string name, string value)
    {
        var refused = Assert.Throws<ArgumentException>(() => new AvroSerializer<string>(_registry, new Dictionary<string, string> { [name] = value }));
        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_of_the_deserializer_that_are_not_known_are_refused() => Assert.Contains(
        "avro.deserializer.use.lastest.version",
        Assert.Throws<ArgumentException>(() =>
            new AvroDeserializer<string>(_registry, new Dictionary<string, string> { ["avro.deserializer.use.lastest.version"] = "true" })).Message,
        StringComparison.Ordinal);

    [Fact]
    public async Task A_guid_prefix_is_read()
    {
        var id = await _registry.RegisterSchemaWithResponseAsync("orders-value", new Schema(Order.ToString(), SchemaType.Avro));
        byte[] bytes = [1, .. Guid.Parse(id.Guid).ToByteArray(bigEndian: true), 14];
        Assert.Equal(7, new AvroDeserializer<GenericRecord>(_registry).Deserialize(bytes, isNull: false, Value())["id"]);
    }

    [Theory]
    [InlineData(MessageComponentType.Key, "__key_schema_id")]
    [InlineData(MessageComponentType.Value, "__value_schema_id")]
    public async Task A_header_carries_the_schema_and_the_payload_is_the_body_alone(MessageComponentType component, string name)
    {
        var context = new SerializationContext(component, "orders", new Headers { { name, [9] } });
        var config = new AvroSerializerConfig { SchemaIdStrategy = SchemaIdSerializerStrategy.Header };
        var bytes = await new AvroSerializer<GenericRecord>(_registry, config).SerializeAsync(NewOrder(7), context);
        Assert.Equal([14], bytes);
        var header = Assert.Single(context.Headers);
        Assert.Equal((name, 17), (header.Key, header.GetValueBytes().Length));
        Assert.Equal(7, new AvroDeserializer<GenericRecord>(_registry).Deserialize(bytes, isNull: false, context)["id"]);
    }

    [Fact]
    public async Task A_header_may_carry_an_id_and_wins_over_what_looks_like_a_prefix()
    {
        await new AvroSerializer<string>(_registry).SerializeAsync("x", Value());
        var header = new byte[5];
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(1), 1);
        var context = new SerializationContext(MessageComponentType.Value, "orders", new Headers { { "__value_schema_id", header } });
        Assert.Equal("", new AvroDeserializer<string>(_registry).Deserialize([0], isNull: false, context));
        Assert.Equal("x", new AvroDeserializer<string>(_registry).Deserialize([2, (byte)'x'], isNull: false, context));
    }

    [Fact]
    public async Task Null_is_a_tombstone_both_ways()
    {
        var serializer = new AvroSerializer<GenericRecord?>(_registry);
        Assert.Null(await serializer.SerializeAsync(null, Value()));
        Assert.Null(serializer.AsSync().Serialize(null, Value()));
        Assert.Equal(0, _registry.Requests);
        Assert.Null(new AvroDeserializer<GenericRecord?>(_registry).Deserialize([], isNull: true, Value()));
        Assert.Null(new AvroDeserializer<int?>(_registry).Deserialize([], isNull: true, Value()));
        Assert.Throws<InvalidDataException>(() => new AvroDeserializer<int>(_registry).Deserialize([], isNull: true, Value()));
    }

    [Fact]
    public async Task Top_level_bytes_are_written_as_they_are()
    {
        byte[] payload = [1, 2, 3];
        var bytes = await new AvroSerializer<byte[]>(_registry).SerializeAsync(payload, Value());
        Assert.Equal([0, 0, 0, 0, 1, 1, 2, 3], bytes);
        Assert.Equal(payload, new AvroDeserializer<byte[]>(_registry).Deserialize(bytes, isNull: false, Value()));
        Assert.Equal(payload, new AvroDeserializer<object>(_registry).Deserialize(bytes, isNull: false, Value()));
        Assert.Empty(new AvroDeserializer<byte[]>(_registry).Deserialize([0, 0, 0, 0, 1], isNull: false, Value()));
        Assert.Equal("abc", new AvroDeserializer<string>(_registry).Deserialize([0, 0, 0, 0, 1, .. "abc"u8], isNull: false, Value()));
        var big = Encoding.ASCII.GetBytes(new string('b', 70_000));
        Assert.Equal([0, 0, 0, 0, 1, .. big], await new AvroSerializer<byte[]>(_registry).SerializeAsync(big, Value()));
    }

    [Fact]
    public void Primitives_are_written_and_read_and_promoted()
    {
        Assert.Equal("text", Through("text"));
        Assert.Equal([1, 2], Through<byte[]>([1, 2]));
        Assert.True(Through(true));
        Assert.Equal(-3, Through(-3));
        Assert.Equal(long.MaxValue, Through(long.MaxValue));
        Assert.Equal(1.5f, Through(1.5f));
        Assert.Equal(0.1, Through(0.1));
        Assert.Equal(5, Through<object>(5));
        var bytes = new AvroSerializer<int>(_registry).AsSync().Serialize(9, Key());
        Assert.Equal(9L, new AvroDeserializer<long>(_registry).Deserialize(bytes, isNull: false, Key()));
        Assert.Equal(9.0, new AvroDeserializer<double?>(_registry).Deserialize(bytes, isNull: false, Key()));
    }

    [Fact]
    public void A_given_schema_is_that_of_every_value()
    {
        var union = AvroSchema.Parse("""["null","string","long"]""");
        var serializer = new AvroSerializer<object>(_registry, new AvroSerializerConfig { Schema = union }).AsSync();
        Assert.Equal([0, 0, 0, 0, 1, 2, 2, (byte)'a'], serializer.Serialize("a", Value()));
        Assert.Equal([0, 0, 0, 0, 1, 4, 6], serializer.Serialize(3L, Value()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("00000000")]
    [InlineData("0500000001")]
    [InlineData("0000000009ff")]
    [InlineData("00ffffffffff")]
    [InlineData("0000000001ffffffffffffffffffff")]
    [InlineData("00000000010e00")]
    public async Task What_can_not_be_read_is_refused_with_topic_and_reason(string hex)
    {
        await new AvroSerializer<GenericRecord>(_registry).SerializeAsync(NewOrder(1), Value());
        var deserializer = new AvroDeserializer<GenericRecord>(_registry);
        var refused = Assert.Throws<InvalidDataException>(() => deserializer.Deserialize(Convert.FromHexString(hex), isNull: false, Value()));
        Assert.Contains("'orders'", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidDataException>(() => deserializer.DeserializeAsync(Convert.FromHexString(hex), isNull: false, Value()));
    }

    [Fact]
    public async Task A_schema_that_does_not_resolve_is_refused_and_says_why()
    {
        await new AvroSerializer<string>(_registry).SerializeAsync("x", Value());
        byte[] bytes = [0, 0, 0, 0, 1, 2, (byte)'x'];
        Assert.Throws<InvalidDataException>(() => new AvroDeserializer<int>(_registry).Deserialize(bytes, isNull: false, Value()));
        var refused = Assert.Throws<InvalidDataException>(() => new AvroDeserializer<GenericRecord>(_registry).Deserialize(bytes, isNull: false, Value()));
        Assert.Contains("not a record", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_registry_that_is_away_is_no_bad_message()
    {
        await new AvroSerializer<string>(_registry).SerializeAsync("x", Value());
        _registry.IsAway = true;
        var fault = Assert.Throws<HttpRequestException>(() => new AvroDeserializer<string>(_registry).Deserialize([0, 0, 0, 0, 1, 2, (byte)'x'], isNull: false, Value()));
        Assert.True(fault.IsRetriable());
    }

    [Fact]
    public void Types_that_can_not_be_read_are_refused_at_once()
    {
        Assert.Throws<NotSupportedException>(() => new AvroDeserializer<Lazy<int>>(_registry));
        Assert.Throws<NotSupportedException>(() => new AvroDeserializer<CancellationToken?>(_registry));
        _ = new AvroDeserializer<Uri>(_registry);
        _ = new AvroDeserializer<DayOfWeek?>(_registry);
    }

    [Fact]
    public async Task A_waiting_call_does_not_need_the_callers_synchronisation_context()
    {
        await new AvroSerializer<string>(_registry).SerializeAsync("x", Value());
        var slow = new AvroDeserializer<string>(_registry);
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(new DeadContext());
        try
        {
            Assert.Equal("x", slow.Deserialize([0, 0, 0, 0, 1, 2, (byte)'x'], isNull: false, Value()));
            Assert.NotEmpty(new AvroSerializer<long>(_registry).AsSync().Serialize(1, Key()));
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    [Fact]
    public void The_serde_fits_into_the_builders_of_Confluent_Kafka()
    {
        var producers = new ProducerConfig { BootstrapServers = "localhost:1" };
        using var sync = new ProducerBuilder<string, GenericRecord>(producers).SetLogHandler(Silent).SetAvroKeySerializer(_registry).SetAvroValueSerializer(_registry).Build();
        using var async = new ProducerBuilder<string, GenericRecord>(producers).SetLogHandler(Silent).SetValueSerializer(new AvroSerializer<GenericRecord>(_registry)).Build();
        var consumers = new ConsumerConfig { BootstrapServers = "localhost:1", GroupId = "g" };
        using var own = new ConsumerBuilder<string, GenericRecord>(consumers).SetLogHandler(Silent).SetAvroKeyDeserializer(_registry).SetAvroValueDeserializer(_registry).Build();
        using var classic = new ConsumerBuilder<string, GenericRecord>(consumers)
            .SetLogHandler(Silent)
            .SetValueDeserializer(new AvroDeserializer<GenericRecord>(_registry).AsSyncOverAsync()).Build();
        Assert.NotEqual(sync.Name, async.Name);
        Assert.NotEqual(own.Name, classic.Name);
    }

    private static void Silent(IClient client, LogMessage message)
    {
        // nobody listens at the address
    }

    private static RecordSchema Record(string text) => (RecordSchema)AvroSchema.Parse(text);

    private static GenericRecord NewOrder(int id) => new(Order) { ["id"] = id };

    private static SerializationContext Value() => new(MessageComponentType.Value, "orders", []);

    private static SerializationContext Key() => new(MessageComponentType.Key, "orders", []);

    private T Through<T>(T value)
    {
        var context = new SerializationContext(MessageComponentType.Value, Guid.NewGuid().ToString());
        var bytes = new AvroSerializer<T>(_registry).AsSync().Serialize(value, context);
        return new AvroDeserializer<T>(_registry).Deserialize(bytes, isNull: false, context);
    }

    private sealed class DeadContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
            // never runs it, as a thread that waits would not
        }
    }
}
