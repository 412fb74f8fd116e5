using System.Buffers;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Resolution;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Avro.Schemas.Compatibility;
using FeaturePipeline.Tests.Avro.Mapping;

namespace FeaturePipeline.Tests.Avro.Generic;

/// <summary>Two types of one simple name in a union: the full name says which is meant.</summary>
public class NamesakesTests
{
    private const string Writer = """
        [{"type":"record","name":"v1.Order","fields":[{"name":"id","type":"long"}]},
         {"type":"record","name":"v2.Order","fields":[{"name":"id","type":"long"},{"name":"who","type":"string"}]}]
        """;

    private const string Reader = """
        [{"type":"record","name":"v1.Order","fields":[{"name":"id","type":"long"},{"name":"note","type":"string","default":""}]},
         {"type":"record","name":"v2.Order","fields":[{"name":"id","type":"long"},{"name":"who","type":"string"}]}]
        """;

    private static readonly byte[] Second = [2, 8, 6, (byte)'b', (byte)'o', (byte)'b'];

    // As Java and Apache's .NET library: the specification's letter takes the first that matches, and so makes a double of a long.
    [Theory]
    [InlineData("\"int\"", """["long","int"]""", "06", 3)]
    [InlineData("\"int\"", """["null","double","int"]""", "06", 3)]
    [InlineData("\"int\"", """["null","double","long"]""", "06", 3.0)]
    [InlineData("\"float\"", """["double","float"]""", "0000003f", 0.5f)]
    [InlineData("\"long\"", """["null","double","long"]""", "82808080808080808001", 4_611_686_018_427_387_905L)]
    [InlineData("\"string\"", """["bytes","string"]""", "0273", "s")]
    [InlineData("""["int","long"]""", """["long","int"]""", "0006", 3)]
    [InlineData("""["int","long"]""", """["double","long"]""", "0006", 3.0)]
    public void Of_types_without_names_the_writers_own_is_meant_and_then_the_first_that_takes_it(string writer, string reader, string hex, object value) =>
        Assert.Equal(value, ReadBy(writer, reader, hex));

    private const string Millis = """{"type":"long","logicalType":"timestamp-millis"}""";
    private const string Micros = """{"type":"long","logicalType":"timestamp-micros"}""";
    private const string Date = """{"type":"int","logicalType":"date"}""";
    private const string Money = """{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}""";
    private const string Uuid = """{"type":"string","logicalType":"uuid"}""";

    public static TheoryData<string, string, int> LogicalBranches => new()
    {
        { "\"int\"", $"""["null",{Millis},"int"]""", 2 },
        { "\"int\"", $"""["null",{Millis},"string"]""", 1 },
        { "\"long\"", $"""["null","double",{Millis}]""", 2 }, // a logical type that the writer had not, yet
        { "\"string\"", $"""[{Money},"string"]""", 1 },
        { Money, $"""["string",{Money}]""", 1 },
        { Money, $"""["null",{Millis},"int","string",{Money}]""", 4 },
        { Date, $"""["null",{Millis},{Date}]""", 2 },
        { Millis, $"""["null",{Date},{Micros}]""", 2 },
        { Millis, """["null","double","long"]""", 2 },
        { Uuid, $"""[{Money},"string"]""", 1 },
    };

    [Theory]
    [MemberData(nameof(LogicalBranches))]
    public void A_logical_type_belongs_to_the_type_that_a_branch_has(string writer, string reader, int branch)
    {
        var (from, to) = (AvroSchema.Parse(writer), (UnionSchema)AvroSchema.Parse(reader));
        Assert.Equal(branch, Assert.IsType<ReaderUnionNode>(Resolver.Resolve(from, to)).Index);
        Assert.Empty(SchemaCompatibility.Check(to, from));
    }

    [Theory]
    [InlineData(Micros, $"""["double",{Millis}]""")]
    [InlineData(Money, """["null","string",{"type":"bytes","logicalType":"decimal","precision":8,"scale":2}]""")]
    [InlineData("""{"type":"int","logicalType":"time-millis"}""", $"""["long",{Date}]""")]
    [InlineData($"""["long",{Date}]""", """["long",{"type":"int","logicalType":"time-millis"}]""")]
    public void A_branch_that_would_lose_or_mistake_values_is_told_and_no_other_one_taken(string writer, string reader)
    {
        var (from, to) = (AvroSchema.Parse(writer), AvroSchema.Parse(reader));
        Assert.Throws<SchemaResolutionException>(() => Resolver.Resolve(from, to));
        Assert.Equal(IncompatibilityKind.LogicalTypeMismatch, Assert.Single(SchemaCompatibility.Check(to, from)).Kind);
    }

