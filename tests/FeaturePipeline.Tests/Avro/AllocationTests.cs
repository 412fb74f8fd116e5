using System.Text;
using com.company.wide;
using Confluent.Kafka;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Benchmarks;
using FeaturePipeline.Tests.Avro.Binary;
using FeaturePipeline.Tests.Avro.Mapping;

namespace FeaturePipeline.Tests.Avro;

/// <summary>The paths that are said to allocate nothing, or nothing but the object and what it holds, on the record of 40 fields and on older schemas.</summary>
public class AllocationTests
{
    private static readonly AvroSchema Wide = AvroSchema.Parse(WideRecord.Json);
    private static readonly string[] WideFields = ["text_0", "count_3", "score_5", "note_1", "kind", "place.city", "size_5", "flag_3"];

    [Fact]
    public void A_projection_of_a_wide_record_and_of_an_older_one_allocates_nothing()
    {
        var same = ProjectedDecoder.Compile(Wide, Wide, WideFields);
        var evolved = ProjectedDecoder.Compile(AvroSchema.Parse(AvroWideSamples.OldJson), AvroSchema.Parse(AvroWideSamples.NewJson), WideFields);
        var (message, older) = (Encode(AvroWideSamples.Record(1)), AvroWideSamples.OldMessage(1));
        var values = new FieldValue[WideFields.Length];
        Assert.Equal(0, Allocations.Of(() => Assert.True(same.TryDecode(message, values).IsOk)));
        Assert.Equal(0, Allocations.Of(() => Assert.True(evolved.TryDecode(older, values).IsOk)));
        var row = new ProjectedRow(older, evolved.Constants, values);
        Assert.Equal(("Text0 text of some length 001", 5, true), (Encoding.UTF8.GetString(row.GetBytes(0)), row.GetLong(6), row.GetBoolean(7)));
    }

    [Fact]
    public void A_user_event_of_an_older_schema_is_projected_and_encoded_without_an_allocation()
    {
        var older = AvroSchema.Parse("""
            {"type": "record", "name": "UserEvent", "fields": [{"name": "timestamp", "type": "long"}, {"name": "flagged", "type": "boolean"},
              {"name": "event_type", "type": "string"}, {"name": "user_id", "type": "bytes"}]}
            """);
        byte[] message = [0x02, 0x01, 0x02, (byte)'e', 0x02, (byte)'u'];
        var decoder = ProjectedDecoder.Compile(older, UserEvents.Schema, UserEvents.Fields);
        var encoder = RowEncoder.Compile(UserEvents.Schema);
        var values = new FieldValue[UserEvents.Fields.Length];
        var buffer = new byte[64];
        Assert.Equal(0, Allocations.Of(() => Assert.True(decoder.TryDecode(message, values).IsOk)));
        Assert.Equal(0, Allocations.Of(() => Assert.True(encoder.Encode(values, message, decoder.Constants, buffer) == 6)));
        Assert.Equal([0x02, (byte)'u', 0x02, (byte)'e', 0x02, 0x00], buffer[..6]);
    }

    [Fact]
    public void A_wide_object_and_one_of_an_older_schema_allocate_the_object_its_strings_and_its_collections()
    {
        var same = MappedReader<WideRecord>.Compile(Wide);
        var evolved = MappedReader<WideRecord>.Compile(AvroSchema.Parse(AvroWideSamples.OldJson), AvroSchema.Parse(AvroWideSamples.NewJson));
        var (message, older) = (Encode(AvroWideSamples.Record(1)), AvroWideSamples.OldMessage(1));
        long expected = Expected(AvroWideSamples.Record(1));
        Assert.Equal(expected, Allocations.Of(() => Assert.True(same.TryRead(message, out _).IsOk)));
        Assert.Equal(expected, Allocations.Of(() => Assert.True(evolved.TryRead(older, out _).IsOk)));
        Assert.True(evolved.TryRead(older, out WideRecord? read).IsOk);
        Assert.Equal(Encode(AvroWideSamples.Evolved(1)), Encode(read!));
    }

    [Fact]
    public void A_wide_object_is_encoded_into_memory_without_an_allocation()
    {
        WideRecord record = AvroWideSamples.Record(1);
        var writer = MappedWriter<WideRecord>.Compile(Wide);
        var buffer = new byte[1024];
        Assert.Equal(0, Allocations.Of(() => Assert.True(writer.Write(record, buffer) > 0)));
    }

    [Fact]
    public void A_default_that_cannot_change_is_one_for_all_objects()
    {
        var reader = AvroSchema.Parse("""
            {"type": "record", "name": "MappedUserEvent", "fields": [{"name": "user_id", "type": "string"}, {"name": "event_type", "type": "string", "default": "view"},
              {"name": "timestamp", "type": "long", "default": 7}]}
            """);
        var writer = AvroSchema.Parse("""{"type": "record", "name": "MappedUserEvent", "fields": [{"name": "user_id", "type": "string"}]}""");
        var mapped = MappedReader<MappedUserEvent>.Compile(writer, reader);
        byte[] message = [0x02, (byte)'u'];
        Assert.True(mapped.TryRead(message, out MappedUserEvent? first).IsOk);
        Assert.True(mapped.TryRead(message, out MappedUserEvent? second).IsOk);
        Assert.Equal(new MappedUserEvent("u", "view", 7), first);
        Assert.Same(first!.EventType, second!.EventType);
        Assert.Equal(48 + 24, Allocations.Of(() => Assert.True(mapped.TryRead(message, out _).IsOk)));
    }

    [Fact]
    public void The_serde_allocates_for_a_wide_record_what_the_reader_and_the_message_take()
    {
        using var registry = new MockSchemaRegistry();
        var context = new SerializationContext(MessageComponentType.Value, "wide", []);
        ISerializer<WideRecord> serializer = new AvroSerializer<WideRecord>(registry).AsSync();
        var deserializer = new AvroDeserializer<WideRecord>(registry);
        WideRecord record = AvroWideSamples.Record(1);
        byte[] message = serializer.Serialize(record, context);
        Assert.Equal(24 + ((message.Length + 7) / 8 * 8), Allocations.Of(() => Assert.True(serializer.Serialize(record, context).Length == message.Length)));
        Assert.Equal(Expected(record), Allocations.Of(() => Assert.True(deserializer.Deserialize(message, isNull: false, context) is not null)));
    }

    private static byte[] Encode(WideRecord record)
    {
        var buffer = new byte[1024];
        return buffer[..MappedWriter<WideRecord>.Compile(Wide).Write(record, buffer)];
    }

    // What making the same object by hand takes.
    private static long Expected(WideRecord record)
    {
        string[] texts =
        [
            record.Text0, record.Text1, record.Text2, record.Text3, record.Text4, record.Text5, record.Text6, record.Text7, record.Note0!, record.Note2!,
            record.Place.City, .. record.Tags, .. record.Counters.Keys,
        ];
        long strings = texts.Sum(text => Allocations.Of(() => _ = new string(text.AsSpan())));
        long objects = Allocations.Of(() => _ = new WideRecord()) + Allocations.Of(() => _ = new WidePlace());
        long lists = Allocations.Of(() => new List<string>().EnsureCapacity(record.Tags.Count)) + Allocations.Of(() => new List<long>().EnsureCapacity(record.Points.Count));
        return strings + objects + lists + Allocations.Of(() => new Dictionary<string, long>().EnsureCapacity(record.Counters.Count));
    }
}
