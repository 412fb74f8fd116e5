using Confluent.Kafka;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Tests.Avro.Mapping;

namespace FeaturePipeline.Tests.Avro.Confluent;

public class AvroSerdeMappedTests
{
    private const string UserEvent = """
        { "type": "record", "name": "UserEvent", "namespace": "com.company.events", "fields": [ {"name": "user_id", "type": "string"},
          {"name": "event_type", "type": "string"}, {"name": "timestamp", "type": "long", "logicalType": "timestamp-millis"},
          {"name": "session_id", "type": ["null", "string"], "default": null} ] }
        """;

    private readonly MockSchemaRegistry _registry = new();

    [Fact]
    public void A_class_is_written_with_a_given_schema_and_read_from_what_others_wrote()
    {
        var schema = (RecordSchema)AvroSchema.Parse(UserEvent);
        var record = new GenericRecord(schema) { ["user_id"] = "u2", ["event_type"] = "view", ["timestamp"] = 9L };
        var others = new AvroSerializer<GenericRecord>(_registry).AsSync().Serialize(record, Value());
        var ours = new AvroSerializer<MappedUserEvent>(_registry, new AvroSerializerConfig { Schema = schema }).AsSync().Serialize(new MappedUserEvent("u2", "view", 9), Value());
        Assert.Equal(others, ours);
        Assert.Equal(new MappedUserEvent("u2", "view", 9), new AvroDeserializer<MappedUserEvent>(_registry).Deserialize(others, isNull: false, Value()));
    }

    [Fact]
    public async Task A_class_follows_the_evolution_of_its_subject()
    {
        await _registry.RegisterSchemaWithResponseAsync("events-value", new Schema(UserEvent, SchemaType.Avro));
        var latest = new AvroSerializer<MappedUserEvent>(_registry, new AvroSerializerConfig { AutoRegisterSchemas = false, UseLatestVersion = true }).AsSync();
        var bytes = latest.Serialize(new MappedUserEvent("u", "e", 1), Value());
        const string wider = """
            { "type": "record", "name": "UserEvent", "namespace": "com.company.events", "fields": [ {"name": "country", "type": "string", "default": "CH"},
              {"name": "user_id", "type": "string"}, {"name": "event_type", "type": "string"}, {"name": "timestamp", "type": "long"} ] }
            """;
        await _registry.RegisterSchemaWithResponseAsync("events-value", new Schema(wider, SchemaType.Avro));
        var reader = new AvroDeserializer<Located>(_registry, new AvroDeserializerConfig { UseLatestVersion = true });
        Assert.Equal(new Located("u", "CH"), reader.Deserialize(bytes, isNull: false, Value()));
    }

    [Fact]
    public void A_class_that_needs_more_than_a_message_has_is_refused_by_name()
    {
        var bytes = new AvroSerializer<Point>(_registry).AsSync().Serialize(new Point(1, 2), Value());
        Assert.Equal(new Point(1, 2), new AvroDeserializer<Point>(_registry).Deserialize(bytes, isNull: false, Value()));
        var refused = Assert.Throws<InvalidDataException>(() => new AvroDeserializer<MappedUserEvent>(_registry).Deserialize(bytes, isNull: false, Value()));
        Assert.Contains("user_id", refused.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_null_is_a_tombstone_for_classes_and_nullable_structs()
    {
        Assert.Null(new AvroSerializer<MappedUserEvent?>(_registry).AsSync().Serialize(null, Value()));
        Assert.Null(new AvroDeserializer<MappedUserEvent?>(_registry).Deserialize([], isNull: true, Value()));
        var bytes = new AvroSerializer<Point?>(_registry).AsSync().Serialize(new Point(3, 4), Value());
        Assert.Equal(new Point(3, 4), new AvroDeserializer<Point?>(_registry).Deserialize(bytes, isNull: false, Value()));
        Assert.Null(new AvroSerializer<Point?>(_registry).AsSync().Serialize(null, Value()));
    }

    [Fact]
    public void Reading_a_class_allocates_the_object_and_its_strings_alone()
    {
        var bytes = new AvroSerializer<MappedUserEvent>(_registry).AsSync().Serialize(new MappedUserEvent("user-1", "click", 7), Value());
        var deserializer = new AvroDeserializer<MappedUserEvent>(_registry);
        MappedUserEvent? read = null;
        var perMessage = Allocations.Of(() => read = Read(deserializer, bytes, 1000)) / 1000;
        Assert.Equal("click", read!.EventType);
        Assert.InRange(perMessage, 1, 48 + 40 + 32); // the record (three references, a long), "user-1", "click"
    }

    [Fact]
    public void Writing_a_class_allocates_the_message_alone()
    {
        var written = new MappedUserEvent("user-1", "click", 7);
        var serializer = new AvroSerializer<MappedUserEvent>(_registry).AsSync();
        byte[] bytes = [];
        var perMessage = Allocations.Of(() => bytes = Write(serializer, written, 1000)) / 1000;
        Assert.InRange(perMessage, bytes.Length, 24 + ((bytes.Length + 7) / 8 * 8));
    }

    private static byte[] Write(ISerializer<MappedUserEvent> serializer, MappedUserEvent value, int times)
    {
        byte[] bytes = [];
        var context = Value();
        for (var i = 0; i < times; i++)
        {
            bytes = serializer.Serialize(value, context);
        }

        return bytes;
    }

    private static MappedUserEvent? Read(AvroDeserializer<MappedUserEvent> deserializer, byte[] bytes, int times)
    {
        MappedUserEvent? read = null;
        var context = Value();
        for (var i = 0; i < times; i++)
        {
            read = deserializer.Deserialize(bytes, isNull: false, context);
        }

        return read;
    }

    private static SerializationContext Value() => new(MessageComponentType.Value, "events", []);

    private sealed record Located([property: AvroName("user_id")] string UserId, [property: AvroName("country")] string Country);
}
