// Session windows: merge a row into every open session within the gap of its timestamp, emit a session once when it closes.
// Invariant: the store holds only open sessions, because closing follows every advance of stream time before the next row.
using System.Runtime.InteropServices;
using FeaturePipeline.Streams.State;
using FeaturePipeline.Streams.Tasks;
using FeaturePipeline.Streams.Topology;
using FeaturePipeline.Streams.Windows;

namespace FeaturePipeline.Streams.Processors;

/// <summary>Aggregates rows by key and session; emits on close, in (end, key) order.</summary>
internal sealed class SessionAggregate<TRow, TState>(
    SessionWindows windows,
    SessionStore<TRow, TState> store,
    IWindowedAggregation<TRow, TState> aggregation,
    WindowSink<TState> sink,
    TaskContext context,
    RowPredicate<TRow>? filter = null)
    : WindowOperator<TRow>
    where TRow : struct, IStreamRow, allows ref struct
    where TState : class
{
    private static readonly Comparison<SessionEntry<TState>> ByEndAndKey = static (left, right) =>
        left.EndMs != right.EndMs ? left.EndMs.CompareTo(right.EndMs) : left.Key.SequenceCompareTo(right.Key);

    private readonly List<SessionEntry<TState>> _due = [];

    /// <inheritdoc/>
    public override StateStore Store => store;

    /// <inheritdoc/>
    public override bool Process(in TRow row)
    {
        if (filter is not null && !filter(in row))
        {
            return true;
        }

        ReadOnlySpan<byte> key = row.Key;
        long timestampMs = row.TimestampMs;
        uint hash = KeyTable<SessionEntry<TState>>.HashOf(key);
        SessionEntry<TState>? session = null;
        SessionEntry<TState>? next;
        for (SessionEntry<TState>? entry = store.Find(key, hash); entry is not null; entry = next)
        {
            next = entry.NextOfKey;
            if (windows.Touches(entry.StartMs, entry.EndMs, timestampMs))
            {
                session = session is null ? entry : Merge(session, entry);
            }
        }

        if (session is null)
        {
            // The late test is on the merged session; one that merges with nothing ends at its only event.
            if (timestampMs < windows.OpenFrom(context.Time.StreamTimeMs))
            {
                return false;
            }

            session = store.Add(key, hash, timestampMs, timestampMs);
        }
        else
        {
            store.Touch(session);
            session.StartMs = Math.Min(session.StartMs, timestampMs);
            session.EndMs = Math.Max(session.EndMs, timestampMs);
        }

        aggregation.Add(session.State!, in row);
        return true;
    }

    /// <inheritdoc/>
    public override void CloseDue(long nowMs)
    {
        store.TakeDue(windows.OpenFrom(context.Time.StreamTimeMs), _due);
        if (_due.Count == 0)
        {
            return;
        }

        _due.Sort(ByEndAndKey);
        int closed = 0;
        try
        {
            while (closed < _due.Count)
            {
                SessionEntry<TState> session = _due[closed];
                sink.Send(new WindowResult<TState>(session.Key, session.StartMs, session.EndMs, session.State!, isFinal: true), nowMs);
                store.Remove(session);
                closed++;
                ClosedCount++;
                if (closed % context.Options.ClosedBetweenCommitsMax == 0)
                {
                    // However many close at once, no transaction outlasts its time-out on the broker. Stream time has moved, and the
                    // row that moved it is not processed yet: after a crash it is read again, and the rest is due.
                    context.CommitIfDue();
                }
            }
        }
        finally
        {
            // None is left unless something went wrong; what was closed, a rollback puts back.
            store.PutBack(CollectionsMarshal.AsSpan(_due)[closed..]);
            _due.Clear();
        }
    }

    // The older one stays, so that a session that was committed under its start keeps that start where it can.
    private SessionEntry<TState> Merge(SessionEntry<TState> left, SessionEntry<TState> right)
    {
        (SessionEntry<TState> into, SessionEntry<TState> other) = left.StartMs <= right.StartMs ? (left, right) : (right, left);
        store.Touch(into);
        store.Touch(other);
        aggregation.Merge(into.State!, other.State!);
        into.EndMs = Math.Max(into.EndMs, other.EndMs);
        store.Remove(other);
        return into;
    }
}
