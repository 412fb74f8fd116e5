using System.Text;
using CsCheck;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Binary;

public class RowEncoderTests
{
    private static readonly AvroSchema Schema = AvroSchema.Parse("""
        {"type":"record","name":"R","fields":[
          {"name":"b","type":"boolean"}, {"name":"i","type":"int"}, {"name":"l","type":"long"}, {"name":"f","type":"float"}, {"name":"d","type":"double"},
          {"name":"s","type":"string"}, {"name":"e","type":{"type":"enum","name":"E","symbols":["RED","GREEN"]}}, {"name":"x","type":{"type":"fixed","name":"X","size":3}},
          {"name":"nl","type":["null","long"]}, {"name":"ns","type":["string","null"]}, {"name":"nd","type":["null","double"]}]}
        """);

    private static readonly string[] Fields = ((RecordSchema)Schema).Fields.Select(field => field.Name).ToArray();

    private static readonly Gen<(FieldValue[] Values, byte[] Data)> Rows =
        Gen.Select(Gen.String, Gen.String, Gen.Long, Gen.Int, Gen.Double, Gen.Byte.Array[3], Gen.Bool, Gen.Int[0, 15]).Where(row => IsText(row.Item1) && IsText(row.Item2)).Select(row =>
        {
            (string first, string second, long number, int small, double real, byte[] bytes, bool truth, int nulls) = row;
            byte[] data = [.. Encoding.UTF8.GetBytes(first), .. Encoding.UTF8.GetBytes(second), .. bytes, .. "GREEN"u8];
            int two = Encoding.UTF8.GetByteCount(first);
            int three = two + Encoding.UTF8.GetByteCount(second);
            FieldValue[] values =
            [
                FieldValue.FromBoolean(truth), FieldValue.FromLong(small), FieldValue.FromLong(number), FieldValue.FromDouble((float)real), FieldValue.FromDouble(real),
                FieldValue.FromSlice(0, two), (nulls & 8) == 0 ? FieldValue.FromLong(0) : FieldValue.FromSlice(three + 3, 5), FieldValue.FromSlice(three, 3),
                (nulls & 1) == 0 ? FieldValue.FromLong(number / 3) : FieldValue.Null,
                (nulls & 2) == 0 ? FieldValue.FromSlice(two, three - two) : FieldValue.Null,
                (nulls & 4) == 0 ? FieldValue.FromDouble(real * 2) : FieldValue.Null,
            ];
            return (values, data);
        });

    [Fact]
    public void What_is_encoded_decodes_to_the_same_values_and_encodes_to_the_same_bytes() => Rows.Sample(row =>
    {
        var encoder = RowEncoder.Compile(Schema);
        var buffer = new byte[encoder.MaxSize(row.Values)];
        int length = encoder.Encode(row.Values, row.Data, buffer);
        var decoder = ProjectedDecoder.Compile(Schema, Schema, Fields);
        var values = new FieldValue[Fields.Length];
        Assert.True(decoder.TryDecode(buffer.AsSpan(0, length), values).IsOk);

        var again = new byte[buffer.Length];
        Assert.Equal(length, encoder.Encode(values, buffer, decoder.Constants, again));
        Assert.Equal(buffer[..length], again[..length]);
    });

    [Fact]
    public void A_destination_that_is_too_small_gives_minus_one_and_one_that_just_fits_is_filled() => Rows.Sample(
        row =>
        {
            var encoder = RowEncoder.Compile(Schema);
            var buffer = new byte[encoder.MaxSize(row.Values)];
            byte[] expected = buffer[..encoder.Encode(row.Values, row.Data, buffer)];
            for (int size = 0; size < expected.Length; size++)
            {
                Assert.Equal(-1, encoder.Encode(row.Values, row.Data, new byte[size]));
            }

            var exact = new byte[expected.Length];
            Assert.Equal(exact.Length, encoder.Encode(row.Values, row.Data, exact));
            Assert.Equal(expected, exact);
        },
        iter: 50);

    [Fact]
    public void Encoding_a_user_event_allocates_nothing_and_gives_the_bytes_it_was_decoded_from()
    {
        byte[] message = UserEvents.Message();
        var values = new FieldValue[4];
        Assert.True(ProjectedDecoder.Compile(UserEvents.Schema, UserEvents.Schema, UserEvents.Fields).TryDecode(message, values).IsOk);
        var encoder = RowEncoder.Compile(UserEvents.Schema);
        var buffer = new byte[256];
        Assert.Equal(56, encoder.Encode(values, message, buffer));
        Assert.Equal(message, buffer[..56]);

        Assert.Equal(0, Allocations.Of(() => encoder.Encode(values, message, buffer)));
    }

    [Fact]
    public void A_value_that_does_not_fit_its_field_is_refused_by_the_field_s_name()
    {
        var encoder = RowEncoder.Compile(Schema);
        var values = new FieldValue[Fields.Length];
        Assert.Contains("'b'", Assert.Throws<ArgumentException>(() => encoder.Encode(values, default, new byte[200])).Message, StringComparison.Ordinal);
        Assert.Contains("'a' of record A is array", Assert.Throws<ArgumentException>(() => RowEncoder.Compile(AvroSchema.Parse(
            """{"type":"record","name":"A","fields":[{"name":"a","type":{"type":"array","items":"int"}}]}"""))).Message, StringComparison.Ordinal);
    }

    private static bool IsText(string text)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar)
            {
                return false;
            }
        }

        return true;
    }
}
