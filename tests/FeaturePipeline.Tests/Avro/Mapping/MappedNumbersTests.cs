using System.Buffers;
using System.Globalization;
using CsCheck;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;
using static FeaturePipeline.Tests.Avro.Mapping.MappedMessages;

namespace FeaturePipeline.Tests.Avro.Mapping;

/// <summary>
/// Members that are narrower than their fields: each whole number is the field's exactly, each floating-point one the nearest, or it is
/// an error of its message.
/// </summary>
public class MappedNumbersTests
{
    private static readonly AvroSchema Int = AvroSchema.Parse("\"int\"");
    private static readonly AvroSchema Long = AvroSchema.Parse("\"long\"");
    private static readonly AvroSchema Float = AvroSchema.Parse("\"float\"");
    private static readonly AvroSchema Double = AvroSchema.Parse("\"double\"");

    [Fact]
    public void An_integer_is_read_by_a_narrower_type_where_it_is_in_its_range_and_is_an_error_of_the_message_elsewhere()
    {
        Integer<sbyte>(sbyte.MinValue, sbyte.MaxValue);
        Integer<byte>(byte.MinValue, byte.MaxValue);
        Integer<short>(short.MinValue, short.MaxValue);
        Integer<ushort>(ushort.MinValue, ushort.MaxValue);
        Integer<int>(int.MinValue, int.MaxValue);
        Integer<uint>(uint.MinValue, uint.MaxValue);
        Integer<ulong>(0, long.MaxValue);
        Integer<long>(long.MinValue, long.MaxValue);
    }

    [Fact]
    public void A_double_is_read_by_a_narrower_type_as_the_nearest_number_within_its_range() => Gen.OneOf(
        Gen.Double,
        Gen.Float.Select(single => (double)single),
        Gen.Int[-4096, 4096].Select(whole => whole / 2.0),
        Gen.Const(double.NaN),
        Gen.Const(double.PositiveInfinity),
        Gen.Const(-0.0))
        .Sample(number =>
        {
            Floating(Double, number, (float)number, float.IsFinite((float)number));
            Floating(Double, number, (Half)number, Half.IsFinite((Half)number));
            Floating(Double, number, number, double.IsFinite(number));
            Floating(Float, (float)number, (double)(float)number, float.IsFinite((float)number));
            Floating(Float, (float)number, (Half)(float)number, Half.IsFinite((Half)(float)number));
        });

    [Theory]
    [InlineData(3.4028235677973362e38, true)] // just below where rounding leaves the range of float
    [InlineData(3.4028235677973366e38, false)]
    [InlineData(-1e300, false)]
    [InlineData(1e-60, true)]
    [InlineData(0.1, true)]
    public void The_range_of_float_ends_where_rounding_would_leave_it(double number, bool isWithin)
    {
        DecodeResult result = MappedReader<float>.Compile(Double).TryRead(Write(number, Double), out float read);
        Assert.Equal(isWithin, result.IsOk);
        Assert.Equal(isWithin ? (float)number : 0, read);
    }

    [Theory]
    [InlineData(16_777_216L, true, true)]
    [InlineData(16_777_217L, false, true)]
    [InlineData(9_007_199_254_740_992L, true, true)]
    [InlineData(9_007_199_254_740_993L, false, false)]
    [InlineData(long.MaxValue, false, false)]
    [InlineData(long.MaxValue - 1023, false, true)]
    [InlineData(long.MinValue, true, true)]
    public void A_long_is_read_as_floating_point_where_that_holds_it_exactly(long number, bool inFloat, bool inDouble)
    {
        byte[] message = Write(number, Long);
        Assert.Equal(inFloat, MappedReader<float>.Compile(Long).TryRead(message, out float single).IsOk);
        Assert.Equal(inDouble, MappedReader<double>.Compile(Long).TryRead(message, out double full).IsOk);
        Assert.True(!inFloat || (Int128)single == number);
        Assert.True(!inDouble || (Int128)full == number);
        if (number == (int)number)
        {
            Assert.Equal(inFloat, MappedReader<float>.Compile(Int).TryRead(message, out single).IsOk);
        }
    }

