namespace FeaturePipeline.IntegrationTests.Sessions;

/// <summary>One user event as the batch computation keeps it.</summary>
/// <param name="User">The key.</param>
/// <param name="Type">The event's type.</param>
/// <param name="TimestampMs">Event time, ms since the epoch.</param>
/// <param name="Offset">Offset in its partition; breaks ties of equal times.</param>
public sealed record BatchEvent(string User, string Type, long TimestampMs, long Offset);

// The second opinion on session windows: one partition, in offset order, written from the definition and nothing else.
// - Stream time is the largest event time so far; it moves before the lateness of an event is judged.
// - An event merges every open session of its user that lies within the gap; the merged session must not be closed already.
// - A session is closed, and gone, when its end < stream time - grace - gap. Sessions never closed by then are not emitted.
// It shares no code with the pipeline on purpose: keep it naive. Every session is the list of its events.
public sealed class SessionBatch(long gapMs, long graceMs)
{
    private readonly Dictionary<string, List<List<BatchEvent>>> _open = new(StringComparer.Ordinal);
    private readonly List<IReadOnlyList<BatchEvent>> _closed = [];
    private long _streamTimeMs = -1;

    /// <summary>Events dropped because even their merged session was closed.</summary>
    public long Late { get; private set; }

    /// <summary>Events taken into a session.</summary>
    public long Taken { get; private set; }

    public void Add(BatchEvent e)
    {
        _streamTimeMs = Math.Max(_streamTimeMs, e.TimestampMs);
        if (!_open.TryGetValue(e.User, out var sessions))
        {
            _open.Add(e.User, sessions = []);
        }

        Close(sessions);
        var touched = sessions.Where(s => End(s) >= e.TimestampMs - gapMs && Start(s) <= e.TimestampMs + gapMs).ToList();
        List<BatchEvent> merged = [.. touched.SelectMany(s => s), e];
        if (IsClosed(merged))
        {
            Late++;
            return;
        }

        Taken++;
        sessions.RemoveAll(touched.Contains);
        sessions.Add(merged);
    }

    /// <summary>Ends the partition: what its stream time has closed, each session as its events.</summary>
    public IReadOnlyList<IReadOnlyList<BatchEvent>> Finish()
    {
        foreach (var sessions in _open.Values)
        {
            Close(sessions);
        }

        return _closed;
    }

    private static long Start(List<BatchEvent> session) => session.Min(e => e.TimestampMs);

    private static long End(List<BatchEvent> session) => session.Max(e => e.TimestampMs);

    private bool IsClosed(List<BatchEvent> session) => End(session) < _streamTimeMs - graceMs - gapMs;

    // A user's sessions are looked at only when the user comes back, or at the end: closing later than stream time passed
    // makes no difference, because a closed session is never touched again.
    private void Close(List<List<BatchEvent>> sessions)
    {
        _closed.AddRange(sessions.Where(IsClosed));
        sessions.RemoveAll(IsClosed);
    }
}
