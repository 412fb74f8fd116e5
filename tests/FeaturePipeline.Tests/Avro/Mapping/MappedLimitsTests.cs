using System.Buffers;
using System.Numerics;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Mapping;

/// <summary>Values at the edge of what Avro and C# can hold: an error that names the field, or of the message; never another exception.</summary>
public class MappedLimitsTests
{
    [Fact]
    public void An_object_that_holds_itself_is_refused_as_is_a_list_of_65_nodes()
    {
        var self = new Link2 { Value = 1 };
        self.Next = self;
        Assert.Contains("more than 64 deep", Refused(self), StringComparison.Ordinal);
        Assert.Contains("more than 64 deep", Refused(Nodes(65)), StringComparison.Ordinal);
        byte[] bytes = Write(Nodes(64));
        Assert.True(MappedReader<Link2>.Compile(MappedSchema.Of<Link2>()).TryRead(bytes, out _).IsOk);

        // One more node in front: a record is its value's varint, the tag and what it holds.
        Assert.Equal(DecodeErrorKind.TooDeep, MappedReader<Link2>.Compile(MappedSchema.Of<Link2>()).TryRead([0x00, 0x02, .. bytes], out _).Error);

        var tree = new Tree();
        tree.Children.Add(tree);
        Assert.Contains("more than 64 deep", Refused(tree), StringComparison.Ordinal);
        var named = new Named();
        named.Parts["self"] = named;
        Assert.Contains("more than 64 deep", Refused(named), StringComparison.Ordinal);
    }

    [Fact]
    public void A_generic_value_that_holds_itself_is_refused_also_within_a_mapped_one()
    {
        var schema = (RecordSchema)MappedSchema.Of<Link2>();
        var self = new GenericRecord(schema) { [0] = 1 };
        self[1] = self;
        Assert.Contains("more than 64 deep", Assert.Throws<ArgumentException>(() => GenericWriter.Compile(schema).Write(self, new ArrayBufferWriter<byte>())).Message, StringComparison.Ordinal);

        var list = new List<object?>();
        list.Add(list);
        var holder = AvroSchema.Parse("""{"type":"record","name":"Loose","fields":[{"name":"Items","type":{"type":"array","items":{"type":"array","items":"int"}}}]}""");
        Assert.Throws<ArgumentException>(() => MappedWriter<Loose>.Compile(holder).Write(new Loose { Items = list }, new ArrayBufferWriter<byte>()));
    }

