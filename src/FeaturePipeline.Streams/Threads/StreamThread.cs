// One thread, one loop: poll a batch, process it, restore, punctuate, commit when due. Callbacks run on this thread inside poll.
// The type of an exception decides the reaction, and only React knows which.
using System.Runtime.ExceptionServices;
using FeaturePipeline.Streams.Changelogs;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Diagnostics;
using FeaturePipeline.Streams.Errors;
using FeaturePipeline.Streams.Tasks;
using Microsoft.Extensions.Logging;

namespace FeaturePipeline.Streams.Threads;

/// <summary>A stream thread: a consumer, a producer and the tasks between them.</summary>
/// <remarks>Not thread-safe, except for <see cref="RequestStop"/> and the properties.</remarks>
internal sealed class StreamThread : IDisposable
{
    private static readonly TimeSpan IdleWait = TimeSpan.FromMilliseconds(100);

    private readonly StreamsOptions _options;
    private readonly ThreadClients _clients;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly Action<TimeSpan> _pause;
    private readonly ChangelogReader _changelogs;
    private readonly Backoff _backoff;
    private readonly RebalanceCallbacks _callbacks;

    private Exception? _callbackFailure;
    private long _lastCommitAt;
    private long _notBefore;
    private bool _gaveUp;
    private volatile bool _stopRequested;
    private long _stopDeadline = long.MaxValue;

    /// <summary>Makes a thread; nothing is connected before <see cref="RunOnce"/>.</summary>
    /// <param name="name">Name in logs and client ids.</param>
    /// <param name="topology">What to run.</param>
    /// <param name="options">Settings.</param>
    /// <param name="clients">Makes the clients.</param>
    /// <param name="transactionalId">Transactional id; null under at-least-once.</param>
    /// <param name="timeProvider">Clock.</param>
    /// <param name="logger">Log.</param>
    /// <param name="pause">Waits between tries of a call that can't be put off.</param>
    /// <param name="random">Source of the back-off's jitter; null takes the process's own.</param>
    public StreamThread(
        string name, Topology.Topology topology, StreamsOptions options, IStreamsClients clients, string? transactionalId,
        TimeProvider timeProvider, ILogger logger, Action<TimeSpan> pause, Random? random = null)
    {
        Name = name;
        _options = options;
        _clients = new ThreadClients(name, topology.SourceTopics, clients, transactionalId, Counters);
        _timeProvider = timeProvider;
        _logger = logger;
        _pause = pause;
        _changelogs = new ChangelogReader(clients, $"{name}-restore-consumer", timeProvider, logger);
        _backoff = new Backoff(random ?? Random.Shared);
        Tasks = new TaskManager(topology, options, _changelogs, CommitIfDue, timeProvider, logger);
        _callbacks = new RebalanceCallbacks(
            Guarded(partitions => Tasks.Create(partitions)), Guarded(OnRevoked), Guarded(OnLost));
        Beat();
    }

    /// <summary>Name in logs and client ids.</summary>
    public string Name { get; }

    /// <summary>State.</summary>
    public StreamThreadState State { get; private set; }

    /// <summary>The thread's tasks.</summary>
    public TaskManager Tasks { get; }

    /// <summary>Plain counters that instruments read.</summary>
    public ThreadCounters Counters { get; } = new();

    /// <summary>Changelog records that a restore still has to read.</summary>
    public long RestoreRemaining => _changelogs.RemainingCount;

    /// <summary>Changelog records read by restores.</summary>
    public long RestoredCount => _changelogs.RestoredCount;

    /// <summary>What the thread waits for, or null when nothing is in its way.</summary>
    public string? Trouble { get; private set; }

    /// <summary>Timestamp (of the time provider) of the loop's last turn.</summary>
    public long LastBeatAt { get; private set; }

    /// <summary>Asks the loop to end; <see cref="Shutdown"/> follows on the loop's thread.</summary>
    /// <param name="timeout">How long the last commit may try.</param>
    public void RequestStop(TimeSpan timeout)
    {
        Volatile.Write(ref _stopDeadline, Now() + (long)timeout.TotalMilliseconds);
        _stopRequested = true;
    }

    /// <summary>Whether a stop was asked for.</summary>
    public bool IsStopRequested => _stopRequested;

