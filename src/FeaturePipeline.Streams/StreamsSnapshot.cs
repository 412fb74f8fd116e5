using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Tasks;
using FeaturePipeline.Streams.Threads;
using FeaturePipeline.Streams.Topology;

namespace FeaturePipeline.Streams;

/// <summary>What a runtime does at one moment.</summary>
/// <param name="Threads">Its threads.</param>
public sealed record StreamsSnapshot(IReadOnlyList<StreamThreadSnapshot> Threads)
{
    /// <summary>Tasks of every thread.</summary>
    public IEnumerable<StreamTaskSnapshot> Tasks => Threads.SelectMany(t => t.Tasks);

    internal static StreamsSnapshot Of(StreamThread[] threads, TimeProvider timeProvider, StreamsOptions options) =>
        new([.. threads.Select(thread => Of(thread, timeProvider, options))]);

    private static StreamThreadSnapshot Of(StreamThread thread, TimeProvider timeProvider, StreamsOptions options)
    {
        TaskList tasks = thread.Tasks.List;
        TimeSpan sinceBeat = timeProvider.GetElapsedTime(thread.LastBeatAt);
        return new StreamThreadSnapshot(
            thread.Name,
            thread.State,
            sinceBeat,
            IsStuck: sinceBeat > options.MaxPollInterval,
            thread.Trouble,
            thread.Counters.PolledRecords,
            thread.Counters.SentRecords,
            thread.Counters.Commits,
            thread.Counters.Aborts,
            thread.Counters.Retries,
            thread.Counters.Rebalances,
            thread.RestoreRemaining,
            thread.RestoredCount,
            tasks.CreatedCount,
            tasks.ClosedCount,
            tasks.ClosedWindows,
            tasks.Dropped(),
            [.. tasks.Tasks.Select(task => Of(thread, task))]);
    }

    private static StreamTaskSnapshot Of(StreamThread thread, StreamTask task) => new(
        task.Id,
        task.SourcePartition,
        task.State,
        thread.Name,
        task.Position,
        task.CommittedPosition,
        task.EndOffset,
        task.StreamTimeMs,
        task.ProcessedCount,
        task.Stores.Sum(s => (long)s.Count),
        task.IsParked);
}

/// <summary>One stream thread at one moment.</summary>
/// <param name="Name">Name.</param>
/// <param name="State">State.</param>
/// <param name="SinceBeat">Time since its loop's last turn.</param>
/// <param name="IsStuck">Whether that is longer than a group member may take.</param>
/// <param name="Trouble">What it waits for; null when nothing is in its way.</param>
/// <param name="PolledRecords">Records that polls returned.</param>
/// <param name="SentRecords">Records sent: features, changelogs, dead letters.</param>
/// <param name="Commits">Commits that made something durable.</param>
/// <param name="Aborts">Transactions aborted.</param>
/// <param name="Retries">Tries that got no answer.</param>
/// <param name="Rebalances">Times that partitions were taken away.</param>
/// <param name="RestoreRemaining">Changelog records still to be restored.</param>
/// <param name="RestoredRecords">Changelog records restored.</param>
/// <param name="CreatedTasks">Tasks created.</param>
/// <param name="ClosedTasks">Tasks closed.</param>
/// <param name="ClosedWindows">Windows emitted as final, by closed tasks, too.</param>
/// <param name="Dropped">Records dropped, by closed tasks, too, by reason; reasons that did not occur are missing.</param>
/// <param name="Tasks">Its tasks.</param>
public sealed record StreamThreadSnapshot(
    string Name, StreamThreadState State, TimeSpan SinceBeat, bool IsStuck, string? Trouble, long PolledRecords, long SentRecords,
    long Commits, long Aborts, long Retries, long Rebalances, long RestoreRemaining, long RestoredRecords, long CreatedTasks,
    long ClosedTasks, long ClosedWindows, IReadOnlyDictionary<DropReason, long> Dropped,
    IReadOnlyList<StreamTaskSnapshot> Tasks);

/// <summary>One task at one moment.</summary>
/// <param name="Id">Identity.</param>
/// <param name="Source">Partition that it reads.</param>
/// <param name="State">State.</param>
/// <param name="Thread">Its thread's name.</param>
/// <param name="Position">Offset of the next record to process; -1 before it is known.</param>
/// <param name="CommittedPosition">The same as of the last commit.</param>
/// <param name="EndOffset">End of the partition as last seen; -1 before the first fetch.</param>
/// <param name="StreamTimeMs">Stream time, ms since the epoch; -1 before the first event.</param>
/// <param name="ProcessedRecords">Records taken since the task was created, dropped ones included.</param>
/// <param name="OpenWindows">Windows in the task's stores.</param>
/// <param name="IsParked">Whether it waits for the schema of its next record.</param>
public sealed record StreamTaskSnapshot(
    TaskId Id, TopicPartition Source, TaskState State, string Thread, long Position, long CommittedPosition, long EndOffset,
    long StreamTimeMs, long ProcessedRecords, long OpenWindows, bool IsParked)
{
    /// <summary>Records between the committed position and the end as last seen; null before either is known.</summary>
    public long? Lag => EndOffset < 0 || CommittedPosition < 0 ? null : Math.Max(0, EndOffset - CommittedPosition);
}
