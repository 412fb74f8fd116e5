// Session windows: the arithmetic of gap, grace and stream time, in one place.
// Invariant: two open sessions of one key are always more than the gap apart.
namespace FeaturePipeline.Streams.Windows;

/// <summary>Session windows: activity separated by idle time.</summary>
/// <remarks>Semantics as Kafka Streams' <c>SessionWindows.ofInactivityGapAndGrace</c>; a closed session is never touched again.</remarks>
public sealed record SessionWindows
{
    /// <summary>Longest gap or grace in ms: far beyond use, and small enough that sums do not overflow.</summary>
    public const long LengthMsMax = 1L << 52;

    /// <summary>Makes session windows.</summary>
    /// <param name="gapMs">Idle time that ends a session, in ms; 0 is legal: only equal times belong together.</param>
    /// <param name="graceMs">How long after its gap a session still takes late events, in ms.</param>
    public SessionWindows(long gapMs, long graceMs)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(gapMs);
        ArgumentOutOfRangeException.ThrowIfNegative(graceMs);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(gapMs, LengthMsMax);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(graceMs, LengthMsMax);
        GapMs = gapMs;
        GraceMs = graceMs;
    }

    /// <summary>Idle time that ends a session, in ms.</summary>
    public long GapMs { get; }

    /// <summary>Grace in ms.</summary>
    public long GraceMs { get; }

    /// <summary>Sessions that end before this time are closed (strictly: one that ends exactly here is open).</summary>
    /// <param name="streamTimeMs">Stream time in ms; -1 before the first event.</param>
    public long OpenFrom(long streamTimeMs) => streamTimeMs - GraceMs - GapMs;

    /// <summary>Whether an event at <paramref name="timestampMs"/> belongs to a session.</summary>
    /// <param name="startMs">The session's first event.</param>
    /// <param name="endMs">The session's last event.</param>
    /// <param name="timestampMs">Event time; not negative.</param>
    public bool Touches(long startMs, long endMs, long timestampMs) =>
        endMs >= timestampMs - GapMs && startMs - GapMs <= timestampMs;
}
