using System.Buffers;
using System.Text.Json.Nodes;
using CsCheck;
using FeaturePipeline.Avro.Apache;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;
using Apache = global::Avro;

namespace FeaturePipeline.Tests.Avro.Generic;

/// <summary>Apache's values of evolved messages. A logical type stays what it is where the writer had a union and the reader has none, or another.</summary>
public class ApacheResolutionTests
{
    // Apache resolves wrongly what evolves in most of these ways. What it gives for the resolved value, written with the reader's schema,
    // is no matter of resolution.
    [Fact]
    public void Messages_of_any_evolution_become_the_values_that_Apache_has_for_what_they_resolve_to()
    {
        int compared = 0;
        Gen.Int.Sample(
            seed =>
            {
                var random = new RandomSchemas(seed, rich: true, logical: true);
                JsonNode root = random.Root();
                JsonNode evolved = new RandomEvolution(seed, Evolutions.All & ~Evolutions.Break, random).Evolve(root);
                var (writer, reader) = (AvroSchema.Parse(root.ToJsonString()), AvroSchema.Parse(evolved.ToJsonString()));
                if (AssertSameValue(writer, reader, Encode(writer, random.Datum(writer))))
                {
                    Interlocked.Increment(ref compared);
                }
            },
            iter: 500);
        Assert.InRange(compared, 150, 500);
    }

    private static bool AssertSameValue(AvroSchema writer, AvroSchema reader, byte[] body)
    {
        if (Record.Exception(() => GenericReader.Compile(writer, reader)) is SchemaResolutionException unresolved)
        {
            Assert.Equal(unresolved.Message, Assert.Throws<SchemaResolutionException>(() => ApacheReader.Compile(writer, reader)).Message);
            return false;
        }

        if (Record.Exception(() => Apache.Schema.Parse(reader.ToString())) is { } refusal)
        {
            Assert.Contains("is a duplicate name", refusal.GetBaseException().Message, StringComparison.Ordinal); // one alias on two fields
            Assert.Throws<NotSupportedException>(() => ApacheReader.Compile(writer, reader));
            return false;
        }

        if (Record.Exception(() => ApacheReader.Compile(writer, reader)) is NotSupportedException unsupported)
        {
            Assert.StartsWith("The default of field ", unsupported.Message, StringComparison.Ordinal);
            return false;
        }

        DecodeResult expected = GenericReader.Compile(writer, reader).TryRead(body, out object? resolved);
        DecodeResult result = ApacheReader.Compile(writer, reader).TryRead(body, out object? read);
        if (!expected.IsOk) // what is no value for Apache may come before it
        {
            Assert.True(result.Error == DecodeErrorKind.OutOfRange || expected.ToString() == result.ToString(), $"{result}, expected {expected}");
            return false;
        }

        // What is a text for us may be no value for Apache: bytes that are read as a uuid and are none.
        var apaches = Apache.Schema.Parse(reader.ToString());
        object? apachesValue = null;
        if (Record.Exception(() => apachesValue = ApacheValues.Read(apaches, apaches, Encode(reader, resolved))) is not null)
        {
            Assert.Equal(DecodeErrorKind.OutOfRange, result.Error);
            return false;
        }

        Assert.True(result.IsOk, $"{result} where Apache reads the value; writer {writer}, reader {reader}");
        ApacheValues.AssertSame(apachesValue, read);
        return true;
    }

    private static ReadOnlySpan<byte> Uuid => "00112233-4455-6677-8899-aabbccddeeff"u8;

    // A type, a value of it as it is in a message, and as Apache's.
    private static readonly (string Type, byte[] Body, object Value)[] Logical =
    [
        ("""{"type":"long","logicalType":"timestamp-millis"}""", [14], DateTime.UnixEpoch.AddMilliseconds(7)),
        ("""{"type":"int","logicalType":"date"}""", [2], DateTime.UnixEpoch.AddDays(1)),
        ("""{"type":"long","logicalType":"time-micros"}""", [2], TimeSpan.FromMicroseconds(1)),
        ("""{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}""", [2, 7], new Apache.AvroDecimal(7, 2)),
        ("""{"type":"fixed","name":"D","size":2,"logicalType":"decimal","precision":4,"scale":2}""", [0, 7], new Apache.AvroDecimal(7, 2)),
        ("""{"type":"string","logicalType":"uuid"}""", [72, .. Uuid], Guid.Parse(Uuid)),
        ("""{"type":"int","logicalType":"of-a-newer-version"}""", [10], 5),
    ];

    // By number: xunit cannot print an AvroDecimal.
    public static TheoryData<int> LogicalCases => [.. Enumerable.Range(0, Logical.Length)];

