// Session windows: merge a row into every open session within the gap of its timestamp, emit a session once when it closes.
// Invariant: the store holds only open sessions, because closing follows every advance of stream time before the next row.
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
    TaskTime time,
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
            if (timestampMs < windows.OpenFrom(time.StreamTimeMs))
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
        store.TakeDue(windows.OpenFrom(time.StreamTimeMs), _due);
        if (_due.Count == 0)
        {
            return;
        }

        _due.Sort(ByEndAndKey);
        try
        {
            foreach (SessionEntry<TState> session in _due)
            {
                sink.Send(new WindowResult<TState>(session.Key, session.StartMs, session.EndMs, session.State!, isFinal: true), nowMs);
                store.Remove(session);
            }

            ClosedCount += _due.Count;
        }
        finally
        {
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
