using System.Globalization;
using System.Text;

namespace FeaturePipeline.Tests.Simulation;

/// <summary>What may go wrong.</summary>
internal enum FaultKind
{
    /// <summary>A poll returns nothing although there are records.</summary>
    EmptyPoll,

    /// <summary>A poll returns few of the records that are there.</summary>
    ShortPoll,

    /// <summary>A poll fails after its callbacks have run; its records come again.</summary>
    PollFailed,

    /// <summary>The records of a poll are collected before its callbacks run, so that some have lost their owner.</summary>
    StaleBatch,

    /// <summary>The client's queue is full: a record is not taken, or a transaction not begun.</summary>
    QueueFull,

    /// <summary>A record is refused on Send.</summary>
    SendRefused,

    /// <summary>A record is refused later: Flush and CommitTransaction tell.</summary>
    DeliveryFailed,

    /// <summary>Flush does not end in time.</summary>
    FlushTimeout,

    /// <summary>InitTransactions does not answer; it was done, or not.</summary>
    InitTimeout,

    /// <summary>SendOffsetsToTransaction does not answer; it was done, or not.</summary>
    OffsetsTimeout,

    /// <summary>CommitTransaction does not answer and was not done.</summary>
    CommitLost,

    /// <summary>CommitTransaction does not answer, but is durable.</summary>
    CommitAnswerLost,

    /// <summary>CommitTransaction says that the transaction has to be aborted.</summary>
    CommitRefused,

    /// <summary>AbortTransaction does not answer; it was done, or not.</summary>
    AbortTimeout,

    /// <summary>Committed does not answer.</summary>
    CommittedTimeout,

    /// <summary>QueryWatermarks does not answer.</summary>
    WatermarksTimeout,

    /// <summary>The at-least-once Commit does not answer; it was done, or not.</summary>
    OffsetCommitTimeout,

    /// <summary>An admin call does not answer.</summary>
    AdminTimeout,

    /// <summary>The group rebalances for no reason.</summary>
    ForcedRebalance,

    /// <summary>An open transaction times out on the broker.</summary>
    TransactionTimeout,

    /// <summary>The broker is away for a while.</summary>
    BrokerAway,

    /// <summary>A partition's log is compacted.</summary>
    Compaction,

    /// <summary>Markers of a transaction are written late and in any order.</summary>
    SlowMarkers,

    /// <summary>A worker dies: injected by the test, logged here.</summary>
    Crash,

    /// <summary>A worker stops for a while, heartbeats included, and comes back: injected by the test, logged here.</summary>
    Freeze,
}

/// <summary>Decides by one seeded generator what goes wrong, and keeps the log of it.</summary>
internal sealed class SimulatedFaults(int seed, Func<long> nowMs)
{
    private readonly Dictionary<FaultKind, double> _probabilities = [];
    private readonly List<string> _log = [];
    private readonly long _startMs = nowMs();

    /// <summary>Lines of the log that are kept; older ones fall out.</summary>
    public const int LogLimit = 4_000;

    /// <summary>The seed of everything random in this simulation.</summary>
    public int Seed { get; } = seed;

    /// <summary>The only source of randomness, of faults and of everything else in the simulation.</summary>
    public Random Random { get; } = new(seed);

    /// <summary>Whether faults strike; off while a simulation drains.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>How often each kind struck.</summary>
    public SortedDictionary<FaultKind, int> Counts { get; } = [];

    /// <summary>Probability of one kind each time that it could strike; 0 unless set.</summary>
    public double this[FaultKind kind]
    {
        get => _probabilities.GetValueOrDefault(kind);
        set => _probabilities[kind] = value;
    }

    /// <summary>Whether this fault strikes now; if so it is logged.</summary>
    public bool Strikes(FaultKind kind, string what)
    {
        if (!Enabled || !_probabilities.TryGetValue(kind, out double probability) || Random.NextDouble() >= probability)
        {
            return false;
        }

        Record(kind, what);
        return true;
    }

    /// <summary>Logs a fault that the test injects itself.</summary>
    public void Record(FaultKind kind, string what)
    {
        Counts[kind] = Counts.GetValueOrDefault(kind) + 1;
        Note($"FAULT {kind}: {what}");
    }

    /// <summary>Logs an event that is no fault, to be read beside them.</summary>
    public void Note(string what)
    {
        if (_log.Count >= LogLimit)
        {
            _log.RemoveRange(0, LogLimit / 2);
        }

        _log.Add(string.Create(CultureInfo.InvariantCulture, $"{nowMs() - _startMs,8} ms  {what}"));
    }

    /// <summary>True with this probability, without a log line; also when faults are off.</summary>
    public bool Chance(double probability) => Random.NextDouble() < probability;

    /// <summary>The seed and the last lines of the log, for a failing test.</summary>
    public string Describe(int lines = 120)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"seed {Seed}; faults: {string.Join(", ", Counts.Select(c => $"{c.Key} {c.Value}"))}\n");
        foreach (string line in _log.Skip(Math.Max(0, _log.Count - lines)))
        {
            text.Append(line).Append('\n');
        }

        return text.ToString();
    }
}
