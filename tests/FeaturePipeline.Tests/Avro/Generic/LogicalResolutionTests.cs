using System.Buffers;
using System.Numerics;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Avro.Schemas.Compatibility;
using ApacheReader = FeaturePipeline.Avro.Apache.ApacheReader;

namespace FeaturePipeline.Tests.Avro.Generic;

/// <summary>Logical types that differ between writer and reader: converted where nothing is lost, else refused when the plan is made.</summary>
public class LogicalResolutionTests
{
    private const long Millis = 1_764_547_198_123; // 2025-11-30T23:59:58.123Z

    [Theory]
    [InlineData("timestamp-millis", "timestamp-micros", 1_000)]
    [InlineData("timestamp-millis", "timestamp-nanos", 1_000_000)]
    [InlineData("timestamp-micros", "timestamp-nanos", 1_000)]
    [InlineData("local-timestamp-millis", "local-timestamp-micros", 1_000)]
    [InlineData("local-timestamp-micros", "local-timestamp-nanos", 1_000)]
    public void A_finer_unit_counts_the_same_moment(string written, string read, long factor)
    {
        AvroSchema writer = Long(written), reader = Long(read);
        byte[] body = Write(writer, 1_764_547_198_123L);
        Assert.True(GenericReader.Compile(writer, reader).TryRead(body, out object? value).IsOk);
        Assert.Equal(1_764_547_198_123L * factor, value);
        Assert.Empty(SchemaCompatibility.Check(reader, writer));

        Assert.True(GenericReader.Compile(writer, reader).TryRead(Write(writer, -1L), out value).IsOk);
        Assert.Equal(-factor, value);
        Assert.Equal(DecodeErrorKind.OutOfRange, GenericReader.Compile(writer, reader).TryRead(Write(writer, long.MaxValue), out _).Error);
        Assert.True(GenericReader.Compile(Parse($"""["null",{writer}]"""), Parse($"""["null",{reader}]""")).TryRead([2, .. body], out value).IsOk);
        Assert.Equal(1_764_547_198_123L * factor, value);
    }

    [Theory]
    [InlineData("""{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}""")]
    [InlineData("""{"type":"bytes","logicalType":"big-decimal"}""")]
    public void A_text_is_no_decimal(string read)
    {
        AvroSchema writer = Parse("\"string\""), reader = Parse(read);
        var refused = Assert.Throws<SchemaResolutionException>(() => GenericReader.Compile(writer, reader));
        Assert.StartsWith($"string cannot be read as {reader.Logical}: it means something else. Read it as string, or as bytes without a logical type", refused.Message, StringComparison.Ordinal);
        Assert.Equal("LOGICAL_TYPE_MISMATCH", Assert.Single(SchemaCompatibility.Check(reader, writer)).KindName);
        _ = GenericReader.Compile(writer, Parse("\"bytes\""));
    }

    [Fact]
    public void A_time_of_the_day_becomes_one_of_micros()
    {
        AvroSchema writer = Parse("""{"type":"int","logicalType":"time-millis"}"""), reader = Long("time-micros");
        Assert.True(GenericReader.Compile(writer, reader).TryRead(Write(writer, 86_399_999), out object? value).IsOk);
        Assert.Equal(86_399_999_000L, value);
    }

