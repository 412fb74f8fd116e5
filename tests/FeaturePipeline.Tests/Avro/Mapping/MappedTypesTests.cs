using System.Buffers;
using System.Text.Json;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Tests.Avro.Binary;

namespace FeaturePipeline.Tests.Avro.Mapping;

public class MappedTypesTests
{
    [Fact]
    public void A_value_of_every_kind_of_member_is_read_as_it_was_written()
    {
        Everything value = Sample();
        AvroSchema schema = MappedSchema.Of<Everything>();
        byte[] bytes = Write(value);

        Assert.True(GenericReader.Compile(schema).TryRead(bytes, out object? generic).IsOk);
        Assert.Equal(bytes, WriteGeneric(schema, generic));
        DecodeResult result = MappedReader<Everything>.Compile(schema).TryRead(bytes, out Everything? read);
        Assert.True(result.IsOk, result.ToString());
        Assert.Equal(JsonSerializer.Serialize(value), JsonSerializer.Serialize(read));
        Assert.Equal(value.Form, read!.Form);
        Assert.Equal(value.MaybeForm, read.MaybeForm);
        Assert.Equal(DateTimeKind.Utc, read.At.Kind);
        Assert.Equal(bytes, Write(read));
    }

    [Fact]
    public void Every_way_to_cut_a_message_is_an_error_and_no_exception()
    {
        byte[] bytes = Write(Sample());
        var reader = MappedReader<Everything>.Compile(MappedSchema.Of<Everything>());
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.True(reader.TryRead(bytes.AsSpan(0, length), out _).Error is DecodeErrorKind.Truncated or DecodeErrorKind.TooManyItems);
        }