    /// <summary>One turn of the loop.</summary>
    /// <exception cref="StreamsException">The application can't go on.</exception>
    public void RunOnce()
    {
        Beat();
        try
        {
            if (!Connect())
            {
                return;
            }

            RecordBatch batch = Consumer.Poll(NextWait());
            ThrowCallbackFailure();
            _clients.Collector?.Poll();
            Tasks.Process(batch);
            Counters.PolledRecords += batch.Records.Length;
            Initialize();
            Tasks.Punctuate(Consumer);
            CommitIfDue();
            UpdateState();
        }
        catch (Exception e) when (e is not StreamsException)
        {
            React(e);
        }
    }

    /// <summary>Commits, leaves the group and closes the clients. Called on the loop's thread after its last turn.</summary>
    public void Shutdown()
    {
        TransitTo(StreamThreadState.PendingShutdown);
        try
        {
            Commit();
            _clients.Close();
            ThrowCallbackFailure();
        }
        catch (Exception e) when (e is TransactionAbortedException or TaskMigratedException or RetriableException)
        {
            // What was not committed is processed again by the next owner.
            _logger.TransactionAborted(Name, e.Message);
        }
        finally
        {
            Dispose();
            TransitTo(StreamThreadState.Dead);
        }
    }

    /// <summary>Closes the tasks without a commit, and the clients.</summary>
    public void Dispose()
    {
        Tasks.CloseAll();
        _clients.Dispose();
        _changelogs.Dispose();
    }

    /// <summary>Records that the thread is gone.</summary>
    public void MarkDead()
    {
        if (State != StreamThreadState.Dead)
        {
            TransitTo(StreamThreadState.Dead);
        }
    }

    private IStreamsConsumer Consumer => _clients.Consumer!;

    private bool Connect()
    {
        if (_clients.IsSubscribed)
        {
            return true;
        }

        if (State == StreamThreadState.Created)
        {
            TransitTo(StreamThreadState.Starting);
        }

        if (Now() < _notBefore)
        {
            _pause(TimeSpan.FromMilliseconds(Math.Min(IdleWait.TotalMilliseconds, _notBefore - Now())));
            return false;
        }

        _clients.Connect(Tasks.Use, _callbacks);
        Recovered();
        return true;
    }

    private void Recovered()
    {
        _backoff.Reset();
        Trouble = null;
    }

    private void Initialize()
    {
        if (Tasks.AllRunning)
        {
            return;
        }

        List<TopicPartition> waiting = [.. Tasks.Tasks.Where(t => t.State == TaskState.Created).Select(t => t.SourcePartition)];
        if (waiting.Count > 0)
        {
            Consumer.Pause(waiting);
        }

        if (Now() >= _notBefore)
        {
            Tasks.Initialize(Consumer, Tasks.Tasks.Any(t => t.State == TaskState.Running) ? TimeSpan.Zero : IdleWait);
            Recovered();
        }
    }

    private void CommitIfDue()
    {
        if (_timeProvider.GetElapsedTime(_lastCommitAt) >= _options.CommitInterval)
        {
            Commit();
        }
    }

    private void Commit()
    {
        long startedAt = _timeProvider.GetTimestamp();
        if (!_gaveUp && _clients.IsConnected && Tasks.Commit(Consumer, RetryCommit))
        {
            TimeSpan elapsed = _timeProvider.GetElapsedTime(startedAt);
            Counters.Commits++;
            StreamsMetrics.CommitDuration.Record(elapsed.TotalSeconds);
        }

        _lastCommitAt = _timeProvider.GetTimestamp();
        if (Now() >= _notBefore)
        {
            Recovered(); // else something that got no answer is yet to be tried again
        }
    }

    // The outcome of a commit is unknown until the broker says it: the same call again, however long that takes.
    private void RetryCommit(RetriableException e)
    {
        if (_stopRequested && Now() > Volatile.Read(ref _stopDeadline))
        {
            _gaveUp = true;
            throw new TransactionAbortedException($"Gave up at shutdown, the next owner processes the records again. {e.Message}", e);
        }

        _pause(Retrying(e));
        Beat(); // It waits for the broker and does not stand still: a restart of the process would mend nothing.
    }