    [Fact]
    public void A_value_that_does_not_fit_is_named_by_its_field_and_by_what_is_wrong_but_not_itself()
    {
        var schema = AvroSchema.Parse("""
            {"type":"record","name":"Reading","fields":[{"name":"Counts","type":{"type":"array","items":["null","long"]}},
             {"name":"Level","type":"double"}]}
            """);
        byte[] good = Write(new Written([7, null], 0.5), schema);
        byte[] beyond = Write(new Written([7, null, 1L << 31], 0.5), schema);
        byte[] large = Write(new Written([], 1e39), schema);
        var reader = MappedReader<Reading>.Compile(schema);
        Assert.True(reader.TryRead(good, out Reading? read).IsOk);
        Assert.Equal([7, null], read!.Counts);
        Assert.Equal(0.5f, read.Level);
        Assert.Equal(
            "OutOfRange at byte 10, field 'Counts[]': the number is beyond System.Int32",
            reader.TryRead(beyond, out _).ToString());
        Assert.Equal(
            "OutOfRange at byte 9, field 'Level': the number is beyond System.Single",
            reader.TryRead(large, out _).ToString());
    }

    [Fact]
    public void A_default_beyond_the_member_is_refused_when_compiling()
    {
        var writer = AvroSchema.Parse("""{"type":"record","name":"Reading","fields":[]}""");
        var reader = AvroSchema.Parse("""
            {"type":"record","name":"Reading","fields":[{"name":"Level","type":"double","default":1e39},
             {"name":"Counts","type":{"type":"array","items":"long"},"default":[]}]}
            """);
        Refuses("The default of field 'Level', 1e39, is no value of System.Single", () => MappedReader<Reading>.Compile(writer, reader));
    }

    [Fact]
    public void A_wider_member_is_written_to_a_narrower_field_exactly_or_refused()
    {
        Assert.Equal(Write(0.5f, Float), Write(0.5, Float));
        Assert.Equal(Write(float.NaN, Float), Write(double.NaN, Float));
        Refuses("0.1 is no float exactly", () => Write(0.1, Float));
        Refuses("1E+300 is no float exactly", () => Write(1e300, Float));
        Assert.Equal(Write(5, Int), Write(5L, Int));
        Refuses("2147483648 is no int", () => Write(1L << 31, Int));
    }

    private static void Integer<T>(long least, long most)
        where T : IConvertible
    {
        long[] near = [least - 1, least, least + 1, -1, 0, 1, most - 1, most, most + 1];
        foreach (long number in near.Concat([int.MinValue, int.MaxValue, long.MinValue, long.MaxValue]))
        {
            foreach (AvroSchema schema in number == (int)number ? new[] { Int, Long } : [Long])
            {
                DecodeResult result = MappedReader<T>.Compile(schema).TryRead(Write(number, schema), out T? read);
                bool fits = number >= least && number <= most;
                Assert.True(fits == result.IsOk, $"{number} as {typeof(T)}: {result}");
                Assert.True(fits ? read!.ToInt64(CultureInfo.InvariantCulture) == number : result.Error == DecodeErrorKind.OutOfRange);
            }
        }
    }

    private static void Floating<T>(AvroSchema schema, double number, T narrow, bool isFinite)
    {
        byte[] message = schema == Float ? Write((float)number, schema) : Write(number, schema);
        DecodeResult result = MappedReader<T>.Compile(schema).TryRead(message, out T? read);
        bool fits = isFinite || !double.IsFinite(number);
        Assert.True(fits == result.IsOk, $"{number:R} as {typeof(T)}: {result}");
        Assert.True(!fits || narrow!.Equals(read));
    }

    private sealed record Written(List<long?> Counts, double Level);

    private sealed record Reading(List<int?> Counts, float Level);
}
