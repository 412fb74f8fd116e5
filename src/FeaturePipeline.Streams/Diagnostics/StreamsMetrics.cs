using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using System.Globalization;
using FeaturePipeline.Streams.Tasks;
using FeaturePipeline.Streams.Threads;
using FeaturePipeline.Streams.Topology;

namespace FeaturePipeline.Streams.Diagnostics;

/// <summary>Every instrument of the runtime. Tasks keep plain counters; the observable instruments read them when collected.</summary>
public static class StreamsMetrics
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "FeaturePipeline.Streams";

    private static readonly Meter Meter = new(MeterName);
    private static ImmutableArray<StreamsRuntime> _runtimes = [];

    /// <summary>Time from the first flush of a commit to its durable end.</summary>
    internal static readonly Histogram<double> CommitDuration = Meter.CreateHistogram<double>(
        "featurepipeline.commit.duration", unit: "s", description: "Time of a commit, from flushing state to the broker's acknowledgement.");

    static StreamsMetrics()
    {
        Meter.CreateObservableGauge("featurepipeline.threads", Threads, "{thread}", "Stream threads by state.");
        Meter.CreateObservableGauge("featurepipeline.tasks", Tasks, "{task}", "Tasks by state.");
        Counter("featurepipeline.task.created", t => t.CreatedTasks, "{task}", "Tasks created.");
        Counter("featurepipeline.task.closed", t => t.ClosedTasks, "{task}", "Tasks closed.");
        Counter("featurepipeline.records.polled", t => t.PolledRecords, "{record}", "Records returned by polls.");
        Counter("featurepipeline.records.sent", t => t.SentRecords, "{record}", "Records sent: features, changelogs, dead letters.");
        Counter("featurepipeline.commits", t => t.Commits, "{commit}", "Commits that made something durable.");
        Counter("featurepipeline.transaction.aborts", t => t.Aborts, "{transaction}", "Transactions aborted.");
        Counter("featurepipeline.retries", t => t.Retries, "{call}", "Calls that got no answer and were repeated.");
        Counter("featurepipeline.rebalance.count", t => t.Rebalances, "{rebalance}", "Times that partitions were taken away.");
        Counter("featurepipeline.restore.records", t => t.RestoredRecords, "{record}", "Changelog records restored.");
        Meter.CreateObservableGauge(
            "featurepipeline.restore.remaining", () => Snapshots().Sum(s => s.Threads.Sum(t => t.RestoreRemaining)), "{record}",
            "Changelog records still to be restored.");
        Meter.CreateObservableCounter("featurepipeline.records.dropped", Dropped, "{record}", "Records skipped by a task, by reason.");
        Meter.CreateObservableGauge(
            "featurepipeline.sessions.open", () => Snapshots().Sum(s => s.Tasks.Sum(t => t.OpenWindows)), "{session}", "Open windows.");
        Counter("featurepipeline.sessions.closed", t => t.ClosedWindows, "{session}", "Windows emitted as final.");
        Meter.CreateObservableGauge("featurepipeline.consumer.lag", Lag, "{record}", "Records between committed position and end, by partition.");
    }

    /// <summary>Shows a runtime's figures from now on.</summary>
    internal static void Register(StreamsRuntime runtime) => ImmutableInterlocked.Update(ref _runtimes, list => list.Add(runtime));

    /// <summary>Shows a runtime's figures no longer.</summary>
    internal static void Unregister(StreamsRuntime runtime) => ImmutableInterlocked.Update(ref _runtimes, list => list.Remove(runtime));

    private static IEnumerable<StreamsSnapshot> Snapshots() => _runtimes.Select(r => r.Snapshot());

    private static void Counter(string name, Func<StreamThreadSnapshot, long> read, string unit, string description) =>
        Meter.CreateObservableCounter(name, () => Snapshots().Sum(s => s.Threads.Sum(read)), unit, description);

    private static IEnumerable<Measurement<int>> Threads() =>
        Snapshots().SelectMany(s => s.Threads).CountBy(t => t.State).Select(g => new Measurement<int>(g.Value, Tag("state", g.Key)));

    private static IEnumerable<Measurement<int>> Tasks() =>
        Snapshots().SelectMany(s => s.Tasks).CountBy(t => t.State).Select(g => new Measurement<int>(g.Value, Tag("state", g.Key)));

    private static IEnumerable<Measurement<long>> Dropped() => Snapshots().SelectMany(s => s.Threads).SelectMany(t => t.Dropped)
        .AggregateBy(pair => pair.Key, 0L, (sum, pair) => sum + pair.Value)
        .Select(sum => new Measurement<long>(sum.Value, new KeyValuePair<string, object?>("reason", sum.Key.ToText())));

    private static IEnumerable<Measurement<long>> Lag() =>
        from task in Snapshots().SelectMany(s => s.Tasks)
        let lag = task.Lag
        where lag.HasValue
        select new Measurement<long>(
            lag.Value,
            new KeyValuePair<string, object?>("topic", task.Source.Topic),
            new KeyValuePair<string, object?>("partition", task.Source.Partition.ToString(CultureInfo.InvariantCulture)));

    private static KeyValuePair<string, object?> Tag<T>(string name, T value)
        where T : struct, Enum => new(name, value.ToString().ToLowerInvariant());
}
