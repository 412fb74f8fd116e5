using System.Globalization;
using FeaturePipeline.Avro.Binary;

namespace FeaturePipeline.Features.Expressions;

/// <summary>Units of Avro's timestamp types, and the literal <c>timestamp("...")</c>.</summary>
internal static class Timestamps
{
    public const string Millis = "timestamp-millis";
    private const int UnixEpochTicksPerMs = (int)TimeSpan.TicksPerMillisecond;

    /// <summary>Units per second of a timestamp's logical type; 0 for what is not a timestamp.</summary>
    public static long UnitsPerSecond(string? logicalType) => logicalType switch
    {
        "timestamp-millis" or "local-timestamp-millis" => 1_000,
        "timestamp-micros" or "local-timestamp-micros" => 1_000_000,
        "timestamp-nanos" or "local-timestamp-nanos" => 1_000_000_000,
        _ => 0,
    };

    /// <summary>Units per millisecond: 1 for a plain long, which is taken as milliseconds.</summary>
    public static long UnitsPerMs(string? logicalType) => Math.Max(1, UnitsPerSecond(logicalType) / 1_000);

    /// <summary>A literal of RFC 3339, in the finest unit that holds it exactly: milliseconds or microseconds.</summary>
    public static LongConstant? ParseLiteral(byte[] utf8)
    {
        string text = System.Text.Encoding.UTF8.GetString(utf8);
        bool hasZone = text.EndsWith('Z') || (text.Length > 6 && text[^6] is '+' or '-');
        if (!hasZone || !DateTimeOffset.TryParseExact(text, "yyyy-MM-dd'T'HH:mm:ss.FFFFFFK", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset time))
        {
            return null;
        }

        long ticks = time.UtcTicks - DateTime.UnixEpoch.Ticks;
        return ticks % UnixEpochTicksPerMs == 0
            ? new LongConstant(ticks / UnixEpochTicksPerMs, Millis)
            : new LongConstant(ticks / TimeSpan.TicksPerMicrosecond, "timestamp-micros");
    }

    /// <summary>Brings two longs to one unit where both are timestamps, the coarser to the finer; a plain long counts as milliseconds beside a literal.</summary>
    public static (LongExpression Left, LongExpression Right) Align(LongExpression left, LongExpression right)
    {
        long l = UnitsOf(left, right);
        long r = UnitsOf(right, left);
        if (l == 0 || r == 0 || l == r)
        {
            return (left, right);
        }

        return l < r ? (new ScaledTimestamp(left, r / l), right) : (left, new ScaledTimestamp(right, l / r));
    }

    private static long UnitsOf(LongExpression expression, LongExpression other) =>
        UnitsPerSecond(expression.LogicalType) is var units and > 0 ? units
        : other is LongConstant { LogicalType: not null } && expression is not LongConstant ? 1_000 : 0;

    /// <summary>The kind of a value as messages call it.</summary>
    public static string Name(FieldKind kind) => kind.ToString().ToLowerInvariant();
}
