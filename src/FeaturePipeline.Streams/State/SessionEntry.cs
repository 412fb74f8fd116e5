namespace FeaturePipeline.Streams.State;

/// <summary>One session: its bounds, its aggregate, and what the store must remember of it for the open transaction.</summary>
internal sealed class SessionEntry<TState> : KeyedEntry
    where TState : class
{
    /// <summary>First event time, ms.</summary>
    public long StartMs;

    /// <summary>Last event time, ms.</summary>
    public long EndMs;

    /// <summary>The aggregate; null while the entry waits in the pool.</summary>
    public TState? State;

    /// <summary>The next session of the same key, in no order.</summary>
    public SessionEntry<TState>? NextOfKey;

    /// <summary>Whether the session is in the store: not closed, not merged away.</summary>
    public bool IsLive;

    /// <summary>Whether the session was taken to be closed; a rollback may have queued it twice.</summary>
    public bool IsDue;

    /// <summary>Whether the open transaction changed the entry; it then stands in the undo log.</summary>
    public bool IsTouched;

    /// <summary>Start under which the changelog holds the session as of the last commit; -1 when it does not.</summary>
    public long CommittedStartMs = -1;

    /// <summary>How many times the entry stands in the queue of closing times.</summary>
    public int QueuedCount;
}
