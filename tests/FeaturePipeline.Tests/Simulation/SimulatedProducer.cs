using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Errors;

namespace FeaturePipeline.Tests.Simulation;

/// <summary>A record that the client has not delivered yet.</summary>
internal readonly record struct QueuedRecord(
    TopicPartition Partition, byte[]? Key, byte[]? Value, long TimestampMs, IReadOnlyList<RecordHeader>? Headers);

/// <summary>The client's queue: in order within a partition, in any order between them.</summary>
internal sealed class SendQueue(SimulatedBroker broker)
{
    private readonly List<QueuedRecord> _records = [];

    public int Count => _records.Count;

    public void Clear() => _records.Clear();

    public void Add(
        string topic, int partition, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long timestampMs, SendFlags flags,
        IReadOnlyList<RecordHeader>? headers)
    {
        bool isKeyNull = flags.HasFlag(SendFlags.NullKey);
        if (partition < 0)
        {
            int count = broker.PartitionCount(topic) ?? broker.Options.AutoCreatePartitions;
            partition = count == 0 ? 0
                : isKeyNull ? broker.Faults.Random.Next(count)
                : DefaultPartitioner.Partition(key, count);
        }

        var target = new TopicPartition(topic, partition);
        broker.Log(target);
        _records.Add(new QueuedRecord(
            target, isKeyNull ? null : key.ToArray(), flags.HasFlag(SendFlags.NullValue) ? null : value.ToArray(),
            timestampMs, headers is null ? null : [.. headers]));
    }

    /// <summary>The next record to deliver: the oldest of some partition.</summary>
    public QueuedRecord Peek()
    {
        TopicPartition partition = _records[broker.Faults.Random.Next(_records.Count)].Partition;
        return _records.Find(r => r.Partition == partition);
    }

    public void Remove(QueuedRecord record) => _records.Remove(record);
}

/// <summary>A producer without transactions: what was sent stays, whatever happens after.</summary>
internal sealed class SimulatedProducer : IStreamsProducer
{
    private readonly SimulatedClients _clients;
    private readonly SimulatedBroker _broker;
    private readonly string _clientId;
    private readonly SendQueue _queue;
    private readonly Action _stop;
    private readonly HashSet<TopicPartition> _failed = [];
    private bool _isDisposed;

    public SimulatedProducer(SimulatedClients clients, string clientId)
    {
        _clients = clients;
        _broker = clients.Broker;
        _clientId = clientId;
        _queue = new SendQueue(_broker);
        _stop = _broker.RunInBackground(() =>
        {
            if (_clients.IsRunning)
            {
                Deliver(_broker.Faults.Random.Next(4));
            }
        });
    }

    public void Send(
        string topic, int partition, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long timestampMs,
        SendFlags flags = SendFlags.None, IReadOnlyList<RecordHeader>? headers = null)
    {
        Enter("Send");
        if (_broker.Faults.Strikes(FaultKind.QueueFull, _clientId))
        {
            throw _broker.Unanswered("Send", _broker.Options.WaitMax);
        }

        if (_broker.Faults.Strikes(FaultKind.SendRefused, _clientId))
        {
            throw new TransactionAbortedException($"{_clientId}: a record was refused.");
        }

        _queue.Add(topic, partition, key, value, timestampMs, flags, headers);
    }

    public void Flush(TimeSpan timeout)
    {
        Enter("Flush");
        _broker.ThrowIfAway("Flush", timeout);
        if (_broker.Faults.Strikes(FaultKind.FlushTimeout, _clientId))
        {
            throw _broker.Unanswered("Flush", timeout);
        }

        Deliver(int.MaxValue);
        if (_failed.Count > 0)
        {
            _failed.Clear();
            throw new TransactionAbortedException($"{_clientId}: a record was refused.");
        }
    }

    public void InitTransactions(TimeSpan timeout) => throw NotTransactional();

    public void Poll()
    {
    }

    public void BeginTransaction() => throw NotTransactional();

    public void SendOffsetsToTransaction(IReadOnlyCollection<TopicPartitionOffset> positions, GroupMetadata group, TimeSpan timeout) =>
        throw NotTransactional();

    public void CommitTransaction(TimeSpan timeout) => throw NotTransactional();

    public void AbortTransaction(TimeSpan timeout) => throw NotTransactional();

    public void Dispose()
    {
        _isDisposed = true;
        _queue.Clear();
        _stop();
    }

    private void Deliver(int max)
    {
        for (; max > 0 && _queue.Count > 0; max--)
        {
            QueuedRecord record = _queue.Peek();
            _queue.Remove(record);
            if (_failed.Contains(record.Partition)
                || _broker.Faults.Strikes(FaultKind.DeliveryFailed, $"{_clientId} to {record.Partition}"))
            {
                _failed.Add(record.Partition); // Nothing is sent behind a hole before somebody was told (enable.gapless.guarantee).
                continue;
            }

            _broker.Log(record.Partition).Append(record.TimestampMs, record.Key, record.Value, record.Headers);
        }
    }

    private void Enter(string call)
    {
        if (_isDisposed)
        {
            throw new SimulationContractException($"{_clientId}: {call} after Dispose.");
        }

        _clients.Enter($"{_clientId}.{call}");
    }

    private SimulationContractException NotTransactional() => new($"{_clientId} has no transactional id.");
}