    [Theory]
    [MemberData(nameof(LogicalCases))]
    public void What_was_written_as_a_branch_has_the_reader_s_logical_type_without_a_union_and_in_another(int number)
    {
        (string type, byte[] body, object value) = Logical[number];
        string written = $"""["null",{type}]""";
        foreach (string read in (string[])[$"[{type}]", $"""[{type},"null"]""", $"""["boolean",{type}]"""])
        {
            AssertSame(value, Read(written, read, [2, .. body]));
            AssertSame(value, ReadByApache(written, read, [2, .. body]));
        }

        AssertSame(value, Read(type, written, body));
        AssertSame(value, ReadByApache(type, written, body));

        // Apache reads no union as a logical type, though the specification has what was written resolved by its branch.
        foreach ((string from, string to, byte[] whole, object expected) in ((string, string, byte[], object)[])[
            (written, type, [2, .. body], value), (Array(written), Array(type), [2, 2, .. body, 0], new object[] { value }),
            (Map(written), Map(type), [2, 2, (byte)'k', 2, .. body, 0], new Dictionary<string, object> { ["k"] = value })])
        {
            AssertSame(expected, Read(from, to, whole));
            Assert.Throws<Apache.AvroException>(() => ReadByApache(from, to, whole));
        }

        static string Array(string items) => $$"""{"type":"array","items":{{items}}}""";
        static string Map(string values) => $$"""{"type":"map","values":{{values}}}""";
    }

    [Theory]
    [MemberData(nameof(LogicalCases))]
    public void A_branch_that_the_reader_lacks_is_an_error_of_the_message_and_no_value_of_the_logical_type(int number)
    {
        string type = Logical[number].Type;
        DecodeResult result = ApacheReader.Compile(Field($"""["null",{type}]"""), Field(type)).TryRead([0], out object? value);
        Assert.Equal((DecodeErrorKind.UnreadableBranch, "f"), (result.Error, result.FieldPath));
        Assert.Null(value);
    }

    [Theory]
    [InlineData("""{"type":"long","logicalType":"time-micros"}""", "-1", "0")]
    [InlineData("""{"type":"int","logicalType":"time-millis"}""", "86400000", "86399999")]
    [InlineData("""{"type":"long","logicalType":"timestamp-millis"}""", "9223372036854775807", "0")]
    [InlineData("""{"type":"int","logicalType":"date"}""", "2147483647", "0")]
    [InlineData("""{"type":"string","logicalType":"uuid"}""", "\"none\"", "\"00112233-4455-6677-8899-aabbccddeeff\"")]
    public void A_default_outside_its_logical_type_is_refused_before_the_first_message(string type, string outside, string within)
    {
        AvroSchema writer = AvroSchema.Parse("""{"type":"record","name":"R","fields":[]}""");
        string refusal = Assert.Throws<NotSupportedException>(() => ApacheReader.Compile(writer, WithDefault(outside))).Message;
        Assert.StartsWith(
            $"The default of field 'f' of record R, {outside.Trim('"')}, is no value of Apache's library: ", refusal, StringComparison.Ordinal);
        Assert.EndsWith("Give the reader's schema a default within the range of its logical type.", refusal, StringComparison.Ordinal);

        Assert.True(ApacheReader.Compile(writer, WithDefault(within)).TryRead([], out object? record).IsOk);
        Assert.NotNull(((Apache.Generic.GenericRecord)record!)["f"]);

        AvroSchema WithDefault(string json) =>
            AvroSchema.Parse($$"""{"type":"record","name":"R","fields":[{"name":"f","type":{{type}},"default":{{json}}}]}""");
    }

    private static void AssertSame(object expected, object? record) =>
        ApacheValues.AssertSame(expected, ((Apache.Generic.GenericRecord)record!)["f"]);

    private static object? Read(string written, string read, byte[] body)
    {
        DecodeResult result = ApacheReader.Compile(Field(written), Field(read)).TryRead(body, out object? record);
        Assert.True(result.IsOk, $"{read}: {result}");
        return record;
    }

    private static object? ReadByApache(string written, string read, byte[] body) =>
        ApacheValues.Read(Apache.Schema.Parse(Text(written)), Apache.Schema.Parse(Text(read)), body);

    private static byte[] Encode(AvroSchema schema, object? value)
    {
        var output = new ArrayBufferWriter<byte>();
        GenericWriter.Compile(schema).Write(value, output);
        return output.WrittenSpan.ToArray();
    }

    private static AvroSchema Field(string type) => AvroSchema.Parse(Text(type));

    private static string Text(string type) => $$"""{"type":"record","name":"R","fields":[{"name":"f","type":{{type}}}]}""";
}
