using System.Globalization;
using System.Text;
using FeaturePipeline.Streams;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Tasks;
using FeaturePipeline.Streams.Threads;
using FeaturePipeline.Streams.Windows;
using Topology = FeaturePipeline.Streams.Topology.Topology;

namespace FeaturePipeline.Tests.Simulation;

/// <summary>What one simulation is like, apart from what its seed decides.</summary>
internal sealed record SimulationSettings
{
    public ProcessingGuarantee Guarantee { get; init; } = ProcessingGuarantee.ExactlyOnce;

    /// <summary>Whether anything goes wrong at all.</summary>
    public bool HasFaults { get; init; } = true;

    public int TurnsMax { get; init; } = 250;
}

// One simulation: workers over one broker, stepped in random order by one seed, everything going wrong; then the faults stop, the
// input ends, and what is left has to be drained. Same seed, same history.
internal sealed class SimulationRun
{
    public const string ApplicationId = "app";
    private const int DrainTurnsMax = 4_000;
    private readonly SimulationSettings _settings;
    private readonly Random _random;
    private readonly SimulationClock _clock = new();
    private readonly Topology _topology;
    private readonly StreamsOptions _options;
    private readonly List<SimulationWorker> _workers = [];
    private readonly int _partitions;
    private readonly int _workersMax;
    private readonly int _threadsMax;
    private readonly SessionWindows[] _windows;
    private readonly long _openMsMax;
    private readonly bool _endsByIdleness;
    private readonly double _crashProbability;
    private readonly double _preemptProbability;
    private readonly SimulationInput _input;
    private volatile StreamThread[] _threadsEver = [];
    private int _depth;

    public SimulationRun(int seed, SimulationSettings? settings = null)
    {
        _settings = settings ?? new SimulationSettings();
        Broker = new SimulatedBroker(_clock, seed);
        _random = Broker.Faults.Random;
        _partitions = _random.Next(1, 5);
        _workersMax = _random.Next(1, 4);
        _threadsMax = _random.Next(1, 3);
        _windows = [.. Enumerable.Range(0, _random.Next(1, 3)).Select(_ => new SessionWindows(
            _random.Next(3) == 0 ? 0 : _random.Next(1, 2_000), _random.Next(3) == 0 ? 0 : _random.Next(1, 2_000)))];
        _openMsMax = _windows.Max(w => w.GapMs + w.GraceMs);
        _endsByIdleness = _random.Next(3) == 0;
        _input = new SimulationInput(Broker, _partitions, isTransactional: _random.Next(3) == 0);
        if (_settings.HasFaults)
        {
            DrawFaults();
            _crashProbability = _random.Next(3) == 0 ? 0 : 0.002 * _random.NextDouble();
            _preemptProbability = _random.Next(3) == 0 ? 0 : 0.03 * _random.NextDouble();
        }

        _topology = SimulationTopology.Build(
            _windows, () => _settings.HasFaults && Broker.Faults.Enabled && _random.Next(200) == 0);
        _options = new StreamsOptions
        {
            ApplicationId = ApplicationId,
            ProcessingGuarantee = _settings.Guarantee,
            CommitInterval = TimeSpan.FromMilliseconds(_random.Next(1, 200)),
            ClosedBetweenCommitsMax = _random.Next(1, 5),
            MaxFutureSkew = TimeSpan.Zero,
            IdleAfter = _endsByIdleness ? TimeSpan.FromHours(2) : TimeSpan.Zero,
            DeadLetterTopic = SimulationTopology.DeadLetters,
            LateTopic = SimulationTopology.Late,
        };
        Broker.CreateTopic(SimulationTopology.Source, _partitions);
        for (int i = 0; i < _windows.Length; i++)
        {
            Broker.CreateTopic(_options.ChangelogTopic(SimulationTopology.Store(i)), _partitions);
            Broker.CreateTopic(SimulationTopology.Sink(i), _random.Next(1, 4));
        }

        Broker.CreateTopic(SimulationTopology.DeadLetters, 1);
        Broker.CreateTopic(SimulationTopology.Late, 2);
    }

    public SimulatedBroker Broker { get; }

    /// <summary>What every thread so far does and has done. Safe to call from any thread.</summary>
    public StreamsSnapshot Snapshot() => StreamsSnapshot.Of(_threadsEver, TimeProvider.System, _options);

    // Without transactions nothing fences a member that was taken for dead: what it writes when it wakes up overwrites its successor's
    // state. At-least-once holds for processes that die, not for those that come back.
    private bool CanFreeze => _preemptProbability > 0 && _settings.Guarantee == ProcessingGuarantee.ExactlyOnce;

    private IEnumerable<(SimulationWorker Worker, SteppedThread Thread)> Steppable => _workers
        .Where(w => w.CanStep).SelectMany(w => w.Threads, (w, t) => (w, t)).Where(p => !p.t.IsOnStack);

