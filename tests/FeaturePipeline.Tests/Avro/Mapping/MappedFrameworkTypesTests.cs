using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Net;
using System.Numerics;
using System.Reflection;
using System.Text;
using System.Text.Json;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;
using static FeaturePipeline.Tests.Avro.Mapping.MappedMessages;
using AvroDecimal = Avro.AvroDecimal;

namespace FeaturePipeline.Tests.Avro.Mapping;

/// <summary>Members of the framework's types: those with a form in Avro come back as they were, and every other has no schema.</summary>
public class MappedFrameworkTypesTests
{
    [Fact]
    public void A_record_with_a_number_of_any_size_is_read_as_it_was_written()
    {
        var money = new Money(BigInteger.Pow(7, 100), "EUR");
        Assert.Equal(
            """[{"name":"Amount","type":{"type":"bytes","logicalType":"big-decimal"}},{"name":"Currency","type":"string"}]""",
            JsonDocument.Parse(MappedSchema.Of<Money>().ToString()).RootElement.GetProperty("fields").GetRawText());
        Assert.Equal(money, ReadAgain(money));
    }

    [Fact]
    public void Types_with_a_form_of_their_own_are_read_as_they_were_written()
    {
        Same("""{"type":"bytes","logicalType":"big-decimal"}""", BigInteger.Zero, BigInteger.MinusOne, -BigInteger.Pow(10, 400));
        Same("""{"type":"bytes","logicalType":"decimal","precision":39,"scale":0}""", Int128.MinValue, Int128.MaxValue, Int128.Zero);
        Same("""{"type":"bytes","logicalType":"decimal","precision":39,"scale":0}""", UInt128.MinValue, UInt128.MaxValue, UInt128.One);
        Same("""{"type":"bytes","logicalType":"big-decimal"}""", new AvroDecimal(150, 2), new AvroDecimal(BigInteger.Pow(10, 40), -3));
        Same("\"float\"", Half.MaxValue, Half.Epsilon, Half.NaN, Half.NegativeInfinity);
        Same("\"string\"", new Uri("https://host:81/a%20b?q=ü#f"), new Uri("file:///rooted"), new Uri("mailto:a@b.example"));
        Same("\"string\"", new Uri("a/b?c", UriKind.Relative), new Uri("", UriKind.Relative), new Uri("/rooted", UriKind.Relative));
        Same("\"string\"", new Version(1, 2), new Version(1, 2, 3), new Version(1, 2, 3, 4));
        Same("\"string\"", IPAddress.Loopback, IPAddress.IPv6Loopback, IPAddress.Parse("fe80::1%3"), IPAddress.Parse("::ffff:1.2.3.4"));
        Same("\"string\"", 'a', 'ß', '\0');
        Same("\"string\"", new Rune('a'), new Rune(0x1F600));
        Same("\"int\"", sbyte.MinValue, sbyte.MaxValue);
        Same("\"int\"", ushort.MinValue, ushort.MaxValue);
        Same("\"long\"", uint.MinValue, uint.MaxValue);
        Same("\"long\"", 0UL, (ulong)long.MaxValue);
    }

    [Fact]
    public void A_slice_of_bytes_is_bytes_in_a_field_and_a_fixed()
    {
        var schema = AvroSchema.Parse("""{"type":"fixed","name":"F","size":2}""");
        var slice = new ArraySegment<byte>([9, 1, 2, 9], 1, 2);
        Assert.Equal("\"bytes\"", MappedSchema.Of<ArraySegment<byte>>().ToString());
        Assert.Equal([0x04, 1, 2], Write(slice));
        Assert.Equal([1, 2], Write(slice, schema));
        Assert.True(MappedReader<ArraySegment<byte>>.Compile(schema).TryRead([1, 2], out ArraySegment<byte> read).IsOk);
        Assert.Equal([1, 2], read.ToArray());
        Assert.Equal([0x00], Write(default(ArraySegment<byte>)));
    }