    [Theory]
    [InlineData($"""[{Millis},{Date}]""")]
    [InlineData($"""["null",{Millis},{Date}]""")]
    [InlineData($"""[{Money},{Uuid}]""")]
    public void A_union_reads_itself(string union)
    {
        AvroSchema schema = AvroSchema.Parse(union);
        Assert.Empty(SchemaCompatibility.Check(schema, AvroSchema.Parse(union)));
        var node = Assert.IsType<WriterUnionNode>(Resolver.Resolve(schema, AvroSchema.Parse(union)));
        Assert.Equal(Enumerable.Range(0, node.Branches.Length), node.Branches.Select(static branch => ((ReaderUnionNode)branch!).Index));
    }

    [Fact]
    public void An_object_that_may_be_either_of_two_namesakes_is_refused_with_the_way_to_tell()
    {
        var union = AvroSchema.Parse("""
            [{"type":"record","name":"v1.Either","fields":[{"name":"Id","type":"int"}]},
             {"type":"record","name":"v2.Either","fields":[{"name":"Id","type":"int"},{"name":"Who","type":"string"}]}]
            """);
        MappedMessages.Refuses("may be v1.Either or v2.Either of the union. Give it the full name of one: [AvroName(\"v1.Either\")]", () => MappedWriter<Either>.Compile(union));
        Assert.Equal([2, 8, 6, (byte)'b', (byte)'o', (byte)'b'], MappedMessages.Write(new Named { Id = 4, Who = "bob" }, union));

        // One of them needs what the type does not have.
        var needs = AvroSchema.Parse(union.ToString().Replace("\"Id\",\"type\":\"int\"}]", "\"Id\",\"type\":\"int\"},{\"name\":\"Else\",\"type\":\"int\"}]", StringComparison.Ordinal));
        Assert.Equal([2, 8, 6, (byte)'b', (byte)'o', (byte)'b'], MappedMessages.Write(new Either { Id = 4, Who = "bob" }, needs));
    }

    private sealed class Either
    {
        public int Id { get; set; }

        public string Who { get; set; } = "";
    }

    [AvroName("v2.Either")]
    private sealed class Named
    {
        public int Id { get; set; }

        public string Who { get; set; } = "";
    }

    private static object? ReadBy(string writer, string reader, string hex)
    {
        Assert.True(GenericReader.Compile(AvroSchema.Parse(writer), AvroSchema.Parse(reader)).TryRead(Convert.FromHexString(hex), out object? read).IsOk);
        return read;
    }

    [Theory]
    [InlineData("{0}", "")]
    [InlineData("""{{"type":"array","items":{0}}}""", "02|00")]
    [InlineData("""{{"type":"map","values":{0}}}""", "020261|00")]
    public void The_branch_of_the_full_name_is_read_wherever_the_union_lies(string around, string framing)
    {
        var reader = GenericReader.Compile(Parse(string.Format(null, around, Writer)), Parse(string.Format(null, around, Reader)));
        string[] parts = framing.Split('|');
        byte[] body = [.. Convert.FromHexString(parts[0]), .. Second, .. Convert.FromHexString(parts[^1] == parts[0] ? "" : parts[^1])];
        Assert.True(reader.TryRead(body, out object? value).IsOk);
        var record = Assert.IsType<GenericRecord>(value is IReadOnlyDictionary<string, object?> map ? map["a"] : value is IReadOnlyList<object?> list ? list[0] : value);
        Assert.Equal(("v2.Order", 4L, "bob"), (record.Schema.Name.FullName, record["id"], record["who"]));
    }

