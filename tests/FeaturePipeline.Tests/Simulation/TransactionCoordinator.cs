using FeaturePipeline.Streams.Clients;

namespace FeaturePipeline.Tests.Simulation;

/// <summary>The coordinator's answer to a producer.</summary>
internal enum CoordinatorAnswer
{
    Ok,

    /// <summary>The markers of the transaction before are still being written: ask again (CONCURRENT_TRANSACTIONS).</summary>
    Concurrent,

    /// <summary>A newer producer of this transactional id took over (PRODUCER_FENCED).</summary>
    Fenced,

    /// <summary>The transaction timed out and was aborted; the epoch is bumped (INVALID_PRODUCER_EPOCH).</summary>
    TimedOut,

    /// <summary>The request does not fit the transaction's state (INVALID_TXN_STATE).</summary>
    InvalidState,
}

internal enum TransactionStatus
{
    Empty,
    Ongoing,
    PrepareCommit,
    PrepareAbort,
    CompleteCommit,
    CompleteAbort,
}

/// <summary>One transactional id, as the coordinator knows it.</summary>
internal sealed class TransactionState(string id, long producerId)
{
    public string Id { get; } = id;

    public long ProducerId { get; } = producerId;

    public short Epoch { get; set; } = -1;

    public TransactionStatus Status { get; set; }

    /// <summary>The epoch whose transaction timed out: its producer may come back with a new one (KIP-588).</summary>
    public short TimedOutEpoch { get; set; } = -1;

    public long StartMs { get; set; }

    public HashSet<TopicPartition> Partitions { get; } = [];

    public HashSet<string> Groups { get; } = [];

    public bool IsPending => Status is TransactionStatus.PrepareCommit or TransactionStatus.PrepareAbort;
}

// Transactions: the decision is durable at once (Prepare...), its markers reach each partition and the offsets topic
// later, each at its own time. Invariants: one epoch at a time may write; a decision is never changed.
internal sealed class TransactionCoordinator(SimulatedBroker broker)
{
    private readonly Dictionary<string, TransactionState> _states = new(StringComparer.Ordinal);

    public IEnumerable<TransactionState> States => _states.Values;

    /// <summary>InitProducerId: fences the epoch before, ends what it left open.</summary>
    public CoordinatorAnswer Init(string id, out long producerId, out short epoch)
    {
        if (!_states.TryGetValue(id, out TransactionState? state))
        {
            state = new TransactionState(id, 1_000 + _states.Count);
            _states.Add(id, state);
        }

        producerId = state.ProducerId;
        epoch = -1;
        if (state.Status == TransactionStatus.Ongoing)
        {
            state.Epoch++;
            End(state, commit: false, "fenced by InitTransactions");
        }

        if (state.IsPending)
        {
            return CoordinatorAnswer.Concurrent;
        }

        epoch = ++state.Epoch;
        state.TimedOutEpoch = -1;
        state.Status = TransactionStatus.Empty;
        return CoordinatorAnswer.Ok;
    }

    /// <summary>InitProducerId by the producer itself after its transaction timed out: a new epoch, unless somebody was faster.</summary>
    public CoordinatorAnswer Recover(string id, short epoch, out short newEpoch)
    {
        TransactionState state = _states[id];
        newEpoch = epoch;
        if (epoch != state.Epoch && epoch != state.TimedOutEpoch)
        {
            return CoordinatorAnswer.Fenced;
        }

        return Init(id, out _, out newEpoch);
    }

    /// <summary>AddPartitionsToTxn.</summary>
    public CoordinatorAnswer AddPartition(string id, short epoch, TopicPartition partition) =>
        Enlist(id, epoch, state => state.Partitions.Add(partition));

    /// <summary>AddOffsetsToTxn.</summary>
    public CoordinatorAnswer AddGroup(string id, short epoch, string group) => Enlist(id, epoch, state => state.Groups.Add(group));

