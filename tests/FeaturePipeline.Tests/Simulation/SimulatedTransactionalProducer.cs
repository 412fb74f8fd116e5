using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Errors;

namespace FeaturePipeline.Tests.Simulation;

internal enum ProducerStatus
{
    /// <summary>InitTransactions has not succeeded yet.</summary>
    New,

    /// <summary>No transaction is open.</summary>
    Ready,

    InTransaction,

    /// <summary>Only AbortTransaction helps.</summary>
    AbortNeeded,

    /// <summary>CommitTransaction did not answer: only repeating it tells.</summary>
    Committing,

    /// <summary>AbortTransaction did not answer.</summary>
    Aborting,

    /// <summary>Another producer has the transactional id: this one is done for.</summary>
    Fenced,

    Disposed,
}

// A transactional producer. A call that does not fit its status is the caller's mistake and fails the test:
// librdkafka answers such calls with RD_KAFKA_RESP_ERR__STATE, which no port exception stands for.
internal sealed class SimulatedTransactionalProducer : IStreamsProducer
{
    private readonly SimulatedClients _clients;
    private readonly SimulatedBroker _broker;
    private readonly string _clientId;
    private readonly string _transactionalId;
    private readonly SendQueue _queue;
    private readonly Action _stop;
    private long _producerId;
    private short _epoch;
    private bool _isKnownToBroker;

    public SimulatedTransactionalProducer(SimulatedClients clients, string clientId, string transactionalId)
    {
        _clients = clients;
        _broker = clients.Broker;
        _clientId = clientId;
        _transactionalId = transactionalId;
        _queue = new SendQueue(_broker);
        _stop = _broker.RunInBackground(() =>
        {
            if (_clients.IsRunning && Status is ProducerStatus.InTransaction)
            {
                Deliver(_broker.Faults.Random.Next(4));
            }
        });
    }

    public ProducerStatus Status { get; private set; }

    private TransactionCoordinator Coordinator => _broker.Transactions;

    public void InitTransactions(TimeSpan timeout)
    {
        Enter("InitTransactions", ProducerStatus.New);
        _broker.ThrowIfAway("InitTransactions", timeout);
        bool unanswered = _broker.Faults.Strikes(FaultKind.InitTimeout, _clientId);
        if (unanswered && _broker.Faults.Chance(0.5))
        {
            throw _broker.Unanswered("InitTransactions", timeout);
        }

        if (Coordinator.Init(_transactionalId, out _producerId, out _epoch) == CoordinatorAnswer.Concurrent || unanswered)
        {
            throw _broker.Unanswered("InitTransactions", timeout);
        }

        Status = ProducerStatus.Ready;
        _broker.Faults.Note($"{_clientId}: {_transactionalId} has epoch {_epoch}");
        _clients.Leave("InitTransactions");
    }

    public void Poll()
    {
    }

    public void BeginTransaction()
    {
        Enter("BeginTransaction", ProducerStatus.Ready);
        ThrowIfFull("BeginTransaction");
        _isKnownToBroker = false;
        Status = ProducerStatus.InTransaction;
    }

    public void Send(
        string topic, int partition, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long timestampMs,
        SendFlags flags = SendFlags.None, IReadOnlyList<RecordHeader>? headers = null)
    {
        Enter("Send", ProducerStatus.InTransaction);
        ThrowIfFull("Send");
        if (_broker.Faults.Strikes(FaultKind.SendRefused, _clientId))
        {
            Status = ProducerStatus.AbortNeeded;
            throw AbortNeeded("Send");
        }

        _queue.Add(topic, partition, key, value, timestampMs, flags, headers);
    }

    public void Flush(TimeSpan timeout)
    {
        if (Status == ProducerStatus.Ready)
        {
            return;
        }

        Enter("Flush", ProducerStatus.InTransaction);
        if (_broker.Faults.Strikes(FaultKind.FlushTimeout, _clientId))
        {
            throw _broker.Unanswered("Flush", timeout);
        }

        DeliverAll("Flush", timeout);
    }