    [Theory]
    [InlineData("""{"type":"long","logicalType":"timestamp-micros"}""", """{"type":"long","logicalType":"timestamp-millis"}""")]
    [InlineData("""{"type":"long","logicalType":"timestamp-nanos"}""", """{"type":"long","logicalType":"timestamp-micros"}""")]
    [InlineData("""{"type":"long","logicalType":"timestamp-millis"}""", """{"type":"long","logicalType":"local-timestamp-millis"}""")]
    [InlineData("""{"type":"long","logicalType":"local-timestamp-micros"}""", """{"type":"long","logicalType":"timestamp-micros"}""")]
    [InlineData("""{"type":"int","logicalType":"date"}""", """{"type":"long","logicalType":"timestamp-millis"}""")]
    [InlineData("""{"type":"int","logicalType":"date"}""", """{"type":"int","logicalType":"time-millis"}""")]
    [InlineData("""{"type":"long","logicalType":"time-micros"}""", """{"type":"long","logicalType":"timestamp-micros"}""")]
    [InlineData("""{"type":"bytes","logicalType":"decimal","precision":10,"scale":4}""", """{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}""")]
    [InlineData("""{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}""", """{"type":"bytes","logicalType":"decimal","precision":10,"scale":4}""")]
    [InlineData("""{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}""", """{"type":"bytes","logicalType":"decimal","precision":8,"scale":2}""")]
    [InlineData("""{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}""", """{"type":"bytes","logicalType":"big-decimal"}""")]
    [InlineData("""{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}""", """{"type":"string","logicalType":"uuid"}""")]
    [InlineData("""{"type":"string","logicalType":"uuid"}""", """{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}""")]
    [InlineData("""{"type":"fixed","name":"F","size":16,"logicalType":"decimal","precision":10,"scale":2}""", """{"type":"fixed","name":"F","size":16,"logicalType":"uuid"}""")]
    public void What_would_lose_or_mistake_values_is_refused_with_both_types_and_the_place(string written, string read)
    {
        AvroSchema writer = Record(written), reader = Record(read);
        var refused = Assert.Throws<SchemaResolutionException>(() => GenericReader.Compile(writer, reader));
        AvroSchema from = ((RecordSchema)writer).Field("f")!.Schema, to = ((RecordSchema)reader).Field("f")!.Schema;
        Assert.Contains(from.Logical!.ToString(), refused.Message, StringComparison.Ordinal);
        Assert.Contains(to.Logical!.ToString(), refused.Message, StringComparison.Ordinal);
        Assert.Contains("f", refused.ReaderPath, StringComparison.Ordinal);
        Incompatibility found = Assert.Single(SchemaCompatibility.Check(reader, writer));
        Assert.Equal("LOGICAL_TYPE_MISMATCH at /fields/0/type", $"{found.KindName} at {found.Location}");
        Assert.Throws<SchemaResolutionException>(() => ProjectedDecoder.Compile(writer, reader, ["f"]));

        // In a field that may be null, as most are, and in a record of a union, before the first message.
        foreach ((string fromUnion, string toUnion) in new[]
        {
            ($"""["null",{written}]""", $"""["null",{read}]"""), (written, $"""["null",{read}]"""), ($"[{written}]", read),
            ($"""["null",{Inner(written)}]""", $"""[{Inner(read)},"null"]"""), ($"""["null",{written}]""", $"""["null",{read},"double"]"""),
        })
        {
            refused = Assert.Throws<SchemaResolutionException>(() => GenericReader.Compile(Record(fromUnion), Record(toUnion)));
            Assert.Contains($"{from.Logical} cannot be read as {to.Logical}", refused.Message, StringComparison.Ordinal);
            Incompatibility inUnion = Assert.Single(SchemaCompatibility.Check(Record(toUnion), Record(fromUnion)));
            Assert.Equal(IncompatibilityKind.LogicalTypeMismatch, inUnion.Kind);
            Assert.Contains(from.Logical.ToString(), inUnion.Message, StringComparison.Ordinal);
            Assert.Empty(SchemaCompatibility.Check(CompatibilityLevel.Backward, Record(toUnion), [Record(fromUnion)]));
        }

        // The remedies that the message names.
        _ = GenericReader.Compile(writer, writer);
        _ = GenericReader.Compile(writer, Record(Plain(read)));
    }

    [Fact]
    public void The_branch_of_the_writers_type_is_meant_though_another_could_hold_the_bare_number()
    {
        AvroSchema writer = Long("timestamp-micros"), reader = Parse($"""[{Long("timestamp-millis")},"double"]""");
        Assert.Throws<SchemaResolutionException>(() => GenericReader.Compile(writer, reader));
        Assert.Equal(IncompatibilityKind.LogicalTypeMismatch, Assert.Single(SchemaCompatibility.Check(reader, writer)).Kind);

        // The caller who knows the writer's unit gets the number that was written also where the field may be null.
        var decoder = ProjectedDecoder.Compile(Record(writer.ToString()), Record($"""["null",{Long("timestamp-millis")}]"""), ["f"], rawPath: "f");
        var values = new FieldValue[1];
        byte[] body = [14];
        Assert.True(decoder.TryDecode(body, values).IsOk);
        Assert.Equal(7L, new ProjectedRow(body, decoder.Constants, values).GetLong(0));
    }

