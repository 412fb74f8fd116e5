using System.Buffers;
using System.Text;
using System.Text.Json;
using FeaturePipeline.Avro;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro;

public class AvroJsonTests
{
    [Theory]
    [InlineData("""["null","string"]""", "0206616263", "\"abc\"")]
    [InlineData("""["null","string"]""", "00", "null")]
    [InlineData("""["null","string","int"]""", "0406", "{\"int\":3}")]
    [InlineData("""{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}""", "0204", "\"0.04\"")]
    [InlineData("""{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}""", "04ff38", "\"-2.00\"")]
    [InlineData("""{"type":"fixed","name":"U","size":16,"logicalType":"uuid"}""", "00112233445566778899aabbccddeeff", "\"00112233-4455-6677-8899-aabbccddeeff\"")]
    [InlineData("""{"type":"long","logicalType":"timestamp-millis"}""", "80f0bc8c8064", "1718000000000")]
    [InlineData("""{"type":"array","items":"float"}""", "02cdcccc3d00", "[0.1]")]
    [InlineData("""{"type":"map","values":"double"}""", "020261000000000000f87f00", "{\"a\":\"NaN\"}")]
    [InlineData("\"bytes\"", "0400ff", "\"AP8=\"")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"e","type":{"type":"enum","name":"E","symbols":["A","B"]}},{"name":"n","type":"null"}]}""", "02", "{\"e\":\"B\",\"n\":null}")]
    public void A_message_is_shown_as_people_would_write_it(string schema, string hex, string expected) =>
        Assert.Equal(expected, Show(AvroSchema.Parse(schema), Convert.FromHexString(hex), DecodeErrorKind.None));

    [Fact]
    public void A_broken_message_writes_nothing() => Assert.Equal("", Show(AvroSchema.Parse("\"string\""), [0x02, 0xff], DecodeErrorKind.InvalidUtf8));

    [Fact]
    public void A_broken_message_names_the_field_in_the_middle_of_arrays_and_maps()
    {
        var schema = AvroSchema.Parse("""{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"array","items":{"type":"map","values":{"type":"record","name":"S","fields":[{"name":"t","type":"string"}]}}}}]}""");
        DecodeResult result = GenericReader.Compile(schema).TryRead([0x02, 0x02, 0x00, 0x02, 0xff, 0x00, 0x00], out _);
        Assert.Equal("InvalidUtf8 at byte 3, field 'a[][].t'", result.ToString());
    }

    private static string Show(AvroSchema schema, byte[] body, DecodeErrorKind error)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
        {
            Assert.Equal(error, AvroJson.Write(json, schema, body).Error);
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    [Theory]
    [InlineData(400_000_000, 1, "\"1E-400000000\"")]
    [InlineData(4, 4, "\"1684.3009\"")]
    [InlineData(4, 1_000_000, null)]
    public void A_decimal_costs_no_more_than_its_bytes_whatever_its_schema_claims(int scale, int size, string? expected)
    {
        var schema = AvroSchema.Parse($$"""{"type":"bytes","logicalType":"decimal","precision":2000000000,"scale":{{scale}}}""");
        var body = new System.Buffers.ArrayBufferWriter<byte>();
        FeaturePipeline.Avro.Generic.GenericWriter.Compile(schema).Write(Enumerable.Repeat((byte)1, size).ToArray(), body);
        byte[] json = [];
        long most = 20_000 + (10L * size);
        Assert.InRange(Allocations.Of(() => json = Write(schema, body.WrittenSpan), most), 0, most);

        string text = System.Text.Encoding.UTF8.GetString(json);
        Assert.Equal(expected ?? $"\"{Convert.ToBase64String(Enumerable.Repeat((byte)1, size).ToArray())}\"", text);
    }

    private static byte[] Write(AvroSchema schema, ReadOnlySpan<byte> body)
    {
        using var stream = new MemoryStream();
        using (var json = new System.Text.Json.Utf8JsonWriter(stream))
        {
            Assert.True(AvroJson.Write(json, schema, body).IsOk);
        }

        return stream.ToArray();
    }
}
