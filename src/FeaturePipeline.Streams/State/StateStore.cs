using FeaturePipeline.Streams.Tasks;

namespace FeaturePipeline.Streams.State;

/// <summary>State of one operator in one task, written through to a changelog, undone when a transaction aborts.</summary>
internal abstract class StateStore(string name, string changelogTopic)
{
    /// <summary>Name of the store: the view's.</summary>
    public string Name { get; } = name;

    /// <summary>Changelog topic; the partition is the task's.</summary>
    public string ChangelogTopic { get; } = changelogTopic;

    /// <summary>Number of entries held.</summary>
    public abstract int Count { get; }

    /// <summary>Whether anything changed since the last commit.</summary>
    public abstract bool IsDirty { get; }

    /// <summary>Applies one record of the changelog; <paramref name="value"/> is empty for a tombstone.</summary>
    /// <exception cref="Errors.StreamsException">The record was written by something else than this store's definition.</exception>
    public abstract void Restore(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isTombstone);

    /// <summary>Sends every change since the last commit to the changelog, once per entry.</summary>
    public abstract void Flush(RecordCollector collector, int partition, long nowMs);

    /// <summary>
    /// Sends the task's stream time, when it moved. It must never be ahead of what <see cref="Flush"/> sent of any store of the task:
    /// records that are read again would be late for sessions that are not there.
    /// </summary>
    public abstract void FlushTime(RecordCollector collector, int partition, long nowMs);

    /// <summary>The transaction is durable: the changes stand.</summary>
    public abstract void CommitCompleted();

    /// <summary>The transaction was aborted: everything is as at the last commit.</summary>
    public abstract void Rollback();
}