        Assert.Equal(DecodeErrorKind.TrailingBytes, reader.TryRead([.. bytes, 0], out _).Error);
    }

    [Fact]
    public void A_positional_record_is_read_from_a_schema_that_lacks_optional_members_and_has_others()
    {
        var writer = AvroSchema.Parse("""
            {"type":"record","name":"Other","fields":[{"name":"extra","type":{"type":"array","items":"string"}},{"name":"timestamp","type":"int"},
             {"name":"event_type","type":"string"},{"name":"user_id","type":"string"}]}
            """);
        Assert.True(MappedReader<MappedUserEvent>.Compile(writer).TryRead([0x02, 0x02, 0x61, 0x00, 0x0a, 0x02, 0x65, 0x02, 0x75], out MappedUserEvent? read).IsOk);
        Assert.Equal(new MappedUserEvent("u", "e", 5), read);

        var exception = Assert.Throws<ArgumentException>(() => MappedReader<MappedUserEvent>.Compile(AvroSchema.Parse("""{"type":"record","name":"R","fields":[]}""")));
        Assert.Contains("MappedUserEvent.user_id is required, but record R has no such field", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reader_s_schema_gives_its_defaults_anew_to_each_value()
    {
        var writer = AvroSchema.Parse("""{"type":"record","name":"Everything","fields":[{"name":"name","type":"string"}]}""");
        var reader = AvroSchema.Parse("""
            {"type":"record","name":"Everything","fields":[{"name":"name","type":"string"},{"name":"numbers","type":{"type":"array","items":"int"},"default":[1,2]},
             {"name":"colour","type":{"type":"enum","name":"C","symbols":["RED","GREEN_ISH"]},"default":"GREEN_ISH"}]}
            """);
        var mapped = MappedReader<Everything>.Compile(writer, reader);
        Assert.True(mapped.TryRead([0x00], out Everything? first).IsOk);
        Assert.True(mapped.TryRead([0x00], out Everything? second).IsOk);
        Assert.Equal([1, 2], first!.Numbers);
        Assert.Equal(Colour.Green, first.Colour);
        Assert.NotSame(first.Numbers, second!.Numbers);
    }

    [Fact]
    public void A_user_event_allocates_only_the_object_and_its_strings()
    {
        byte[] message = UserEvents.Message();
        var reader = MappedReader<MappedUserEvent>.Compile(UserEvents.Schema);
        Assert.True(reader.TryRead(message, out MappedUserEvent? read).IsOk);
        Assert.Equal(new MappedUserEvent("user-00012345", "page_view", 1_718_000_000_000, "session-000000-012345678"), read);

        // The object: header, type, three references, a long. A string: 22 bytes and two for each letter, in eights.
        Assert.Equal(48 + 48 + 40 + 72, Allocations.Of(() => reader.TryRead(message, out _)));
        var buffer = new byte[128];
        var writer = MappedWriter<MappedUserEvent>.Compile(UserEvents.Schema);
        Assert.Equal(56, writer.Write(read!, buffer));
        Assert.Equal(message, buffer[..56]);
        Assert.Equal(-1, writer.Write(read!, buffer.AsSpan(0, 55)));
        Assert.Equal(0, Allocations.Of(() => writer.Write(read!, buffer)));
    }

    [Theory]
    [InlineData("timestamp-millis", 1_718_000_000_123, "2024-06-10T06:13:20.123Z")]
    [InlineData("timestamp-micros", 1_718_000_000_123_456, "2024-06-10T06:13:20.123456Z")]
    [InlineData("timestamp-nanos", 1_718_000_000_123_456_700, "2024-06-10T06:13:20.1234567Z")]
    [InlineData("timestamp-nanos", -1, "1969-12-31T23:59:59.9999999Z")]
    [InlineData("timestamp-millis", -62_135_596_800_000, "0001-01-01T00:00:00Z")]
    public void Timestamps_are_points_in_time(string logical, long number, string expected)
    {
        var schema = AvroSchema.Parse($$"""{"type":"long","logicalType":"{{logical}}"}""");
        byte[] body = WriteGeneric(schema, number);
        Assert.True(MappedReader<DateTime>.Compile(schema).TryRead(body, out DateTime read).IsOk);
        Assert.Equal(DateTime.Parse(expected, null, System.Globalization.DateTimeStyles.RoundtripKind), read);
        Assert.True(MappedReader<DateTimeOffset>.Compile(schema).TryRead(body, out DateTimeOffset offset).IsOk);
        Assert.Equal(TimeSpan.Zero, offset.Offset);
        Assert.Equal(read, offset.UtcDateTime);
    }

    [Theory]
    [InlineData("""{"type":"long","logicalType":"timestamp-millis"}""", long.MaxValue, typeof(DateTime))]
    [InlineData("""{"type":"long","logicalType":"timestamp-micros"}""", long.MinValue, typeof(DateTimeOffset))]
    [InlineData("\"long\"", -1L, typeof(ulong))]
    [InlineData("\"long\"", 128L, typeof(sbyte))]
    public void A_value_beyond_the_C_type_is_an_error_of_the_message(string schema, long number, Type type)
    {
        var parsed = AvroSchema.Parse(schema);
        byte[] body = WriteGeneric(parsed, number);
        object reader = typeof(MappedReader<>).MakeGenericType(type).GetMethod("Compile")!.Invoke(null, [parsed, null, AvroReader.DepthMax])!;
        Assert.Equal(DecodeErrorKind.OutOfRange, ((Probe)Activator.CreateInstance(typeof(Probe<>).MakeGenericType(type), reader)!).Error(body));
    }

    [Fact]
    public void Types_that_do_not_fit_are_refused_when_compiling_by_the_field_s_name()
    {
        var schema = AvroSchema.Parse("""{"type":"record","name":"P","fields":[{"name":"x","type":"string"},{"name":"y","type":"double"}]}""");
        Assert.Equal("Field 'x' is of type string, which System.Int32 cannot hold.", Assert.Throws<ArgumentException>(() => MappedReader<Point>.Compile(schema)).Message);
        Assert.Equal("Field 'x' is of type string, which System.Int32 cannot hold.", Assert.Throws<ArgumentException>(() => MappedWriter<Point>.Compile(schema)).Message);
        Assert.Contains("'Name' does not fit: null", Assert.Throws<ArgumentException>(() => Write(new Everything { Name = null! })).Message, StringComparison.Ordinal);
    }

    internal static Everything Sample() => new()
    {
        Name = "café",
        Flag = true,
        Small = -7,
        Big = long.MaxValue,
        Single = 1.5f,
        Full = -2.25,
        Bytes = [1, 2, 255],
        Colour = Colour.Green,
        MaybeColour = Colour.Red,
        MaybeInt = null,
        MaybeText = "text",
        Id = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"),
        At = new DateTime(2026, 11, 23, 14, 0, 0, 123, DateTimeKind.Utc),
        AtOffset = new DateTimeOffset(2026, 11, 23, 14, 0, 0, TimeSpan.Zero),
        Day = new DateOnly(1969, 12, 31),
        Clock = new TimeOnly(23, 59, 59),
        Span = TimeSpan.FromHours(-3),
        Price = -12345.678m,
        Numbers = [1, -1, int.MaxValue],
        Words = ["a", "", "ß"],
        Points = [new Point(1, 2), new Point(-3, 0.5)],
        Counts = new() { ["one"] = 1, ["none"] = null },
        Nested = new Dictionary<string, List<Point>> { ["k"] = [new Point(9, 9)], ["empty"] = [] },
        Form = new Shape.Square(2, "s"),
        MaybeForm = new Shape.Circle(3),
        Next = new Link(1, new Link(2, null)),
    };

    private static byte[] Write(Everything value)
    {
        var output = new ArrayBufferWriter<byte>();
        MappedWriter<Everything>.Compile().Write(value, output);
        return output.WrittenSpan.ToArray();
    }

    private static byte[] WriteGeneric(AvroSchema schema, object? value)
    {
        var output = new ArrayBufferWriter<byte>();
        GenericWriter.Compile(schema).Write(value, output);
        return output.WrittenSpan.ToArray();
    }

    private abstract class Probe
    {
        internal abstract DecodeErrorKind Error(byte[] body);
    }

    private sealed class Probe<T>(MappedReader<T> reader) : Probe
    {
        internal override DecodeErrorKind Error(byte[] body) => reader.TryRead(body, out _).Error;
    }
}
