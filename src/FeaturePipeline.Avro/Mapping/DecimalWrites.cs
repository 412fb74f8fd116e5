using System.Numerics;
using FeaturePipeline.Avro.Binary;

namespace FeaturePipeline.Avro.Mapping;

/// <summary>
/// Writes numbers of digits (see <see cref="DecimalForm"/>): exactly, or the value is refused. The path is that of the field, for errors.
/// </summary>
internal static class DecimalWrites
{
    // Digits of a number that are worked out; a schema may claim any number of them.
    private const int DigitsMax = 10_000;

    internal static void Decimal(ref AvroWriter writer, decimal value, DecimalForm form, string path)
    {
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(value, parts);
        int scale = (parts[3] >> 16) & 0xff;
        BigInteger unscaled = ((BigInteger)(uint)parts[2] << 64) | ((BigInteger)(uint)parts[1] << 32) | (uint)parts[0];
        Scaled(ref writer, value < 0 ? -unscaled : unscaled, scale, form, path);
    }

    internal static void ApacheDecimal(ref AvroWriter writer, global::Avro.AvroDecimal value, DecimalForm form, string path)
    {
        if (form.IsBig)
        {
            Big(ref writer, value.UnscaledValue, value.Scale);
            return;
        }

        if (value.Scale != form.Scale)
        {
            throw MappedWrites.Mismatch(path, $"the scale is {value.Scale}, not {form.Scale}");
        }

        Unscaled(ref writer, value.UnscaledValue, form, path);
    }

    internal static void Whole<T>(ref AvroWriter writer, T value, DecimalForm form, string path)
        where T : IBinaryInteger<T> => Scaled(ref writer, BigInteger.CreateSaturating(value), 0, form, path);

    private static void Scaled(ref AvroWriter writer, BigInteger unscaled, int scale, DecimalForm form, string path)
    {
        if (form.IsBig)
        {
            Big(ref writer, unscaled, scale);
            return;
        }

        if (scale < form.Scale && !unscaled.IsZero)
        {
            int digitsMax = Math.Min(form.Precision, DigitsMax);
            unscaled *= form.Scale - scale < digitsMax
                ? BigInteger.Pow(10, form.Scale - scale)
                : throw MappedWrites.Mismatch(path, $"at a scale of {form.Scale} it has more than {digitsMax} digits");
        }

        for (; scale > form.Scale; scale--)
        {
            unscaled = BigInteger.DivRem(unscaled, 10, out BigInteger rest);
            if (!rest.IsZero)
            {
                throw MappedWrites.Mismatch(path, $"it has more than {form.Scale} digits after the point");
            }
        }

        Unscaled(ref writer, unscaled, form, path);
    }

    private static void Big(ref AvroWriter writer, BigInteger unscaled, int scale)
    {
        byte[] bytes = unscaled.ToByteArray(isBigEndian: true);
        var zigzag = (uint)((scale << 1) ^ (scale >> 31));
        writer.WriteLong(AvroWriter.VarintLength((ulong)bytes.Length << 1) + bytes.Length + AvroWriter.VarintLength(zigzag));
        writer.WriteBytes(bytes);
        writer.WriteLong(scale);
    }

    private static void Unscaled(ref AvroWriter writer, BigInteger unscaled, DecimalForm form, string path)
    {
        if (UnscaledNumber.HasMoreDigits(unscaled, form.Precision))
        {
            throw MappedWrites.Mismatch(path, $"it has more than {form.Precision} digits");
        }

        byte[] bytes = unscaled.ToByteArray(isBigEndian: true);
        if (form.Size < 0)
        {
            writer.WriteBytes(bytes);
            return;
        }

        writer.WriteRaw(UnscaledNumber.ToFixed(unscaled, bytes, form.Size));
    }
}
