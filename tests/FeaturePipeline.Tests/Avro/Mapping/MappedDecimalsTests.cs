using System.Buffers;
using System.Globalization;
using System.Numerics;
using CsCheck;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;
using static FeaturePipeline.Tests.Avro.Mapping.MappedMessages;
using AvroDecimal = Avro.AvroDecimal;

namespace FeaturePipeline.Tests.Avro.Mapping;

/// <summary>Numbers with digits of any count: <c>decimal</c>, and <c>big-decimal</c>, which has its scale in each value.</summary>
public class MappedDecimalsTests
{
    private static readonly AvroSchema Big = AvroSchema.Parse("""{"type":"bytes","logicalType":"big-decimal"}""");
    private static readonly AvroSchema Plain = AvroSchema.Parse("\"bytes\"");

    // The bytes are those that Java's Conversions.BigDecimalConversion writes: the length, the unscaled value as bytes, the scale as an
    // int.
    [Theory]
    [InlineData("0", "06020000")]
    [InlineData("1.50", "0804009604")]
    [InlineData("-0.01", "0602ff04")]
    [InlineData("79228162514264337593543950335", "1e1a00ffffffffffffffffffffffff00")]
    [InlineData("-7.9228162514264337593543950335", "1e1aff00000000000000000000000138")]
    public void A_big_decimal_is_written_and_read_with_its_scale(string text, string hex)
    {
        decimal value = decimal.Parse(text, CultureInfo.InvariantCulture);
        Assert.Equal(hex, Convert.ToHexStringLower(Write(value, Big)));
        Assert.True(MappedReader<decimal>.Compile(Big).TryRead(Convert.FromHexString(hex), out decimal read).IsOk);
        Assert.Equal(text, read.ToString(CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Any_decimal_comes_back_from_a_big_decimal_with_all_its_digits() => Gen.Decimal.Sample(value =>
    {
        byte[] message = Write(value, Big);
        Assert.True(MappedReader<decimal>.Compile(Big).TryRead(message, out decimal read).IsOk);
        Assert.Equal(value.ToString(CultureInfo.InvariantCulture), read.ToString(CultureInfo.InvariantCulture));
        Assert.True(MappedReader<AvroDecimal>.Compile(Big).TryRead(message, out AvroDecimal apache).IsOk);
        Assert.Equal(message, Write(apache, Big));
    });

    [Theory]
    [InlineData("1", -3, "1000")]
    [InlineData("1", -28, "10000000000000000000000000000")]
    [InlineData("1", -29, null)]
    [InlineData("0", -2_000_000_000, "0")]
    [InlineData("0", 2_000_000_000, "0.0000000000000000000000000000")]
    [InlineData("1", int.MinValue, null)]
    [InlineData("1", int.MaxValue, null)]
    [InlineData("79228162514264337593543950336", 0, null)]
    [InlineData("-79228162514264337593543950336", 1, null)]
    [InlineData("1234567890100000000000000000000", 20, "12345678901.000000000000000000")]
    [InlineData("1000000000000000000000000000000", 30, "1.0000000000000000000000000000")]
    [InlineData("1", 29, null)]
    public void A_number_that_a_decimal_holds_is_read_whatever_its_scale_and_any_other_is_an_error(
        string unscaled, int scale, string? expected)
    {
        var schema = AvroSchema.Parse("""
            {"type":"record","name":"Price","fields":[{"name":"Value","type":["null",{"type":"bytes","logicalType":"big-decimal"}]}]}
            """);
        var number = new AvroDecimal(BigInteger.Parse(unscaled, CultureInfo.InvariantCulture), scale);
        byte[] message = Write(new Price<AvroDecimal>(number), schema);
        DecodeResult result = MappedReader<Price<decimal>>.Compile(schema).TryRead(message, out Price<decimal>? read);
        Assert.Equal(expected, read?.Value?.ToString(CultureInfo.InvariantCulture));
        if (expected is null)
        {
            Assert.Equal((DecodeErrorKind.OutOfRange, "Value"), (result.Error, result.FieldPath));
            Assert.Equal("the number is none that System.Decimal holds exactly", result.Detail);
        }

        // What a decimal cannot hold, Apache's can.
        AvroDecimal apache = Read<Price<AvroDecimal>>(message, schema).Value!.Value;
        Assert.Equal((number.UnscaledValue, scale), (apache.UnscaledValue, apache.Scale));
    }

    [Theory]
    [InlineData("", DecodeErrorKind.Truncated)]
    [InlineData("0200", DecodeErrorKind.Truncated)]
    [InlineData("0100", DecodeErrorKind.NegativeLength)]
    [InlineData("020100", DecodeErrorKind.None)]
    [InlineData("02010000", DecodeErrorKind.TrailingBytes)]
    [InlineData("0201ffffffffffffffffff01", DecodeErrorKind.IntRange)]
    public void Bytes_that_are_no_big_decimal_are_an_error_of_the_message(string hex, DecodeErrorKind error)
    {
        byte[] message = Write(Convert.FromHexString(hex), Plain);
        DecodeResult result = MappedReader<decimal>.Compile(Big).TryRead(message, out _);
        Assert.Equal(error, result.Error);
        Assert.Equal(result.IsOk ? "" : "the bytes are no big-decimal, which is an unscaled value and a scale", result.Detail);
    }

    [Fact]
    public void A_scale_as_great_as_an_int_costs_neither_time_nor_memory()
    {
        var schema = AvroSchema.Parse("""{"type":"array","items":{"type":"bytes","logicalType":"big-decimal"}}""");
        foreach (int scale in new[] { int.MinValue, int.MaxValue, -20_000, 20_000 })
        {
            var numbers = Enumerable.Repeat(new AvroDecimal(BigInteger.One, scale), 1000).ToArray();
            byte[] message = Write(numbers, schema);
            Assert.InRange(
                Allocations.Of(
                    () => Assert.Equal(DecodeErrorKind.OutOfRange, MappedReader<decimal[]>.Compile(schema).TryRead(message, out _).Error),
                    enough: 2_000_000),
                0,
                2_000_000);
        }
    }

    private sealed record Price<T>(T? Value)
        where T : struct;
}