    private TimeSpan Retrying(RetriableException e)
    {
        TimeSpan wait = _backoff.Next();
        Trouble = e.Message;
        Counters.Retries++;
        _logger.Retrying(Name, (long)wait.TotalMilliseconds, e.Message);
        return wait;
    }

    private void OnRevoked(IReadOnlyList<TopicPartition> partitions)
    {
        Counters.Rebalances++;
        try
        {
            // The last moment: afterwards the group's generation is gone, and the offsets could not be sent any more.
            Commit();
        }
        finally
        {
            Tasks.Close(partitions);
        }
    }

    private void OnLost(IReadOnlyList<TopicPartition> partitions)
    {
        Counters.Rebalances++;
        Tasks.Close(partitions);
        throw new TransactionAbortedException(
            $"{partitions.Count} partitions were lost to another member; what their tasks did is theirs to do again.");
    }

    // An exception must not travel through the client's native frames: it is kept and thrown when poll has returned.
    private Action<IReadOnlyList<TopicPartition>> Guarded(Action<IReadOnlyList<TopicPartition>> handler) => partitions =>
    {
        try
        {
            handler(partitions);
        }
        catch (Exception e)
        {
            _callbackFailure ??= e;
        }
    };

    private void ThrowCallbackFailure()
    {
        if (_callbackFailure is { } failure)
        {
            _callbackFailure = null;
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    private void React(Exception exception)
    {
        try
        {
            switch (exception)
            {
                case TransactionAbortedException when _gaveUp:
                    // The transaction's outcome is not known, so neither commit nor abort is legal: the next owner's
                    // InitTransactions, or the broker's time-out, decides it.
                    break;
                case TransactionAbortedException:
                    Abort(exception);
                    break;
                case TaskMigratedException:
                    Rejoin(exception);
                    break;
                case TaskCorruptedException corrupted:
                    _logger.TaskCorrupted(corrupted.SourcePartition, exception.Message);
                    Abort(exception);
                    Tasks.Close([corrupted.SourcePartition]);
                    Tasks.Create([corrupted.SourcePartition]);
                    break;
                case RetriableException retriable:
                    _notBefore = Now() + (long)Retrying(retriable).TotalMilliseconds;
                    break;
                default:
                    throw new StreamsException($"Stream thread {Name} failed: {exception.Message}", exception);
            }
        }
        catch (Exception e) when (e is TaskMigratedException or RetriableException)
        {
            // The abort itself went wrong, or a seek after it: a new producer and a new membership start from what is committed.
            Rejoin(e);
        }
    }

    private void Abort(Exception exception)
    {
        Counters.Aborts++;
        _logger.TransactionAborted(Name, exception.Message);
        _clients.Collector?.Abort(RetryCommit);
        Tasks.Rollback(Consumer);
    }

    private void Rejoin(Exception exception)
    {
        Counters.Aborts++;
        _logger.TasksMigrated(Name, exception.Message);
        Tasks.CloseAll();
        _clients.Leave();
        _callbackFailure = null;
    }

    private void UpdateState()
    {
        if (_stopRequested || State is StreamThreadState.PendingShutdown or StreamThreadState.Dead)
        {
            return;
        }

        StreamThreadState state = Tasks.AllRunning ? StreamThreadState.Running : StreamThreadState.Rebalancing;
        if (state != State)
        {
            TransitTo(state);
        }
    }

    private TimeSpan NextWait()
    {
        if (!Tasks.AllRunning)
        {
            return _changelogs.IsReading ? TimeSpan.Zero : TimeSpan.FromMilliseconds(10);
        }

        bool isDirty = Tasks.Tasks.Any(static task => task.IsDirty || task.ParkedUntilMs > 0);
        TimeSpan due = _options.CommitInterval - _timeProvider.GetElapsedTime(_lastCommitAt);
        return !isDirty || due > IdleWait ? IdleWait : due < TimeSpan.Zero ? TimeSpan.Zero : due;
    }

    private void TransitTo(StreamThreadState state)
    {
        StreamThreadState from = State;
        State = StreamThreadStates.Next(from, state);
        _logger.ThreadStateChanged(Name, from, state);
    }

    private void Beat() => LastBeatAt = _timeProvider.GetTimestamp();

    private long Now() => _timeProvider.GetUtcNow().ToUnixTimeMilliseconds();
}
