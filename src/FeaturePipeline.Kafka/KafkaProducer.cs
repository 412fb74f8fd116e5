using System.Runtime.InteropServices;
using Confluent.Kafka;
using FeaturePipeline.Kafka.Native;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Errors;
using TopicPartitionOffset = FeaturePipeline.Streams.Clients.TopicPartitionOffset;

namespace FeaturePipeline.Kafka;

/// <summary>The producer port on a librdkafka producer of its own.</summary>
/// <remarks>
/// Not Confluent.Kafka's producer: its delivery callback needs an object per record to tell of a failure, and a flush that
/// does not know of failures would lose records. Here librdkafka reports failures only, and one callback counts them.
/// Within a transaction a failed record also makes librdkafka refuse the commit.
/// </remarks>
internal sealed unsafe class KafkaProducer : IStreamsProducer
{
    // Between two serves of callbacks; failures are few, logs and errors are the rest.
    private const int SendsPerPoll = 4096;
    private static readonly TimeSpan s_queueFullTimeout = TimeSpan.FromSeconds(30);

    // How much longer than its own timeout a call may take before it counts as stuck.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly string _clientId;
    private readonly NativeProducer _producer;
    private readonly ClientErrors _errors;
    private readonly TimeProvider _time;
    private readonly GuardedCalls _calls;
    private readonly Dictionary<string, nint> _topics = new(StringComparer.Ordinal);
    private string? _lastTopic;
    private nint _lastHandle;
    private int _sendsToPoll = SendsPerPoll;
    private bool _isDisposed;

    internal KafkaProducer(
        IReadOnlyDictionary<string, string> properties, ClientErrors errors, TimeProvider time, Action<LogMessage> log)
    {
        _clientId = properties["client.id"];
        _errors = errors;
        _time = time;
        _producer = new NativeProducer(properties, errors, log);
        _calls = new GuardedCalls(_clientId, Librdkafka.ErrorDestroy);
    }

    /// <inheritdoc/>
    public void InitTransactions(TimeSpan timeout) =>
        Guarded("Initialising transactions", timeout, ms => Librdkafka.InitTransactions(_producer.Client, ms));

    /// <inheritdoc/>
    public void Poll()
    {
        if (!_isDisposed && !_calls.IsGivenUp)
        {
            Librdkafka.Poll(_producer.Client, 0);
        }
    }

