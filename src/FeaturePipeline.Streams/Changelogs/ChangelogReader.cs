// Restores state from changelogs. Order matters: a task's committed offset (stable) is read first, then the changelog's end; the
// restore starts only when the last stable offset has passed that end. A commit marks its partitions one after the other, so the
// offsets may be stable while the changelog is not yet: reading to the first last stable offset would lose that commit's state.
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Diagnostics;
using FeaturePipeline.Streams.Errors;
using FeaturePipeline.Streams.State;
using FeaturePipeline.Streams.Tasks;
using Microsoft.Extensions.Logging;

namespace FeaturePipeline.Streams.Changelogs;

/// <summary>Restores the stores of a thread's tasks with a consumer of its own, in batches, between polls of the main consumer.</summary>
internal sealed class ChangelogReader(IStreamsClients clients, string clientId, TimeProvider timeProvider, ILogger logger) : IDisposable
{
    private static readonly TimeSpan QueryTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan QueryBackoff = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan WaitInterval = TimeSpan.FromMinutes(1); // far beyond any transaction's time-out here

    private readonly Dictionary<TopicPartition, StoreRestore> _restores = [];
    private IStreamsConsumer? _consumer;
    private bool _assignmentChanged;

    private sealed class StoreRestore(StreamTask task, StateStore store, TopicPartition changelog, long startedAt)
    {
        public StreamTask Task { get; } = task;

        public StateStore Store { get; } = store;

        public TopicPartition Changelog { get; } = changelog;

        public long StartedAt { get; } = startedAt;

        /// <summary>End of the changelog when the restore began; null before it is known.</summary>
        public long? TargetEnd { get; set; }

        /// <summary>Next offset to read; null until the last stable offset has passed the target.</summary>
        public long? Position { get; set; }

        public long QueriedAt { get; set; }

        /// <summary>When it was last told that open transactions are waited for.</summary>
        public long WaitToldAt { get; set; }

        public long RecordCount { get; set; }
    }

    /// <summary>Records restored since the thread started.</summary>
    public long RestoredCount { get; private set; }

    /// <summary>Changelog records that are still to be read, as far as known. Safe to read from any thread: the restores are not.</summary>
    public long RemainingCount { get; private set; }

    /// <summary>Whether a restore is under way.</summary>
    public bool HasWork => _restores.Count > 0;

    /// <summary>Whether records of a restore can be read now: none can while all of them wait for open transactions.</summary>
    public bool IsReading => _restores.Values.Any(r => r.Position is not null);

    /// <summary>Begins to restore a task.</summary>
    public void Add(StreamTask task)
    {
        foreach (StateStore store in task.Stores)
        {
            TopicPartition changelog = new(store.ChangelogTopic, task.Id.Partition);
            _restores.Add(changelog, new StoreRestore(task, store, changelog, timeProvider.GetTimestamp()));
        }

        CountRemaining();
    }

    /// <summary>Forgets a task.</summary>
    public void Remove(StreamTask task)
    {
        foreach (StateStore store in task.Stores)
        {
            _assignmentChanged |= _restores.Remove(new TopicPartition(store.ChangelogTopic, task.Id.Partition));
        }

        CountRemaining();
    }

    /// <summary>Whether every store of a task is restored.</summary>
    public bool IsRestored(StreamTask task) =>
        task.Stores.All(store => !_restores.ContainsKey(new TopicPartition(store.ChangelogTopic, task.Id.Partition)));

    /// <summary>Reads one batch.</summary>
    /// <param name="timeout">Longest wait for it.</param>
    /// <exception cref="RetriableException">The broker does not answer; call again later.</exception>
    public void Step(TimeSpan timeout)
    {
        if (!HasWork)
        {
            return;
        }

        _consumer ??= clients.CreateRestoreConsumer(clientId);
        if (!IsReading)
        {
            Apply(_consumer.Poll(TimeSpan.Zero)); // nothing to read yet, but what the client has to tell of its brokers piles up else
        }

        foreach (StoreRestore restore in _restores.Values.Where(r => r.Position is null).ToList())
        {
            QueryEnds(restore);
        }

        if (_assignmentChanged)
        {
            _consumer.Assign([.. _restores.Values.Where(r => r.Position is not null)
                .Select(r => new TopicPartitionOffset(r.Changelog, r.Position!.Value))]);
            _assignmentChanged = false;
        }

        if (IsReading)
        {
            Apply(_consumer.Poll(timeout));
        }

        CountRemaining();

        if (!HasWork)
        {
            Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _consumer?.Dispose();
        _consumer = null;
        _assignmentChanged = HasWork;
    }

    private void CountRemaining() =>
        RemainingCount = _restores.Values.Sum(r => Math.Max(0, (r.TargetEnd ?? 0) - (r.Position ?? 0)));

    private void QueryEnds(StoreRestore restore)
    {
        if (restore.QueriedAt != 0 && timeProvider.GetElapsedTime(restore.QueriedAt) < QueryBackoff)
        {
            return;
        }

        Watermarks ends = _consumer!.QueryWatermarks(restore.Changelog, QueryTimeout);
        bool isFirst = restore.TargetEnd is null;
        restore.QueriedAt = timeProvider.GetTimestamp();
        restore.TargetEnd ??= ends.High;
        if (ends.LastStable < restore.TargetEnd)
        {
            TellOfWait(restore, ends.LastStable, isFirst);
            return;
        }

        restore.Position = ends.Low;
        _assignmentChanged = true;
        Advance(restore, ends.Low);
    }

    private void TellOfWait(StoreRestore restore, long lastStable, bool isFirst)
    {
        if (isFirst)
        {
            logger.RestoreWaits(restore.Task.Id, restore.Store.Name, restore.Changelog, lastStable, restore.TargetEnd!.Value);
        }
        else if (timeProvider.GetElapsedTime(restore.WaitToldAt) >= WaitInterval)
        {
            long waitedS = (long)timeProvider.GetElapsedTime(restore.StartedAt).TotalSeconds;
            logger.RestoreStillWaits(restore.Task.Id, restore.Store.Name, restore.Changelog, lastStable, restore.TargetEnd!.Value, waitedS);
        }
        else
        {
            return;
        }

        restore.WaitToldAt = timeProvider.GetTimestamp();
    }

    private void Apply(RecordBatch batch)
    {
        foreach (ref readonly ConsumedRecord record in batch.Records)
        {
            if (_restores.TryGetValue(record.TopicPartition, out StoreRestore? restore) && record.Offset >= restore.Position)
            {
                restore.Store.Restore(record.Key, record.Value, record.IsValueNull);
                restore.RecordCount++;
                RestoredCount++;
                Advance(restore, record.Offset + 1);
            }
        }

        foreach (TopicPartitionOffset end in batch.Ends)
        {
            if (_restores.TryGetValue(end.TopicPartition, out StoreRestore? restore) && restore.Position is not null)
            {
                Advance(restore, Math.Max(end.Offset, restore.Position.Value));
            }
        }
    }

    private void Advance(StoreRestore restore, long position)
    {
        restore.Position = position;
        if (position >= restore.TargetEnd)
        {
            _restores.Remove(restore.Changelog);
            _assignmentChanged = true;
            logger.StoreRestored(
                restore.Task.Id, restore.Store.Name, position, (long)timeProvider.GetElapsedTime(restore.StartedAt).TotalMilliseconds,
                restore.RecordCount, restore.Store.Count);
        }
    }
}
