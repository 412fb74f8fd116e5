using System.Globalization;
using FeaturePipeline.Streams;
using FeaturePipeline.Streams.Tasks;
using FeaturePipeline.Streams.Threads;

namespace FeaturePipeline.Health;

/// <summary>What the probes are computed from. Written by the worker, read by requests; thread-safe.</summary>
/// <remarks>Nothing here asks a broker or a registry: a probe answers at once, whatever is away.</remarks>
internal sealed class HealthState
{
    private volatile bool _isTopologyBuilt;
    private volatile bool _isStopping;
    private volatile bool _hasBeenReady;
    private volatile string? _failure;
    private volatile Func<RuntimeHealth>? _runtime;

    /// <summary>The broker, as start-up saw it.</summary>
    public DependencyHealth Broker { get; } = new();

    /// <summary>The schema registry, as start-up saw it.</summary>
    public DependencyHealth Registry { get; } = new();

    /// <summary>The configuration is valid and the topology built.</summary>
    public void TopologyBuilt() => _isTopologyBuilt = true;

    /// <summary>The runtime exists; from now on its threads count.</summary>
    /// <param name="snapshot">Reads the runtime's state without waiting.</param>
    /// <param name="brokerError">What the clients have against the broker right now; null when all is well.</param>
    public void RuntimeStarted(Func<RuntimeHealth> snapshot, Func<string?> brokerError)
    {
        Broker.Watch(brokerError);
        _runtime = snapshot;
    }

    /// <summary>Shutdown began: not ready any more.</summary>
    public void Stopping() => _isStopping = true;

    /// <summary>The worker can't go on.</summary>
    /// <param name="message">One line.</param>
    public void Failed(string message) => _failure = message;

    /// <summary>Computes the probes.</summary>
    public HealthReport Read()
    {
        RuntimeHealth? runtime = _runtime?.Invoke();
        bool started = _isTopologyBuilt && Broker.WasReached && Registry.WasReached;
        if (runtime is { IsRestored: true })
        {
            // Restores of later rebalances do not take readiness away.
            _hasBeenReady = true;
        }

        // Threads that end while the worker stops are no failure.
        string? deadThread = _isStopping ? null : runtime?.Problem;
        return new HealthReport(
            IsStarted: started,
            IsReady: started && _hasBeenReady && !_isStopping && _failure is null,
            IsLive: _failure is null && deadThread is null,
            IsStopping: _isStopping,
            Failure: _failure ?? deadThread,
            Broker: Broker.Read(),
            Registry: Registry.Read(),
            Runtime: runtime);
    }
}

/// <summary>Whether something that we need answers.</summary>
internal sealed class DependencyHealth
{
    private volatile bool _wasReached;
    private volatile string? _error;
    private volatile Func<string?>? _watch;

    /// <summary>Whether it has ever answered.</summary>
    public bool WasReached => _wasReached;

    /// <summary>It answered.</summary>
    public void Reached()
    {
        _error = null;
        _wasReached = true;
    }

    /// <summary>It did not answer.</summary>
    /// <param name="error">One line.</param>
    public void Missed(string error) => _error = error;

    /// <summary>From now on somebody else knows better.</summary>
    /// <param name="error">What is wrong right now; null when it answers.</param>
    public void Watch(Func<string?> error) => _watch = error;

    /// <summary>State for the report.</summary>
    public DependencyReport Read()
    {
        string? error = _watch is { } watch ? watch() : _error;
        return new DependencyReport(error is not null ? "down" : _wasReached ? "up" : "not reached yet", error);
    }
}

/// <summary>State of a dependency.</summary>
/// <param name="Status">up, down, or not reached yet.</param>
/// <param name="Error">Why, when it is down.</param>
internal sealed record DependencyReport(string Status, string? Error);

/// <summary>State of the runtime.</summary>
/// <param name="IsRestored">Every thread has its assignment, and every task of it runs.</param>
/// <param name="Problem">A thread that failed or stands still, or null.</param>
/// <param name="Trouble">What a thread waits for at the moment, or null.</param>
/// <param name="Threads">Threads by state.</param>
/// <param name="Tasks">Tasks by state.</param>
/// <param name="RestoreRemaining">Changelog records still to read.</param>
internal sealed record RuntimeHealth(
    bool IsRestored,
    string? Problem,
    string? Trouble,
    IReadOnlyDictionary<string, int> Threads,
    IReadOnlyDictionary<string, int> Tasks,
    long RestoreRemaining)
{
    // An instance beyond the number of partitions gets no task, and is ready all the same: nothing is left to wait for then.
    private static readonly TimeSpan s_longestJoin = TimeSpan.FromSeconds(20);

    /// <summary>Judges a snapshot.</summary>
    /// <param name="snapshot">What the runtime does.</param>
    /// <param name="sinceStart">Time since the runtime was started.</param>
    public static RuntimeHealth Of(StreamsSnapshot snapshot, TimeSpan sinceStart)
    {
        StreamTaskSnapshot[] tasks = [.. snapshot.Tasks];
        StreamThreadSnapshot? bad = snapshot.Threads.FirstOrDefault(thread => thread.IsStuck || thread.State == StreamThreadState.Dead);
        string? problem = bad switch
        {
            null => null,
            { IsStuck: true } => string.Create(CultureInfo.InvariantCulture, $"{bad.Name} has not moved for {bad.SinceBeat.TotalSeconds:0} s"),
            _ => $"{bad.Name} has ended",
        };
        return new RuntimeHealth(
            IsRestored: snapshot.Threads.All(thread => thread.State == StreamThreadState.Running)
                && tasks.All(task => task.State == TaskState.Running)
                && (tasks.Length > 0 || sinceStart > s_longestJoin),
            problem,
            snapshot.Threads.Select(thread => thread.Trouble).FirstOrDefault(trouble => trouble is not null) ?? Parked(tasks),
            snapshot.Threads.CountBy(thread => thread.State.ToString()).ToDictionary(),
            tasks.CountBy(task => task.State.ToString()).ToDictionary(),
            snapshot.Threads.Sum(thread => thread.RestoreRemaining));
    }

    private static string? Parked(StreamTaskSnapshot[] tasks)
    {
        string ids = string.Join(", ", tasks.Where(task => task.IsParked).Select(task => task.Id));
        return ids.Length == 0 ? null : $"the schema of the next record of tasks {ids}";
    }
}

/// <summary>The probes and what they were computed from.</summary>
/// <param name="IsStarted">Configuration valid, topology built, broker and registry reached once.</param>
/// <param name="IsReady">The first restore is complete and shutdown has not begun.</param>
/// <param name="IsLive">No thread failed or stands still.</param>
/// <param name="IsStopping">Shutdown began.</param>
/// <param name="Failure">What is not live, or null.</param>
/// <param name="Broker">The broker.</param>
/// <param name="Registry">The registry.</param>
/// <param name="Runtime">The runtime; null before it started.</param>
internal sealed record HealthReport(
    bool IsStarted,
    bool IsReady,
    bool IsLive,
    bool IsStopping,
    string? Failure,
    DependencyReport Broker,
    DependencyReport Registry,
    RuntimeHealth? Runtime);
