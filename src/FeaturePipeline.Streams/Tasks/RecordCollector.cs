// The producing half of a stream thread: one producer, and the one transaction that everything of a commit is part of.
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Errors;
using FeaturePipeline.Streams.Threads;

namespace FeaturePipeline.Streams.Tasks;

/// <summary>Sends records of a thread's tasks and ends its transactions.</summary>
/// <remarks>Not thread-safe: used by its stream thread only.</remarks>
internal sealed class RecordCollector(IStreamsProducer producer, bool isTransactional, ThreadCounters counters) : IDisposable
{
    /// <summary>Partition to give when the key decides.</summary>
    public const int PartitionByKey = -1;

    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Whether what is sent becomes visible all at once or not at all.</summary>
    public bool IsTransactional => isTransactional;

    /// <summary>Whether a transaction is open (under at-least-once: whether something was sent since the last commit).</summary>
    public bool HasOpenTransaction { get; private set; }

    /// <summary>Sends a record.</summary>
    public void Send(
        string topic, int partition, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long timestampMs,
        SendFlags flags = SendFlags.None, IReadOnlyList<RecordHeader>? headers = null)
    {
        try
        {
            Begin();
            producer.Send(topic, partition, key, value, timestampMs, flags, headers);
        }
        catch (RetriableException e)
        {
            // The record is not in the queue and what the caller was doing is half done: only a rollback is safe.
            throw new TransactionAbortedException($"A record for topic '{topic}' could not be queued. {e.Message}", e);
        }

        counters.SentRecords++;
    }

    /// <summary>Sends a tombstone.</summary>
    public void SendTombstone(string topic, int partition, ReadOnlySpan<byte> key, long timestampMs) =>
        Send(topic, partition, key, default, timestampMs, SendFlags.NullValue);

    /// <summary>
    /// Under at-least-once: waits until everything sent so far is durable, because a crash may keep any part of what was sent. In a
    /// transaction everything becomes visible at once, and nothing has to be waited for.
    /// </summary>
    public void Barrier(Action<RetriableException> retry)
    {
        if (!isTransactional && HasOpenTransaction)
        {
            Retry(() => producer.Flush(CallTimeout), retry);
        }
    }

    /// <summary>
    /// Commits everything sent, with the source offsets. When it returns, the commit is durable.
    /// </summary>
    /// <param name="positions">Next offsets of every task that took part; never empty, because the group's check of the generation
    /// is what fences a member that lost its partitions.</param>
    /// <param name="consumer">The thread's consumer.</param>
    /// <param name="retry">Called between tries of a call whose outcome is unknown; throws to give up.</param>
    public void Commit(IReadOnlyCollection<TopicPartitionOffset> positions, IStreamsConsumer consumer, Action<RetriableException> retry)
    {
        if (isTransactional)
        {
            Retry(Begin, retry);
            Retry(() => producer.SendOffsetsToTransaction(positions, consumer.GroupMetadata, CallTimeout), retry);
            Retry(() => producer.CommitTransaction(CallTimeout), retry);
        }
        else
        {
            Retry(() => producer.Flush(CallTimeout), retry);
            Retry(() => consumer.Commit(positions), retry);
        }

        HasOpenTransaction = false;
    }

    /// <summary>Drops everything sent since the last commit, as far as the guarantee allows.</summary>
    public void Abort(Action<RetriableException> retry)
    {
        if (HasOpenTransaction && isTransactional)
        {
            Retry(() => producer.AbortTransaction(CallTimeout), retry);
        }

        HasOpenTransaction = false;
    }

    /// <summary>Serves the producer: called once a turn, also when nothing is sent.</summary>
    public void Poll() => producer.Poll();

    /// <inheritdoc/>
    public void Dispose() => producer.Dispose();

    private void Begin()
    {
        if (HasOpenTransaction)
        {
            return;
        }

        if (isTransactional)
        {
            producer.BeginTransaction();
        }

        HasOpenTransaction = true;
    }

    private static void Retry(Action call, Action<RetriableException> retry)
    {
        while (true)
        {
            try
            {
                call();
                return;
            }
            catch (RetriableException e)
            {
                retry(e);
            }
        }
    }
}
