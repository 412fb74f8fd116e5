using Confluent.Kafka;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Tests.Avro.Mapping;
using test.shop;
using ISpecificRecord = global::Avro.Specific.ISpecificRecord;

namespace FeaturePipeline.Tests.Avro.Confluent;

/// <summary>C# types, classes of avrogen, and unions of records, through the serde for Confluent.Kafka.</summary>
public class MappedSerdeTests
{
    private readonly MockSchemaRegistry _registry = new();

    [Fact]
    public async Task A_type_s_own_schema_is_registered_and_its_values_are_read_back_also_as_generic_records()
    {
        var value = new MappedUserEvent("u", "click", 5);
        byte[] bytes = await new AvroSerializer<MappedUserEvent>(_registry).SerializeAsync(value, Value());

        Assert.Equal(value, new AvroDeserializer<MappedUserEvent>(_registry).Deserialize(bytes, isNull: false, Value()));
        GenericRecord generic = new AvroDeserializer<GenericRecord>(_registry).Deserialize(bytes, isNull: false, Value());
        Assert.Equal(("u", "com.company.events.UserEvent"), (generic["user_id"], generic.Schema.Name.FullName));
        Assert.Equal(MappedSchema.Of<MappedUserEvent>().CanonicalForm, generic.Schema.CanonicalForm);
        Assert.Null(new AvroDeserializer<MappedUserEvent>(_registry).Deserialize([], isNull: true, Value()));
    }

    [Fact]
    public async Task A_class_of_avrogen_is_written_and_read_as_it_is()
    {
        var order = new test.Order
        {
            id = 3,
            at = DateTime.UnixEpoch,
            price = new global::Avro.AvroDecimal(1, 2),
            digest = new test.Digest { Value = [1, 2, 3] },
            tags = ["t"],
            counts = new Dictionary<string, long>(),
        };
        byte[] bytes = await new AvroSerializer<test.Order>(_registry).SerializeAsync(order, Value());
        test.Order read = new AvroDeserializer<test.Order>(_registry).Deserialize(bytes, isNull: false, Value());
        Assert.Equal((3, "t", DateTime.UnixEpoch), (read.id, Assert.Single(read.tags), read.at));
    }

