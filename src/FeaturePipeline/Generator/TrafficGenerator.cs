// Users come back again and again; each visit is a session of a few events. An event-driven simulation: the user whose next
// event is due first acts, then gets a new due time. Integer and Math.Log arithmetic only, so that a seed always gives the same events.
namespace FeaturePipeline.Generator;

/// <summary>What a user did.</summary>
public enum EventType : byte
{
    /// <summary>Looked at an item.</summary>
    View,

    /// <summary>Followed a link.</summary>
    Click,

    /// <summary>Searched.</summary>
    Search,

    /// <summary>Put an item into the cart.</summary>
    AddToCart,

    /// <summary>Took one out.</summary>
    RemoveFromCart,

    /// <summary>Bought.</summary>
    Purchase,

    /// <summary>Signed in.</summary>
    Login,
}

/// <summary>One generated event.</summary>
/// <param name="User">Number of the user, from 0.</param>
/// <param name="Type">What the user did.</param>
/// <param name="TimestampMs">Event time, ms since the epoch.</param>
/// <param name="Session">Number of the user's session, from 1; 0 where the client sent none.</param>
public readonly record struct GeneratedEvent(int User, EventType Type, long TimestampMs, int Session);

/// <summary>Makes realistic user events, in order of arrival, without end. Not thread-safe.</summary>
public sealed class TrafficGenerator
{
    private const long ShortDelayMsMax = 5 * 60_000;
    private const long LongDelayMsMin = 30 * 60_000;
    private const long LongDelayMsMax = 2 * 3_600_000;

    // Weights of what a user does next, in 1000; a session starts with a login or a search more often.
    private static readonly (EventType Type, int Weight)[] s_laterMix =
    [
        (EventType.View, 520), (EventType.Click, 220), (EventType.Search, 120), (EventType.AddToCart, 80),
        (EventType.RemoveFromCart, 20), (EventType.Purchase, 40),
    ];

    private static readonly (EventType Type, int Weight)[] s_firstMix =
    [
        (EventType.View, 450), (EventType.Search, 250), (EventType.Login, 200), (EventType.Click, 100),
    ];

    private readonly TrafficOptions _options;
    private readonly UserState[] _users;
    private readonly PriorityQueue<int, (long DueMs, int User)> _due;
    private readonly PriorityQueue<GeneratedEvent, (long ArrivalMs, long Order)> _delayed = new();
    private readonly int _lateThreshold;
    private ulong _random;
    private long _order;

    /// <summary>Starts a stream of events.</summary>
    /// <param name="options">What traffic.</param>
    public TrafficGenerator(TrafficOptions options)
    {
        _options = options;
        _random = options.Seed;
        _lateThreshold = (int)(options.LateFraction * 1_000_000);
        _users = new UserState[options.Users];
        var first = new (int, (long, int))[options.Users];
        double cycleMs = options.PauseMs + (TrafficOptions.EventsPerSession * options.ThinkTimeMs);
        for (int user = 0; user < options.Users; user++)
        {
            first[user] = (user, (options.StartMs + (long)(NextUnit() * cycleMs), user));
        }

        _due = new PriorityQueue<int, (long DueMs, int User)>(first);
    }

    /// <summary>The next event to arrive.</summary>
    public GeneratedEvent Next()
    {
        while (true)
        {
            _ = _due.TryPeek(out _, out (long DueMs, int User) due);
            if (_delayed.TryPeek(out GeneratedEvent late, out (long ArrivalMs, long Order) arrival) && arrival.ArrivalMs <= due.DueMs)
            {
                _ = _delayed.Dequeue();
                return late;
            }

            GeneratedEvent made = Act(due.User, due.DueMs);
            if (_lateThreshold == 0 || NextBelow(1_000_000) >= _lateThreshold)
            {
                return made;
            }

            long delayMs = NextBelow(10) < 7
                ? 1 + NextBelow((int)ShortDelayMsMax)
                : LongDelayMsMin + NextBelow((int)(LongDelayMsMax - LongDelayMsMin));
            _delayed.Enqueue(made, (made.TimestampMs + delayMs, _order++));
        }
    }

    /// <summary>Takes a user's due event and plans the next one.</summary>
    private GeneratedEvent Act(int user, long nowMs)
    {
        ref UserState state = ref _users[user];
        bool isFirst = state.EventsLeft == 0;
        if (isFirst)
        {
            state.Session++;
            state.EventsLeft = SessionLength();
            // One client in ten is too old to send session ids.
            state.SendsSession = NextBelow(10) != 0;
        }

        EventType type = Pick(isFirst ? s_firstMix : s_laterMix);
        state.EventsLeft--;
        double meanMs = state.EventsLeft > 0 ? _options.ThinkTimeMs : _options.PauseMs;
        // Never less than 1 ms, so that no user has two events of one session at the same time.
        long waitMs = Math.Max(1, (long)(-Math.Log(1 - NextUnit()) * meanMs));
        _ = _due.DequeueEnqueue(user, (nowMs + waitMs, user));
        return new GeneratedEvent(user, type, nowMs, state.SendsSession ? state.Session : 0);
    }

    /// <summary>Geometric with mean 8, at least 1, at most 200.</summary>
    private int SessionLength() =>
        Math.Clamp(1 + (int)(Math.Log(1 - NextUnit()) / Math.Log(1 - (1 / TrafficOptions.EventsPerSession))), 1, 200);

    private EventType Pick((EventType Type, int Weight)[] mix)
    {
        int ticket = NextBelow(1000);
        foreach ((EventType type, int weight) in mix)
        {
            ticket -= weight;
            if (ticket < 0)
            {
                return type;
            }
        }

        return mix[0].Type;
    }

    private double NextUnit() => (NextRandom() >> 11) * (1.0 / (1UL << 53));

    private int NextBelow(int bound) => (int)(((NextRandom() >> 32) * (ulong)bound) >> 32);

    /// <summary>SplitMix64 (Steele, Lea, Flood 2014): ours, because System.Random promises no sequence across versions.</summary>
    private ulong NextRandom()
    {
        ulong z = _random += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    private struct UserState
    {
        public int EventsLeft;
        public int Session;
        public bool SendsSession;
    }
}
