using Confluent.Kafka;
using FeaturePipeline.Streams.Errors;

namespace FeaturePipeline.Kafka;

/// <summary>One error that a client goes on after by itself, as the health check shows it.</summary>
/// <param name="ClientId">The client that reported it.</param>
/// <param name="Code">Name of librdkafka's error code, for example <c>Local_AllBrokersDown</c>.</param>
/// <param name="Reason">librdkafka's text.</param>
/// <param name="At">When it was reported.</param>
public sealed record ClientError(string ClientId, string Code, string Reason, DateTimeOffset At);

/// <summary>What is wrong with the cluster right now, as the clients see it; thread-safe.</summary>
/// <remarks>
/// Brokers that are away, a topic that does not exist yet: librdkafka retries these for ever, so they are no exceptions.
/// A lost connection counts until a broker has answered again, anything else until records flow again.
/// </remarks>
public sealed class ClientErrors
{
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private ClientError? _connection;
    private ClientError? _other;
    private ClientError? _last;
    private long _count;

    internal ClientErrors(TimeProvider time) => _time = time;

    /// <summary>The latest error that is not over; null when all is well.</summary>
    public ClientError? Current => Volatile.Read(ref _connection) ?? Volatile.Read(ref _other);

    /// <summary>The latest error, also one that is over; null when there was none.</summary>
    public ClientError? Last => Volatile.Read(ref _last);

    /// <summary>Errors reported since the start.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>Called for every error, on the thread that noticed it; for logging. It must not throw.</summary>
    public Action<ClientError>? OnReported { get; set; }

    internal bool IsConnectionLost => Volatile.Read(ref _connection) is not null;

    internal void Report(string clientId, ErrorCode code, string reason)
    {
        var error = new ClientError(clientId, code.ToString(), reason, _time.GetUtcNow());
        lock (_gate)
        {
            Volatile.Write(ref _last, error);
            if (KafkaErrors.MeansNoAnswer(code))
            {
                // That all brokers are down is the consequence: the connection's own error tells why.
                bool isConsequence = code == ErrorCode.Local_AllBrokersDown && _connection is not null;
                Volatile.Write(ref _connection, isConsequence ? _connection : error);
            }
            else
            {
                Volatile.Write(ref _other, error);
            }
        }

        Interlocked.Increment(ref _count);
        OnReported?.Invoke(error);
    }

    /// <summary>What a call that got no answer in time is told: why the connection is lost, where that is known.</summary>
    /// <remarks>Of a broker that hangs only such a call knows: its connections stay open, and librdkafka reports no error.</remarks>
    /// <param name="clientId">The client that made the call.</param>
    /// <param name="exception">The mapped exception.</param>
    /// <returns>The same exception, or one that says more: a refused password is not worth a retry.</returns>
    internal Exception Explain(string clientId, Exception exception)
    {
        if (exception is not RetriableException)
        {
            return exception;
        }

        if (Volatile.Read(ref _connection) is not ClientError lost)
        {
            if (exception is NoAnswerException unanswered)
            {
                Report(clientId, unanswered.Code, unanswered.Message);
            }

            return exception;
        }

        return lost.Code == nameof(ErrorCode.Local_Authentication)
            ? KafkaErrors.Map(lost.ClientId, ErrorCode.Local_Authentication, lost.Reason, isFatal: false)
            : lost.Code == nameof(ErrorCode.Local_TimedOut) ? exception // that is no reason
            : new RetriableException($"{exception.Message} Connection: {lost.Reason}", exception);
    }

    /// <summary>A broker answered: the connection is back.</summary>
    internal void Answered()
    {
        if (Volatile.Read(ref _connection) is not null)
        {
            Volatile.Write(ref _connection, null);
        }
    }

    /// <summary>Records flow: whatever was wrong is over.</summary>
    internal void Flowed()
    {
        Answered();
        if (Volatile.Read(ref _other) is not null)
        {
            Volatile.Write(ref _other, null);
        }
    }
}
