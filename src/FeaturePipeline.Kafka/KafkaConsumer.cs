using System.Runtime.ExceptionServices;
using Confluent.Kafka;
using FeaturePipeline.Kafka.Native;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Errors;
using TopicPartition = FeaturePipeline.Streams.Clients.TopicPartition;
using TopicPartitionOffset = FeaturePipeline.Streams.Clients.TopicPartitionOffset;

namespace FeaturePipeline.Kafka;

/// <summary>The consumer port on Confluent.Kafka's consumer, with batches read natively from its queue.</summary>
/// <remarks>
/// Confluent.Kafka builds the client, joins the group and serves rebalances; only the flow of messages bypasses it.
/// Its handlers run inside the native call that waits for messages, on the polling thread.
/// </remarks>
internal sealed class KafkaConsumer : IStreamsConsumer
{
    private const int BatchCapacity = 4096;
    private static readonly TimeSpan s_probeInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_unsubscribeTimeout = TimeSpan.FromSeconds(15);

    private readonly string _clientId;
    private readonly IConsumer<Ignore, Ignore> _consumer;
    private readonly nint _client;
    private readonly TopicNames _topics;
    private readonly NativeBatch _batch;
    private readonly RebalanceRelay _relay = new();
    private readonly ClientErrors _errors;
    private readonly TimeProvider _time;
    private readonly WatermarkQuery _watermarks;
    private readonly Action<int, string> _onMessageError;
    private readonly nint _queue;
    private long _lastProbe;
    private bool _isClosed;

    internal KafkaConsumer(
        IReadOnlyDictionary<string, string> properties, ClientErrors errors, TimeProvider time, bool isEmbedded, Action<LogMessage> log)
    {
        _clientId = properties["client.id"];
        _errors = errors;
        _time = time;
        _onMessageError = OnError;
        _consumer = new ConsumerBuilder<Ignore, Ignore>(properties)
            .SetPartitionsAssignedHandler((_, partitions) => _relay.Assigned(partitions))
            .SetPartitionsRevokedHandler((_, partitions) => _relay.Revoked(partitions))
            .SetPartitionsLostHandler((_, partitions) => _relay.Lost(partitions))
            .SetErrorHandler((_, error) => OnError((int)error.Code, error.Reason))
            .SetLogHandler((_, message) => log(message))
            .Build();
        _client = ConfluentHandle.Of(_consumer);
        _topics = new TopicNames(_client);
        _batch = new NativeBatch(_topics, BatchCapacity);
        _queue = Librdkafka.QueueGetConsumer(_client);
        _watermarks = new WatermarkQuery(_consumer, isEmbedded);
    }

    /// <inheritdoc/>
    public GroupMetadata GroupMetadata => new(NativeGroupMetadata.Of(_client));

    /// <inheritdoc/>
    public void Subscribe(IReadOnlyCollection<string> topics, RebalanceCallbacks callbacks)
    {
        _relay.Callbacks = callbacks;
        Call($"Subscribing to {string.Join(", ", topics)}", () => _consumer.Subscribe(topics));
    }

    /// <inheritdoc/>
    public void Unsubscribe()
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        Call("Leaving the group", _consumer.Unsubscribe);
        long start = _time.GetTimestamp();

        // librdkafka revokes in the background and reports it to the poll.
        while (_consumer.Assignment.Count > 0 && _time.GetElapsedTime(start) < s_unsubscribeTimeout)
        {
            _batch.Release();
            _batch.Receive(_queue, 10);
        }

