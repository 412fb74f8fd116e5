using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Errors;

namespace FeaturePipeline.Tests.Simulation;

// A consumer. Its membership (SimulatedMembership) goes on in the background; callbacks run inside Poll, Close and Unsubscribe.
internal sealed class SimulatedConsumer : IStreamsConsumer
{
    private readonly SimulatedClients _clients;
    private readonly SimulatedBroker _broker;
    private readonly string _clientId;
    private readonly SimulatedMembership? _membership;
    private readonly Dictionary<TopicPartition, ConsumerPosition> _assigned = [];
    private readonly BatchArenas _arenas;
    private readonly SimulatedFetcher _fetcher;
    private SimulatedBatch? _batch;
    private bool _isPolling;
    private bool _isClosed;

    public SimulatedConsumer(SimulatedClients clients, string clientId, string? groupId)
    {
        _clients = clients;
        _broker = clients.Broker;
        _clientId = clientId;
        _arenas = new BatchArenas(clients.Broker);
        _membership = groupId is null ? null : new SimulatedMembership(clients, clientId, _broker.Group(groupId), () => _assigned.Keys);
        _fetcher = new SimulatedFetcher(_broker, clientId, _membership?.Group);
    }

    public GroupMetadata GroupMetadata
    {
        get
        {
            ThrowIfClosed();
            return Membership.Metadata.MemberId.Length > 0
                ? new GroupMetadata(Membership.Metadata)
                : throw new TaskMigratedException($"{_clientId} is no member of its group now.");
        }
    }

    /// <summary>Partitions assigned now, for tests.</summary>
    public IReadOnlyCollection<TopicPartition> Assignment => _assigned.Keys;

    private SimulatedMembership Membership =>
        _membership ?? throw new SimulationContractException($"{_clientId} has no group.");

    public void Subscribe(IReadOnlyCollection<string> topics, RebalanceCallbacks callbacks)
    {
        Enter("Subscribe");
        Membership.Subscribe(topics, callbacks);
    }

    public void Unsubscribe()
    {
        Enter("Unsubscribe");
        GiveUpAll();
    }

    public void Assign(IReadOnlyCollection<TopicPartitionOffset> positions)
    {
        Enter("Assign");
        if (_membership?.IsSubscribed == true)
        {
            throw new SimulationContractException($"{_clientId}: Assign of a subscribed consumer.");
        }

        _assigned.Clear();
        foreach (TopicPartitionOffset position in positions)
        {
            _assigned.Add(position.TopicPartition, new ConsumerPosition { Next = position.Offset });
        }
    }

    public RecordBatch Poll(TimeSpan timeout)
    {
        if (_isPolling)
        {
            throw new SimulationContractException($"{_clientId}: Poll inside a callback of Poll.");
        }

        Enter("Poll");
        _isPolling = true;
        try
        {
            ReleaseBatch();
            _membership?.Poll();
            var records = new List<(PartitionLog Log, LogRecord Record)>();
            var ends = new List<TopicPartitionOffset>();
            bool isStale = _membership?.HasCallbacks == true && _broker.Faults.Strikes(FaultKind.StaleBatch, _clientId);
            if (isStale)
            {
                _fetcher.Fetch(_assigned, records, ends);
                ServeCallbacks();
                DropMoved(records, ends);
            }
            else
            {
                ServeCallbacks();
                _fetcher.Fetch(_assigned, records, ends);
            }

            if (_membership is not null && _broker.Faults.Strikes(FaultKind.PollFailed, _clientId))
            {
                SimulatedFetcher.Rewind(_assigned, records, ends);
                throw new RetriableException($"{_clientId}: Poll failed after its callbacks; its records come again.");
            }

            _batch = new SimulatedBatch(records, ends, _arenas.Take(SimulatedBatch.BytesOf(records)));
            return _batch;
        }
        finally
        {
            _isPolling = false;
        }
    }

    public void Pause(IReadOnlyCollection<TopicPartition> partitions)
    {
        foreach (TopicPartition partition in partitions)
        {
            Assigned(partition, "Pause").IsPaused = true;
        }
    }

    public void Resume(IReadOnlyCollection<TopicPartition> partitions)
    {
        foreach (TopicPartition partition in partitions)
        {
            Assigned(partition, "Resume").IsPaused = false;
        }
    }

    public void Seek(TopicPartitionOffset position)
    {
        ConsumerPosition state = Assigned(position.TopicPartition, "Seek");
        state.Next = position.Offset;
        state.ReportedEnd = null;
        state.Moves++;
    }

    public IReadOnlyDictionary<TopicPartition, long?> Committed(IReadOnlyCollection<TopicPartition> partitions, TimeSpan timeout)
    {
        Enter("Committed");
        _broker.ThrowIfAway("Committed", timeout);
        if (_broker.Faults.Strikes(FaultKind.CommittedTimeout, _clientId) || !partitions.All(Membership.Group.IsStable))
        {
            throw _broker.Unanswered("Committed", timeout);
        }

        return partitions.ToDictionary(p => p, Membership.Group.Committed);
    }

    public Watermarks QueryWatermarks(TopicPartition partition, TimeSpan timeout)
    {
        Enter("QueryWatermarks");
        _broker.ThrowIfAway("QueryWatermarks", timeout);
        if (_broker.Faults.Strikes(FaultKind.WatermarksTimeout, _clientId))
        {
            throw _broker.Unanswered("QueryWatermarks", timeout);
        }

        PartitionLog log = _broker.Log(partition);
        return new Watermarks(log.Low, log.High, log.LastStable);
    }

