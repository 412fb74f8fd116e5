using System.Runtime.CompilerServices;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Mapping;

/// <summary>What a number stands for under a logical type.</summary>
internal enum TimeUnit : byte
{
    None,
    Days,
    TimeMillis,
    TimeMicros,
    Millis,
    Micros,
    Nanos,
    LocalMillis,
    LocalMicros,
    LocalNanos,
}

/// <summary>Conversions between numbers and C#'s dates and times. One tick is 100 ns; finer nanoseconds are cut off towards the past.</summary>
internal static class TimeUnits
{
    private const long EpochTicks = 621_355_968_000_000_000;

    internal static TimeUnit Of(AvroSchema schema) => schema.Logical?.Name switch
    {
        "date" => TimeUnit.Days,
        "time-millis" => TimeUnit.TimeMillis,
        "time-micros" => TimeUnit.TimeMicros,
        "timestamp-millis" => TimeUnit.Millis,
        "timestamp-micros" => TimeUnit.Micros,
        "timestamp-nanos" => TimeUnit.Nanos,
        "local-timestamp-millis" => TimeUnit.LocalMillis,
        "local-timestamp-micros" => TimeUnit.LocalMicros,
        "local-timestamp-nanos" => TimeUnit.LocalNanos,
        _ => TimeUnit.None,
    };

    /// <summary>Whether a C# type holds values of the unit.</summary>
    internal static bool Holds(Type type, TimeUnit unit) => unit switch
    {
        TimeUnit.None => false,
        TimeUnit.Days => type == typeof(DateOnly) || type == typeof(DateTime),
        TimeUnit.TimeMillis or TimeUnit.TimeMicros => type == typeof(TimeOnly) || type == typeof(TimeSpan),
        TimeUnit.Millis or TimeUnit.Micros or TimeUnit.Nanos => type == typeof(DateTime) || type == typeof(DateTimeOffset),
        _ => type == typeof(DateTime),
    };

    // The unit is a constant of the compiled reader: inlined, no switch is left of it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryToDateTime(long value, TimeUnit unit, out DateTime result)
    {
        result = default;
        if (!TryToTicks(value, unit, out long ticks) || ticks < -EpochTicks || ticks > DateTime.MaxValue.Ticks - EpochTicks)
        {
            return false;
        }

        result = new DateTime(ticks + EpochTicks, unit >= TimeUnit.LocalMillis ? DateTimeKind.Unspecified : DateTimeKind.Utc);
        return true;
    }

    // The unit is a constant of the compiled reader: inlined, no switch is left of it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryToTicks(long value, TimeUnit unit, out long ticks)
    {
        (long factor, long most) = unit switch
        {
            TimeUnit.Days => (TimeSpan.TicksPerDay, long.MaxValue / TimeSpan.TicksPerDay),
            TimeUnit.TimeMillis or TimeUnit.Millis or TimeUnit.LocalMillis => (TimeSpan.TicksPerMillisecond, long.MaxValue / TimeSpan.TicksPerMillisecond),
            TimeUnit.TimeMicros or TimeUnit.Micros or TimeUnit.LocalMicros => (TimeSpan.TicksPerMicrosecond, long.MaxValue / TimeSpan.TicksPerMicrosecond),
            _ => (0, 0),
        };
        ticks = factor == 0 ? Floor(value, 100) : value * factor;
        return factor == 0 || (value <= most && value >= -most);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryFromDateTime(DateTime value, TimeUnit unit, out long number)
    {
        DateTime point = unit is >= TimeUnit.Millis and <= TimeUnit.Nanos && value.Kind == DateTimeKind.Local ? value.ToUniversalTime() : value;
        return TryFromTicks(point.Ticks - EpochTicks, unit, out number);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryFromTicks(long ticks, TimeUnit unit, out long number)
    {
        number = unit switch
        {
            TimeUnit.Days => Floor(ticks, TimeSpan.TicksPerDay),
            TimeUnit.TimeMillis or TimeUnit.Millis or TimeUnit.LocalMillis => Floor(ticks, TimeSpan.TicksPerMillisecond),
            TimeUnit.TimeMicros or TimeUnit.Micros or TimeUnit.LocalMicros => Floor(ticks, TimeSpan.TicksPerMicrosecond),
            _ => ticks * 100,
        };
        return unit switch
        {
            TimeUnit.TimeMillis => number == (int)number,
            TimeUnit.Nanos or TimeUnit.LocalNanos => ticks is >= long.MinValue / 100 and <= long.MaxValue / 100,
            _ => true,
        };
    }

    // Inlined, so that the divisor is a constant and the division a multiplication.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Floor(long value, long divisor) => value >= 0 ? value / divisor : ((value + 1) / divisor) - 1;
}
