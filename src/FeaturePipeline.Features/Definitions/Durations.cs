using System.Globalization;

namespace FeaturePipeline.Features.Definitions;

/// <summary>Durations as configuration writes them: <c>30m</c>, <c>5s</c>, <c>250ms</c>, <c>24h</c>, <c>7d</c>, or a <see cref="TimeSpan"/> (<c>00:30:00</c>).</summary>
public static class Durations
{
    /// <summary>What a mistake's message says is allowed.</summary>
    public const string Allowed = "a duration such as 250ms, 5s, 30m, 24h, 7d or 00:30:00";

    // Largest first: Format takes the first that divides.
    private static readonly (string Suffix, long Ms)[] Units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

    /// <summary>Parses a duration.</summary>
    /// <param name="text">Either form; <c>0</c> is the only number allowed without a unit (a bare 30 would be 30 days to TimeSpan).</param>
    /// <param name="value">The duration; zero when it can't be parsed.</param>
    /// <returns>Whether <paramref name="text"/> is a duration that is not negative.</returns>
    public static bool TryParse(string? text, out TimeSpan value)
    {
        value = TimeSpan.Zero;
        text = text?.Trim();
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        if (string.Equals(text, "0", StringComparison.Ordinal))
        {
            return true;
        }

        if (text.Contains(':', StringComparison.Ordinal))
        {
            // The constant format only: the general one takes 24:00:00, and means 24 days by it.
            return TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out value) && value >= TimeSpan.Zero;
        }

        return TryParseShort(text, out value);
    }

    /// <summary>Parses a duration.</summary>
    /// <exception cref="FormatException"><paramref name="text"/> is not a duration.</exception>
    public static TimeSpan Parse(string? text) =>
        TryParse(text, out TimeSpan value) ? value : throw new FormatException($"'{text}' is not {Allowed}.");

    /// <summary>The short form in the largest unit that divides: 36 hours are <c>36h</c>, 48 hours <c>2d</c>.</summary>
    /// <param name="value">A duration of whole milliseconds; a remainder is cut off.</param>
    public static string Format(TimeSpan value)
    {
        long ms = value.Ticks / TimeSpan.TicksPerMillisecond;
        if (ms == 0)
        {
            return "0s";
        }

        foreach ((string suffix, long unitMs) in Units)
        {
            if (ms % unitMs == 0)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{ms / unitMs}{suffix}");
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{ms}ms");
    }

    /// <summary>Whether the text is in the short form (<c>24h</c>), and not a TimeSpan's.</summary>
    public static bool IsShortForm(string? text) => TryParseShort(text?.Trim() ?? "", out _);

    private static bool TryParseShort(string text, out TimeSpan value)
    {
        value = TimeSpan.Zero;
        int digits = 0;
        while (digits < text.Length && char.IsAsciiDigit(text[digits]))
        {
            digits++;
        }

        if (!long.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out long count))
        {
            return false;
        }

        foreach ((string suffix, long unitMs) in Units)
        {
            if (text.AsSpan(digits).Equals(suffix, StringComparison.OrdinalIgnoreCase))
            {
                bool fits = count <= long.MaxValue / TimeSpan.TicksPerMillisecond / unitMs;
                value = fits ? new TimeSpan(count * unitMs * TimeSpan.TicksPerMillisecond) : TimeSpan.Zero;
                return fits;
            }
        }

        return false;
    }
}
