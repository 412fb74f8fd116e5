using System.Numerics;

namespace FeaturePipeline.Avro.Binary;

/// <summary>The unscaled value of a decimal: its digits, and its bytes, big-endian in two's complement.</summary>
internal static class UnscaledNumber
{
    private const double BitsPerDigit = 3.321928094887362;

    /// <summary>Whether a number has more digits. 10^precision is not worked out for numbers that are far from it: a schema may say any precision.</summary>
    internal static bool HasMoreDigits(BigInteger number, int precision)
    {
        BigInteger magnitude = BigInteger.Abs(number);
        double bits = precision * BitsPerDigit;
        long own = magnitude.GetBitLength();
        return own > bits + 1 || (own > bits - 1 && magnitude >= BigInteger.Pow(10, precision));
    }

    /// <summary>The bytes of a number that fits a fixed, filled up with its sign.</summary>
    /// <param name="number">The number.</param>
    /// <param name="bytes">Its fewest bytes.</param>
    /// <param name="size">Bytes of the fixed, at least as many.</param>
    internal static byte[] ToFixed(BigInteger number, byte[] bytes, int size)
    {
        var padded = new byte[size];
        padded.AsSpan(0, size - bytes.Length).Fill(number.Sign < 0 ? (byte)0xff : (byte)0);
        bytes.CopyTo(padded, size - bytes.Length);
        return padded;
    }
}
