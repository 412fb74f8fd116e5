namespace FeaturePipeline.Generator;

/// <summary>What traffic to make. All times are event time; nothing here looks at a clock.</summary>
public sealed record TrafficOptions
{
    /// <summary>Mean events of a session.</summary>
    public const double EventsPerSession = 8;

    /// <summary>Number of users.</summary>
    public int Users { get; init; } = 10_000;

    /// <summary>Seed: the same seed and options give the same events, byte for byte.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Fraction of events that arrive late, 0 to 1. Of them, 7 in 10 are up to 5 min late, the others 30 min to 2 h.</summary>
    public double LateFraction { get; init; }

    /// <summary>Event time at which the first user may act, ms since the epoch.</summary>
    public long StartMs { get; init; }

    /// <summary>Mean time between two events of a session, ms.</summary>
    public double ThinkTimeMs { get; init; } = 20_000;

    /// <summary>Mean time between two sessions of a user, ms.</summary>
    public double PauseMs { get; init; } = 2 * 3_600_000;

    /// <summary>Events a second of event time, over all users, that these options give.</summary>
    public double EventsPerSecond => Users * EventsPerSession * 1000 / ((EventsPerSession * ThinkTimeMs) + PauseMs);

    /// <summary>The same users, so busy that <paramref name="eventsPerSecond"/> come out: pauses are adapted first, then the pace within sessions.</summary>
    /// <param name="eventsPerSecond">Events a second of event time.</param>
    public TrafficOptions WithRate(double eventsPerSecond)
    {
        double cycleMs = Users * EventsPerSession * 1000 / eventsPerSecond;
        double sessionMs = EventsPerSession * ThinkTimeMs;
        return cycleMs >= 2 * sessionMs
            ? this with { PauseMs = cycleMs - sessionMs }
            : this with { ThinkTimeMs = cycleMs / 2 / EventsPerSession, PauseMs = cycleMs / 2 };
    }
}
