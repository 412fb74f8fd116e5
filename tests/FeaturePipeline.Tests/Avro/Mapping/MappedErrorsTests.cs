using System.Buffers;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Mapping;

/// <summary>
/// What mapped readers and writers say of a value that does not fit: the symbol or type that was given, and what there is instead.
/// </summary>
public class MappedErrorsTests
{
    private static readonly AvroSchema Holder = AvroSchema.Parse("""
        {"type":"record","name":"Holder","fields":[
         {"name":"Colour","type":{"type":"enum","name":"C","symbols":["Red","Blue","GREEN_ISH"]}}]}
        """);

    private static readonly AvroSchema Union = AvroSchema.Parse("""
        ["null", {"type":"record","name":"Circle","fields":[{"name":"Radius","type":"double"}]},
         {"type":"record","name":"Star","fields":[{"name":"Points","type":"int"}]}]
        """);

    [Fact]
    public void A_symbol_that_the_reader_s_schema_lacks_is_named_with_those_that_it_has()
    {
        var reader = AvroSchema.Parse("""
            {"type":"record","name":"Holder","fields":[{"name":"Colour","type":{"type":"enum","name":"C","symbols":["Red","GREEN_ISH"]}}]}
            """);
        const string Expected =
            "UnknownSymbol at byte 1, field 'Colour': symbol 'Blue' is none of enum C, which has Red, GREEN_ISH and no default";
        Assert.Equal(Expected, Read<Holding<Colour>>(Holder, [0x02], reader));
        Assert.Equal(Expected, Read<Holding<string>>(Holder, [0x02], reader));
        Assert.Equal(Expected, Read<Holding<Colour?>>(Holder, [0x02], reader));
    }

    [Fact]
    public void A_symbol_that_the_C_enum_lacks_is_named_with_those_that_it_has() => Assert.Equal(
        "UnknownSymbol at byte 1, field 'Colour': symbol 'Blue' is none of FeaturePipeline.Tests.Avro.Mapping.Colour, which has Red, Green",
        Read<Holding<Colour>>(Holder, [0x02]));

    [Fact]
    public void A_branch_that_the_type_cannot_hold_is_named_with_those_that_it_can()
    {
        Assert.Equal(
            "UnreadableBranch at byte 1, field '': the writer's branch Star is none that "
            + "FeaturePipeline.Tests.Avro.Mapping.Shape can hold: of this union null, Circle",
            Read<Shape>(Union, [0x04, 0x0a]));
        Assert.Equal(
            "UnreadableBranch at byte 1, field '': the writer's branch null is none that System.Int64 can hold: of this union int, long",
            Read<long>(AvroSchema.Parse("""["null","int","long"]"""), [0x00]));
    }

    [Fact]
    public void A_branch_that_the_reader_s_schema_cannot_read_is_named()
    {
        var writer = AvroSchema.Parse("""{"type":"array","items":["string","long","int"]}""");
        var reader = AvroSchema.Parse("""{"type":"array","items":"long"}""");
        Assert.Equal(
            "UnreadableBranch at byte 2, field '[]': the writer's branch string is none that System.Int64 can hold: "
            + "of this union long, int",
            Read<long[]>(writer, [0x02, 0x00, 0x00, 0x00], reader));
    }

    [Fact]
    public void A_symbol_that_the_enum_lacks_is_named_with_those_that_it_has_when_it_is_written()
    {
        const string Expected = "The value of 'Colour' does not fit: the enum has no symbol 'Green'; C has Red, Blue.";
        var schema = AvroSchema.Parse(Holder.ToString().Replace(",\"GREEN_ISH\"", "", StringComparison.Ordinal));
        Assert.Equal(Expected, Write(schema, new Holding<Colour> { Colour = Colour.Green }));
        Assert.Equal(Expected, Write(schema, new Holding<string> { Colour = "Green" }));
        Assert.Equal(
            Expected.Replace("Green", "77", StringComparison.Ordinal),
            Write(schema, new Holding<Colour?> { Colour = (Colour)77 }));
    }

    [Fact]
    public void A_type_that_the_union_lacks_is_named_with_those_that_it_has_when_it_is_written()
    {
        Assert.Equal(
            "The value does not fit: no branch of the union is a Square; it has null, Circle, Star.",
            Write<Shape>(Union, new Shape.Square(1, "s")));
        var scalars = AvroSchema.Parse("""{"type":"record","name":"Holder","fields":[{"name":"Colour","type":["null","int","bytes"]}]}""");
        Assert.Equal(
            "Field 'Colour' is of type union of null, int, bytes, which System.String cannot hold.",
            Assert.Throws<ArgumentException>(() => MappedWriter<Holding<string>>.Compile(scalars)).Message);
    }

    private static string Read<T>(AvroSchema writer, byte[] message, AvroSchema? reader = null)
    {
        DecodeResult result = MappedReader<T>.Compile(writer, reader).TryRead(message, out _);
        Assert.False(result.IsOk);
        return result.ToString();
    }

    private static string Write<T>(AvroSchema schema, T value) =>
        Assert.Throws<ArgumentException>(() => MappedWriter<T>.Compile(schema).Write(value, new ArrayBufferWriter<byte>())).Message;

    private sealed class Holding<T>
    {
        public required T Colour { get; init; }
    }
}
