using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Topology;

namespace FeaturePipeline.Streams.Tasks;

/// <summary>What the operators of one task share: time, collector, counters, dead letters.</summary>
internal sealed class TaskContext(
    TaskId id, TopicPartition source, StreamsOptions options, RecordCollector collector, DeadLetters deadLetters, Action commitIfDue)
{
    private readonly long[] _dropped = new long[Enum.GetValues<DropReason>().Length];

    /// <summary>Identity of the task.</summary>
    public TaskId Id { get; } = id;

    /// <summary>Partition that the task reads.</summary>
    public TopicPartition Source { get; } = source;

    /// <summary>Settings of the runtime.</summary>
    public StreamsOptions Options { get; } = options;

    /// <summary>Where results go.</summary>
    public RecordCollector Collector { get; } = collector;

    /// <summary>Commits what every task of the thread has done, when the commit interval has passed: for work that takes longer.</summary>
    public Action CommitIfDue { get; } = commitIfDue;

    /// <summary>Stream time.</summary>
    public TaskTime Time { get; } = new();

    /// <summary>Wall clock as of the batch or punctuation in hand, ms since the epoch.</summary>
    public long NowMs { get; set; }

    /// <summary>Records dropped by reason since the task was created.</summary>
    public long DroppedCount(DropReason reason) => Volatile.Read(ref _dropped[(int)reason]);

    /// <summary>Counts a rejected record and writes it to dead letters.</summary>
    public void Reject(RecordBatch batch, in ConsumedRecord record, Rejection rejection)
    {
        _dropped[(int)rejection.Reason]++;
        deadLetters.Send(batch, in record, rejection, NowMs);
    }

    /// <summary>Counts a late record and writes it to the late topic.</summary>
    public void DropLate(RecordBatch batch, in ConsumedRecord record)
    {
        _dropped[(int)DropReason.Late]++;
        deadLetters.SendLate(batch, in record, NowMs);
    }
}