    public void SendOffsetsToTransaction(IReadOnlyCollection<TopicPartitionOffset> positions, GroupMetadata group, TimeSpan timeout)
    {
        const string Call = "SendOffsetsToTransaction";
        Enter(Call, ProducerStatus.InTransaction);
        _broker.ThrowIfAway(Call, timeout);
        bool unanswered = _broker.Faults.Strikes(FaultKind.OffsetsTimeout, _clientId);
        if (unanswered && _broker.Faults.Chance(0.5))
        {
            throw _broker.Unanswered(Call, timeout);
        }

        var metadata = (SimulatedGroupMetadata)group.Client;
        if (positions.Count == 0)
        {
            return;
        }

        Require(Call, timeout, Coordinator.AddGroup(_transactionalId, _epoch, metadata.Group.Id));
        _isKnownToBroker = true;
        GroupAnswer answer = metadata.Group.CommitInTransaction(metadata.MemberId, metadata.Generation, _producerId, positions);
        if (answer != GroupAnswer.Ok)
        {
            Status = ProducerStatus.AbortNeeded;
            _broker.Faults.Note($"{_clientId}: offsets refused: {answer} of {metadata.MemberId} at {metadata.Generation}");
            throw new TaskMigratedException($"{_clientId}: {answer}: {metadata.MemberId} is not of generation {metadata.Group.Generation}.");
        }

        _clients.Leave(Call);
        if (unanswered)
        {
            throw _broker.Unanswered(Call, timeout);
        }
    }

    public void CommitTransaction(TimeSpan timeout)
    {
        const string Call = "CommitTransaction";
        Enter(Call, ProducerStatus.InTransaction, ProducerStatus.Committing);
        if (Status == ProducerStatus.InTransaction)
        {
            DeliverAll(Call, timeout);
        }

        if (_broker.IsAway || _broker.Faults.Strikes(FaultKind.CommitLost, _clientId))
        {
            Status = ProducerStatus.Committing;
            throw _broker.Unanswered(Call, timeout);
        }

        if (Status == ProducerStatus.InTransaction && _broker.Faults.Strikes(FaultKind.CommitRefused, _clientId))
        {
            Status = ProducerStatus.AbortNeeded;
            throw AbortNeeded(Call);
        }

        if (_isKnownToBroker)
        {
            Require(Call, timeout, Coordinator.EndTransaction(_transactionalId, _epoch, commit: true));
            _clients.Leave(Call);
            if (_broker.Faults.Strikes(FaultKind.CommitAnswerLost, _clientId))
            {
                Status = ProducerStatus.Committing;
                throw _broker.Unanswered(Call, timeout);
            }
        }

        Status = ProducerStatus.Ready;
    }

    public void AbortTransaction(TimeSpan timeout)
    {
        const string Call = "AbortTransaction";
        Enter(Call, ProducerStatus.InTransaction, ProducerStatus.AbortNeeded, ProducerStatus.Aborting);
        _queue.Clear();
        Status = ProducerStatus.Aborting;
        _broker.ThrowIfAway(Call, timeout);
        bool unanswered = _broker.Faults.Strikes(FaultKind.AbortTimeout, _clientId);
        if (unanswered && _broker.Faults.Chance(0.5))
        {
            throw _broker.Unanswered(Call, timeout);
        }

        if (Coordinator.Check(_transactionalId, _epoch) == CoordinatorAnswer.TimedOut)
        {
            Require(Call, timeout, Coordinator.Recover(_transactionalId, _epoch, out short epoch));
            _epoch = epoch;
            _isKnownToBroker = false;
        }
        else if (_isKnownToBroker)
        {
            Require(Call, timeout, Coordinator.EndTransaction(_transactionalId, _epoch, commit: false));
        }
        else
        {
            Require(Call, timeout, Coordinator.Check(_transactionalId, _epoch));
        }

        _clients.Leave(Call);
        if (unanswered)
        {
            throw _broker.Unanswered(Call, timeout);
        }

        Status = ProducerStatus.Ready;
    }

