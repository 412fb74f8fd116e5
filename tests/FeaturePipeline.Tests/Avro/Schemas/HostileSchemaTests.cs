using System.Globalization;
using System.Text;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Avro.Schemas.Compatibility;

namespace FeaturePipeline.Tests.Avro.Schemas;

/// <summary>Schemas whose text is short and whose graph is not: 2^40 paths, 100,000 types one below the other.</summary>
public class HostileSchemaTests
{
    private const string Small = """{"type":"record","name":"Root","fields":[{"name":"z","type":"int","default":1}]}""";

    [Fact]
    public void Types_that_each_hold_the_next_one_twice_cost_no_more_than_their_number()
    {
        var schema = AvroSchema.Parse(Twice(40, "\"int\""));
        var array = AvroSchema.Parse($$"""{"type":"array","items":{{Twice(40, "\"int\"")}}}""");

        Assert.Equal(schema.CanonicalForm, AvroSchema.Parse(schema.ToString()).CanonicalForm);
        Assert.Empty(SchemaCompatibility.Check(schema, AvroSchema.Parse(schema.ToString())));
        GenericReader.Compile(schema, AvroSchema.Parse(schema.ToString()));
        GenericReader.Compile(array);
        ProjectedDecoder.Compile(schema, schema, ["f0.x"]);
        ProjectedDecoder.Compile(schema, AvroSchema.Parse(Small), ["z"]);
        MappedReader<Holder>.Compile(schema, schema);
        Assert.Equal(DecodeErrorKind.TooManyItems, GenericReader.Compile(array).TryRead([0x02, 0x00], out _).Error);
    }

    [Fact]
    public void A_message_that_holds_2_to_the_40_records_without_bytes_is_refused()
    {
        var schema = AvroSchema.Parse(Twice(40, "\"null\""));
        var beside = AvroSchema.Parse($$"""{"type":"record","name":"Root","fields":[{"name":"big","type":{{Twice(40, "\"null\"").Replace("Root", "Big", StringComparison.Ordinal)}}},{"name":"z","type":"int"}]}""");
        var z = new FieldValue[1];

        Assert.Equal(DecodeErrorKind.TooManyItems, GenericReader.Compile(schema).TryRead([], out _).Error);
        Assert.Equal(DecodeErrorKind.TooManyItems, MappedReader<Holder>.Compile(schema, AvroSchema.Parse(Small)).TryRead([], out _).Error);
        Assert.Equal(DecodeErrorKind.TooManyItems, ProjectedDecoder.Compile(beside, AvroSchema.Parse(Small), ["z"]).TryDecode([0x02], z).Error);
    }

    [Fact]
    public void Fields_without_bytes_do_not_multiply_a_message()
    {
        string nulls = string.Join(',', Enumerable.Range(0, 10_000).Select(i => $$"""{"name":"n{{i}}","type":"null"}"""));
        var schema = AvroSchema.Parse($$$"""{"type":"array","items":{"type":"record","name":"R","fields":[{"name":"x","type":"int"},{{{nulls}}}]}}""");
        byte[] message = [0xD0, 0x0F, .. Enumerable.Repeat((byte)2, 1000), 0];
        Assert.Equal(DecodeErrorKind.TooManyItems, GenericReader.Compile(schema).TryRead(message, out _).Error);
    }

