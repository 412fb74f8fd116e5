using FeaturePipeline.Avro;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Generic;

/// <summary>64 records, arrays and maps within each other are read in every way, 65 in none.</summary>
public class DepthTests
{
    [Theory]
    [InlineData(64, DecodeErrorKind.None)]
    [InlineData(65, DecodeErrorKind.TooDeep)]
    public void Records_within_records_end_at_the_same_depth_whether_they_are_read_or_skipped(int depth, DecodeErrorKind expected)
    {
        var schema = AvroSchema.Parse($$"""{"type":"record","name":"Top","fields":[{"name":"id","type":"int"},{"name":"r","type":{{Records(depth - 1, "\"int\"")}}}]}""");
        var small = AvroSchema.Parse("""{"type":"record","name":"Top","fields":[{"name":"id","type":"int"}]}""");
        byte[] body = [0x02, 0x04];
        string bottom = "r" + string.Concat(Enumerable.Repeat(".r", depth - 1));

        Assert.Equal(expected, GenericReader.Compile(schema).TryRead(body, out _).Error);
        Assert.Equal(expected, GenericReader.Compile(schema, small).TryRead(body, out _).Error);
        Assert.Equal(expected, ProjectedDecoder.Compile(schema, schema, ["id"]).TryDecode(body, new FieldValue[1]).Error);
        Assert.Equal(expected, ProjectedDecoder.Compile(schema, schema, [bottom]).TryDecode(body, new FieldValue[1]).Error);
        Assert.Equal(expected, AvroJson.Write(new System.Text.Json.Utf8JsonWriter(new MemoryStream()), schema, body).Error);
    }

    [Theory]
    [InlineData(64, DecodeErrorKind.None)]
    [InlineData(65, DecodeErrorKind.TooDeep)]
    public void Arrays_in_records_count_with_them(int depth, DecodeErrorKind expected)
    {
        // Half records, then arrays, the last of which is empty.
        int arrays = depth - 32;
        string nested = string.Concat(Enumerable.Repeat("""{"type":"array","items":""", arrays)) + "\"int\"" + new string('}', arrays);
        var schema = AvroSchema.Parse($$"""{"type":"record","name":"Top","fields":[{"name":"id","type":"int"},{"name":"r","type":{{Records(31, nested)}}}]}""");
        byte[] body = [0x02, .. Enumerable.Repeat((byte)0x02, arrays - 1), 0x00, .. Enumerable.Repeat((byte)0x00, arrays - 1)];

        Assert.Equal(expected, GenericReader.Compile(schema).TryRead(body, out _).Error);
        Assert.Equal(expected, ProjectedDecoder.Compile(schema, schema, ["id"]).TryDecode(body, new FieldValue[1]).Error);
    }

    private static string Records(int depth, string bottom)
    {
        string type = bottom;
        for (int i = 0; i < depth; i++)
        {
            type = $$"""{"type":"record","name":"R{{i}}","fields":[{"name":"r","type":{{type}}}]}""";
        }

        return type;
    }
}
