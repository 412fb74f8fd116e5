using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using FeaturePipeline.Avro;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Generic;

public class GenericWriterTests
{
    private const string Numbers = """{"type":"array","items":"int"}""";
    private const string Map = """{"type":"map","values":"int"}""";
    private const string Fixed = """{"type":"fixed","name":"F","size":2}""";
    private const string Enum = """{"type":"enum","name":"E","symbols":["A","B"]}""";

    public static TheoryData<string, object, string> Given => new()
    {
        { Numbers, new List<int> { 1, 2 }, "04020400" },
        { Numbers, new[] { 1, 2 }, "04020400" },
        { Numbers, new object[] { 1, 2 }, "04020400" },
        { Numbers, new HashSet<int> { 1, 2 }, "04020400" },
        { Numbers, ImmutableArray.Create(1, 2), "04020400" },
        { Numbers, Enumerable.Range(1, 2), "04020400" },
        { Map, new Dictionary<string, int> { ["k"] = 3 }, "02026b0600" },
        { Map, new Dictionary<string, object?> { ["k"] = 3 }, "02026b0600" },
        { Map, ImmutableDictionary<string, int>.Empty.Add("k", 3), "02026b0600" },
        { $"""["null",{Map},{Numbers}]""", new SortedDictionary<string, int> { ["k"] = 3 }, "0202026b0600" },
        { $"""["null",{Map},{Numbers}]""", new List<int> { 1 }, "04020200" },
        { $"""[{Numbers},"bytes","string"]""", new byte[] { 1 }, "020201" },
        { $"""[{Numbers},"bytes","string"]""", "a", "040261" },
        { Fixed, new byte[] { 1, 2 }, "0102" },
        { $"""["bytes",{Fixed}]""", new byte[] { 1, 2 }, "00040102" },
        { $"""["null",{Fixed}]""", new byte[] { 1, 2 }, "020102" },
        { "\"double\"", 3, "0000000000000840" },
        { """["double","int"]""", 3, "0206" },
    };

    [Theory]
    [MemberData(nameof(Given), DisableDiscoveryEnumeration = true)]
    public void What_C_has_for_a_type_is_taken_for_it(string type, object value, string hex)
    {
        var schema = AvroSchema.Parse(type);
        byte[] written = Write(schema, value);
        Assert.Equal(hex, Convert.ToHexStringLower(written));

        // As JSON it is what is read again from the bytes.
        Assert.True(GenericReader.Compile(schema).TryRead(written, out object? read).IsOk);
        Assert.Equal(Json(schema, read), Json(schema, value));
    }

    public static TheoryData<string, object?, string> Refused => new()
    {
        { Enum, "Z", "Field 'f' is of type E, an enum of A, B; 'Z' does not fit." },
        { Fixed, new byte[] { 1 }, "Field 'f' is of type F, a fixed of 2 bytes; an array of 1 bytes does not fit." },
        { """["null","long",{"type":"array","items":"int"}]""", "x", "Field 'f' is a union of null, long, array; String does not fit." },
        { "\"string\"", null, "Field 'f' is of type string; null does not fit." },
        { Numbers, new[] { "x" }, "Field 'f[]' is of type int; String does not fit." },
        { Map, new Dictionary<int, int> { [1] = 1 }, "Field 'f' is of type map; Dictionary`2 does not fit." },
        { Numbers, new Dictionary<string, int>(), "Field 'f' is of type array; Dictionary`2 does not fit." },
        { """{"type":"record","name":"In","fields":[{"name":"x","type":"int"}]}""", new GenericRecord((RecordSchema)AvroSchema.Parse("""{"type":"record","name":"In","fields":[{"name":"x","type":"int"},{"name":"y","type":"int"}]}""")),
            "Field 'f' is of type In, a record of x; a record In of x, y does not fit." },
    };

    [Theory]
    [MemberData(nameof(Refused), DisableDiscoveryEnumeration = true)]
    public void What_does_not_fit_is_refused_with_the_field_what_it_is_and_what_was_given(string type, object? value, string message)
    {
        var schema = (RecordSchema)AvroSchema.Parse($$"""{"type":"record","name":"R","fields":[{"name":"f","type":{{type}}}]}""");
        Assert.StartsWith(message, Assert.Throws<ArgumentException>(() => Write(schema, new GenericRecord(schema) { ["f"] = value })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_default_may_hold_more_items_without_bytes_than_a_message()
    {
        string nulls = string.Join(',', Enumerable.Repeat("null", AvroReader.EmptyItemsMax + 1));
        var writer = AvroSchema.Parse("""{"type":"record","name":"R","fields":[]}""");
        var reader = AvroSchema.Parse($$"""{"type":"record","name":"R","fields":[{"name":"Items","type":{"type":"array","items":"null"},"default":[{{nulls}}]}]}""");
        Assert.True(GenericReader.Compile(writer, reader).TryRead([], out object? generic).IsOk);
        Assert.Equal(AvroReader.EmptyItemsMax + 1, ((List<object?>)((GenericRecord)generic!)["Items"]!).Count);
        Assert.True(MappedReader<Holder>.Compile(writer, reader).TryRead([], out Holder? mapped).IsOk);
        Assert.Equal(AvroReader.EmptyItemsMax + 1, mapped!.Items.Count);
    }

    [Fact]
    public void A_union_of_many_branches_that_does_not_match_costs_no_message_of_all_of_them_for_each()
    {
        string Union(string prefix) => $"[{string.Join(',', Enumerable.Range(0, 2000).Select(i => $$"""{"type":"fixed","name":"{{prefix}}{{i}}","size":1}"""))}]";
        var (writer, reader) = (AvroSchema.Parse(Union("a")), AvroSchema.Parse(Union("b")));
        SchemaResolutionException? exception = null;
        Assert.InRange(
            Allocations.Of(() => exception = Assert.Throws<SchemaResolutionException>(() => GenericReader.Compile(writer, reader)), enough: 100_000_000),
            0,
            100_000_000);
        Assert.Contains("b18, b19, ...", exception!.Message, StringComparison.Ordinal);
    }

    private static byte[] Write(AvroSchema schema, object? value)
    {
        var output = new ArrayBufferWriter<byte>();
        GenericWriter.Compile(schema).Write(value, output);
        return output.WrittenSpan.ToArray();
    }

    private static string Json(AvroSchema schema, object? value)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            AvroJson.Write(json, schema, value);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    public sealed class Holder
    {
        public List<object?> Items { get; set; } = [];
    }
}
