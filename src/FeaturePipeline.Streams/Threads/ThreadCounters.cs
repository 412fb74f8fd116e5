namespace FeaturePipeline.Streams.Threads;

/// <summary>Counters of one stream thread: written by its loop alone, read by instruments.</summary>
internal sealed class ThreadCounters
{
    /// <summary>Records returned by polls.</summary>
    public long PolledRecords;

    /// <summary>Records sent: features, changelogs, dead letters.</summary>
    public long SentRecords;

    /// <summary>Commits that made something durable.</summary>
    public long Commits;

    /// <summary>Transactions aborted.</summary>
    public long Aborts;

    /// <summary>Tries that got no answer.</summary>
    public long Retries;

    /// <summary>Times that partitions were taken away.</summary>
    public long Rebalances;
}