    [Fact]
    public void A_union_in_a_record_is_read_and_projected_by_full_names()
    {
        var writer = Parse($$"""{"type":"record","name":"R","fields":[{"name":"o","type":{{Writer}}},{"name":"n","type":"int"}]}""");
        var reader = Parse($$"""{"type":"record","name":"R","fields":[{"name":"o","type":{{Reader}}},{"name":"n","type":"int"}]}""");
        byte[] body = [.. Second, 14];
        Assert.True(GenericReader.Compile(writer, reader).TryRead(body, out object? value).IsOk);
        Assert.Equal("v2.Order", Assert.IsType<GenericRecord>(Assert.IsType<GenericRecord>(value)["o"]).Schema.Name.FullName);
        var decoder = ProjectedDecoder.Compile(writer, reader, ["n"]);
        var values = new FieldValue[1];
        Assert.True(decoder.TryDecode(body, values).IsOk);
        Assert.Equal(7, new ProjectedRow(body, decoder.Constants, values).GetLong(0));
    }

    [Theory]
    [InlineData("""[{"type":"enum","name":"a.E","symbols":["X","Y"]},{"type":"enum","name":"b.E","symbols":["Y","X"]}]""", "0200", "b.E")]
    [InlineData("""[{"type":"fixed","name":"a.F","size":1},{"type":"fixed","name":"b.F","size":1}]""", "0207", "b.F")]
    public void Enums_and_fixed_are_told_apart_by_their_full_names_too(string union, string body, string name)
    {
        Assert.True(GenericReader.Compile(Parse(union), Parse(union.Replace("[{", """["null",{""", StringComparison.Ordinal))).TryRead(Convert.FromHexString(body), out object? value).IsOk);
        Assert.Equal(name, value is GenericEnum symbol ? symbol.Schema.Name.FullName : Assert.IsType<GenericFixed>(value).Schema.Name.FullName);
        var output = new ArrayBufferWriter<byte>();
        GenericWriter.Compile(Parse(union)).Write(value, output);
        Assert.Equal(body, Convert.ToHexString(output.WrittenSpan));
    }

    [Fact]
    public void A_full_name_comes_before_an_alias_and_an_alias_before_a_simple_name()
    {
        const string writer = """{"type":"record","name":"w.Order","fields":[]}""";
        Assert.Equal("w.Order", Branch(writer, """[{"type":"record","name":"x.Order","fields":[]},{"type":"record","name":"y.Other","aliases":["w.Order"],"fields":[]},{"type":"record","name":"w.Order","fields":[]}]"""));
        Assert.Equal("y.Other", Branch(writer, """[{"type":"record","name":"x.Order","fields":[]},{"type":"record","name":"y.Other","aliases":["w.Order"],"fields":[]}]"""));
        Assert.Equal("x.Order", Branch(writer, """["null",{"type":"record","name":"x.Order","fields":[]}]"""));
    }

    [Fact]
    public void The_checker_judges_the_branch_of_the_full_name_alone()
    {
        Assert.Empty(SchemaCompatibility.Check(Parse(Reader), Parse(Writer)));
        string broken = Reader.Replace("""{"name":"who","type":"string"}""", """{"name":"who","type":"string"},{"name":"why","type":"int"}""", StringComparison.Ordinal);
        Assert.Equal(IncompatibilityKind.MissingUnionBranch, Assert.Single(SchemaCompatibility.Check(Parse(broken), Parse(Writer))).Kind);
    }

    [Fact]
    public void A_class_that_has_the_full_name_of_one_of_them_reads_that_one_and_not_the_other()
    {
        var reader = MappedReader<Order>.Compile(Parse(Writer));
        Assert.True(reader.TryRead(Second, out Order? read).IsOk);
        Assert.Equal(new Order(4, "bob"), read);
        Assert.Equal(DecodeErrorKind.UnreadableBranch, reader.TryRead([0, 8], out _).Error);
        var output = new ArrayBufferWriter<byte>();
        MappedWriter<Order>.Compile(Parse(Writer)).Write(new Order(4, "bob"), output);
        Assert.Equal(Second, output.WrittenSpan.ToArray());
    }

    private static string Branch(string writer, string reader)
    {
        Assert.True(GenericReader.Compile(Parse(writer), Parse(reader)).TryRead([], out object? value).IsOk);
        return Assert.IsType<GenericRecord>(value).Schema.Name.FullName;
    }

    private static AvroSchema Parse(string json) => AvroSchema.Parse(json);

    [AvroName("v2.Order")]
    private sealed record Order(long Id, string Who);
}
