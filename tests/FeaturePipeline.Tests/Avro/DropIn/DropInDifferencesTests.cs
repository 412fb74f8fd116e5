extern alias DefaultSerde;
extern alias OurSerde;
using Avro.Generic;
using Confluent.Kafka;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Tests.Avro.Generic;
using Apache = global::Avro;
using DefaultProgram = DefaultSerde::DropIn.SerdeProgram;
using OurProgram = OurSerde::DropIn.SerdeProgram;

namespace FeaturePipeline.Tests.Avro.DropIn;

/// <summary>Where a program gets something else of our serde than of Confluent's, and why: Apache.Avro 1.12 is not what the specification says, or
/// messages would be wrong.</summary>
public class DropInDifferencesTests
{
    // What was written, what the subject's latest version is, the latest version's field, its value by the specification, and what Apache makes of it:
    // a wrong value, or an error's type.
    public static TheoryData<string, string, string, object, object> Resolutions => new()
    {
        // A string is read as bytes, and back.
        { """{"name":"f","type":"string"}""", """{"name":"f","type":"bytes"}""", "f", "text"u8.ToArray(), typeof(Apache.AvroException) },
        { """{"name":"f","type":"bytes"}""", """{"name":"f","type":"string"}""", "f", "text", typeof(Apache.AvroException) },
        // A field found by its alias has the writer's data, not the default.
        { """{"name":"f","type":"string"}""", """{"name":"g","type":"string","default":"none","aliases":["f"]}""", "g", "text", "none" },
        // A field found by its alias needs no default.
        { """{"name":"f","type":"string"}""", """{"name":"g","type":"string","aliases":["f"]}""", "g", "text", typeof(Apache.AvroException) },
        // A default of a float may be written without a fraction.
        { """{"name":"f","type":"string"}""", """{"name":"g","type":"float","default":0}""", "g", 0f, typeof(Apache.AvroException) },
        // A default of a double keeps its digits.
        { """{"name":"f","type":"string"}""", """{"name":"g","type":"double","default":0.1}""", "g", 0.1, 0.10000000149011612 },
        // A union's default may be of any branch since 1.12.
        { """{"name":"f","type":"string"}""", """{"name":"g","type":["null","string"],"default":"x"}""", "g", "x", typeof(Apache.AvroException) },
    };

    [Theory]
    [MemberData(nameof(Resolutions))]
    public async Task Messages_are_resolved_as_the_specification_says(string written, string latest, string field, object expected, object theirs)
    {
        var registry = new MockSchemaRegistry();
        await registry.UpdateCompatibilityAsync(Compatibility.None);
        var schema = (Apache.RecordSchema)Apache.Schema.Parse(Record(written));
        object value = written.Contains("bytes", StringComparison.Ordinal) ? "text"u8.ToArray() : "text";
        byte[] message = await new OurProgram(registry).WriteAsync(DropInCases.Record(schema, value), "none", Value());
        await registry.RegisterSchemaAsync("drop-in-value", new Schema(Record(latest), SchemaType.Avro));

        GenericRecord ours = await new OurProgram(registry).ReadAsync<GenericRecord>(message, "latest", Value());
        ApacheValues.AssertSame(expected, ours[field]);
        if (theirs is Type error)
        {
            await Assert.ThrowsAsync(error, () => new DefaultProgram(registry).ReadAsync<GenericRecord>(message, "latest", Value()));
        }
        else
        {
            ApacheValues.AssertSame(theirs, (await new DefaultProgram(registry).ReadAsync<GenericRecord>(message, "latest", Value()))[field]);
        }
    }

    [Fact]
    public async Task A_generated_class_is_written_with_the_latest_version_and_not_with_its_own_under_the_latest_ones_id()
    {
        const string reordered = """{"type":"record","name":"Visit","namespace":"test","fields":[{"name":"pages","type":"int"},{"name":"id","type":"long"}]}""";
        var registry = new MockSchemaRegistry();
        await registry.RegisterSchemaAsync("drop-in-value", new Schema(reordered, SchemaType.Avro));
        var one = new InOrder { Id = 3, Pages = 2 };
        byte[] ours = await new OurProgram(registry).WriteAsync(one, "latest", Value());
        Assert.Equal([0, 0, 0, 0, 1, 4, 6], ours); // pages, then id
        byte[] theirs = await new DefaultProgram(registry).WriteAsync(one, "latest", Value());
        Assert.Equal([0, 0, 0, 0, 1, 6, 4], theirs); // whoever reads this has 3 pages and id 2
    }

    [Fact]
    public async Task A_record_whose_schema_has_an_order_is_written_with_the_latest_version()
    {
        const string ordered = """{"type":"record","name":"R","fields":[{"name":"x","type":"int","order":"descending"}]}""";
        var registry = new MockSchemaRegistry();
        GenericRecord value = DropInCases.Record(Apache.Schema.Parse(ordered), 5);
        await registry.RegisterSchemaAsync("drop-in-value", new Schema(value.Schema.ToString(), SchemaType.Avro));
        Assert.Equal([0, 0, 0, 0, 1, 10], await new OurProgram(registry).WriteAsync(value, "latest", Value()));
        await Assert.ThrowsAsync<Apache.AvroException>(() => new DefaultProgram(registry).WriteAsync(value, "latest", Value()));
    }

    [Fact]
    public async Task A_message_that_ends_too_early_or_too_late_is_refused_and_not_read_in_part()
    {
        var registry = new MockSchemaRegistry();
        await registry.RegisterSchemaAsync("drop-in-value", new Schema("\"long\"", SchemaType.Avro));
        byte[] trailing = [0, 0, 0, 0, 1, 2, 99];
        Assert.Equal(1L, await new DefaultProgram(registry).ReadAsync<long>(trailing, "none", Value()));
        await Assert.ThrowsAsync<InvalidDataException>(() => new OurProgram(registry).ReadAsync<long>(trailing, "none", Value()));
        await Assert.ThrowsAsync<InvalidDataException>(() => new OurProgram(registry).ReadAsync<long>([0, 0, 0, 0, 1, 0x80], "none", Value()));
    }

    private static string Record(string field) => $$"""{"type":"record","name":"Holder","namespace":"drop.in","fields":[{{field}}]}""";

    private static SerializationContext Value() => new(MessageComponentType.Value, "drop-in", []);

    /// <summary>A class as avrogen makes it, whose schema is older than the subject's.</summary>
    private sealed class InOrder : Apache.Specific.ISpecificRecord
    {
        private static readonly Apache.Schema s_schema =
            Apache.Schema.Parse("""{"type":"record","name":"Visit","namespace":"test","fields":[{"name":"id","type":"long"},{"name":"pages","type":"int"}]}""");

        public long Id { get; set; }

        public int Pages { get; set; }

        public Apache.Schema Schema => s_schema;

        public object Get(int fieldPos) => fieldPos == 0 ? Id : (object)Pages;

        public void Put(int fieldPos, object fieldValue) => _ = fieldPos == 0 ? Id = (long)fieldValue : Pages = (int)fieldValue;
    }
}