    /// <summary>Whether this epoch may write.</summary>
    public CoordinatorAnswer Check(string id, short epoch)
    {
        TransactionState state = _states[id];
        if (epoch == state.Epoch)
        {
            return CoordinatorAnswer.Ok;
        }

        return epoch == state.TimedOutEpoch ? CoordinatorAnswer.TimedOut : CoordinatorAnswer.Fenced;
    }

    /// <summary>EndTxn; repeating it gives the same answer.</summary>
    public CoordinatorAnswer EndTransaction(string id, short epoch, bool commit)
    {
        CoordinatorAnswer answer = Check(id, epoch);
        if (answer != CoordinatorAnswer.Ok)
        {
            return answer;
        }

        TransactionState state = _states[id];
        switch (state.Status)
        {
            case TransactionStatus.Ongoing:
                End(state, commit, "EndTxn");
                return CoordinatorAnswer.Ok;
            case TransactionStatus.PrepareCommit or TransactionStatus.CompleteCommit:
                return commit ? CoordinatorAnswer.Ok : CoordinatorAnswer.InvalidState;
            case TransactionStatus.PrepareAbort or TransactionStatus.CompleteAbort:
                return commit ? CoordinatorAnswer.InvalidState : CoordinatorAnswer.Ok;
            default:
                return CoordinatorAnswer.InvalidState;
        }
    }

    /// <summary>Aborts transactions that are older than the time-out, or that the fault takes.</summary>
    public void Expire()
    {
        foreach (TransactionState state in _states.Values)
        {
            if (state.Status == TransactionStatus.Ongoing
                && (broker.Clock.NowMs - state.StartMs > broker.Options.TransactionTimeout.TotalMilliseconds
                    || broker.Faults.Strikes(FaultKind.TransactionTimeout, state.Id)))
            {
                TimeOut(state);
            }
        }
    }

    /// <summary>Aborts an open transaction as its time-out does.</summary>
    public void TimeOut(TransactionState state)
    {
        state.TimedOutEpoch = state.Epoch;
        state.Epoch++;
        End(state, commit: false, "timed out");
    }

    private CoordinatorAnswer Enlist(string id, short epoch, Action<TransactionState> add)
    {
        CoordinatorAnswer answer = Check(id, epoch);
        if (answer != CoordinatorAnswer.Ok)
        {
            return answer;
        }

        TransactionState state = _states[id];
        if (state.IsPending)
        {
            return CoordinatorAnswer.Concurrent;
        }

        if (state.Status != TransactionStatus.Ongoing)
        {
            state.Status = TransactionStatus.Ongoing;
            state.StartMs = broker.Clock.NowMs;
        }

        add(state);
        return CoordinatorAnswer.Ok;
    }

    private void End(TransactionState state, bool commit, string why)
    {
        state.Status = commit ? TransactionStatus.PrepareCommit : TransactionStatus.PrepareAbort;
        broker.Faults.Note($"transaction {state.Id} epoch {state.Epoch}: {state.Status} ({why})");
        long producerId = state.ProducerId;
        short epoch = state.Epoch;
        var markers = new List<Action>();
        markers.AddRange(state.Partitions.Select<TopicPartition, Action>(p =>
            () => broker.Log(p).AppendMarker(producerId, epoch, commit, broker.Clock.NowMs)));
        markers.AddRange(state.Groups.Select<string, Action>(g =>
            () => broker.Group(g).CompleteTransaction(producerId, commit)));
        state.Partitions.Clear();
        state.Groups.Clear();
        bool isSlow = broker.Faults.Strikes(FaultKind.SlowMarkers, $"{markers.Count} of {state.Id}");
        int left = markers.Count;
        foreach (Action marker in markers)
        {
            void Write()
            {
                marker();
                if (--left == 0)
                {
                    state.Status = commit ? TransactionStatus.CompleteCommit : TransactionStatus.CompleteAbort;
                }
            }

            if (isSlow)
            {
                broker.Schedule(TimeSpan.FromMilliseconds(broker.Faults.Random.Next((int)broker.Options.MarkerDelayMax.TotalMilliseconds)), Write);
            }
            else
            {
                Write();
            }
        }
    }
}
