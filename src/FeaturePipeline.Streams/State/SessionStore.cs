// In-memory session store with an undo log.
// Invariants: the table and the key lists hold exactly the live entries; every live entry stands in the closing queue with a
// time not after its end; an entry changed since the last commit stands in the undo log once, with its committed image.
using System.Buffers;
using FeaturePipeline.Streams.Tasks;
using FeaturePipeline.Streams.Topology;

namespace FeaturePipeline.Streams.State;

/// <summary>The open sessions of one task and view.</summary>
internal sealed class SessionStore<TRow, TState>(
    string name, string changelogTopic, IWindowedAggregation<TRow, TState> aggregation)
    : StateStore(name, changelogTopic)
    where TRow : struct, IStreamRow, allows ref struct
    where TState : class
{
    private const int ClosingSlack = 1024;

    private readonly KeyTable<SessionEntry<TState>> _table = new();
    private readonly PriorityQueue<SessionEntry<TState>, long> _closing = new();
    private readonly Stack<SessionEntry<TState>> _pool = new();
    private readonly List<Undo> _undo = [];
    private readonly ArrayBufferWriter<byte> _undoBytes = new(1024);
    private readonly ArrayBufferWriter<byte> _keyBytes = new(64);
    private readonly ArrayBufferWriter<byte> _valueBytes = new(256);
    private int _count;

    private readonly record struct Undo(SessionEntry<TState> Entry, long StartMs, long EndMs, int Offset, int Length);

    /// <inheritdoc/>
    public override int Count => _count;

    /// <summary>Length of the closing queue: at least one place for each session, after a rollback at most two and a constant.</summary>
    public int ClosingCount => _closing.Count;

    /// <inheritdoc/>
    public override bool IsDirty => _undo.Count > 0;

    /// <summary>The first session of a key, or null; the others follow by <see cref="SessionEntry{TState}.NextOfKey"/>.</summary>
    public SessionEntry<TState>? Find(ReadOnlySpan<byte> key, uint hash) => _table.Find(key, hash);

    /// <summary>Adds an empty session.</summary>
    public SessionEntry<TState> Add(ReadOnlySpan<byte> key, uint hash, long startMs, long endMs)
    {
        SessionEntry<TState> entry = _pool.TryPop(out SessionEntry<TState>? pooled) ? pooled : new SessionEntry<TState>();
        entry.SetKey(key, hash);
        entry.StartMs = startMs;
        entry.EndMs = endMs;
        entry.State = aggregation.Create();
        entry.CommittedStartMs = -1;
        entry.IsTouched = false;
        Link(entry);
        Touch(entry);
        return entry;
    }

    /// <summary>Must be called before an entry is changed or removed: keeps its committed image for a rollback.</summary>
    public void Touch(SessionEntry<TState> entry)
    {
        if (entry.IsTouched)
        {
            return;
        }

        entry.IsTouched = true;
        int offset = _undoBytes.WrittenCount;
        if (entry.CommittedStartMs >= 0)
        {
            aggregation.Write(entry.State!, _undoBytes);
        }

        _undo.Add(new Undo(entry, entry.StartMs, entry.EndMs, offset, _undoBytes.WrittenCount - offset));
    }

    /// <summary>Takes a session out: closed or merged away. Its state is the store's no more.</summary>
    public void Remove(SessionEntry<TState> entry)
    {
        Touch(entry);
        Unlink(entry);
        ReleaseState(entry);
    }

    /// <summary>
    /// Takes the sessions that end before <paramref name="openFromMs"/> off the closing queue, for the caller to emit and remove
    /// or to put back.
    /// </summary>
    public void TakeDue(long openFromMs, List<SessionEntry<TState>> due)
    {
        while (_closing.TryPeek(out SessionEntry<TState>? entry, out long endMs) && endMs < openFromMs)
        {
            _closing.Dequeue();
            entry.QueuedCount--;
            if (!entry.IsLive)
            {
                Recycle(entry);
            }
            else if (entry.EndMs >= openFromMs)
            {
                Enqueue(entry);
            }
            else if (!entry.IsDue)
            {
                entry.IsDue = true;
                due.Add(entry);
            }
        }
    }

    /// <summary>Puts sessions on the closing queue again that were taken off it and not removed.</summary>
    public void PutBack(ReadOnlySpan<SessionEntry<TState>> due)
    {
        foreach (SessionEntry<TState> entry in due)
        {
            entry.IsDue = false;
            Enqueue(entry);
        }
    }

    /// <inheritdoc/>
    public override void Flush(RecordCollector collector, int partition, long nowMs)
    {
        if (collector.IsTransactional)
        {
            // Tombstones first: a session that moved to another start must not delete what another one wrote there.
            FlushRemoved(collector, partition, nowMs);
            FlushLive(collector, partition, nowMs);
        }
        else
        {
            // A crash may keep any first part of this: what a merge took from a session must be there before the session is not.
            FlushLive(collector, partition, nowMs);
            FlushRemoved(collector, partition, nowMs);
        }
    }

    /// <inheritdoc/>
    public override void CommitCompleted()
    {
        foreach (Undo undo in _undo)
        {
            SessionEntry<TState> entry = undo.Entry;
            entry.IsTouched = false;
            entry.CommittedStartMs = entry.IsLive ? entry.StartMs : -1;
            Recycle(entry);
        }

        ForgetUndo();
    }

    /// <inheritdoc/>
    public override void Rollback()
    {
        foreach (Undo undo in _undo)
        {
            SessionEntry<TState> entry = undo.Entry;
            if (entry.IsLive)
            {
                Unlink(entry);
                ReleaseState(entry);
            }
        }

        foreach (Undo undo in _undo)
        {
            SessionEntry<TState> entry = undo.Entry;
            entry.IsTouched = false;
            if (entry.CommittedStartMs < 0)
            {
                Recycle(entry);
                continue;
            }

            entry.StartMs = undo.StartMs;
            entry.EndMs = undo.EndMs;
            entry.State = aggregation.Create();
            aggregation.Read(entry.State, _undoBytes.WrittenSpan.Slice(undo.Offset, undo.Length));
            Link(entry);
        }

        ForgetUndo();
        CompactClosing();
    }

    /// <inheritdoc/>
    protected override void RestoreEntry(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isTombstone)
    {
        SessionChangelog.ReadKey(key, Name, out ReadOnlySpan<byte> entity, out long startMs);
        uint hash = KeyTable<SessionEntry<TState>>.HashOf(entity);
        SessionEntry<TState>? entry = Find(entity, hash);
        while (entry is not null && entry.StartMs != startMs)
        {
            entry = entry.NextOfKey;
        }

        if (isTombstone)
        {
            if (entry is not null)
            {
                Unlink(entry);
                ReleaseState(entry);
                Recycle(entry);
            }

            return;
        }

        ReadOnlySpan<byte> state = SessionChangelog.ReadHeader(value, aggregation.LayoutHash, Name, out long endMs);
        if (entry is null)
        {
            entry = Add(entity, hash, startMs, endMs);
            entry.CommittedStartMs = startMs;
            entry.IsTouched = false;
            ForgetUndo();
        }
        else
        {
            // In place, so that the closing queue does not grow with the length of the changelog.
            ReleaseState(entry);
            entry.State = aggregation.Create();
            entry.EndMs = Math.Max(entry.EndMs, endMs);
        }

        aggregation.Read(entry.State!, state);
    }

    private void FlushRemoved(RecordCollector collector, int partition, long nowMs)
    {
        foreach (Undo undo in _undo)
        {
            SessionEntry<TState> entry = undo.Entry;
            if (entry.CommittedStartMs >= 0 && (!entry.IsLive || entry.StartMs != entry.CommittedStartMs))
            {
                SessionChangelog.WriteKey(_keyBytes, entry.Key, entry.CommittedStartMs);
                collector.SendTombstone(ChangelogTopic, partition, _keyBytes.WrittenSpan, nowMs);
            }
        }
    }

    private void FlushLive(RecordCollector collector, int partition, long nowMs)
    {
        foreach (Undo undo in _undo)
        {
            SessionEntry<TState> entry = undo.Entry;
            if (entry.IsLive)
            {
                SessionChangelog.WriteKey(_keyBytes, entry.Key, entry.StartMs);
                SessionChangelog.WriteHeader(_valueBytes, aggregation.LayoutHash, entry.EndMs);
                aggregation.Write(entry.State!, _valueBytes);
                collector.Send(ChangelogTopic, partition, _keyBytes.WrittenSpan, _valueBytes.WrittenSpan, nowMs);
            }
        }
    }

    private void ReleaseState(SessionEntry<TState> entry)
    {
        aggregation.Release(entry.State!);
        entry.State = null;
    }

    private void ForgetUndo()
    {
        _undo.Clear();
        _undoBytes.ResetWrittenCount();
    }

    private void Link(SessionEntry<TState> entry)
    {
        entry.IsLive = true;
        entry.IsDue = false;
        entry.NextOfKey = _table.Find(entry.Key, entry.Hash);
        _table.Set(entry);
        _count++;
        Enqueue(entry);
    }

    private void Unlink(SessionEntry<TState> entry)
    {
        SessionEntry<TState> head = _table.Find(entry.Key, entry.Hash)!;
        if (!ReferenceEquals(head, entry))
        {
            while (!ReferenceEquals(head.NextOfKey, entry))
            {
                head = head.NextOfKey!;
            }

            head.NextOfKey = entry.NextOfKey;
        }
        else if (entry.NextOfKey is { } next)
        {
            _table.Set(next);
        }
        else
        {
            _table.Remove(entry.Key, entry.Hash);
        }

        entry.NextOfKey = null;
        entry.IsLive = false;
        _count--;
    }

    private void Enqueue(SessionEntry<TState> entry)
    {
        entry.QueuedCount++;
        _closing.Enqueue(entry, entry.EndMs);
    }

    // Each rollback leaves what it took back on the queue, and stream time, which takes it off, may stand still from one to the next.
    private void CompactClosing()
    {
        if (_closing.Count <= (2 * _count) + ClosingSlack)
        {
            return;
        }

        SessionEntry<TState>[] queued = [.. _closing.UnorderedItems.Select(item => item.Element).Distinct()];
        _closing.Clear();
        foreach (SessionEntry<TState> entry in queued)
        {
            entry.QueuedCount = 0;
            if (entry.IsLive)
            {
                Enqueue(entry);
            }
            else
            {
                Recycle(entry);
            }
        }
    }

    // An entry is free when neither the store, nor the undo log, nor the closing queue knows it.
    private void Recycle(SessionEntry<TState> entry)
    {
        if (!entry.IsLive && !entry.IsTouched && entry.QueuedCount == 0)
        {
            _pool.Push(entry);
        }
    }
}