    /// <summary>Runs the whole history and returns what should have come out.</summary>
    public SimulationModel Run()
    {
        StartWorker();
        int turns = _random.Next(_settings.TurnsMax / 4, _settings.TurnsMax);
        for (int turn = 0; turn < turns; turn++)
        {
            if (_random.Next(3) == 0)
            {
                _input.Produce(_random.Next(1, 8));
            }

            if (_settings.HasFaults)
            {
                Disturb();
            }

            StepAny();
            Broker.Advance(TimeSpan.FromMilliseconds(_random.Next(20) == 0 ? _random.Next(1_000) : _random.Next(40)));
        }

        Drain();
        return SimulationModel.Of(Broker, _windows, closeAll: _endsByIdleness);
    }

    /// <summary>Sessions that somebody who restores from the changelog finds; the reserved key of stream time is one byte long.</summary>
    public int SessionsInChangelog() => Enumerable.Range(0, _windows.Length)
        .SelectMany(i => Broker.Visible(_options.ChangelogTopic(SimulationTopology.Store(i))))
        .Where(r => r.Record.Key!.Length > 1)
        .GroupBy(r => (r.Partition, Convert.ToHexString(r.Record.Key!)), r => r.Record)
        .Count(g => g.Last().Value is not null);

    /// <summary>The finals that a read_committed consumer reads.</summary>
    public List<string> ActualFinals() => SimulationModel.ActualFinals(Broker, _windows.Length);

    /// <summary>Seed, faults, the last events, and what each thread and task is doing: for a failing test.</summary>
    public string Describe()
    {
        var text = new StringBuilder(Broker.Faults.Describe());
        text.Append(CultureInfo.InvariantCulture, $"{_partitions} partitions, {string.Join(", ", (object[])_windows)}, ")
            .Append(CultureInfo.InvariantCulture, $"commit each {_options.CommitInterval.TotalMilliseconds} ms, ends by idleness: {_endsByIdleness}\n");
        foreach (SteppedThread stepped in _workers.SelectMany(w => w.Threads))
        {
            StreamThread thread = stepped.Thread;
            text.Append(CultureInfo.InvariantCulture, $"thread {thread.Name} {thread.State}, trouble: {thread.Trouble}\n");
            foreach (StreamTask task in thread.Tasks.Tasks)
            {
                text.Append(CultureInfo.InvariantCulture, $"  task {task.Id} {task.State} at {task.Position}, committed {task.CommittedPosition}, ")
                    .Append(CultureInfo.InvariantCulture, $"stream time {task.StreamTimeMs}, {string.Join('+', task.Stores.Select(t => t.Count))} open\n");
            }
        }

        return text.ToString();
    }

    private void DrawFaults()
    {
        foreach (FaultKind kind in Enum.GetValues<FaultKind>())
        {
            // Of each kind: not at all, seldom, or often.
            double scale = kind switch
            {
                FaultKind.EmptyPoll or FaultKind.ShortPoll or FaultKind.SlowMarkers or FaultKind.StaleBatch => 0.6,
                FaultKind.SendRefused or FaultKind.DeliveryFailed or FaultKind.QueueFull => 0.03,
                FaultKind.ForcedRebalance or FaultKind.BrokerAway => 0.001,
                FaultKind.TransactionTimeout or FaultKind.Compaction => 0.01,
                _ => 0.2,
            };
            Broker.Faults[kind] = _random.Next(3) == 0 ? 0 : scale * _random.NextDouble() * _random.NextDouble();
        }
    }

    private void StartWorker()
    {
        string name = Enumerable.Range(0, _workersMax).Select(i => $"w{i}").First(n => _workers.TrueForAll(w => w.Name != n));
        StartWorker(name);
    }

    private void StartWorker(string name)
    {
        var worker = new SimulationWorker(Broker, name, _random.Next(1, _threadsMax + 1), _topology, _options, Preempt, Pause);
        worker.Clients.CrashProbability = _crashProbability;
        worker.Clients.PreemptProbability = _preemptProbability;
        _workers.Add(worker);
        _threadsEver = [.. _threadsEver, .. worker.Threads.Select(t => t.Thread)];
    }

    private void Disturb()
    {
        if (_workers.Count < _workersMax && _random.Next(15) == 0)
        {
            StartWorker();
        }

        SimulationWorker? victim = _workers.Count == 0 ? null : _workers[_random.Next(_workers.Count)];
        if (victim is not null && victim.CanStep && _crashProbability > 0 && _random.Next(120) == 0)
        {
            victim.Clients.Crash();
        }
        else if (victim is not null && victim.CanStep && _random.Next(150) == 0)
        {
            victim.RequestStop(TimeSpan.FromSeconds(5));
        }
        else if (victim is not null && victim.CanStep && CanFreeze && _random.Next(120) == 0)
        {
            FreezeForAWhile(victim);
        }

        Bury();
    }

