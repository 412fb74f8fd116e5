using System.Globalization;

namespace FeaturePipeline.IntegrationTests.Sessions;

/// <summary>What a view computes of one session, by output field, from the session's events.</summary>
public static class SessionFeatures
{
    /// <summary>The view user_sessions of appsettings.json.</summary>
    public static IReadOnlyDictionary<string, Func<IReadOnlyList<BatchEvent>, object?>> UserSessions { get; } =
        new Dictionary<string, Func<IReadOnlyList<BatchEvent>, object?>>(StringComparer.Ordinal)
        {
            ["event_count"] = s => (long)s.Count,
            ["purchases"] = s => Count(s, "purchase"),
            ["event_types"] = s => (long)s.Select(e => e.Type).Distinct().Count(),
            ["events_by_type"] = s => s.GroupBy(e => e.Type).ToDictionary(g => g.Key, g => (object?)(long)g.Count()),
            ["entry_event"] = s => InOrder(s).First().Type,
            ["exit_event"] = s => InOrder(s).Last().Type,
            ["duration"] = s => Duration(s),
            ["purchase_rate"] = s => (double)Count(s, "purchase") / s.Count,
        };

    /// <summary>The canonical job J1 of the Kafka Streams peer, under the field names of its checksum.</summary>
    public static IReadOnlyDictionary<string, Func<IReadOnlyList<BatchEvent>, object?>> J1 { get; } = MakeJ1();

    /// <summary>A value in a form that compares: integers in decimal, doubles shortest round-trip, maps by key.</summary>
    public static string Canonical(object? value) => value switch
    {
        null => "null",
        double d => d.ToString("R", CultureInfo.InvariantCulture),
        float f => f.ToString("R", CultureInfo.InvariantCulture),
        IDictionary<string, object?> map => string.Join(',', map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}:{Canonical(p.Value)}")),
        DateTime time => ((DateTimeOffset)time).ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture),
        IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? string.Empty,
    };

    private static Dictionary<string, Func<IReadOnlyList<BatchEvent>, object?>> MakeJ1()
    {
        var features = new Dictionary<string, Func<IReadOnlyList<BatchEvent>, object?>>(StringComparer.Ordinal)
        {
            ["duration_ms"] = s => Duration(s),
            ["event_count"] = s => (long)s.Count,
            ["distinct_event_types"] = s => (long)s.Select(e => e.Type).Distinct().Count(),
            ["first_event_type"] = s => InOrder(s).First().Type,
            ["last_event_type"] = s => InOrder(s).Last().Type,
            ["min_timestamp"] = s => s.Min(e => e.TimestampMs),
            ["max_timestamp"] = s => s.Max(e => e.TimestampMs),
        };
        foreach (string type in (string[])["page_view", "click", "search", "add_to_cart", "purchase", "login", "logout", "share"])
        {
            features[type + "_count"] = s => Count(s, type);
        }

        return features;
    }

    private static long Count(IReadOnlyList<BatchEvent> session, string type) => session.Count(e => e.Type == type);

    private static long Duration(IReadOnlyList<BatchEvent> session) => session.Max(e => e.TimestampMs) - session.Min(e => e.TimestampMs);

    private static IEnumerable<BatchEvent> InOrder(IReadOnlyList<BatchEvent> session) => session.OrderBy(e => e.TimestampMs).ThenBy(e => e.Offset);
}
