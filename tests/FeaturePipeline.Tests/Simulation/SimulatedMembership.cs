using FeaturePipeline.Streams.Clients;

namespace FeaturePipeline.Tests.Simulation;

// A consumer's side of the group protocol, as librdkafka runs it: heartbeats, joining and the generation's number go on in
// the background; only the callbacks wait for the poll. So a generation may be newer than the last callback's.
internal sealed class SimulatedMembership
{
    private readonly SimulatedClients _clients;
    private readonly string _clientId;
    private readonly Func<IReadOnlyCollection<TopicPartition>> _owned;
    private readonly Action _stop;
    private RebalanceCallbacks? _callbacks;
    private IReadOnlyCollection<string> _topics = [];
    private string? _memberId;
    private int _generation = -1;
    private IReadOnlyList<TopicPartition>? _assignment;
    private bool _isLost;
    private bool _isInCallbacks;
    private bool _needsJoin;
    private long _lastPollMs;

    public SimulatedMembership(
        SimulatedClients clients, string clientId, ConsumerGroup group, Func<IReadOnlyCollection<TopicPartition>> owned)
    {
        _clients = clients;
        _clientId = clientId;
        Group = group;
        _owned = owned;
        _stop = clients.Broker.RunInBackground(() => Background(chance: 0.6));
    }

    public ConsumerGroup Group { get; }

    public bool IsSubscribed => _callbacks is not null;

    public RebalanceCallbacks Callbacks => _callbacks ?? throw new SimulationContractException($"{_clientId} is not subscribed.");

    public bool HasCallbacks => _isLost || _assignment is not null;

    public SimulatedGroupMetadata Metadata => new(Group, _memberId ?? "", _generation);

    public void Subscribe(IReadOnlyCollection<string> topics, RebalanceCallbacks callbacks)
    {
        _topics = topics;
        _callbacks = callbacks;
        _lastPollMs = _clients.Broker.Clock.NowMs;
    }

    public void Poll()
    {
        if (!_isLost && !_clients.Broker.IsAway)
        {
            Background(chance: 0.9);
        }

        _lastPollMs = _clients.Broker.Clock.NowMs;
    }

    /// <summary>True once after the membership was lost.</summary>
    public bool TakeLoss()
    {
        bool wasLost = _isLost;
        _isLost = false;
        return wasLost;
    }

    public IReadOnlyList<TopicPartition> TakeAssignment()
    {
        IReadOnlyList<TopicPartition> assignment = _assignment!;
        _assignment = null;
        _isInCallbacks = true;
        return assignment;
    }

    /// <summary>The callbacks returned or threw; after a revocation the member joins again, saying what it owns now.</summary>
    public void EndCallbacks(bool rejoin)
    {
        _isInCallbacks = false;
        _needsJoin = rejoin && _memberId is not null;
    }

    public void Unsubscribe(bool isAnswered)
    {
        if (_memberId is not null && isAnswered)
        {
            Group.Leave(_memberId, "unsubscribed");
        }

        _memberId = null;
        _generation = -1;
        _assignment = null;
        _isLost = false;
        _isInCallbacks = false;
        _needsJoin = false;
        _callbacks = null;
    }

    public void Stop()
    {
        _callbacks = null;
        _stop();
    }

    private void Background(double chance)
    {
        if (!_clients.IsRunning || _callbacks is null || _isLost)
        {
            return;
        }

        SimulatedBroker broker = _clients.Broker;
        if (_memberId is null)
        {
            if (broker.Faults.Chance(chance))
            {
                Join();
            }

            return;
        }

        if (broker.Clock.NowMs - _lastPollMs > broker.Options.MaxPollInterval.TotalMilliseconds)
        {
            Group.Leave(_memberId, "max.poll.interval.ms exceeded");
            Lose();
            return;
        }

        GroupAnswer answer = Group.Heartbeat(_memberId);
        if (answer == GroupAnswer.UnknownMember)
        {
            Lose();
        }
        else if (_assignment is null && !_isInCallbacks && broker.Faults.Chance(chance))
        {
            if (answer == GroupAnswer.RebalanceInProgress || _needsJoin)
            {
                Join();
            }

            TakeNewGeneration();
        }
    }

    private void TakeNewGeneration()
    {
        if (_memberId is not null && Group.TakeAssignment(_memberId, out int generation) is { } assignment)
        {
            _assignment = assignment;
            _generation = generation;
        }
    }

    private void Join()
    {
        string? memberId = Group.Join(_memberId, _clientId, _topics, _owned());
        if (memberId is null)
        {
            Lose();
            return;
        }

        _memberId = memberId;
        _needsJoin = false;
    }

    private void Lose()
    {
        _memberId = null;
        _generation = -1;
        _assignment = null;
        _isInCallbacks = false;
        _needsJoin = false;
        _isLost = true;
    }
}
