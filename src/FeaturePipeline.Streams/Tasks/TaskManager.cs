using System.Collections.Immutable;
using System.Diagnostics;
using FeaturePipeline.Streams.Changelogs;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Diagnostics;
using FeaturePipeline.Streams.Errors;
using FeaturePipeline.Streams.Topology;
using Microsoft.Extensions.Logging;

namespace FeaturePipeline.Streams.Tasks;

/// <summary>The tasks of one stream thread: created, initialised, run, committed, rolled back, closed.</summary>
internal sealed class TaskManager(
    Topology.Topology topology,
    StreamsOptions options,
    ChangelogReader changelogs,
    Action commitIfDue,
    TimeProvider timeProvider,
    ILogger logger)
{
    private static readonly TimeSpan QueryTimeout = TimeSpan.FromSeconds(5);

    private readonly Dictionary<TopicPartition, StreamTask> _tasks = [];
    private readonly Dictionary<StreamTask, SourceStart> _starts = []; // of tasks that are being restored
    private volatile TaskList _list = TaskList.Empty;
    private RecordCollector? _collector;
    private DeadLetters? _deadLetters;
    private long _endsReadAtMs;

    /// <summary>The tasks now, with totals; safe to read from any thread.</summary>
    public TaskList List => _list;

    /// <summary>The tasks now; safe to read from any thread.</summary>
    public ImmutableArray<StreamTask> Tasks => _list.Tasks;

    /// <summary>Whether every task runs.</summary>
    public bool AllRunning => Tasks.All(t => t.State == TaskState.Running);

    /// <summary>Gives new tasks their way out; there must be none open that uses another.</summary>
    public void Use(RecordCollector collector)
    {
        _collector = collector;
        _deadLetters = new DeadLetters(options, collector, logger);
    }

    /// <summary>Creates tasks for partitions that were assigned.</summary>
    public void Create(IEnumerable<TopicPartition> partitions)
    {
        foreach (TopicPartition partition in partitions)
        {
            if (_tasks.ContainsKey(partition))
            {
                continue;
            }

            Subtopology subtopology = topology.Subtopologies.First(s => s.SourceTopic == partition.Topic);
            TaskContext context = new(
                new TaskId(subtopology.Id, partition.Partition), partition, options, _collector!, _deadLetters!, commitIfDue);
            context.NowMs = Now();
            _tasks.Add(partition, new StreamTask(context, subtopology.CreateTask(context), logger));
        }

        _list = _list.Replace(_tasks.Values, closed: []);
    }

    /// <summary>Closes tasks without committing: what they did since the last commit is void.</summary>
    public void Close(IEnumerable<TopicPartition> partitions)
    {
        List<StreamTask> closed = [];
        foreach (TopicPartition partition in partitions.ToList())
        {
            if (_tasks.Remove(partition, out StreamTask? task))
            {
                changelogs.Remove(task);
                _starts.Remove(task);
                task.TransitTo(TaskState.Closed);
                closed.Add(task);
            }
        }

        _list = _list.Replace(_tasks.Values, closed);
    }

    /// <summary>Closes every task.</summary>
    public void CloseAll() => Close([.. _tasks.Keys]);

    /// <summary>Takes new tasks to their committed offset, restores them, and starts the restored ones.</summary>
    /// <exception cref="RetriableException">The broker does not answer; call again later.</exception>
    public void Initialize(IStreamsConsumer consumer, TimeSpan restoreTimeout)
    {
        List<StreamTask> created = [.. _tasks.Values.Where(t => t.State == TaskState.Created)];
        if (created.Count > 0)
        {
            // Committed offsets first, then the ends of the changelogs: see ChangelogReader.
            IReadOnlyDictionary<TopicPartition, long?> committed =
                consumer.Committed([.. created.Select(t => t.SourcePartition)], QueryTimeout);
            foreach (StreamTask task in created)
            {
                Start(task, committed.GetValueOrDefault(task.SourcePartition), consumer);
                task.TransitTo(TaskState.Restoring);
                changelogs.Add(task);
            }
        }

        changelogs.Step(restoreTimeout);
        foreach (StreamTask task in _tasks.Values)
        {
            if (task.State == TaskState.Restoring && changelogs.IsRestored(task))
            {
                Verify(task, consumer);
                consumer.Seek(new TopicPartitionOffset(task.SourcePartition, task.Position));
                consumer.Resume([task.SourcePartition]);
                task.TransitTo(TaskState.Running);
                task.SetNow(Now());
                task.CloseDue();
            }
        }
    }

    /// <summary>Gives a batch to the running tasks. Records of partitions that moved meanwhile are someone else's: they are dropped.</summary>
    public void Process(RecordBatch batch)
    {
        long nowMs = Now();
        TopicPartition current = default;
        StreamTask? task = null;
        foreach (ref readonly ConsumedRecord record in batch.Records)
        {
            if (record.Partition != current.Partition || !ReferenceEquals(record.Topic, current.Topic))
            {
                current = record.TopicPartition;
                task = Running(current);
                task?.SetNow(nowMs);
            }

            task?.Process(batch, in record);
        }

        foreach (TopicPartitionOffset end in batch.Ends)
        {
            Running(end.TopicPartition)?.ReachedEnd(end.Offset, nowMs);
        }
    }

    /// <summary>What happens by wall-clock time: idle partitions' stream time, parked tasks, the ends of partitions.</summary>
    public void Punctuate(IStreamsConsumer consumer)
    {
        long nowMs = Now();
        bool readEnds = nowMs - _endsReadAtMs >= 1000;
        foreach (StreamTask task in Tasks)
        {
            if (task.State != TaskState.Running)
            {
                continue;
            }

            task.SetNow(nowMs);
            if (task.ParkedUntilMs == 0)
            {
                task.Punctuate();
            }
            else if (nowMs < task.ParkedUntilMs)
            {
                consumer.Pause([task.SourcePartition]);
            }
            else
            {
                task.Unpark();
                consumer.Seek(new TopicPartitionOffset(task.SourcePartition, task.Position));
                consumer.Resume([task.SourcePartition]);
            }

            if (readEnds)
            {
                task.EndOffset = Math.Max(task.EndOffset, consumer.LastSeenEnd(task.SourcePartition) ?? -1);
                _endsReadAtMs = nowMs;
            }
        }
    }

    /// <summary>Commits what the tasks did; nothing when they did nothing.</summary>
    /// <returns>Whether there was anything to commit.</returns>
    public bool Commit(IStreamsConsumer consumer, Action<RetriableException> retry)
    {
        List<StreamTask> dirty = [.. _tasks.Values.Where(t => t.State == TaskState.Running && t.IsDirty)];
        if (dirty.Count == 0)
        {
            return false;
        }

        using Activity? span = StreamsTracing.StartCommit(options.ApplicationId, dirty.Count);
        span?.SetStatus(ActivityStatusCode.Error); // until it has succeeded
        _collector!.Barrier(retry); // Results, before the changelogs forget the windows that they came from.
        foreach (StreamTask task in dirty)
        {
            task.Flush();
        }

        _collector.Barrier(retry); // State, before the time that judges what is late for it, and the position that says it is there.
        foreach (StreamTask task in dirty)
        {
            task.FlushProgress();
        }

        _collector.Commit([.. dirty.Select(t => new TopicPartitionOffset(t.SourcePartition, t.Position))], consumer, retry);
        foreach (StreamTask task in dirty)
        {
            task.CommitCompleted();
        }

        span?.SetStatus(ActivityStatusCode.Unset);
        return true;
    }

    /// <summary>Rolls every task back to the last commit and reads again from there.</summary>
    public void Rollback(IStreamsConsumer consumer)
    {
        foreach (StreamTask task in _tasks.Values.Where(t => t.State == TaskState.Running))
        {
            task.Rollback();
            consumer.Seek(new TopicPartitionOffset(task.SourcePartition, task.Position));
            consumer.Resume([task.SourcePartition]);
        }
    }

    private StreamTask? Running(TopicPartition partition) =>
        _tasks.TryGetValue(partition, out StreamTask? task) && task.State == TaskState.Running ? task : null;

    private void Start(StreamTask task, long? committed, IStreamsConsumer consumer)
    {
        Watermarks ends = consumer.QueryWatermarks(task.SourcePartition, QueryTimeout);
        bool isThere = committed >= ends.Low && committed <= ends.High;
        long reset = options.AutoOffsetReset == OffsetReset.Earliest ? ends.Low : ends.LastStable;
        task.StartAt(isThere ? committed!.Value : reset, committed);
        _starts[task] = new SourceStart(committed, ends);
    }

    private void Verify(StreamTask task, IStreamsConsumer consumer)
    {
        SourceStart start = _starts[task];
        try
        {
            new StartCheck(task, start, options, logger).Verify();
        }
        catch (StreamsException)
        {
            // A member that does not know yet that it is none any more may have read state that its successor wrote meanwhile. The
            // successor's offset is known then, too: asked after the state was read, it is not what it was.
            long? now = consumer.Committed([task.SourcePartition], QueryTimeout).GetValueOrDefault(task.SourcePartition);
            if (now != start.Committed)
            {
                throw new TaskCorruptedException(task.SourcePartition, "The group's offset moved while the state was restored.");
            }

            throw;
        }

        task.TakeRestored();
        if (start.Committed is { } gone && gone != task.Position)
        {
            logger.OffsetOutOfRange(
                task.Id, task.Position - gone, task.SourcePartition, gone, start.Ends.Low, start.Ends.High, task.Position);
        }

        logger.PositionRestored(task.Id, task.SourcePartition, task.Position, task.StreamTimeMs);
        _starts.Remove(task);
    }

    private long Now() => timeProvider.GetUtcNow().ToUnixTimeMilliseconds();
}