    [Fact]
    public void Tuples_and_pairs_are_records()
    {
        Assert.Equal((1, "a", 2.5), ReadAgain((1, "a", 2.5)));
        Assert.Equal(Tuple.Create(1, "a"), ReadAgain(Tuple.Create(1, "a")));
        Assert.Equal(KeyValuePair.Create("k", (int?)null), ReadAgain(KeyValuePair.Create("k", (int?)null)));
        Assert.Equal((1, 2, 3, 4, 5, 6, 7, "eight", 9), ReadAgain((1, 2, 3, 4, 5, 6, 7, "eight", 9)));
        Assert.Equal(((string?)null, 1), ReadAgain(((string?)null, 1)));
        Assert.Equal("ValueTuple_Int32Array_String", ((RecordSchema)MappedSchema.Of<(int[], string)>()).Name.Name);
        Dictionary<string, (int, string)> map = new() { ["a"] = (1, "b") };
        Assert.Equal(map, ReadAgain(map));
        List<KeyValuePair<int, string>> pairs = [new(1, "a"), new(2, "b")];
        Assert.Equal(pairs, ReadAgain(pairs));
    }

    [Fact]
    public void Each_type_is_read_from_and_written_to_schemas_that_were_there_before()
    {
        Meets("\"int\"", (BigInteger)7, (Int128)(-7), (UInt128)7);
        Meets("\"long\"", BigInteger.One << 62, (Int128)long.MinValue, (UInt128)long.MaxValue);
        BigInteger big = -BigInteger.Pow(9, 40);
        Meets("""{"type":"bytes","logicalType":"decimal","precision":50,"scale":3}""", big, Int128.MinValue, UInt128.MaxValue);
        Meets(
            """{"type":"fixed","name":"F","size":20,"logicalType":"decimal","precision":47,"scale":0}""",
            big,
            Int128.MinValue,
            UInt128.MaxValue);
        Meets("""{"type":"bytes","logicalType":"big-decimal"}""", BigInteger.Pow(9, 400), Int128.MaxValue, UInt128.MaxValue);
        Meets("""["null","string"]""", new Uri("urn:a"), 'c', new Version(1, 0));
        Meets("""["null","float","double"]""", (Half)0.5, (Half?)null, (Half)2);
        Meets("""["null",{"type":"bytes","logicalType":"decimal","precision":9,"scale":2},"long"]""", (BigInteger)12, 1.25m, (Int128?)null);
        Assert.Equal(Write(1000m), Write((BigInteger)1000, MappedSchema.Of<decimal>()));
    }

    [Fact]
    public void A_value_that_the_field_cannot_hold_is_refused()
    {
        AvroSchema whole = AvroSchema.Parse("\"long\"");
        AvroSchema digits = AvroSchema.Parse("""{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}""");
        AvroSchema text = AvroSchema.Parse("\"string\"");
        Refuses("9223372036854775808 is no long", () => Write(BigInteger.One << 63, whole));
        Refuses("it is no long", () => Write(BigInteger.Pow(10, 1_000_000), whole));
        Refuses("-2147483649 is no int", () => Write((Int128)int.MinValue - 1, AvroSchema.Parse("\"int\"")));
        Refuses("more than 9 digits", () => Write((UInt128)100_000_000, digits));
        Refuses("half a surrogate pair", () => Write('\ud800', text));
        Refuses("null", () => Write<Uri>(null!, text));
    }

    [Fact]
    public void A_value_that_the_member_cannot_hold_is_an_error_of_the_message()
    {
        AvroSchema two = AvroSchema.Parse("""{"type":"bytes","logicalType":"decimal","precision":50,"scale":2}""");
        AvroSchema big = MappedSchema.Of<BigInteger>();
        Beyond<BigInteger>(Write(1.5m, two), two, "the number is none that System.Numerics.BigInteger holds exactly");
        Beyond<Int128>(Write((BigInteger)Int128.MaxValue + 1), big, "the number is none that System.Int128 holds exactly");
        Beyond<UInt128>(Write(BigInteger.MinusOne), big, "the number is none that System.UInt128 holds exactly");
        Beyond<UInt128>(Write(-1L), AvroSchema.Parse("\"long\""), "the number is beyond System.UInt128");
        foreach (int scale in new[] { int.MinValue, -309, 1, int.MaxValue })
        {
            byte[] message = Write(new AvroDecimal(BigInteger.One, scale), big);
            Beyond<BigInteger>(message, big, "the number is none that System.Numerics.BigInteger holds exactly");
        }

        Assert.Equal(5 * BigInteger.Pow(10, 308), Read<BigInteger>(Write(new AvroDecimal(5, -308), big), big));
        AvroSchema text = AvroSchema.Parse("\"string\"");
        Beyond<Uri>(Write("http://["), text, "the text is no System.Uri");
        Beyond<Version>(Write("1"), text, "the text is no System.Version");
        Beyond<IPAddress>(Write("1.2.3.4.5"), text, "the text is no System.Net.IPAddress");
        Beyond<char>(Write("ab"), text, "the text is no System.Char");
        Beyond<char>(Write(""), text, "the text is no System.Char");
        Beyond<Rune>(Write("😀b"), text, "the text is no System.Text.Rune");
        Beyond<Rune>(Write(""), text, "the text is no System.Text.Rune");
        Beyond<Guid>(Write("no"), text, "the text is no System.Guid");
    }

