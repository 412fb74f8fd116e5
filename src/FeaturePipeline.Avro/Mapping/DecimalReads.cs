using System.Numerics;
using FeaturePipeline.Avro.Binary;

namespace FeaturePipeline.Avro.Mapping;

/// <summary>Reads numbers of digits (see <see cref="DecimalForm"/>): the number that was written, or an error of the message.</summary>
internal static class DecimalReads
{
    private const int ScaleMax = 28;

    // Zeros at the end of a whole number that its unscaled value leaves out: a message of few bytes would be a number of any size.
    private const int ZerosMax = 308;

    // Bits of a number that is divided by a power of ten.
    private const int BitsMax = 32 << 10;

    internal static bool Decimal(ref AvroReader reader, DecimalForm form, out decimal value)
    {
        value = 0;
        return TryRead(ref reader, form, out BigInteger unscaled, out int scale)
            && (TryToDecimal(unscaled, scale, out value) || NumberReads.Inexact(ref reader, typeof(decimal)));
    }

    /// <summary>Apache's decimal, of any size.</summary>
    internal static bool ApacheDecimal(ref AvroReader reader, DecimalForm form, out global::Avro.AvroDecimal value)
    {
        bool read = TryRead(ref reader, form, out BigInteger unscaled, out int scale);
        value = new global::Avro.AvroDecimal(unscaled, scale);
        return read;
    }

    internal static bool Whole<T>(ref AvroReader reader, DecimalForm form, out T value)
        where T : IBinaryInteger<T>
    {
        value = T.Zero;
        if (!TryRead(ref reader, form, out BigInteger unscaled, out int scale))
        {
            return false;
        }

        if (!unscaled.IsZero && !(scale >= 0 ? TryDivide(ref unscaled, scale) : scale >= -ZerosMax && TryMultiply(ref unscaled, -scale)))
        {
            return NumberReads.Inexact(ref reader, typeof(T));
        }

        value = T.CreateSaturating(unscaled);
        return BigInteger.CreateSaturating(value) == unscaled || NumberReads.Inexact(ref reader, typeof(T));
    }

    // A big-decimal is, in its bytes, the unscaled value as bytes and the scale as an int (specification 1.12, "Decimal"; Java's
    // BigDecimalConversion).
    private static bool TryRead(ref AvroReader reader, DecimalForm form, out BigInteger unscaled, out int scale)
    {
        scale = form.Scale;
        bool read = form.Size < 0 ? reader.TryReadBytes(out ReadOnlySpan<byte> bytes) : reader.TryReadFixed(form.Size, out bytes);
        if (read && form.IsBig)
        {
            var parts = new AvroReader(bytes);
            read = (parts.TryReadBytes(out bytes) && parts.TryReadInt(out scale) && parts.TryEnd())
                || reader.Fail(parts.Error, "the bytes are no big-decimal, which is an unscaled value and a scale");
        }

        unscaled = read ? new BigInteger(bytes, isBigEndian: true) : default;
        return read;
    }

    private static bool TryToDecimal(BigInteger unscaled, int scale, out decimal value)
    {
        value = 0;
        if (unscaled.IsZero)
        {
            value = new decimal(0, 0, 0, isNegative: false, (byte)Math.Clamp(scale, 0, ScaleMax));
            return true;
        }

        // What a decimal can hold has zeros beyond the 28th digit after the point, and no more than 28 before it that the unscaled value
        // leaves out.
        if (scale is > ScaleMax or < 0)
        {
            if (scale < -ScaleMax || !(scale < 0 ? TryMultiply(ref unscaled, -scale) : TryDivide(ref unscaled, scale - ScaleMax)))
            {
                return false;
            }

            scale = scale < 0 ? 0 : ScaleMax;
        }

        // Zeros at the end of digits that are too many.
        BigInteger magnitude = BigInteger.Abs(unscaled);
        while (magnitude.GetBitLength() > 96)
        {
            if (scale-- == 0 || !TryDivide(ref magnitude, 1))
            {
                return false;
            }
        }

        int low = (int)(uint)(magnitude & uint.MaxValue);
        int middle = (int)(uint)((magnitude >> 32) & uint.MaxValue);
        value = new decimal(low, middle, (int)(uint)(magnitude >> 64), unscaled.Sign < 0, (byte)scale);
        return true;
    }

    private static bool TryMultiply(ref BigInteger number, int zeros)
    {
        if (number.GetBitLength() > BitsMax)
        {
            return false;
        }

        number *= BigInteger.Pow(10, zeros);
        return true;
    }

    // Exactly, or not at all. Numbers too long to try are none that anything holds at any sensible scale.
    private static bool TryDivide(ref BigInteger number, int zeros)
    {
        if (zeros == 0)
        {
            return true;
        }

        if (number.GetBitLength() > BitsMax || zeros >= BitsMax / 3)
        {
            return false;
        }

        number = BigInteger.DivRem(number, BigInteger.Pow(10, zeros), out BigInteger rest);
        return rest.IsZero;
    }
}
