using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Errors;

namespace FeaturePipeline.Tests.Simulation;

/// <summary>Times of the simulated broker, as Kafka's settings of the same names.</summary>
internal sealed record SimulatedBrokerOptions
{
    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromSeconds(6);

    public TimeSpan MaxPollInterval { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan TransactionTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest delay of a transaction's marker when <see cref="FaultKind.SlowMarkers"/> strikes.</summary>
    public TimeSpan MarkerDelayMax { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Longest time that <see cref="FaultKind.BrokerAway"/> lasts.</summary>
    public TimeSpan AwayMax { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>Longest time that a call waits before it gives up: bounds how far one thread's wait moves everybody's clock.</summary>
    public TimeSpan WaitMax { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Partitions of a topic that is created by writing to it; 0 refuses.</summary>
    public int AutoCreatePartitions { get; init; }

    /// <summary>Where a group starts without a committed offset.</summary>
    public bool StartAtEarliest { get; init; } = true;
}

// One broker for everybody: topics, transactions, groups. Single-threaded; time only moves when the clock is moved:
// by the test, or by a call that gives up waiting (then the others did not run meanwhile, but their heartbeats did).
internal sealed class SimulatedBroker
{
    private readonly Dictionary<string, PartitionLog[]> _topics = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ConsumerGroup> _groups = new(StringComparer.Ordinal);
    private readonly PriorityQueue<Action, (long DueMs, int Sequence)> _due = new();
    private readonly List<Action> _background = [];
    private readonly List<byte[]> _arenas = [];
    /// <summary>Calls that one turn of a thread may make: more is a loop without end.</summary>
    public const int CallsMax = 100_000;

    private int _sequence;
    private long _awayUntilMs = long.MinValue;
    private bool _ticking;

    public SimulatedBroker(SimulationClock clock, int seed, SimulatedBrokerOptions? options = null)
    {
        Clock = clock;
        Options = options ?? new SimulatedBrokerOptions();
        Faults = new SimulatedFaults(seed, () => clock.NowMs);
        Transactions = new TransactionCoordinator(this);
    }

    public SimulationClock Clock { get; }

    public SimulatedBrokerOptions Options { get; }

    public SimulatedFaults Faults { get; }

    public TransactionCoordinator Transactions { get; }

    public IEnumerable<ConsumerGroup> Groups => _groups.Values;

    public bool IsAway => Clock.NowMs < _awayUntilMs;

    /// <summary>Counts down with every client call; the call that finds it used up fails.</summary>
    public int CallsLeft { get; set; } = CallsMax;

    public void CreateTopic(string topic, int partitions)
    {
        if (!_topics.ContainsKey(topic))
        {
            _topics[topic] = [.. Enumerable.Range(0, partitions).Select(p => new PartitionLog(new TopicPartition(topic, p)))];
        }
    }

    /// <summary>Deletes a topic with its records; committed offsets stay, as with Kafka for a while.</summary>
    public void DeleteTopic(string topic) => _topics.Remove(topic);

    public int? PartitionCount(string topic) => _topics.TryGetValue(topic, out PartitionLog[]? logs) ? logs.Length : null;

    public PartitionLog Log(TopicPartition partition)
    {
        if (!_topics.TryGetValue(partition.Topic, out PartitionLog[]? logs) && Options.AutoCreatePartitions > 0)
        {
            CreateTopic(partition.Topic, Options.AutoCreatePartitions);
            logs = _topics[partition.Topic];
        }

        return logs is not null && partition.Partition < logs.Length
            ? logs[partition.Partition]
            : throw new StreamsException($"Partition {partition} does not exist on the simulated broker. Create its topic first.");
    }

    public ConsumerGroup Group(string id)
    {
        if (!_groups.TryGetValue(id, out ConsumerGroup? group))
        {
            group = new ConsumerGroup(this, id);
            _groups.Add(id, group);
        }

        return group;
    }

    /// <summary>Appends a record as a producer of the outside world does, without a transaction.</summary>
    public long Append(
        string topic, int partition, byte[]? key, byte[]? value, long timestampMs, IReadOnlyList<RecordHeader>? headers = null) =>
        Log(new TopicPartition(topic, partition)).Append(timestampMs, key, value, headers).Offset;

    /// <summary>Every record of a topic that a consumer of this isolation sees, by partition and offset.</summary>
    public List<(TopicPartition Partition, LogRecord Record)> Visible(string topic, bool readCommitted = true)
    {
        var all = new List<(TopicPartition, LogRecord)>();
        foreach (PartitionLog log in _topics.GetValueOrDefault(topic) ?? [])
        {
            all.AddRange(log.Records
                .Where(r => r.Offset < log.End(readCommitted) && r.IsVisible(readCommitted))
                .Select(r => (log.Partition, r)));
        }

        return all;
    }

    /// <summary>Runs an action when the clock has reached its time and somebody calls the broker.</summary>
    public void Schedule(TimeSpan delay, Action action) => _due.Enqueue(action, (Clock.NowMs + (long)delay.TotalMilliseconds, _sequence++));

    /// <summary>Work that a client does beside its caller: heartbeats, sending. Returns what ends it.</summary>
    public Action RunInBackground(Action work)
    {
        _background.Add(work);
        return () => _background.Remove(work);
    }

    /// <summary>What happens on its own: due events, time-outs, the clients' background work, faults.</summary>
    public void Tick()
    {
        if (_ticking)
        {
            return;
        }

        _ticking = true;
        try
        {
            while (_due.TryPeek(out _, out (long DueMs, int Sequence) at) && at.DueMs <= Clock.NowMs)
            {
                _due.Dequeue()();
            }

            InjectFaults();
            Transactions.Expire();
            if (!IsAway)
            {
                foreach (Action work in _background.ToArray())
                {
                    work();
                }

                foreach (ConsumerGroup group in _groups.Values)
                {
                    group.Tick();
                }
            }
        }
        finally
        {
            _ticking = false;
        }
    }

    /// <summary>Moves the clock and lets happen what falls due on the way.</summary>
    public void Advance(TimeSpan by)
    {
        Clock.Advance(by);
        Tick();
    }

    /// <summary>Throws when the broker is away, after the wait that the caller then had.</summary>
    public void ThrowIfAway(string what, TimeSpan timeout)
    {
        if (IsAway)
        {
            throw Unanswered(what, timeout);
        }
    }

    /// <summary>The exception of a call without an answer; the clock moves as the caller waited.</summary>
    public RetriableException Unanswered(string what, TimeSpan timeout)
    {
        Wait(timeout);
        return new RetriableException($"{what}: no answer from the simulated broker in time. Call again.");
    }

    /// <summary>Moves the clock by a random wait of at most the time-out and <see cref="SimulatedBrokerOptions.WaitMax"/>.</summary>
    public void Wait(TimeSpan timeout)
    {
        double maxMs = Math.Min(timeout.TotalMilliseconds, Options.WaitMax.TotalMilliseconds);
        Advance(TimeSpan.FromMilliseconds(maxMs <= 1 ? 1 : Faults.Random.Next(1, (int)maxMs + 1)));
    }

    /// <summary>The broker does not answer for this time.</summary>
    public void GoAway(TimeSpan duration) => _awayUntilMs = Clock.NowMs + (long)duration.TotalMilliseconds;

    /// <summary>Pinned memory that is never given back while the broker lives, so that a stale pointer reads garbage, not chaos.</summary>
    public byte[] AllocateArena(int bytes)
    {
        byte[] arena = GC.AllocateUninitializedArray<byte>(bytes, pinned: true);
        _arenas.Add(arena);
        return arena;
    }

    private void InjectFaults()
    {
        if (!IsAway && Faults.Strikes(FaultKind.BrokerAway, "the broker goes away"))
        {
            GoAway(TimeSpan.FromMilliseconds(Faults.Random.Next(1, (int)Options.AwayMax.TotalMilliseconds)));
        }

        foreach (ConsumerGroup group in _groups.Values)
        {
            if (group.Members.Count > 0 && Faults.Strikes(FaultKind.ForcedRebalance, $"group {group.Id} rebalances"))
            {
                group.StartRebalance("forced");
            }
        }

        if (Faults[FaultKind.Compaction] > 0 && _topics.Count > 0)
        {
            PartitionLog[] logs = _topics.Values.ElementAt(Faults.Random.Next(_topics.Count));
            if (logs[0].Partition.Topic.EndsWith("-changelog", StringComparison.Ordinal) && Faults.Strikes(FaultKind.Compaction, logs[0].Partition.Topic))
            {
                logs[Faults.Random.Next(logs.Length)].Compact();
            }
        }
    }
}