    /// <inheritdoc/>
    public void BeginTransaction()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _producer.ForgetFailures();
        Check(Librdkafka.BeginTransaction(_producer.Client), "Beginning a transaction");
    }

    /// <inheritdoc/>
    public void Send(
        string topic, int partition, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long timestampMs,
        SendFlags flags = SendFlags.None, IReadOnlyList<RecordHeader>? headers = null)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (--_sendsToPoll == 0)
        {
            _sendsToPoll = SendsPerPoll;
            Librdkafka.Poll(_producer.Client, 0);
        }

        byte empty; // an empty span pins to null, which would mean a null key or value
        ProduceArgument* arguments = stackalloc ProduceArgument[7];
        fixed (byte* keyStart = key)
        fixed (byte* valueStart = value)
        {
            arguments[0] = new ProduceArgument { Type = ProduceArgumentType.Topic, Handle = Handle(topic) };
            arguments[1] = new ProduceArgument { Type = ProduceArgumentType.Partition, Int32 = partition };
            arguments[2] = new ProduceArgument { Type = ProduceArgumentType.MessageFlags, Int32 = NativeConstants.MessageCopy };
            arguments[3] = new ProduceArgument { Type = ProduceArgumentType.Timestamp, Int64 = timestampMs };
            arguments[4] = Data(ProduceArgumentType.Key, keyStart, key.Length, (flags & SendFlags.NullKey) == SendFlags.NullKey, &empty);
            arguments[5] = Data(ProduceArgumentType.Value, valueStart, value.Length, (flags & SendFlags.NullValue) == SendFlags.NullValue, &empty);
            nuint count = 6;
            nint nativeHeaders = 0;
            if (headers is { Count: > 0 })
            {
                nativeHeaders = Copy(headers);
                arguments[count++] = new ProduceArgument { Type = ProduceArgumentType.Headers, Handle = nativeHeaders };
            }

            nint error = Librdkafka.ProduceVa(_producer.Client, arguments, count);
            if (error != 0)
            {
                SendAgain(error, arguments, count, nativeHeaders, topic);
            }
        }
    }

    /// <inheritdoc/>
    public void Flush(TimeSpan timeout)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        int result = Librdkafka.Flush(_producer.Client, Milliseconds(timeout));
        (long failed, ErrorCode firstCode, string why) = _producer.TakeFailures();
        if (failed > 0)
        {
            throw KafkaErrors.Refused($"{_clientId}: {failed} record(s) were not written, the first one because of", firstCode, why);
        }

        if (result != 0)
        {
            var code = (ErrorCode)result;
            throw _errors.Explain(
                _clientId, KafkaErrors.Map($"{_clientId}: Waiting for acknowledgements", code, NativeText.OfError(result), isFatal: false));
        }

        _errors.Answered();
    }

    /// <inheritdoc/>
    public void SendOffsetsToTransaction(
        IReadOnlyCollection<TopicPartitionOffset> positions, GroupMetadata group, TimeSpan timeout)
    {
        if (positions.Count == 0)
        {
            return;
        }

        if (group.Client is not NativeGroupMetadata metadata)
        {
            throw new ArgumentException("The group metadata must come from a consumer of the same clients.", nameof(group));
        }

        // All that the call needs is made and freed inside it: if it is given up, it may still return some day.
        Guarded("Sending offsets to the transaction", timeout, ms => SendOffsets(positions, metadata, ms));
    }

    /// <inheritdoc/>
    public void CommitTransaction(TimeSpan timeout)
    {
        Guarded("Committing the transaction", timeout, ms => Librdkafka.CommitTransaction(_producer.Client, ms));
        _errors.Answered();
    }

    /// <inheritdoc/>
    public void AbortTransaction(TimeSpan timeout)
    {
        Guarded("Aborting the transaction", timeout, ms => Librdkafka.AbortTransaction(_producer.Client, ms));
        _producer.ForgetFailures();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        _calls.Release(Free);
        _calls.Dispose();
    }

    private void Free()
    {
        foreach (nint handle in _topics.Values)
        {
            Librdkafka.TopicDestroy(handle);
        }

        _topics.Clear();
        _lastTopic = null;
        _producer.Dispose();
    }

    private nint SendOffsets(IReadOnlyCollection<TopicPartitionOffset> positions, NativeGroupMetadata metadata, int timeoutMs)
    {
        nint list = Librdkafka.TopicPartitionListNew(positions.Count);
        bool isHeld = false;
        try
        {
            foreach (TopicPartitionOffset position in positions)
            {
                Librdkafka.TopicPartitionListAdd(list, position.TopicPartition.Topic, position.TopicPartition.Partition)->Offset =
                    position.Offset;
            }

            metadata.DangerousAddRef(ref isHeld);
            return Librdkafka.SendOffsetsToTransaction(_producer.Client, list, metadata.DangerousGetHandle(), timeoutMs);
        }
        finally
        {
            if (isHeld)
            {
                metadata.DangerousRelease();
            }

            Librdkafka.TopicPartitionListDestroy(list);
        }
    }

    /// <summary>Runs a transactional call; one that ignores its timeout costs the producer.</summary>
    /// <exception cref="TaskMigratedException">The call is stuck: a new producer ends the transaction and goes on from what is committed.</exception>
    private void Guarded(string operation, TimeSpan timeout, Func<int, nint> call)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        int milliseconds = Milliseconds(timeout);
        if (!_calls.TryRun(() => call(milliseconds), timeout + s_patience, out nint error))
        {
            throw new TaskMigratedException(
                $"{_clientId}: {operation}: the client did not return within {timeout.TotalSeconds + s_patience.TotalSeconds:0} s, though it was to give up "
                + "earlier. It is replaced by a new producer.");
        }

        Check(error, operation);
    }

    private static int Milliseconds(TimeSpan timeout) => (int)Math.Clamp(timeout.TotalMilliseconds, 1, int.MaxValue);

    private static ProduceArgument Data(int type, byte* start, int length, bool isNull, byte* empty) => new()
    {
        Type = type,
        Pointer = isNull ? null : start is null ? empty : start,
        Size = isNull ? 0 : (nuint)length,
    };

    private static nint Copy(IReadOnlyList<RecordHeader> headers)
    {
        nint list = Librdkafka.HeadersNew((nuint)headers.Count);
        byte empty;
        for (int i = 0; i < headers.Count; i++)
        {
            byte[]? value = headers[i].Value;
            fixed (byte* start = value)
            {
                Librdkafka.HeaderAdd(list, headers[i].Name, -1, value is null ? null : start is null ? &empty : start, value?.Length ?? 0);
            }
        }

        return list;
    }

    private void Check(nint error, string operation)
    {
        if (error != 0)
        {
            Exception failure = KafkaErrors.Take(error, $"{_clientId}: {operation}");
            Librdkafka.Poll(_producer.Client, 0); // serves what the connection has to say about it
            throw _errors.Explain(_clientId, failure);
        }
    }

    private nint Handle(string topic)
    {
        if (ReferenceEquals(topic, _lastTopic))
        {
            return _lastHandle;
        }

        if (!_topics.TryGetValue(topic, out nint handle))
        {
            handle = Librdkafka.TopicNew(_producer.Client, topic, 0);
            if (handle == 0)
            {
                throw new StreamsException($"{_clientId}: '{topic}' is not a topic that can be written. Check the topic's name.");
            }

            _topics.Add(topic, handle);
        }

        _lastTopic = topic;
        _lastHandle = handle;
        return handle;
    }

    // A full queue empties as the broker acknowledges: wait for that, and give up with an exception that may be retried.
    private void SendAgain(nint error, ProduceArgument* arguments, nuint count, nint headers, string topic)
    {
        long start = _time.GetTimestamp();
        while (error != 0 && Librdkafka.ErrorCode(error) == (int)ErrorCode.Local_QueueFull && _time.GetElapsedTime(start) < s_queueFullTimeout)
        {
            Librdkafka.ErrorDestroy(error);
            Librdkafka.Poll(_producer.Client, 10);
            error = Librdkafka.ProduceVa(_producer.Client, arguments, count);
        }

        if (error == 0)
        {
            return;
        }

        if (headers != 0)
        {
            Librdkafka.HeadersDestroy(headers); // librdkafka takes them over only when it accepts the record
        }

        if (Librdkafka.ErrorCode(error) == (int)ErrorCode.Local_State)
        {
            // The transaction has failed since its last record, and takes no more.
            string reason = NativeText.Read(Librdkafka.ErrorString(error));
            Librdkafka.ErrorDestroy(error);
            throw KafkaErrors.Refused($"{_clientId}: Writing to '{topic}'", ErrorCode.Local_State, reason);
        }

        if (Librdkafka.ErrorCode(error) == (int)ErrorCode.Local_QueueFull)
        {
            Librdkafka.ErrorDestroy(error);
            throw new RetriableException(
                $"{_clientId}: the send queue stayed full for {s_queueFullTimeout.TotalSeconds} s writing to '{topic}'. Check the brokers "
                + "in Kafka:BootstrapServers, or raise queue.buffering.max.kbytes under Kafka:Producer.");
        }

        if (Librdkafka.ErrorCode(error) == (int)ErrorCode.Local_UnknownPartition)
        {
            Librdkafka.ErrorDestroy(error);
            throw KafkaErrors.NoSuchPartition(_clientId, topic, arguments[1].Int32);
        }

        throw KafkaErrors.Take(error, $"{_clientId}: Writing to '{topic}'");
    }
}
