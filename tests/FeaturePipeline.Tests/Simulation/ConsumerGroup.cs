using FeaturePipeline.Streams.Clients;

namespace FeaturePipeline.Tests.Simulation;

internal enum GroupStatus
{
    Empty,

    /// <summary>Waiting for the members to join.</summary>
    PreparingRebalance,

    /// <summary>The generation is new; members have not all taken their assignment.</summary>
    CompletingRebalance,

    Stable,
}

/// <summary>The coordinator's answer to a group member.</summary>
internal enum GroupAnswer
{
    Ok,
    UnknownMember,
    IllegalGeneration,
    RebalanceInProgress,
}

/// <summary>A member as the coordinator knows it.</summary>
internal sealed class GroupMember(string id)
{
    public string Id { get; } = id;

    public IReadOnlyCollection<string> Topics { get; set; } = [];

    /// <summary>Partitions that the member said it owned when it joined.</summary>
    public IReadOnlyCollection<TopicPartition> Owned { get; set; } = [];

    public IReadOnlyList<TopicPartition> Assignment { get; set; } = [];

    public bool HasJoined { get; set; }

    public bool HasSynced { get; set; }

    public long LastHeartbeatMs { get; set; }
}

// One consumer group of the classic protocol with cooperative rebalancing, and its offsets.
// Invariants: within a generation no partition has two owners; a generation's member is known by (member id, generation);
// an offset of an open transaction is pending and makes the partition's offset unstable until its marker.
internal sealed class ConsumerGroup(SimulatedBroker broker, string id)
{
    private readonly SortedDictionary<string, GroupMember> _members = new(StringComparer.Ordinal);
    private readonly Dictionary<TopicPartition, long> _committed = [];
    private readonly Dictionary<long, Dictionary<TopicPartition, long>> _pending = [];
    private long _rebalanceDeadlineMs;
    private int _memberNumber;

    public string Id { get; } = id;

    public int Generation { get; private set; }

    public GroupStatus Status { get; private set; }

    public IReadOnlyDictionary<string, GroupMember> Members => _members;

    /// <summary>Committed offsets, without what is pending.</summary>
    public IReadOnlyDictionary<TopicPartition, long> CommittedOffsets => _committed;

    /// <summary>Called with every new generation and its assignment: tests check the invariant here.</summary>
    public Action<int, IReadOnlyDictionary<string, List<TopicPartition>>>? GenerationCompleted { get; set; }

    /// <summary>JoinGroup: a new member when <paramref name="memberId"/> is null.</summary>
    /// <returns>The member's id; null when the member is unknown (it has to start anew).</returns>
    public string? Join(string? memberId, string clientId, IReadOnlyCollection<string> topics, IReadOnlyCollection<TopicPartition> owned)
    {
        GroupMember? member;
        if (memberId is null)
        {
            member = new GroupMember($"{clientId}-{++_memberNumber}");
            _members.Add(member.Id, member);
            StartRebalance($"{member.Id} is new");
        }
        else if (!_members.TryGetValue(memberId, out member))
        {
            return null;
        }
        else if (Status != GroupStatus.PreparingRebalance)
        {
            StartRebalance($"{member.Id} joins again");
        }

        member.Topics = [.. topics];
        member.Owned = [.. owned];
        member.HasJoined = true;
        member.LastHeartbeatMs = broker.Clock.NowMs;
        CompleteIfJoined();
        return member.Id;
    }

    public GroupAnswer Heartbeat(string memberId)
    {
        if (!_members.TryGetValue(memberId, out GroupMember? member))
        {
            return GroupAnswer.UnknownMember;
        }

        member.LastHeartbeatMs = broker.Clock.NowMs;
        return Status == GroupStatus.PreparingRebalance && !member.HasJoined ? GroupAnswer.RebalanceInProgress : GroupAnswer.Ok;
    }

    /// <summary>SyncGroup: the assignment of the current generation, once.</summary>
    public IReadOnlyList<TopicPartition>? TakeAssignment(string memberId, out int generation)
    {
        generation = Generation;
        if (!_members.TryGetValue(memberId, out GroupMember? member) || Status != GroupStatus.CompletingRebalance || member.HasSynced)
        {
            return null;
        }

        member.HasSynced = true;
        if (_members.Values.All(m => m.HasSynced))
        {
            Status = GroupStatus.Stable;
        }

        return member.Assignment;
    }

    public void Leave(string memberId, string why)
    {
        if (_members.Remove(memberId))
        {
            broker.Faults.Note($"group {Id}: {memberId} left ({why})");
            StartRebalance($"{memberId} left");
            CompleteIfJoined();
        }
    }

    public void StartRebalance(string why)
    {
        if (Status == GroupStatus.PreparingRebalance)
        {
            return;
        }

        broker.Faults.Note($"group {Id}: rebalance after generation {Generation} ({why})");
        Status = GroupStatus.PreparingRebalance;
        _rebalanceDeadlineMs = broker.Clock.NowMs + (long)broker.Options.MaxPollInterval.TotalMilliseconds;
        foreach (GroupMember member in _members.Values)
        {
            member.HasJoined = false;
            member.HasSynced = false;
        }
    }