    [Theory]
    [InlineData("""{"type":"long","logicalType":"timestamp-millis"}""", "\"long\"")]
    [InlineData("\"long\"", """{"type":"long","logicalType":"timestamp-micros"}""")]
    [InlineData("\"int\"", """{"type":"long","logicalType":"timestamp-millis"}""")]
    public void A_logical_type_against_its_underlying_type_stays_the_number_that_was_written(string written, string read)
    {
        Assert.True(GenericReader.Compile(Parse(written), Parse(read)).TryRead([14], out object? value).IsOk);
        Assert.Equal(7L, value);
        Assert.Empty(SchemaCompatibility.Check(Parse(read), Parse(written)));
    }

    [Fact]
    public void A_decimal_with_more_digits_after_the_point_is_the_same_number()
    {
        AvroSchema writer = Parse("""{"type":"bytes","logicalType":"decimal","precision":8,"scale":2}""");
        AvroSchema reader = Parse("""{"type":"bytes","logicalType":"decimal","precision":10,"scale":4}""");
        foreach (int unscaled in (int[])[123_456, -1, 0, 99_999_999])
        {
            byte[] body = Write(writer, new BigInteger(unscaled).ToByteArray(isBigEndian: true));
            Assert.True(GenericReader.Compile(writer, reader).TryRead(body, out object? value).IsOk);
            Assert.Equal(new BigInteger(unscaled) * 100, new BigInteger(Assert.IsType<byte[]>(value), isBigEndian: true));
            Assert.True(ApacheReader.Compile(writer, reader).TryRead(body, out value).IsOk);
            Assert.Equal(new global::Avro.AvroDecimal(new BigInteger(unscaled) * 100, 4), value);
        }
    }

    [Fact]
    public void A_decimal_of_more_digits_than_its_type_has_is_no_number_of_the_readers_type_either()
    {
        AvroSchema writer = Parse("""{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}""");
        AvroSchema reader = Parse("""{"type":"bytes","logicalType":"decimal","precision":6,"scale":4}""");
        byte[] most = Write(writer, new BigInteger(9_999).ToByteArray(isBigEndian: true)), more = Write(writer, new BigInteger(10_000).ToByteArray(isBigEndian: true));
        Assert.True(GenericReader.Compile(writer, reader).TryRead(most, out object? value).IsOk);
        Assert.Equal(999_900, new BigInteger((byte[])value!, isBigEndian: true));
        Assert.Equal(DecodeErrorKind.OutOfRange, GenericReader.Compile(writer, reader).TryRead(more, out _).Error);
        Assert.Equal(DecodeErrorKind.OutOfRange, MappedReader<byte[]>.Compile(writer, reader).TryRead(more, out _).Error);
    }

    [Fact]
    public void A_decimal_in_a_fixed_is_rescaled_within_its_size()
    {
        AvroSchema writer = Parse("""{"type":"fixed","name":"D","size":4,"logicalType":"decimal","precision":6,"scale":2}""");
        AvroSchema reader = Parse("""{"type":"fixed","name":"D","size":4,"logicalType":"decimal","precision":9,"scale":4}""");
        Assert.True(GenericReader.Compile(writer, reader).TryRead([0xff, 0xff, 0xff, 0xff], out object? value).IsOk);
        Assert.Equal([0xff, 0xff, 0xff, 0x9c], Assert.IsType<GenericFixed>(value).Value); // -0.01 is -0.0100
        Assert.Equal(DecodeErrorKind.OutOfRange, GenericReader.Compile(writer, reader).TryRead([0x7f, 0xff, 0xff, 0xff], out _).Error);
    }

    [Fact]
    public void Members_hold_the_moment_and_the_number_that_were_written()
    {
        var writer = Parse("""
            {"type":"record","name":"Event","fields":[{"name":"At","type":{"type":"long","logicalType":"timestamp-millis"}},
             {"name":"Count","type":{"type":"long","logicalType":"timestamp-millis"}},
             {"name":"Price","type":{"type":"bytes","logicalType":"decimal","precision":8,"scale":2}},
             {"name":"Raw","type":{"type":"bytes","logicalType":"decimal","precision":8,"scale":2}}]}
            """);
        AvroSchema reader = Parse(writer.ToString().Replace("timestamp-millis", "timestamp-micros", StringComparison.Ordinal)
            .Replace("\"precision\":8,\"scale\":2", "\"precision\":12,\"scale\":4", StringComparison.Ordinal));
        byte[] body = [.. Write(Parse("\"long\""), Millis), .. Write(Parse("\"long\""), Millis), 4, 0x04, 0xd2, 4, 0x04, 0xd2];
        Assert.True(MappedReader<Event>.Compile(writer, reader).TryRead(body, out Event? read).IsOk);
        Assert.Equal((DateTime.UnixEpoch.AddMilliseconds(Millis), Millis * 1000, 12.34m, 123_400), (read!.At, read.Count, read.Price, (int)new BigInteger(read.Raw, isBigEndian: true)));
    }