        _batch.Release();
        ThrowKept();
    }

    /// <inheritdoc/>
    public void Assign(IReadOnlyCollection<TopicPartitionOffset> positions) =>
        Call("Assigning partitions", () => _consumer.Assign(positions.Select(Of)));

    /// <inheritdoc/>
    public RecordBatch Poll(TimeSpan timeout)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        _batch.Release();
        _batch.Receive(_queue, Milliseconds(timeout));
        _batch.Read(_onMessageError);
        ApplyPauses();
        ThrowKept();
        if (_batch.Records.Length > 0)
        {
            _errors.Flowed();
        }
        else if (_batch.Ends.Count > 0)
        {
            _errors.Answered();
        }
        else if (_errors.IsConnectionLost)
        {
            Probe();
        }

        return _batch;
    }

    /// <inheritdoc/>
    public void Pause(IReadOnlyCollection<TopicPartition> partitions)
    {
        foreach (TopicPartition partition in partitions.Where(_relay.IsAssigning))
        {
            _relay.PauseLater(partition);
        }

        Call("Pausing partitions", () => _consumer.Pause(partitions.Where(p => !_relay.IsAssigning(p)).Select(Of)));
    }

    /// <inheritdoc/>
    public void Resume(IReadOnlyCollection<TopicPartition> partitions)
    {
        foreach (TopicPartition partition in partitions)
        {
            _relay.ResumeLater(partition);
        }

        Call("Resuming partitions", () => _consumer.Resume(partitions.Where(p => !_relay.IsAssigning(p)).Select(Of)));
    }

    /// <inheritdoc/>
    public void Seek(TopicPartitionOffset position)
    {
        if (_relay.IsAssigning(position.TopicPartition))
        {
            _relay.SeekLater(position);
            return;
        }

        Call($"Seeking {position.TopicPartition} to {position.Offset}", () => SeekOrReassign(position));
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<TopicPartition, long?> Committed(IReadOnlyCollection<TopicPartition> partitions, TimeSpan timeout)
    {
        var committed = new Dictionary<TopicPartition, long?>();
        Call($"Reading committed offsets of {string.Join(", ", partitions)}", () =>
        {
            foreach (Confluent.Kafka.TopicPartitionOffset offset in _consumer.Committed(partitions.Select(Of), AtLeastOneMillisecond(timeout)))
            {
                committed[new TopicPartition(offset.Topic, offset.Partition.Value)] = offset.Offset.Value >= 0 ? offset.Offset.Value : null;
            }
        });
        _errors.Answered();
        return committed;
    }

    /// <inheritdoc/>
    public Watermarks QueryWatermarks(TopicPartition partition, TimeSpan timeout)
    {
        Watermarks watermarks = default;
        Call($"Reading the ends of {partition}", () => watermarks = _watermarks.Ask(partition, AtLeastOneMillisecond(timeout)));
        _errors.Answered();
        return watermarks;
    }

    /// <inheritdoc/>
    public long? LastSeenEnd(TopicPartition partition)
    {
        try
        {
            long high = _consumer.GetWatermarkOffsets(Of(partition)).High.Value;
            return high >= 0 ? high : null;
        }
        catch (KafkaException)
        {
            return null; // not known to the client yet
        }
    }

    /// <inheritdoc/>
    public void Commit(IReadOnlyCollection<TopicPartitionOffset> positions)
    {
        Call("Committing offsets", () => _consumer.Commit(positions.Select(Of)));
        _errors.Answered();
    }

    /// <inheritdoc/>
    public void Close()
    {
        if (_isClosed)
        {
            return;
        }

        // Confluent.Kafka's Close also frees the client, whatever still refers to it: that goes first.
        _isClosed = true;
        try
        {
            _batch.Release();
            _watermarks.Dispose();
            _topics.Dispose();
            Librdkafka.QueueDestroy(_queue);
            _consumer.Close();
        }
        catch (KafkaException e)
        {
            _relay.Keep(KafkaErrors.Map($"{_clientId}: closing", e));
        }
        finally
        {
            _consumer.Dispose(); // a Close that failed has not
        }

        _relay.TakeException()?.Throw();
    }

    /// <summary>Closes without telling the runtime of revoked partitions.</summary>
    /// <remarks>
    /// It leaves the group all the same: librdkafka 2.16 never ends a client that is destroyed while it waits for the answer
    /// to a rebalance. Nothing is committed.
    /// </remarks>
    public void Dispose()
    {
        _relay.Callbacks = null;
        try
        {
            Close();
        }
        catch (Exception e) when (e is RetriableException or StreamsException or TaskMigratedException or TransactionAbortedException)
        {
            _errors.Report(_clientId, ErrorCode.Local_Fail, e.Message);
        }
    }

    private static int Milliseconds(TimeSpan timeout) => (int)Math.Clamp(timeout.TotalMilliseconds, 0, int.MaxValue);

    private static TimeSpan AtLeastOneMillisecond(TimeSpan timeout) =>
        timeout < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : timeout;

    private static Confluent.Kafka.TopicPartition Of(TopicPartition partition) => new(partition.Topic, partition.Partition);

    private static Confluent.Kafka.TopicPartitionOffset Of(TopicPartitionOffset position) =>
        new(position.TopicPartition.Topic, position.TopicPartition.Partition, position.Offset);

    private void Call(string operation, Action action)
    {
        try
        {
            action();
        }
        catch (KafkaException e)
        {
            throw _errors.Explain(_clientId, KafkaErrors.Map($"{_clientId}: {operation}", e));
        }
    }

    // Until librdkafka has looked up the committed offset, a new partition is not fetched yet and can't be sought
    // (Local_State): it is taken out of the assignment and put back with the offset that is wanted.
    private void SeekOrReassign(TopicPartitionOffset position)
    {
        try
        {
            _consumer.Seek(Of(position));
        }
        catch (KafkaException e) when (e.Error.Code == ErrorCode.Local_State && _consumer.Assignment.Contains(Of(position.TopicPartition)))
        {
            _consumer.IncrementalUnassign([Of(position.TopicPartition)]);
            _consumer.IncrementalAssign([Of(position)]);
        }
    }

    // Runs for errors among the messages and for errors that librdkafka calls back with, inside a native call.
    private void OnError(int code, string reason)
    {
        var error = (ErrorCode)code;
        if (error == ErrorCode.Local_Fatal)
        {
            _relay.Keep(FatalError());
        }
        else if (KafkaErrors.StopsAConsumer(error))
        {
            _relay.Keep(KafkaErrors.Map($"{_clientId}: consuming", error, reason, isFatal: false));
        }
        else
        {
            _errors.Report(_clientId, error, reason);
        }
    }

    private unsafe StreamsException FatalError()
    {
        byte* text = stackalloc byte[NativeConstants.ErrorTextSize];
        var code = (ErrorCode)Librdkafka.FatalError(_client, text, NativeConstants.ErrorTextSize);
        string reason = NativeText.OfBuffer(new ReadOnlySpan<byte>(text, NativeConstants.ErrorTextSize)).TrimEnd('.');
        string remedy = code == ErrorCode.FencedInstanceId
            ? "Another live process has the same Streams:InstanceId: give each process its own."
            : "Restart the process; see the broker's log if it comes back.";
        return new StreamsException($"{_clientId}: consuming: {code}: {reason}. {remedy}");
    }

    // Carries out pauses that were asked for while the partitions were being assigned; what was fetched meanwhile goes back.
    private void ApplyPauses()
    {
        IReadOnlyCollection<TopicPartition> pauses = _relay.TakePauses();
        if (pauses.Count == 0)
        {
            return;
        }

        var set = pauses.ToHashSet();
        Call("Pausing partitions", () => _consumer.Pause(pauses.Select(Of)));
        Rewind(_batch.Drop(set.Contains));
    }

    private void Rewind(Dictionary<TopicPartition, long> positions)
    {
        List<Confluent.Kafka.TopicPartition> assignment = _consumer.Assignment;
        foreach ((TopicPartition partition, long offset) in positions)
        {
            if (assignment.Contains(Of(partition)))
            {
                Call($"Seeking {partition} to {offset}", () => SeekOrReassign(new TopicPartitionOffset(partition, offset)));
            }
        }
    }

    // Throws what a callback kept. The batch is not returned then: its records must come again.
    private void ThrowKept()
    {
        ExceptionDispatchInfo? kept = _relay.TakeException();
        if (!_isClosed && ConfluentHandle.TakeHandlerException(_consumer) is Exception e)
        {
            kept ??= ExceptionDispatchInfo.Capture(e is KafkaException k ? KafkaErrors.Map($"{_clientId}: rebalancing", k) : e);
        }

        if (kept is null)
        {
            return;
        }

        if (!_isClosed && _batch.Records.Length + _batch.Ends.Count > 0)
        {
            Rewind(_batch.Drop(static _ => true));
        }

        kept.Throw();
    }

    // After a lost connection an idle consumer hears nothing when it is back: ask, seldom and briefly.
    private void Probe()
    {
        if (_time.GetElapsedTime(_lastProbe) < s_probeInterval)
        {
            return;
        }

        _lastProbe = _time.GetTimestamp();
        if (Librdkafka.Metadata(_client, 0, 0, out nint metadata, 100) == 0)
        {
            Librdkafka.MetadataDestroy(metadata);
            _errors.Answered();
        }
    }
}