    /// <summary>Session time-outs and the rebalance's own.</summary>
    public void Tick()
    {
        long now = broker.Clock.NowMs;
        foreach (GroupMember member in _members.Values.ToArray())
        {
            if (now - member.LastHeartbeatMs > broker.Options.SessionTimeout.TotalMilliseconds)
            {
                Leave(member.Id, "session time-out");
            }
        }

        if (Status == GroupStatus.PreparingRebalance && now > _rebalanceDeadlineMs)
        {
            foreach (GroupMember member in _members.Values.Where(m => !m.HasJoined).ToArray())
            {
                Leave(member.Id, "did not join in time");
            }
        }
    }

    /// <summary>OffsetCommit, without a transaction.</summary>
    public GroupAnswer Commit(string memberId, int generation, IReadOnlyCollection<TopicPartitionOffset> positions)
    {
        GroupAnswer answer = Validate(memberId, generation, isTransactional: false);
        if (answer == GroupAnswer.Ok)
        {
            foreach (TopicPartitionOffset position in positions)
            {
                _committed[position.TopicPartition] = position.Offset;
            }
        }

        return answer;
    }

    /// <summary>TxnOffsetCommit: pending until the transaction's marker reaches the offsets topic.</summary>
    public GroupAnswer CommitInTransaction(
        string memberId, int generation, long producerId, IReadOnlyCollection<TopicPartitionOffset> positions)
    {
        GroupAnswer answer = Validate(memberId, generation, isTransactional: true);
        if (answer == GroupAnswer.Ok)
        {
            if (!_pending.TryGetValue(producerId, out Dictionary<TopicPartition, long>? pending))
            {
                _pending.Add(producerId, pending = []);
            }

            foreach (TopicPartitionOffset position in positions)
            {
                pending[position.TopicPartition] = position.Offset;
            }
        }

        return answer;
    }

    /// <summary>The marker of a transaction in the offsets topic.</summary>
    public void CompleteTransaction(long producerId, bool commit)
    {
        if (_pending.Remove(producerId, out Dictionary<TopicPartition, long>? pending) && commit)
        {
            foreach ((TopicPartition partition, long offset) in pending)
            {
                _committed[partition] = offset;
            }
        }
    }

    public bool IsStable(TopicPartition partition) => !_pending.Values.Any(p => p.ContainsKey(partition));

    public long? Committed(TopicPartition partition) => _committed.TryGetValue(partition, out long offset) ? offset : null;

    /// <summary>Sets or deletes an offset from outside, as an administrator or the retention of offsets does.</summary>
    public void SetOffset(TopicPartition partition, long? offset)
    {
        _committed.Remove(partition);
        if (offset is { } next)
        {
            _committed.Add(partition, next);
        }
    }

    // Kafka checks a transaction's offsets only when the request names a member or a generation: a client that lost its
    // membership sends neither, and is not fenced (ClassicGroup.validateOffsetCommit of Kafka 4).
    private GroupAnswer Validate(string memberId, int generation, bool isTransactional)
    {
        if (generation < 0 && memberId.Length == 0)
        {
            return isTransactional || _members.Count == 0 ? GroupAnswer.Ok : GroupAnswer.UnknownMember;
        }

        if (!_members.ContainsKey(memberId))
        {
            return GroupAnswer.UnknownMember;
        }

        if (generation != Generation)
        {
            return GroupAnswer.IllegalGeneration;
        }

        return !isTransactional && Status == GroupStatus.CompletingRebalance ? GroupAnswer.RebalanceInProgress : GroupAnswer.Ok;
    }

    private void CompleteIfJoined()
    {
        if (_members.Count == 0)
        {
            Status = GroupStatus.Empty;
            return;
        }

        if (Status != GroupStatus.PreparingRebalance || !_members.Values.All(m => m.HasJoined))
        {
            return;
        }

        TopicPartition[] partitions = [.. _members.Values.SelectMany(m => m.Topics).Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .SelectMany(t => Enumerable.Range(0, broker.PartitionCount(t) ?? 0).Select(p => new TopicPartition(t, p)))];
        Dictionary<string, List<TopicPartition>> assignment =
            CooperativeAssignor.Assign([.. _members.Values.Select(m => (m.Id, m.Owned))], partitions, out _);
        Generation++;
        Status = GroupStatus.CompletingRebalance;
        foreach (GroupMember member in _members.Values)
        {
            member.Assignment = assignment[member.Id];
            member.HasSynced = false;
        }

        broker.Faults.Note($"group {Id}: generation {Generation}: "
            + string.Join("; ", assignment.Select(a => $"{a.Key} [{string.Join(' ', a.Value.Select(p => p.Partition))}]")));
        GenerationCompleted?.Invoke(Generation, assignment);
    }
}