    [Fact]
    public void The_schema_of_a_class_is_a_safe_reader_of_what_Java_writes_in_millis()
    {
        AvroSchema own = MappedSchema.Of<Stamped>();
        string unit = ((RecordSchema)own).Fields[0].Schema.Logical!.Name;
        foreach (string written in (string[])["timestamp-millis", unit])
        {
            AvroSchema writer = Parse(own.ToString().Replace(unit, written, StringComparison.Ordinal));
            long count = written == "timestamp-millis" ? Millis : Millis * 1000;
            Assert.True(MappedReader<Stamped>.Compile(writer, own).TryRead(Write(Parse("\"long\""), count), out Stamped? read).IsOk);
            Assert.Equal(DateTime.UnixEpoch.AddMilliseconds(Millis), read!.At);
        }
    }

    [Fact]
    public void Apaches_values_are_the_moment_that_was_written()
    {
        AvroSchema writer = Record("""{"type":"long","logicalType":"timestamp-millis"}"""), reader = Record("""{"type":"long","logicalType":"timestamp-micros"}""");
        Assert.True(ApacheReader.Compile(writer, reader).TryRead(Write(Parse("\"long\""), Millis), out object? value).IsOk);
        Assert.Equal(DateTime.UnixEpoch.AddMilliseconds(Millis), ((global::Avro.Generic.GenericRecord)value!)["f"]);
    }

    [Fact]
    public void A_projection_gives_the_field_it_is_told_to_as_it_was_written_and_judges_no_field_that_it_does_not_read()
    {
        const string fields = """{"type":"record","name":"R","fields":[{"name":"t","type":{"type":"long","logicalType":"timestamp-UNIT"}},{"name":"u","type":{"type":"long","logicalType":"timestamp-UNIT"}}]}""";
        AvroSchema writer = Parse(fields.Replace("UNIT", "micros", StringComparison.Ordinal)), reader = Parse(fields.Replace("UNIT", "millis", StringComparison.Ordinal));
        var decoder = ProjectedDecoder.Compile(writer, reader, ["t"], rawPath: "t");
        var values = new FieldValue[1];
        byte[] body = [14, 16];
        Assert.True(decoder.TryDecode(body, values).IsOk);
        Assert.Equal(7L, new ProjectedRow(body, decoder.Constants, values).GetLong(0));
        Assert.Throws<SchemaResolutionException>(() => ProjectedDecoder.Compile(writer, reader, ["t", "u"], rawPath: "t"));
        var finer = Assert.Throws<SchemaResolutionException>(() => ProjectedDecoder.Compile(reader, writer, ["t"]));
        Assert.Contains("timestamp-millis", finer.Message, StringComparison.Ordinal);
    }

    private static string Plain(string type) => type.Contains("fixed", StringComparison.Ordinal) ? """{"type":"fixed","name":"F","size":16}"""
        : $"\"{((Parse(type).Type).ToString().ToLowerInvariant())}\"";

    private static AvroSchema Long(string logical) => Parse($$"""{"type":"long","logicalType":"{{logical}}"}""");

    private static AvroSchema Record(string type) => Parse($$"""{"type":"record","name":"R","fields":[{"name":"f","type":{{type}}}]}""");

    private static string Inner(string type) => $$"""{"type":"record","name":"Inner","fields":[{"name":"g","type":{{type}}}]}""";

    private static AvroSchema Parse(string json) => AvroSchema.Parse(json);

    private static byte[] Write(AvroSchema schema, object value)
    {
        var output = new ArrayBufferWriter<byte>();
        GenericWriter.Compile(schema).Write(value, output);
        return output.WrittenSpan.ToArray();
    }

    private sealed record Event(DateTime At, long Count, decimal Price, byte[] Raw);

    private sealed record Stamped(DateTime At);
}
