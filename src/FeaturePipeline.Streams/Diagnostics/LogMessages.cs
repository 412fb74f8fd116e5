// Every log message of the runtime, in one place. Event ids: 1000 thread, 1100 task, 1200 restore, 1300 records, 1400 commit.
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Tasks;
using FeaturePipeline.Streams.Threads;
using Microsoft.Extensions.Logging;

namespace FeaturePipeline.Streams.Diagnostics;

/// <summary>Log messages of the runtime.</summary>
internal static partial class LogMessages
{
    [LoggerMessage(1000, LogLevel.Information, "Stream thread {Thread}: {From} -> {To}")]
    public static partial void ThreadStateChanged(this ILogger logger, string thread, StreamThreadState from, StreamThreadState to);

    [LoggerMessage(1001, LogLevel.Critical, "Stream thread {Thread} failed and the application stops: {Message}")]
    public static partial void ThreadFailed(this ILogger logger, Exception exception, string thread, string message);

    [LoggerMessage(1002, LogLevel.Warning, "Stream thread {Thread}: tasks moved to another member, rejoining: {Message}")]
    public static partial void TasksMigrated(this ILogger logger, string thread, string message);

    [LoggerMessage(1003, LogLevel.Warning, "Stream thread {Thread}: no answer, trying again after {BackoffMs} ms: {Message}")]
    public static partial void Retrying(this ILogger logger, string thread, long backoffMs, string message);

    [LoggerMessage(1004, LogLevel.Information, "Instance {InstanceId}, transactional ids {TransactionalIdPrefix}-<thread>, state in {StateDirectory}")]
    public static partial void InstanceChosen(this ILogger logger, string instanceId, string transactionalIdPrefix, string stateDirectory);

    [LoggerMessage(1100, LogLevel.Information, "Task {TaskId}: {From} -> {To}, source {Source}")]
    public static partial void TaskStateChanged(this ILogger logger, TaskId taskId, TaskState from, TaskState to, TopicPartition source);

    [LoggerMessage(1101, LogLevel.Warning, "The task of {Source} is closed and restored from the changelog: {Message}")]
    public static partial void TaskCorrupted(this ILogger logger, TopicPartition source, string message);

    [LoggerMessage(1103, LogLevel.Warning, "Task {TaskId}: {Lost} records of {Source} were deleted before they were processed: the committed offset "
        + "is {Committed}, and the partition holds {Low} to {High}. Going on at {Start} (Source:AutoOffsetReset); open windows are kept")]
    public static partial void OffsetOutOfRange(
        this ILogger logger, TaskId taskId, long lost, TopicPartition source, long committed, long low, long high, long start);

    [LoggerMessage(1102, LogLevel.Information, "Task {TaskId}: waiting at {Source} offset {Offset} until the schema of the record is known")]
    public static partial void TaskParked(this ILogger logger, TaskId taskId, TopicPartition source, long offset);

    [LoggerMessage(1104, LogLevel.Information, "Task {TaskId}: starts at offset {Position} of {Source}, stream time {StreamTimeMs}")]
    public static partial void PositionRestored(this ILogger logger, TaskId taskId, TopicPartition source, long position, long streamTimeMs);

    [LoggerMessage(1105, LogLevel.Warning, "Task {TaskId}: the changelog of {StoreName} was written by a version that kept no position in it; "
        + "the group's offset {Committed} of {Source} is believed, this once")]
    public static partial void PositionAdopted(
        this ILogger logger, TaskId taskId, string storeName, long committed, TopicPartition source);

    [LoggerMessage(1106, LogLevel.Warning, "Task {TaskId}: view {StoreName} is new in a running application and starts at offset {Committed} of {Source}: "
        + "windows that began before are not complete")]
    public static partial void ViewIsNew(this ILogger logger, TaskId taskId, string storeName, long committed, TopicPartition source);

    [LoggerMessage(1200, LogLevel.Information, "Task {TaskId}: restored {StoreName} to offset {Offset} in {ElapsedMs} ms, {RecordCount} records, {EntryCount} entries")]
    public static partial void StoreRestored(
        this ILogger logger, TaskId taskId, string storeName, long offset, long elapsedMs, long recordCount, int entryCount);

    [LoggerMessage(1201, LogLevel.Information, "Task {TaskId}: {StoreName} waits for open transactions on {Changelog}: last stable offset {LastStable}, end {End}")]
    public static partial void RestoreWaits(
        this ILogger logger, TaskId taskId, string storeName, TopicPartition changelog, long lastStable, long end);

    [LoggerMessage(1202, LogLevel.Warning, "Task {TaskId}: {StoreName} has waited {WaitedS} s for open transactions on {Changelog}: last stable offset "
        + "{LastStable}, end {End}. A transaction that outlasts its time-out was forgotten by its broker, and an administrator has to end it (docs/ARCHITECTURE.md)")]
    public static partial void RestoreStillWaits(
        this ILogger logger, TaskId taskId, string storeName, TopicPartition changelog, long lastStable, long end, long waitedS);

    [LoggerMessage(1300, LogLevel.Warning, "{Count} records dropped, reason {Reason}; the last at {Topic}-{Partition} offset {Offset}: {Message}")]
    public static partial void RecordDropped(
        this ILogger logger, string reason, long count, string topic, int partition, long offset, string message);

    [LoggerMessage(1400, LogLevel.Warning, "Stream thread {Thread}: transaction aborted, state rolled back to the last commit: {Message}")]
    public static partial void TransactionAborted(this ILogger logger, string thread, string message);
}
