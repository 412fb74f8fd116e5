using FeaturePipeline.Streams.Tasks;

namespace FeaturePipeline.Streams.State;

/// <summary>State of one operator in one task, written through to a changelog, undone when a transaction aborts.</summary>
internal abstract class StateStore(string name, string changelogTopic)
{
    private byte[]? _progress;

    /// <summary>Name of the store: the view's.</summary>
    public string Name { get; } = name;

    /// <summary>Changelog topic; the partition is the task's.</summary>
    public string ChangelogTopic { get; } = changelogTopic;

    /// <summary>Number of entries held.</summary>
    public abstract int Count { get; }

    /// <summary>Whether anything changed since the last commit.</summary>
    public abstract bool IsDirty { get; }

    /// <summary>What the restored changelog says of itself; null when it holds no such record.</summary>
    /// <exception cref="Errors.StreamsException">It is of a later version.</exception>
    public ProgressRecord? ReadProgress() => _progress is null ? null : ProgressRecord.Read(_progress, ChangelogTopic);

    /// <summary>Applies one record of the changelog; <paramref name="value"/> is empty for a tombstone.</summary>
    /// <exception cref="Errors.StreamsException">The record was written by something else than this store's definition.</exception>
    public void Restore(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isTombstone)
    {
        if (!ProgressRecord.IsKey(key))
        {
            RestoreEntry(key, value, isTombstone);
            return;
        }

        // The last one counts; a changelog that is not compacted yet holds one of every commit.
        if (isTombstone)
        {
            _progress = null;
            return;
        }

        if (_progress?.Length != value.Length)
        {
            _progress = new byte[value.Length];
        }

        value.CopyTo(_progress);
    }

    /// <summary>Sends every change since the last commit to the changelog, once per entry.</summary>
    public abstract void Flush(RecordCollector collector, int partition, long nowMs);

    /// <summary>The transaction is durable: the changes stand.</summary>
    public abstract void CommitCompleted();

    /// <summary>The transaction was aborted: everything is as at the last commit.</summary>
    public abstract void Rollback();

    /// <summary>Applies one record of the changelog that is an entry's.</summary>
    protected abstract void RestoreEntry(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isTombstone);
}
