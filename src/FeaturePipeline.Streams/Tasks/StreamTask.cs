// One task: one partition of one source, its operators and their state. Invariant: Position is the offset of the next record whose
// effects are not in the state, and CommittedPosition the same for what is durable; a rollback makes them equal.
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Diagnostics;
using FeaturePipeline.Streams.Errors;
using FeaturePipeline.Streams.Processors;
using FeaturePipeline.Streams.State;
using FeaturePipeline.Streams.Topology;
using Microsoft.Extensions.Logging;

namespace FeaturePipeline.Streams.Tasks;

/// <summary>A task of a stream thread.</summary>
/// <remarks>Changed by its thread only; the counters may be read by any.</remarks>
internal sealed class StreamTask(TaskContext context, TaskSource source, ILogger logger)
{
    private long _atEndSinceMs = -1;
    private long _streamTimeAtEndMs = -1;
    private readonly MemoryStream _progress = new();
    private bool _isStartCommitted;
    private long? _groupOffset;
    private long _parkedOffset = -1; // logged once, however often the task waits there

    /// <summary>Identity.</summary>
    public TaskId Id => context.Id;

    /// <summary>Partition that the task reads.</summary>
    public TopicPartition SourcePartition => context.Source;

    /// <summary>State.</summary>
    public TaskState State { get; private set; }

    /// <summary>Offset of the next record to process.</summary>
    public long Position { get; private set; } = -1;

    /// <summary>Position as of the last commit.</summary>
    public long CommittedPosition { get; private set; } = -1;

    /// <summary>Wall time (ms) until which the task waits before it reads the same record again; 0 when it does not wait.</summary>
    public long ParkedUntilMs { get; private set; }

    /// <summary>Whether the task waits for the schema of its next record, also while it looks whether that has come.</summary>
    public bool IsParked => ParkedUntilMs > 0 || (_parkedOffset >= 0 && _parkedOffset == Position);

    /// <summary>Records taken from the partition since the task was created, dropped ones included.</summary>
    public long ProcessedCount { get; private set; }

    /// <summary>End of the partition as last seen; -1 before the first fetch.</summary>
    public long EndOffset { get; set; } = -1;

    /// <summary>Windows emitted as final since the task was created.</summary>
    public long ClosedCount => source.ClosedCount;

    /// <summary>Stream time, ms since the epoch; -1 before the first event.</summary>
    public long StreamTimeMs => context.Time.StreamTimeMs;

    /// <summary>The stores of the task's operators.</summary>
    public IReadOnlyList<StateStore> Stores => source.Stores;

    /// <summary>Whether a commit would make anything durable.</summary>
    public bool IsDirty => Position != CommittedPosition || !_isStartCommitted || HasDirtyStore();

    /// <summary>Records dropped for a reason since the task was created.</summary>
    public long DroppedCount(DropReason reason) => context.DroppedCount(reason);

    /// <summary>Moves to another state.</summary>
    public void TransitTo(TaskState state)
    {
        TaskState from = State;
        State = TaskStates.Next(Id, from, state);
        logger.TaskStateChanged(Id, from, state, SourcePartition);
    }

    /// <summary>Sets where the task starts.</summary>
    /// <param name="offset">Offset of the first record to process.</param>
    /// <param name="committed">The group's committed offset, if any. Another start is committed even if no record comes: what
    /// is written while nobody runs must not lie before the next start (latest).</param>
    public void StartAt(long offset, long? committed)
    {
        Position = offset;
        CommittedPosition = offset;
        _groupOffset = committed;
        _isStartCommitted = committed == offset;
    }

    /// <summary>Takes stream time from the restored changelogs. One that holds no position yet gets it with the next commit.</summary>
    public void TakeRestored()
    {
        foreach (StateStore store in source.Stores)
        {
            ProgressRecord? progress = store.ReadProgress();
            context.Time.Restore(progress?.StreamTimeMs ?? -1);
            _isStartCommitted &= progress is { Sources.Count: > 0 };
        }
    }

    /// <summary>Processes one record.</summary>
    /// <exception cref="TaskCorruptedException">The record was processed before, or the topic is not the one that it was.</exception>
    public void Process(RecordBatch batch, in ConsumedRecord record)
    {
        if (ParkedUntilMs > 0)
        {
            return;
        }

        if (record.Offset < Position)
        {
            // A client that finds its position gone starts over by itself (auto.offset.reset), which nobody else would notice.
            throw new TaskCorruptedException(SourcePartition,
                $"{SourcePartition} returned offset {record.Offset} after offset {Position - 1}: its records were deleted, or the topic is a new one.");
        }

        if (!source.Process(batch, in record))
        {
            Park(record.Offset);
            return;
        }

        Position = record.Offset + 1;
        ProcessedCount++;
        _atEndSinceMs = -1;
    }