    [Fact]
    public async Task A_value_that_the_type_cannot_hold_is_an_error_that_names_topic_and_field()
    {
        byte[] bytes = await new AvroSerializer<Wide>(_registry).SerializeAsync(new Wide(300), Value());
        var exception = Assert.Throws<InvalidDataException>(() => new AvroDeserializer<Narrow>(_registry).Deserialize(bytes, isNull: false, Value()));
        Assert.Contains("'orders'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("OutOfRange", exception.Message, StringComparison.Ordinal);
        Assert.Contains("'Number'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Classes_of_avrogen_share_a_topic_as_ISpecificRecord_each_with_its_class_s_schema()
    {
        var config = new AvroSerializerConfig { SubjectNameStrategy = SubjectNameStrategy.TopicRecord };
        var serializer = new AvroSerializer<ISpecificRecord>(_registry, config);
        byte[] visit = await serializer.SerializeAsync(new test.Visit { id = 3, pages = 2 }, Value());
        byte[] card = await serializer.SerializeAsync(new Card { number = "4" }, Value());
        Assert.Equal(visit, await new AvroSerializer<test.Visit>(_registry, config).SerializeAsync(new test.Visit { id = 3, pages = 2 }, Value()));
        Assert.Equal(["orders-test.Visit", "orders-test.shop.Card"], await _registry.GetAllSubjectsAsync());
        Assert.Equal(visit, serializer.AsSync().Serialize(new test.Visit { id = 3, pages = 2 }, Value()));

        var reader = new AvroDeserializer<ISpecificRecord>(_registry);
        Assert.Equal((3, 2), reader.Deserialize(visit, isNull: false, Value()) is test.Visit read ? (read.id, read.pages) : default);
        Assert.Equal("4", Assert.IsType<Card>(reader.Deserialize(card, isNull: false, Value())).number);
        Assert.Null(reader.Deserialize([], isNull: true, Value()));
    }

    [Fact]
    public async Task A_message_read_as_ISpecificRecord_is_resolved_to_the_schema_of_its_class()
    {
        byte old = await RegisterSchemaWithResponseAsync("""{"type":"record","name":"test.Visit","fields":[{"name":"gone","type":"string"},{"name":"id","type":"int"}]}""");
        var read = new AvroDeserializer<ISpecificRecord>(_registry).Deserialize([0, 0, 0, 0, old, 2, 65, 8], isNull: false, Value());
        Assert.Equal((4, 5), read is test.Visit visit ? (visit.id, visit.pages) : default);
    }

    [Fact]
    public async Task A_union_of_records_is_read_and_written_as_ISpecificRecord()
    {
        byte id = await RegisterSchemaWithResponseAsync("""
            ["null","string",{"type":"record","name":"test.shop.Card","fields":[{"name":"number","type":"string"}]},
             {"type":"record","name":"test.Visit","fields":[{"name":"id","type":"long"}]},{"type":"record","name":"test.Unknown","fields":[]}]
            """);
        var serializer = new AvroSerializer<ISpecificRecord>(_registry, new AvroSerializerConfig { UseSchemaId = id });
        Assert.Equal([0, 0, 0, 0, id, 6, 14], await serializer.SerializeAsync(new test.Visit { id = 7 }, Value()));
        Assert.Equal([0, 0, 0, 0, id, 4, 2, 52], await serializer.SerializeAsync(new Card { number = "4" }, Value()));
        await Assert.ThrowsAsync<ArgumentException>(() => serializer.SerializeAsync(new Cash { coins = [] }, Value()));

        var reader = new AvroDeserializer<ISpecificRecord>(_registry);
        Assert.Equal((7, 5), reader.Deserialize([0, 0, 0, 0, id, 6, 14], isNull: false, Value()) is test.Visit visit ? (visit.id, visit.pages) : default);
        Assert.Equal("4", Assert.IsType<Card>(reader.Deserialize([0, 0, 0, 0, id, 4, 2, 52], isNull: false, Value())).number);
        Assert.Null(reader.Deserialize([0, 0, 0, 0, id, 0], isNull: false, Value()));
        foreach (byte[] body in new byte[][] { [2, 2, 65], [8] })
        {
            var fault = Assert.Throws<InvalidDataException>(() => reader.Deserialize([0, 0, 0, 0, id, .. body], isNull: false, Value()));
            Assert.Contains("UnreadableBranch", fault.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("test.Unknown")]
    [InlineData("System.Version")]
    [InlineData("FeaturePipeline.Tests.Avro.Confluent.MappedSerdeTests")]
    public async Task A_record_is_made_of_a_class_of_avrogen_alone_whatever_a_message_s_schema_names(string name)
    {
        byte id = await RegisterSchemaWithResponseAsync($$"""{"type":"record","name":"{{name}}","fields":[]}""");
        var fault = Assert.Throws<InvalidDataException>(() => new AvroDeserializer<ISpecificRecord>(_registry).Deserialize([0, 0, 0, 0, id], isNull: false, Value()));
        Assert.Contains($"No class that avrogen has made is loaded for '{name}'", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Records_of_a_union_are_generic_records_and_another_branch_is_an_error_of_its_message()
    {
        const string order = """{"type":"record","name":"shop.Order","fields":[{"name":"id","type":"int"}]}""";
        const string line = """{"type":"record","name":"shop.Line","fields":[{"name":"n","type":"int"}]}""";
        await _registry.RegisterSchemaWithResponseAsync("order", new Schema(order, SchemaType.Avro));
        await _registry.RegisterSchemaWithResponseAsync("line", new Schema(line, SchemaType.Avro));
        var union = new Schema("""["null","string","shop.Order","shop.Line"]""", SchemaType.Avro) { References = [new("shop.Order", "order", 1), new("shop.Line", "line", 1)] };
        var id = (byte)(await _registry.RegisterSchemaWithResponseAsync("orders-value", union)).Id;

        var serializer = new AvroSerializer<GenericRecord>(_registry, new AvroSerializerConfig { AutoRegisterSchemas = false, UseLatestVersion = true });
        var written = await serializer.SerializeAsync(new GenericRecord((RecordSchema)AvroSchema.Parse(line)) { ["n"] = 5 }, Value());
        Assert.Equal([0, 0, 0, 0, id, 6, 10], written);
        var reader = new AvroDeserializer<GenericRecord>(_registry);
        Assert.Equal(5, reader.Deserialize(written, isNull: false, Value())["n"]);
        Assert.Equal(7, reader.Deserialize([0, 0, 0, 0, id, 4, 14], isNull: false, Value())["id"]);
        Assert.Null(reader.Deserialize([0, 0, 0, 0, id, 0], isNull: false, Value()));
        var fault = Assert.Throws<InvalidDataException>(() => reader.Deserialize([0, 0, 0, 0, id, 2, 2, 65], isNull: false, Value()));
        Assert.Contains("UnreadableBranch", fault.Message, StringComparison.Ordinal);
        var given = new AvroDeserializer<int>(_registry, new AvroDeserializerConfig { ReaderSchema = AvroSchema.Parse("\"long\"") });
        var whole = (byte)(await _registry.RegisterSchemaWithResponseAsync("whole", new Schema("\"int\"", SchemaType.Avro))).Id;
        Assert.Throws<InvalidDataException>(() => given.Deserialize([0, 0, 0, 0, whole, 2], isNull: false, Value()));
    }

    [Fact]
    public async Task Of_a_union_s_records_that_are_alike_the_one_of_the_type_s_name_is_meant()
    {
        byte id = await RegisterSchemaWithResponseAsync("""
            [{"type":"record","name":"other.Number","fields":[{"name":"Number","type":"long"}]},{"type":"record","name":"shop.Like","fields":[{"name":"Number","type":"long"}]},
             {"type":"record","name":"shop.Number","fields":[{"name":"Number","type":"long"}]}]
            """);
        var config = new AvroSerializerConfig { UseSchemaId = id };
        Assert.Equal([0, 0, 0, 0, id, 4, 14], await new AvroSerializer<Wide>(_registry, config).SerializeAsync(new Wide(7), Value()));
        Assert.Equal([0, 0, 0, 0, id, 2, 14], await new AvroSerializer<Like>(_registry, config).SerializeAsync(new Like(7), Value()));

        var reader = new AvroDeserializer<Like>(_registry);
        Assert.Equal(new Like(7), reader.Deserialize([0, 0, 0, 0, id, 2, 14], isNull: false, Value()));
        Assert.Throws<InvalidDataException>(() => reader.Deserialize([0, 0, 0, 0, id, 0, 14], isNull: false, Value()));
    }

    private async Task<byte> RegisterSchemaWithResponseAsync(string schema) => (byte)(await _registry.RegisterSchemaWithResponseAsync("orders-value", new Schema(schema, SchemaType.Avro))).Id;

    private static SerializationContext Value() => new(MessageComponentType.Value, "orders");

    [AvroName("shop.Number")]
    public sealed record Wide(long Number);

    public sealed record Like(long Number);

    [AvroName("shop.Number")]
    public sealed record Narrow(byte Number);
}
