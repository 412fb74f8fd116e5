using System.Numerics;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Resolution;

/// <summary>
/// How a value that was written under one logical type becomes one of another: a finer unit of time, or a decimal with more digits after its point.
/// </summary>
/// <param name="Factor">What a count of units is multiplied by; for decimals the unscaled value.</param>
/// <param name="Precision">Digits that the reader's decimal may have; 0 for times.</param>
/// <remarks>The specification resolves decimals only where precision and scale are the same, and is silent about other logical types, whose numbers
/// Java's library then takes for the reader's (specification 1.12, "Schema Resolution", "Decimal"). What is not the same is converted where nothing is
/// lost, and refused elsewhere; a logical type against its underlying type alone stays a number, as in Java.</remarks>
internal sealed record LogicalConversion(BigInteger Factor, int Precision)
{
    // Units of one family, coarse to fine, and how many of each are a second.
    private static readonly (string Family, string Unit, long PerSecond)[] Times =
    [
        ("time-", "time-millis", 1_000), ("time-", "time-micros", 1_000_000),
        ("timestamp-", "timestamp-millis", 1_000), ("timestamp-", "timestamp-micros", 1_000_000), ("timestamp-", "timestamp-nanos", 1_000_000_000),
        ("local-timestamp-", "local-timestamp-millis", 1_000), ("local-timestamp-", "local-timestamp-micros", 1_000_000), ("local-timestamp-", "local-timestamp-nanos", 1_000_000_000),
    ];

    /// <summary>The conversion of a pair of scalars, or null where the numbers are the same.</summary>
    /// <param name="writer">The writer's type.</param>
    /// <param name="reader">The reader's type.</param>
    /// <param name="conversion">The conversion.</param>
    /// <returns>False where values could be lost or mistaken.</returns>
    internal static bool TryFind(AvroSchema writer, AvroSchema reader, out LogicalConversion? conversion)
    {
        conversion = null;
        if (writer.Type == AvroType.String && reader.Logical?.Name is "decimal" or "big-decimal")
        {
            return false; // letters are no digits of a number
        }

        if (writer.Logical is not { } from || reader.Logical is not { } to || from == to)
        {
            return true;
        }

        if (from.Name == "decimal" && to.Name == "decimal")
        {
            int more = to.Scale - from.Scale;
            conversion = more > 0 ? new LogicalConversion(BigInteger.Pow(10, more), to.Precision) : null;
            return more >= 0 && to.Precision - to.Scale >= from.Precision - from.Scale;
        }

        long fine = Array.Find(Times, unit => unit.Unit == to.Name).PerSecond;
        long coarse = Array.Find(Times, unit => unit.Unit == from.Name).PerSecond;
        if (fine == 0 || !AreOfOneKind(from, to))
        {
            return from.Name == to.Name;
        }

        conversion = fine > coarse ? new LogicalConversion(fine / coarse, 0) : null;
        return fine >= coarse;
    }

    /// <summary>Whether two logical types are the same but for unit, precision and scale.</summary>
    internal static bool AreOfOneKind(LogicalType one, LogicalType other) => one.Name == other.Name
        || (Array.Find(Times, unit => unit.Unit == one.Name).Family is { } family && family == Array.Find(Times, unit => unit.Unit == other.Name).Family);

    /// <summary>Converts a count of units; what the reader's type cannot hold is an error of the message.</summary>
    internal bool TryConvert(ref AvroReader reader, long value, out long converted)
    {
        BigInteger product = value * Factor;
        bool fits = product >= long.MinValue && product <= long.MaxValue;
        converted = fits ? (long)product : 0;
        return fits || Fail(ref reader);
    }

    /// <summary>Converts an unscaled value, big-endian in two's complement; what the reader's type cannot hold is an error of the message.</summary>
    /// <param name="reader">Reads the message.</param>
    /// <param name="unscaled">The value's bytes.</param>
    /// <param name="size">Bytes of the reader's fixed, or -1.</param>
    /// <param name="converted">Its bytes under the reader's scale.</param>
    internal bool TryConvert(ref AvroReader reader, scoped ReadOnlySpan<byte> unscaled, int size, out byte[] converted)
    {
        BigInteger product = new BigInteger(unscaled, isBigEndian: true) * Factor;
        converted = product.ToByteArray(isBigEndian: true);
        if (UnscaledNumber.HasMoreDigits(product, Precision) || (size >= 0 && converted.Length > size))
        {
            return Fail(ref reader);
        }

        converted = size < 0 ? converted : UnscaledNumber.ToFixed(product, converted, size);
        return true;
    }

    private static bool Fail(ref AvroReader reader) => reader.Fail(DecodeErrorKind.OutOfRange, "it is beyond what the reader's logical type holds");
}
