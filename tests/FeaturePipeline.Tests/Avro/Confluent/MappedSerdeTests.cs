using Confluent.Kafka;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Tests.Avro.Mapping;

namespace FeaturePipeline.Tests.Avro.Confluent;

/// <summary>C# types, and classes of avrogen, through the serde for Confluent.Kafka.</summary>
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

    private static SerializationContext Value() => new(MessageComponentType.Value, "orders");

    [AvroName("shop.Number")]
    public sealed record Wide(long Number);

    [AvroName("shop.Number")]
    public sealed record Narrow(byte Number);
}