    public void Dispose()
    {
        Status = ProducerStatus.Disposed;
        _queue.Clear();
        _stop();
    }

    private void ThrowIfFull(string call)
    {
        if (_broker.Faults.Strikes(FaultKind.QueueFull, $"{_clientId}.{call}"))
        {
            throw _broker.Unanswered(call, _broker.Options.WaitMax);
        }
    }

    private void DeliverAll(string call, TimeSpan timeout)
    {
        _broker.ThrowIfAway(call, timeout);
        Deliver(int.MaxValue);
        if (Status == ProducerStatus.AbortNeeded)
        {
            throw AbortNeeded(call);
        }

        if (Status == ProducerStatus.Fenced)
        {
            throw Fenced(call);
        }

        if (_queue.Count > 0)
        {
            throw _broker.Unanswered(call, timeout);
        }
    }

    // Sets the status on failure and throws nothing: it runs in the background, too.
    private void Deliver(int max)
    {
        for (; max > 0 && _queue.Count > 0; max--)
        {
            QueuedRecord record = _queue.Peek();
            CoordinatorAnswer answer = Coordinator.AddPartition(_transactionalId, _epoch, record.Partition);
            if (answer == CoordinatorAnswer.Concurrent)
            {
                return;
            }

            if (answer == CoordinatorAnswer.Ok)
            {
                _isKnownToBroker = true;
                if (!_broker.Faults.Strikes(FaultKind.DeliveryFailed, $"{_clientId} to {record.Partition}"))
                {
                    _queue.Remove(record);
                    _broker.Log(record.Partition).Append(
                        record.TimestampMs, record.Key, record.Value, record.Headers, _producerId, _epoch, isTransactional: true);
                    continue;
                }
            }

            // What a timed-out transaction meets first decides: the client may notice it in time to abort, or be fenced.
            bool canAbort = answer == CoordinatorAnswer.Ok || (answer == CoordinatorAnswer.TimedOut && _broker.Faults.Chance(0.5));
            Status = canAbort ? ProducerStatus.AbortNeeded : ProducerStatus.Fenced;
            return;
        }
    }

    private void Require(string call, TimeSpan timeout, CoordinatorAnswer answer)
    {
        switch (answer)
        {
            case CoordinatorAnswer.Ok:
                return;
            case CoordinatorAnswer.Concurrent:
                throw _broker.Unanswered(call, timeout);
            case CoordinatorAnswer.TimedOut when Status is ProducerStatus.InTransaction or ProducerStatus.Committing
                && _broker.Faults.Chance(0.5):
                Status = ProducerStatus.AbortNeeded;
                throw AbortNeeded(call);
            case CoordinatorAnswer.TimedOut or CoordinatorAnswer.Fenced:
                Status = ProducerStatus.Fenced;
                throw Fenced(call);
            default:
                throw new SimulationContractException($"{_clientId}: {call} while the transaction is {answer}.");
        }
    }

    private void Enter(string call, params ReadOnlySpan<ProducerStatus> allowed)
    {
        if (Status == ProducerStatus.Disposed)
        {
            throw new SimulationContractException($"{_clientId}: {call} after Dispose.");
        }

        ProducerStatus before = Status;
        _clients.Enter($"{_clientId}.{call}");
        if (Status == ProducerStatus.Fenced)
        {
            throw Fenced(call);
        }

        if (allowed.Contains(Status))
        {
            return;
        }

        // The transaction failed before this call, perhaps beside it: the client tells at the next call.
        throw Status == ProducerStatus.AbortNeeded && (before is ProducerStatus.InTransaction or ProducerStatus.AbortNeeded)
            ? AbortNeeded(call)
            : new SimulationContractException($"{_clientId}: {call} is not legal while the producer is {Status}.");
    }

    private TransactionAbortedException AbortNeeded(string call) =>
        new($"{_clientId}: {call}: the transaction of {_transactionalId} has to be aborted.");

    private TaskMigratedException Fenced(string call) =>
        new($"{_clientId}: {call}: {_transactionalId} was fenced by a newer producer.");
}