    private void FreezeForAWhile(SimulationWorker worker)
    {
        worker.Clients.Freeze();
        TimeSpan length = TimeSpan.FromMilliseconds(_random.Next(12_000));
        Broker.Schedule(length, worker.Clients.Thaw);
        if (!worker.IsReplaced && _random.Next(3) == 0)
        {
            // Somebody takes it for dead and starts it anew under its name; the zombie wakes up, and dies a little later.
            worker.IsReplaced = true;
            Broker.Schedule(length + TimeSpan.FromMilliseconds(_random.Next(500)), worker.Clients.Crash);
            StartWorker(worker.Name);
        }
    }

    private void Bury() => _workers.RemoveAll(w => (w.Clients.IsCrashed || w.IsStopped) && w.Threads.All(t => !t.IsOnStack));

    private void StepAny()
    {
        (SimulationWorker Worker, SteppedThread Thread)[] all = [.. Steppable];
        if (all.Length > 0)
        {
            (SimulationWorker worker, SteppedThread thread) = all[_random.Next(all.Length)];
            Broker.CallsLeft = SimulatedBroker.CallsMax;
            worker.Step(thread);
        }
    }

    // In the middle of a call of one process the others go on; sometimes so long that it has lost everything meanwhile.
    private void Preempt(SimulatedClients clients)
    {
        if (_depth >= 2)
        {
            return;
        }

        _depth++;
        bool isFrozen = CanFreeze && _random.Next(4) == 0;
        if (isFrozen)
        {
            clients.Freeze();
        }

        int turns = isFrozen ? _random.Next(10, 80) : _random.Next(1, 6);
        for (int i = 0; i < turns; i++)
        {
            StepAny();
            Broker.Advance(TimeSpan.FromMilliseconds(_random.Next(isFrozen ? 400 : 20)));
        }

        if (isFrozen)
        {
            clients.Thaw();
        }

        _depth--;
    }

    // A thread that waits lets time pass, and the others run.
    private void Pause(SimulationWorker worker, TimeSpan wait)
    {
        if (Broker.Faults.Enabled && _random.Next(40) == 0)
        {
            worker.RequestStop(TimeSpan.FromMilliseconds(_random.Next(3_000)));
        }

        Broker.Advance(wait > TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : wait);
        if (_depth < 2)
        {
            _depth++;
            StepAny();
            _depth--;
        }
    }

    private void Drain()
    {
        Broker.Faults.Enabled = false;
        Broker.Faults.Note("---- the faults stop, the input ends ----");
        _workers.FindAll(w => w.IsReplaced).ForEach(w => w.Clients.Crash());
        _workers.FindAll(w => w.Clients.IsFrozen).ForEach(w => w.Clients.Thaw());
        for (int i = 0; i < 100 && Broker.IsAway; i++)
        {
            Broker.Advance(TimeSpan.FromSeconds(1));
        }

        for (int p = 0; p < _partitions && !_endsByIdleness; p++)
        {
            _input.ProduceEnd(p, _openMsMax + 1);
        }

        DrainTo(() => _workers.TrueForAll(w => !w.IsStopping), "workers that were told to stop have ended");
        if (_workers.Count == 0)
        {
            StartWorker();
        }

        DrainTo(HasDrained, "the input is processed and committed");
        if (_endsByIdleness)
        {
            TimeSpan step = TimeSpan.FromSeconds(50);
            for (TimeSpan idle = TimeSpan.Zero; idle < _options.IdleAfter + TimeSpan.FromMilliseconds(_openMsMax + 900_000); idle += step)
            {
                // Twice: a commit between two closings leaves the rest to the next turn, and the step outlasts a transaction.
                StepAll();
                Broker.Advance(_options.CommitInterval);
                StepAll();
                Broker.Advance(step);
            }

            DrainTo(HasDrained, "idle sessions are closed and committed");
        }
    }

    private void DrainTo(Func<bool> isDone, string what)
    {
        for (int turn = 0; turn < DrainTurnsMax; turn++)
        {
            Bury();
            if (isDone())
            {
                return;
            }

            StepAll();
            Broker.Advance(TimeSpan.FromMilliseconds(20));
        }

        throw new SimulationContractException($"After {DrainTurnsMax} turns without faults it is not true that {what}.");
    }

    private void StepAll()
    {
        foreach ((SimulationWorker worker, SteppedThread thread) in Steppable.ToArray())
        {
            Broker.CallsLeft = SimulatedBroker.CallsMax;
            worker.Step(thread);
        }
    }

    private bool HasDrained()
    {
        ConsumerGroup group = Broker.Group(ApplicationId);
        return Broker.Transactions.States.All(s => !s.IsPending && s.Status != TransactionStatus.Ongoing)
            && Enumerable.Range(0, _partitions).Select(p => new TopicPartition(SimulationTopology.Source, p)).All(p =>
                group.IsStable(p) && (group.Committed(p) ?? 0) == Broker.Log(p).LastStable)
            && Steppable.All(s => s.Thread.Thread.Tasks.AllRunning && s.Thread.Thread.Tasks.Tasks.All(t => !t.IsDirty));
    }
}