    /// <summary>The consumer stands at the end of the partition: everything before <paramref name="offset"/> was returned.</summary>
    public void ReachedEnd(long offset, long nowMs)
    {
        context.NowMs = nowMs;
        if (ParkedUntilMs > 0 || offset < Position)
        {
            return;
        }

        Position = offset; // Control records of transactions are never returned; they are behind us, too.
        EndOffset = offset;
        if (_atEndSinceMs < 0)
        {
            _atEndSinceMs = context.NowMs;
            _streamTimeAtEndMs = StreamTimeMs;
        }
    }

    /// <summary>Sets the wall clock of what follows.</summary>
    public void SetNow(long nowMs) => context.NowMs = nowMs;

    /// <summary>
    /// Closes what an aborted transaction left open, and lets stream time of an idle partition flow: by the wall time that passed since it
    /// became idle, never to 'now', so that replayed history is not closed by today's clock.
    /// </summary>
    public void Punctuate()
    {
        if (source.IsCloseOverdue)
        {
            source.CloseDue();
        }

        long idleAfterMs = (long)context.Options.IdleAfter.TotalMilliseconds;
        if (idleAfterMs <= 0 || _atEndSinceMs < 0 || _streamTimeAtEndMs < 0)
        {
            return;
        }

        long idleMs = context.NowMs - _atEndSinceMs - idleAfterMs;
        if (idleMs > 0 && context.Time.Advance(_streamTimeAtEndMs + idleMs))
        {
            source.CloseDue();
        }
    }

    /// <summary>Emits what is due after a restore: a shorter gap or grace may have closed windows.</summary>
    public void CloseDue() => source.CloseDue();

    /// <summary>Sends the state's changes to the changelogs.</summary>
    public void Flush()
    {
        foreach (StateStore store in source.Stores)
        {
            store.Flush(context.Collector, Id.Partition, context.NowMs);
        }
    }

    /// <summary>
    /// Sends time and position to the changelogs, after every store's changes: time must never be ahead of them, or records that are
    /// read again would be late for sessions that are not there.
    /// </summary>
    public void FlushProgress()
    {
        SourcePosition[] sources = [new(SourcePartition, Position, _groupOffset)];
        string[] stores = [.. source.Stores.Select(s => s.Name)];
        foreach (StateStore store in source.Stores)
        {
            new ProgressRecord(StreamTimeMs, sources, context.Collector.IsTransactional, store.Count, stores).Write(_progress);
            ReadOnlySpan<byte> value = _progress.GetBuffer().AsSpan(0, (int)_progress.Length);
            context.Collector.Send(store.ChangelogTopic, Id.Partition, ProgressRecord.Key, value, context.NowMs);
        }
    }

    /// <summary>The transaction is durable.</summary>
    public void CommitCompleted()
    {
        foreach (StateStore store in source.Stores)
        {
            store.CommitCompleted();
        }

        context.Time.CommitCompleted();
        CommittedPosition = Position;
        _groupOffset = Position;
        _isStartCommitted = true;
    }

    /// <summary>The transaction was aborted: state, time and position are as at the last commit.</summary>
    public void Rollback()
    {
        foreach (StateStore store in source.Stores)
        {
            store.Rollback();
        }

        source.RolledBack();
        context.Time.Rollback();
        Position = CommittedPosition;
        ParkedUntilMs = 0;
        _atEndSinceMs = -1;
    }

    /// <summary>Ends the wait of a parked task; the record is read again.</summary>
    public void Unpark() => ParkedUntilMs = 0;

    private void Park(long offset)
    {
        const long ParkMs = 50;
        if (offset != _parkedOffset)
        {
            logger.TaskParked(Id, SourcePartition, offset);
            _parkedOffset = offset;
        }

        Position = offset;
        ParkedUntilMs = context.NowMs + ParkMs;
        _atEndSinceMs = -1;
    }

    private bool HasDirtyStore()
    {
        foreach (StateStore store in source.Stores)
        {
            if (store.IsDirty)
            {
                return true;
            }
        }

        return false;
    }
}