    [Theory]
    [InlineData(typeof(Index))]
    [InlineData(typeof(Range))]
    [InlineData(typeof(Complex))]
    [InlineData(typeof(CultureInfo))]
    [InlineData(typeof(TimeZoneInfo))]
    [InlineData(typeof(BitArray))]
    [InlineData(typeof(JsonElement))]
    [InlineData(typeof(JsonDocument))]
    [InlineData(typeof(System.Text.Json.Nodes.JsonObject))]
    [InlineData(typeof(Lazy<int>))]
    [InlineData(typeof(Task<int>))]
    [InlineData(typeof(Action))]
    [InlineData(typeof(Type))]
    [InlineData(typeof(MemoryStream))]
    [InlineData(typeof(Exception))]
    [InlineData(typeof(StringBuilder))]
    [InlineData(typeof(CancellationToken))]
    [InlineData(typeof(IPEndPoint))]
    [InlineData(typeof(Memory<int>))]
    [InlineData(typeof(Vector2))]
    [InlineData(typeof(nint))]
    [InlineData(typeof(DBNull))]
    [InlineData(typeof(Microsoft.Extensions.Logging.EventId))]
    [InlineData(typeof(Fault))]
    [InlineData(typeof(Handler))]
    [InlineData(typeof(Dictionary<int, string>))]
    [InlineData(typeof(int[,]))]
    [InlineData(typeof(object))]
    [InlineData(typeof(GenericRecord))]
    public void Types_without_a_form_in_Avro_have_no_schema_and_the_member_and_the_remedy_are_named(Type type)
    {
        Type map = typeof(Dictionary<,>).MakeGenericType(typeof(string), type);
        foreach (Type member in new[] { type, typeof(List<>).MakeGenericType(type), map })
        {
            string message = Assert.Throws<ArgumentException>(() => MappedSchema.Of(typeof(Holder<>).MakeGenericType(member))).Message;
            Assert.Contains($"{type} has no schema", message, StringComparison.Ordinal);
            Assert.Contains(".Held", message, StringComparison.Ordinal);
            Assert.Contains("[AvroIgnore]", message, StringComparison.Ordinal);
        }

        Refuses($"{type} has no schema", () => MappedSchema.Of(type));
        Assert.NotNull(MappedSchema.Of(typeof(Ignoring<>).MakeGenericType(type)));
    }

    [Fact]
    public void A_point_in_time_is_kept_and_the_offset_that_it_was_told_in_is_not()
    {
        var told = new DateTimeOffset(2026, 11, 23, 14, 0, 0, TimeSpan.FromHours(5));
        DateTimeOffset read = ReadAgain(told);
        Assert.Equal(told, read);
        Assert.Equal(TimeSpan.Zero, read.Offset);
    }

    private static void Same<T>(string schema, params T[] values)
    {
        Assert.Equal(schema, MappedSchema.Of<T>().ToString());
        foreach (T value in values)
        {
            Assert.Equal(value, ReadAgain(value));
            Assert.Equal(value, ReadAgain(new Holder<T> { Held = value }).Held);
        }
    }

    private static void Meets<T1, T2, T3>(string schema, T1 first, T2 second, T3 third)
    {
        var parsed = AvroSchema.Parse(schema);
        Assert.Equal(first, ReadAgain(first, parsed));
        Assert.Equal(second, ReadAgain(second, parsed));
        Assert.Equal(third, ReadAgain(third, parsed));
    }

    private static void Beyond<T>(byte[] message, AvroSchema schema, string detail)
    {
        DecodeResult result = MappedReader<T>.Compile(schema).TryRead(message, out _);
        Assert.Equal((DecodeErrorKind.OutOfRange, detail), (result.Error, result.Detail));
    }

    public sealed class Fault : Exception;

    public delegate void Handler();

    private sealed class Holder<T>
    {
        public required T Held { get; init; }
    }

    private sealed class Ignoring<T>
    {
        public int Kept { get; set; }

        [AvroIgnore]
        public T? Held { get; set; }
    }
}

public sealed record Money(BigInteger Amount, string Currency);