    [Fact]
    public void Half_a_surrogate_pair_is_refused_by_the_field_s_name()
    {
        Assert.Contains("'Text' does not fit: it has half a surrogate pair", Refused(new Texts { Text = "a\ud800" }), StringComparison.Ordinal);
        Assert.Contains("'Map' does not fit: it has half a surrogate pair", Refused(new Texts { Map = { ["\udc00"] = 1 } }), StringComparison.Ordinal);
        var schema = (RecordSchema)MappedSchema.Of<Texts>();
        var generic = new GenericRecord(schema) { [0] = "\ud800", [1] = new Dictionary<string, object?>() };
        Assert.Contains("'Text'", Assert.Throws<ArgumentException>(() => GenericWriter.Compile(schema).Write(generic, new ArrayBufferWriter<byte>())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_beyond_Avro_s_type_are_refused_by_the_field_s_name()
    {
        Assert.Contains("'Big' does not fit: 18446744073709551615 is no long", Refused(new Numbers { Big = ulong.MaxValue }), StringComparison.Ordinal);
        Assert.Contains("'Span' does not fit", Refused(new Numbers { Span = TimeSpan.FromDays(25) }, """{"type":"int","logicalType":"time-millis"}"""), StringComparison.Ordinal);
        Assert.Contains("'At' does not fit", Refused(new Numbers { At = DateTime.MaxValue }, """{"type":"long","logicalType":"timestamp-nanos"}"""), StringComparison.Ordinal);
        Assert.Contains("'At' does not fit", Refused(new Numbers { At = new DateTime(1677, 1, 1, 0, 0, 0, DateTimeKind.Utc) }, """{"type":"long","logicalType":"local-timestamp-nanos"}"""), StringComparison.Ordinal);
        Assert.Contains("'Big' does not fit", Refused(new Numbers { Big = 1UL << 31 }, "\"int\""), StringComparison.Ordinal);
        Assert.Contains("'Big' does not fit", Refused(new Numbers { Big = ulong.MaxValue }, "\"int\""), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("00000000ffffffff00000000")]
    [InlineData("0000000000000000ffffffff")]
    [InlineData("00000000ffffffffffffffff")]
    [InlineData("010000000000000000000000")]
    public void Any_duration_is_a_time_span_or_an_error(string hex)
    {
        var schema = AvroSchema.Parse("""{"type":"fixed","name":"D","size":12,"logicalType":"duration"}""");
        byte[] body = Convert.FromHexString(hex);
        DecodeResult result = MappedReader<TimeSpan>.Compile(schema).TryRead(body, out TimeSpan span);
        Assert.True(result.Error is DecodeErrorKind.None or DecodeErrorKind.OutOfRange);
        if (result.IsOk)
        {
            Assert.Equal(4_294_967_295, span.TotalMilliseconds);
        }

        var output = new ArrayBufferWriter<byte>();
        MappedWriter<TimeSpan>.Compile(schema).Write(TimeSpan.MaxValue - TimeSpan.FromTicks(TimeSpan.MaxValue.Ticks % TimeSpan.TicksPerMillisecond), output);
        Assert.Equal(12, output.WrittenCount);
    }

    [Theory]
    [InlineData(4, 2, "12.34", "04d2")]
    [InlineData(4, 2, "99.99", "270f")]
    [InlineData(4, 2, "100.00", null)]
    [InlineData(4, 2, "1.234", null)]
    [InlineData(4, 2, "1.230", "7b")]
    [InlineData(4, 4, "-0.9999", "d8f1")]
    [InlineData(29, 0, "79228162514264337593543950335", "00ffffffffffffffffffffffff")]
    [InlineData(40, 39, "0", "00")]
    [InlineData(1_000_000_000, 2, "1.5", "0096")]
    [InlineData(1_000_000_000, 500_000_000, "1", null)]
    public void A_decimal_is_written_exactly_or_refused(int precision, int scale, string value, string? hex)
    {
        var schema = AvroSchema.Parse($$"""{"type":"bytes","logicalType":"decimal","precision":{{precision}},"scale":{{scale}}}""");
        decimal number = decimal.Parse(value, System.Globalization.CultureInfo.InvariantCulture);
        var output = new ArrayBufferWriter<byte>();
        if (hex is null)
        {
            Assert.Throws<ArgumentException>(() => MappedWriter<decimal>.Compile(schema).Write(number, output));
            return;
        }

        MappedWriter<decimal>.Compile(schema).Write(number, output);
        Assert.Equal(hex, Convert.ToHexStringLower(output.WrittenSpan[1..]));
        Assert.True(MappedReader<decimal>.Compile(schema).TryRead(output.WrittenSpan, out decimal read).IsOk);
        Assert.Equal(number, read);
    }

    [Theory]
    [InlineData(30, "1", 30, true)]
    [InlineData(100, "1", 100, true)]
    [InlineData(100, "1", 71, false)]
    [InlineData(28, "79228162514264337593543950335", 0, true)]
    [InlineData(28, "79228162514264337593543950336", 0, false)]
    [InlineData(2_000_000, "1", 600_000, false)]
    public void A_decimal_that_C_can_hold_is_read_whatever_its_scale_and_any_other_is_an_error_at_once(int scale, string digits, int zeros, bool fits)
    {
        var schema = AvroSchema.Parse($$"""{"type":"bytes","logicalType":"decimal","precision":2000000000,"scale":{{scale}}}""");
        byte[] number = (BigInteger.Parse(digits, System.Globalization.CultureInfo.InvariantCulture) * BigInteger.Pow(10, zeros)).ToByteArray(isBigEndian: true);
        byte[] body = WriteGeneric(schema, number);
        long started = System.Diagnostics.Stopwatch.GetTimestamp();
        Assert.Equal(fits ? DecodeErrorKind.None : DecodeErrorKind.OutOfRange, MappedReader<decimal>.Compile(schema).TryRead(body, out _).Error);
        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void A_default_that_the_member_cannot_hold_is_refused_when_compiling()
    {
        var writer = AvroSchema.Parse("""{"type":"record","name":"Numbers","fields":[]}""");
        var reader = AvroSchema.Parse("""{"type":"record","name":"Numbers","fields":[{"name":"Big","type":"long","default":-1}]}""");
        Assert.Contains("default of field 'Big'", Assert.Throws<ArgumentException>(() => MappedReader<Numbers>.Compile(writer, reader)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"x\"")]
    [InlineData("\"\\ud800\"")]
    public void A_default_that_is_no_value_of_its_type_is_refused_when_the_plan_is_made(string text)
    {
        var writer = AvroSchema.Parse("""{"type":"record","name":"R","fields":[]}""");
        var reader = AvroSchema.Parse($$"""{"type":"record","name":"R","fields":[{"name":"a","type":"long","default":{{text}}}]}""", null, SchemaValidation.Lenient);
        Assert.Contains("default of field 'a'", Assert.Throws<SchemaResolutionException>(() => GenericReader.Compile(writer, reader)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_array_s_count_takes_no_memory_before_its_items_are_there()
    {
        var schema = (RecordSchema)MappedSchema.Of<Tree>();

        // Each node claims a million children and has one, to the end of the message.
        byte[] claim = WriteGeneric(AvroSchema.Parse("\"long\""), 900_000L);
        byte[] message = new byte[1_000_000];
        for (int i = 0; i < 31; i++)
        {
            claim.CopyTo(message, i * claim.Length);
        }

        message.AsSpan(31 * claim.Length).Fill(0xff);
        Assert.InRange(
            Allocations.Of(() => Assert.False(MappedReader<Tree>.Compile(schema).TryRead(message, out _).IsOk), enough: 3_000_000), 0, 3_000_000);
    }

    [Fact]
    public void A_hierarchy_reads_what_it_knows_of_a_union_that_has_grown()
    {
        var writer = AvroSchema.Parse("""
            ["null", {"type":"record","name":"Circle","fields":[{"name":"Radius","type":"double"}]}, {"type":"record","name":"Star","fields":[{"name":"Points","type":"int"}]}]
            """);
        var reader = MappedReader<Shape>.Compile(writer);
        Assert.True(reader.TryRead([0x02, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f], out Shape? circle).IsOk);
        Assert.Equal(new Shape.Circle(1), circle);
        Assert.True(reader.TryRead([0x00], out Shape? none).IsOk);
        Assert.Null(none);
        Assert.Equal(DecodeErrorKind.UnreadableBranch, reader.TryRead([0x04, 0x0a], out _).Error);
        Assert.Throws<ArgumentException>(() => MappedReader<Shape>.Compile(AvroSchema.Parse("""[{"type":"record","name":"Star","fields":[]},"null"]""")));
    }

    [Fact]
    public void Types_that_would_share_a_name_are_refused_and_generic_types_have_one()
    {
        Assert.Contains("are both 'FeaturePipeline.Tests.Avro.Mapping.Kind'", Assert.Throws<ArgumentException>(MappedSchema.Of<Collision>).Message, StringComparison.Ordinal);
        Assert.Equal("Page_Link2", ((RecordSchema)MappedSchema.Of<Page<Link2>>()).Name.Name);
        Assert.Contains("ever new types", Assert.Throws<ArgumentException>(MappedSchema.Of<Endless<int>>).Message, StringComparison.Ordinal);
        Assert.Contains("[AvroName]", Assert.Throws<ArgumentException>(MappedSchema.Of<Ünicode>).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_union_branch_that_fails_leaves_nothing_half_compiled_behind()
    {
        // A fits Recursive but for its last field, after B, which fits and holds A, has been compiled.
        var schema = AvroSchema.Parse("""
            {"type":"record","name":"Top","fields":[{"name":"Value","type":[
              {"type":"record","name":"A","fields":[{"name":"Next","type":["null",{"type":"record","name":"B","fields":[{"name":"Next","type":["null","A"]}]}]},{"name":"missing","type":"int"}]},
              "B"]}]}
            """);
        Assert.Throws<ArgumentException>(() => MappedWriter<Top>.Compile(schema));
    }

    private static Link2 Nodes(int count)
    {
        Link2? node = null;
        for (int i = 0; i < count; i++)
        {
            node = new Link2 { Next = node };
        }

        return node!;
    }

    private static string Refused<T>(T value) => Assert.Throws<ArgumentException>(() => Write(value)).Message;

    // The only field's schema is another than the type's own.
    private static string Refused(Numbers value, string type)
    {
        string field = type.Contains("time-millis", StringComparison.Ordinal) ? "Span" : type.Contains("nanos", StringComparison.Ordinal) ? "At" : "Big";
        var schema = AvroSchema.Parse($$"""{"type":"record","name":"Numbers","fields":[{"name":"{{field}}","type":{{type}}}]}""");
        return Assert.Throws<ArgumentException>(() => MappedWriter<Numbers>.Compile(schema).Write(value, new ArrayBufferWriter<byte>())).Message;
    }

    private static byte[] Write<T>(T value)
    {
        var output = new ArrayBufferWriter<byte>();
        MappedWriter<T>.Compile().Write(value, output);
        return output.WrittenSpan.ToArray();
    }

    private static byte[] WriteGeneric(AvroSchema schema, object? value)
    {
        var output = new ArrayBufferWriter<byte>();
        GenericWriter.Compile(schema).Write(value, output);
        return output.WrittenSpan.ToArray();
    }

    public sealed class Link2
    {
        public int Value { get; set; }

        public Link2? Next { get; set; }
    }

    public sealed class Tree
    {
        public List<Tree> Children { get; set; } = [];
    }

    public sealed class Named
    {
        public Dictionary<string, Named> Parts { get; set; } = [];
    }

    public sealed class Loose
    {
        public object? Items { get; set; }
    }

    public sealed class Texts
    {
        public string Text { get; set; } = "";

        public Dictionary<string, int> Map { get; set; } = [];
    }

    public sealed class Numbers
    {
        public ulong Big { get; set; }

        public TimeSpan Span { get; set; }

        public DateTime At { get; set; }
    }

    public sealed class Page<T>
    {
        public List<T> Items { get; set; } = [];
    }

    public sealed class Endless<T>
    {
        public Endless<Endless<T>>? Next { get; set; }
    }

    public sealed class Collision
    {
        public First.Kind One { get; set; }

        public Second.Kind Two { get; set; }
    }

    public static class First
    {
        public enum Kind
        {
            A,
        }
    }

    public static class Second
    {
        public enum Kind
        {
            B,
        }
    }

    public sealed class Ünicode
    {
        public int Value { get; set; }
    }

    public sealed class Top
    {
        public Recursive? Value { get; set; }
    }

    public sealed class Recursive
    {
        public Recursive? Next { get; set; }
    }
}