    public long? LastSeenEnd(TopicPartition partition) => _assigned.TryGetValue(partition, out ConsumerPosition? state) ? state.SeenEnd : null;

    public void Commit(IReadOnlyCollection<TopicPartitionOffset> positions)
    {
        Enter("Commit");
        TimeSpan timeout = _broker.Options.WaitMax;
        _broker.ThrowIfAway("Commit", timeout);
        bool unanswered = _broker.Faults.Strikes(FaultKind.OffsetCommitTimeout, _clientId);
        if (unanswered && _broker.Faults.Chance(0.5))
        {
            throw _broker.Unanswered("Commit", timeout);
        }

        SimulatedGroupMetadata me = Membership.Metadata;
        switch (me.Group.Commit(me.MemberId, me.Generation, positions))
        {
            case GroupAnswer.Ok:
                break;
            case GroupAnswer.RebalanceInProgress:
                throw _broker.Unanswered("Commit during a rebalance", timeout);
            default:
                throw new TaskMigratedException($"{_clientId} is no member of generation {me.Generation} any more.");
        }

        _clients.Leave("Commit");
        if (unanswered)
        {
            throw _broker.Unanswered("Commit", timeout);
        }
    }

    public void Close()
    {
        if (_isClosed)
        {
            return;
        }

        Enter("Close");
        GiveUpAll();
        Dispose();
    }

    /// <summary>Without <see cref="Close"/> the member is not told off: the broker finds out by its session time-out.</summary>
    public void Dispose()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            _membership?.Stop();
            ReleaseBatch();
        }
    }

    private void GiveUpAll()
    {
        ReleaseBatch();
        if (_membership?.IsSubscribed != true)
        {
            _assigned.Clear();
            return;
        }

        TopicPartition[] all = [.. _assigned.Keys];
        try
        {
            if (all.Length > 0)
            {
                (_membership.TakeLoss() ? _membership.Callbacks.Lost : _membership.Callbacks.Revoked)(all);
            }
        }
        finally
        {
            _assigned.Clear();
            _membership.Unsubscribe(isAnswered: !_broker.IsAway);
        }
    }

    private void ServeCallbacks()
    {
        if (_membership is not { HasCallbacks: true } membership)
        {
            return;
        }

        if (membership.TakeLoss())
        {
            TopicPartition[] lost = [.. _assigned.Keys];
            _assigned.Clear();
            if (lost.Length > 0)
            {
                _broker.Faults.Note($"{_clientId}: lost [{string.Join(' ', lost)}]");
                membership.Callbacks.Lost(lost);
            }

            return;
        }

        IReadOnlyList<TopicPartition> target = membership.TakeAssignment();
        TopicPartition[] revoked = [.. _assigned.Keys.Except(target)];
        TopicPartition[] added = [.. target.Except(_assigned.Keys)];
        try
        {
            if (revoked.Length > 0)
            {
                Revoke(membership, revoked);
            }

            if (!membership.HasCallbacks && (revoked.Length == 0 || added.Length > 0))
            {
                foreach (TopicPartition partition in added)
                {
                    _assigned.Add(partition, new ConsumerPosition());
                }

                _broker.Faults.Note($"{_clientId}: assigned [{string.Join(' ', added)}]");
                membership.Callbacks.Assigned(added);
            }
        }
        finally
        {
            membership.EndCallbacks(rejoin: revoked.Length > 0);
        }
    }

    private void Revoke(SimulatedMembership membership, TopicPartition[] revoked)
    {
        _broker.Faults.Note($"{_clientId}: revoked [{string.Join(' ', revoked)}]");
        try
        {
            membership.Callbacks.Revoked(revoked);
        }
        finally
        {
            foreach (TopicPartition partition in revoked)
            {
                _assigned.Remove(partition);
            }
        }
    }

    // Records of partitions that a callback took away stay in the batch; those that it paused, moved or got anew do not.
    private void DropMoved(List<(PartitionLog Log, LogRecord Record)> records, List<TopicPartitionOffset> ends)
    {
        bool IsMoved(TopicPartition p) => _assigned.TryGetValue(p, out ConsumerPosition? state) && (state.IsPaused || state.Moves > 0);
        foreach (TopicPartition partition in records.Select(r => r.Log.Partition).Distinct().Where(IsMoved).ToArray())
        {
            ConsumerPosition state = _assigned[partition];
            if (state.Moves == 0)
            {
                state.Next = records.First(r => r.Log.Partition == partition).Record.Offset;
                state.ReportedEnd = null;
            }
        }

        records.RemoveAll(r => IsMoved(r.Log.Partition));
        ends.RemoveAll(e => IsMoved(e.TopicPartition));
    }

    private ConsumerPosition Assigned(TopicPartition partition, string call)
    {
        ThrowIfClosed();
        return _assigned.TryGetValue(partition, out ConsumerPosition? state)
            ? state
            : throw new SimulationContractException($"{_clientId}: {call} of {partition}, which is not assigned.");
    }

    private void ReleaseBatch()
    {
        _batch?.Release();
        _batch = null;
        foreach (ConsumerPosition state in _assigned.Values)
        {
            state.Moves = 0;
        }
    }

    private void Enter(string call)
    {
        ThrowIfClosed();
        _clients.Enter($"{_clientId}.{call}");
    }

    private void ThrowIfClosed()
    {
        if (_isClosed)
        {
            throw new SimulationContractException($"{_clientId} was used after it was closed.");
        }
    }
}
