namespace FeaturePipeline.Streams.Tasks;

/// <summary>Stream time of one task: the largest event time so far; starts at -1 and never goes back.</summary>
/// <remarks>It is part of the task's state: rolled back with a transaction, restored from the changelogs.</remarks>
internal sealed class TaskTime
{
    /// <summary>Stream time, ms since the epoch; -1 before the first event.</summary>
    public long StreamTimeMs { get; private set; } = -1;

    /// <summary>Stream time as of the last commit.</summary>
    public long CommittedMs { get; private set; } = -1;

    /// <summary>Moves stream time forward.</summary>
    /// <returns>Whether it moved.</returns>
    public bool Advance(long timestampMs)
    {
        if (timestampMs <= StreamTimeMs)
        {
            return false;
        }

        StreamTimeMs = timestampMs;
        return true;
    }

    /// <summary>Takes a stream time from a changelog; the largest of a task's stores counts.</summary>
    public void Restore(long streamTimeMs)
    {
        StreamTimeMs = Math.Max(StreamTimeMs, streamTimeMs);
        CommittedMs = StreamTimeMs;
    }

    /// <summary>The transaction is durable.</summary>
    public void CommitCompleted() => CommittedMs = StreamTimeMs;

    /// <summary>The transaction was aborted.</summary>
    public void Rollback() => StreamTimeMs = CommittedMs;
}
