using System.Buffers;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Avro.Schemas.Compatibility;

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

    // The specification's letter, with which npm's avsc and Apache's .NET library agree; Java takes the same type first.
    [Theory]
    [InlineData("\"int\"", """["long","int"]""", "06", 3L)]
    [InlineData("\"int\"", """["null","double","int"]""", "06", 3.0)]
    [InlineData("\"float\"", """["double","float"]""", "0000003f", 0.5)]
    [InlineData("\"bytes\"", """["string","bytes"]""", "0273", "s")]
    [InlineData("""["int","long"]""", """["long","int"]""", "0006", 3L)]
    [InlineData("\"int\"", """["int","long"]""", "06", 3)]
    public void Of_types_without_names_the_first_that_takes_the_value_is_meant_also_by_a_promotion(string writer, string reader, string hex, object value)
    {
        var compiled = GenericReader.Compile(AvroSchema.Parse(writer), AvroSchema.Parse(reader));
        Assert.True(compiled.TryRead(Convert.FromHexString(hex), out object? read).IsOk);
        Assert.Equal(value, read);
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