    [Fact]
    public void A_default_that_stands_for_2_to_the_40_values_is_refused()
    {
        string text = Twice(40, "\"int\",\"default\":0", ",\"default\":{}");
        Assert.Contains("more than", Assert.Throws<AvroSchemaException>(() => AvroSchema.Parse(text)).Message, StringComparison.Ordinal);

        var reader = AvroSchema.Parse(text, null, SchemaValidation.Lenient);
        var writer = AvroSchema.Parse("""{"type":"record","name":"R40","fields":[]}""");
        var exception = Assert.Throws<SchemaResolutionException>(() => GenericReader.Compile(writer, ((RecordSchema)reader).Fields[^1].Schema));
        Assert.Contains("more than", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chain_of_100_000_types_is_refused_where_it_must_be_walked_and_ends_no_process()
    {
        var schema = AvroSchema.Parse(Chain(100_000));
        AvroSchema last = ((RecordSchema)schema).Fields[^1].Schema;

        Assert.NotEmpty(schema.CanonicalForm);
        Assert.Throws<AvroSchemaException>(() => last.CanonicalForm);
        Assert.Throws<AvroSchemaException>(last.ToString);
        Assert.Same(schema, AvroSchema.Parse("\"Root\"", [last, schema]));
        Assert.Contains("512 deep", Assert.Throws<SchemaResolutionException>(() => GenericReader.Compile(last)).Message, StringComparison.Ordinal);
        ProjectedDecoder.Compile(schema, AvroSchema.Parse(Small), ["z"]);
        Assert.ThrowsAny<Exception>(() => MappedReader<Node>.Compile(last));
        Assert.ThrowsAny<Exception>(() => MappedWriter<Node>.Compile(last));

        var other = AvroSchema.Parse(Chain(100_000));
        Assert.Throws<AvroSchemaException>(() => SchemaCompatibility.Check(last, ((RecordSchema)other).Fields[^1].Schema));
        Assert.Throws<SchemaResolutionException>(() => GenericReader.Compile(last, ((RecordSchema)other).Fields[^1].Schema));
    }

    [Fact]
    public void A_union_that_cannot_be_resolved_for_its_depth_is_no_branch_that_cannot_be_read()
    {
        var schema = AvroSchema.Parse(Chain(1000, optional: true));
        Assert.Throws<SchemaResolutionException>(() => GenericReader.Compile(((RecordSchema)schema).Fields[^1].Schema));
    }

    [Fact]
    public void Enums_of_100_000_symbols_are_resolved_in_a_second()
    {
        string symbols = string.Join(',', Enumerable.Range(0, 100_000).Select(i => string.Create(CultureInfo.InvariantCulture, $"\"s{i}\"")));
        var schema = AvroSchema.Parse($$"""{"type":"enum","name":"E","symbols":[{{symbols}}]}""");
        GenericReader.Compile(schema);
        Assert.Empty(SchemaCompatibility.Check(schema, schema));
    }

    [Fact]
    public void Text_that_nests_without_end_is_no_schema()
    {
        Assert.Throws<AvroSchemaException>(() => AvroSchema.Parse(new string('[', 10_000_000)));
        Assert.Throws<AvroSchemaException>(() => AvroSchema.Parse(string.Concat(Enumerable.Repeat("""{"type":"array","items":""", 100_000))));
    }

    [Fact]
    public void Text_that_nests_as_deep_as_it_may_ends_no_thread_of_a_small_stack()
    {
        string deep = string.Concat(Enumerable.Repeat("""{"type":"array","items":""", 495)) + "\"int\"" + new string('}', 495);
        var schema = AvroSchema.Parse(deep);
        var outcomes = new List<Exception?>();
        var thread = new Thread(
            () =>
            {
                foreach (Action action in new Action[] { () => AvroSchema.Parse(deep), () => schema.ToString(), () => _ = schema.CanonicalForm, () => GenericReader.Compile(schema) })
                {
                    outcomes.Add(Record.Exception(action));
                }
            },
            maxStackSize: 256 << 10);
        thread.Start();
        thread.Join();
        Assert.Equal(4, outcomes.Count);
        Assert.IsType<AvroSchemaException>(outcomes[0]);
        Assert.All(outcomes, outcome => Assert.True(outcome is null or AvroSchemaException or SchemaResolutionException, outcome?.ToString()));
    }

    [Fact]
    public void Many_unions_of_one_large_record_are_resolved_without_writing_its_form_for_each()
    {
        string fields = string.Join(',', Enumerable.Range(0, 2000).Select(i => $$"""{"name":"x{{i}}","type":"int"}"""));
        string unions = string.Join(',', Enumerable.Range(0, 2000).Select(i => $$"""{"name":"u{{i}}","type":["null","Large"]}"""));
        string text = $$"""{"type":"record","name":"R","fields":[{"name":"l","type":{"type":"record","name":"Large","fields":[{{fields}}]} },{{unions}}]}""";
        AvroSchema writer = AvroSchema.Parse(text);
        AvroSchema reader = AvroSchema.Parse(text);
        Assert.InRange(Allocations.Of(() => GenericReader.Compile(writer, reader), enough: 50_000_000), 0, 50_000_000);
    }

    [Fact]
    public void A_projection_through_unions_of_many_records_in_many_is_refused_before_it_fills_the_memory()
    {
        string leaf = Union("C", "\"int\"");
        var writer = AvroSchema.Parse(Union("A", Union("B", leaf)));
        var reader = AvroSchema.Parse("""
            {"type":"record","name":"A","fields":[{"name":"r","type":{"type":"record","name":"B","fields":[{"name":"r","type":{"type":"record","name":"C","fields":[{"name":"r","type":"int"}]}}]}}]}
            """);
        GenericReader.Compile(writer, reader);
        Assert.Contains("operations", Assert.Throws<SchemaResolutionException>(() => ProjectedDecoder.Compile(writer, reader, ["r.r.r"])).Message, StringComparison.Ordinal);

        // 60 records of one name in 60 namespaces; the types in them are defined by the first, and named by the others.
        static string Union(string name, string inner) =>
            "[" + string.Join(',', Enumerable.Range(0, 60).Select(i => $$"""{"type":"record","name":"n{{i}}.{{name}}","fields":[{"name":"r","type":{{(i == 0 ? inner : Named(inner))}}}]}""")) + "]";

        static string Named(string inner) => inner == "\"int\""
            ? inner
            : "[" + string.Join(',', Enumerable.Range(0, 60).Select(i => $"\"n{i}.{inner[(inner.IndexOf('.', StringComparison.Ordinal) + 1)..][0]}\"")) + "]";
    }

    [Fact]
    public void Types_that_recur_in_circles_of_different_length_are_resolved()
    {
        var two = AvroSchema.Parse("""
            {"type":"record","name":"N","fields":[{"name":"v","type":"int"},{"name":"next","type":["null",
              {"type":"record","name":"a.N","fields":[{"name":"v","type":"long"},{"name":"next","type":["null","N"]}]}]}]}
            """.Replace("[\"null\",\"N\"]", "[\"null\",\"b.N\"]", StringComparison.Ordinal).Replace("\"name\":\"N\"", "\"name\":\"b.N\"", StringComparison.Ordinal));
        var three = AvroSchema.Parse("""
            {"type":"record","name":"x.N","fields":[{"name":"v","type":"double"},{"name":"next","type":["null",
              {"type":"record","name":"y.N","fields":[{"name":"next","type":["null",
                {"type":"record","name":"z.N","fields":[{"name":"v","type":"double"},{"name":"w","type":"int","default":7},{"name":"next","type":["null","x.N"]}]}]}]}]}]}
            """);
        byte[] body = [.. Enumerable.Range(1, 7).SelectMany(i => new byte[] { (byte)(2 * i), 0x02 }), 0x10, 0x00];
        Assert.True(GenericReader.Compile(two, three).TryRead(body, out object? value).IsOk);
        var record = (GenericRecord?)value;
        string seen = "";
        for (; record is not null; record = (GenericRecord?)record["next"])
        {
            seen += record.Schema.Name.Namespace + (record.Schema.Field("v") is null ? "-" : record["v"]) + " ";
        }

        Assert.Equal("x1 y- z3 x4 y- z6 x7 y- ", seen);
    }

    // R0 to Rn, each of which holds the one before it in two fields.
    private static string Twice(int levels, string leaf, string suffix = "")
    {
        var text = new StringBuilder($$$"""{"type":"record","name":"Root","fields":[{"name":"f0","type":{"type":"record","name":"R0","fields":[{"name":"x","type":{{{leaf}}}}]}}""");
        for (int i = 1; i <= levels; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $$$""",{"name":"f{{{i}}}","type":{"type":"record","name":"R{{{i}}}","fields":[{"name":"a","type":"R{{{i - 1}}}"{{{suffix}}}},{"name":"b","type":"R{{{i - 1}}}"{{{suffix}}}}]}}""");
        }

        return text.Append("]}").ToString();
    }

    private static string Chain(int length, bool optional = false)
    {
        var text = new StringBuilder("""{"type":"record","name":"Root","fields":[{"name":"f0","type":{"type":"record","name":"R0","fields":[]}}""");
        for (int i = 1; i <= length; i++)
        {
            string before = string.Create(CultureInfo.InvariantCulture, $"\"R{i - 1}\"");
            text.Append(CultureInfo.InvariantCulture, $$$""",{"name":"f{{{i}}}","type":{"type":"record","name":"R{{{i}}}","fields":[{"name":"next","type":{{{(optional ? "[\"null\"," + before + "]" : before)}}}}]}}""");
        }

        return text.Append("]}").ToString();
    }

    public sealed class Node
    {
        public Node? Next { get; set; }
    }

    public sealed class Holder
    {
        public Node? F40 { get; set; }
    }
}
