using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Diagnostics;
using FeaturePipeline.Streams.Errors;
using FeaturePipeline.Streams.Threads;
using Microsoft.Extensions.Logging;

namespace FeaturePipeline.Streams;

/// <summary>Runs a topology: stream threads that share the partitions of the source topics with the other instances of the group.</summary>
/// <remarks>The counterpart of <c>KafkaStreams</c>.</remarks>
public sealed class StreamsRuntime : IDisposable
{
    private static readonly TimeSpan StoppingWaitMax = TimeSpan.FromMilliseconds(500);

    private readonly Topology.Topology _topology;
    private readonly StreamsOptions _options;
    private readonly IStreamsClients _clients;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _stopping = new();
    private readonly ManualResetEventSlim _never = new();
    private readonly List<Thread> _osThreads = [];
    private StreamThread[] _threads = [];
    private InstanceIdentity? _identity;
    private int _alive;

    /// <summary>Makes a runtime; nothing is connected before <see cref="Start"/>.</summary>
    /// <param name="topology">What to run.</param>
    /// <param name="options">Settings.</param>
    /// <param name="clients">Makes the clients.</param>
    /// <param name="timeProvider">Clock.</param>
    /// <param name="loggerFactory">Logs.</param>
    public StreamsRuntime(
        Topology.Topology topology, StreamsOptions options, IStreamsClients clients, TimeProvider timeProvider, ILoggerFactory loggerFactory)
    {
        _topology = topology;
        _options = options;
        _clients = clients;
        _timeProvider = timeProvider;
        _logger = loggerFactory.CreateLogger("FeaturePipeline.Streams");
    }

    /// <summary>Ends when every thread has ended; faulted with the fatal exception when one failed.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Starts the threads.</summary>
    /// <exception cref="StreamsException">The state directory can't be used.</exception>
    public void Start()
    {
        _identity = InstanceIdentity.Acquire(_options);
        string prefix = $"{_options.ApplicationId}-{_identity.Id}";
        _logger.InstanceChosen(_identity.Id, prefix, _identity.Directory ?? "no directory: the id was given");
        _threads = [.. Enumerable.Range(0, _options.Threads).Select(i => CreateThread(prefix, i))];
        _alive = _threads.Length;
        StreamsMetrics.Register(this);
        foreach (StreamThread thread in _threads)
        {
            Thread osThread = new(() => Run(thread)) { Name = thread.Name, IsBackground = true };
            _osThreads.Add(osThread);
            osThread.Start();
        }
    }

    /// <summary>Stops the threads: each finishes its batch, commits, and leaves the group.</summary>
    /// <param name="timeout">Longest wait for the last commits.</param>
    /// <returns>Whether every thread ended in time.</returns>
    public bool Stop(TimeSpan timeout)
    {
        long startedAt = _timeProvider.GetTimestamp();
        foreach (StreamThread thread in _threads)
        {
            thread.RequestStop(timeout);
        }

        _stopping.Set();
        bool all = true;
        foreach (Thread osThread in _osThreads)
        {
            TimeSpan left = timeout - _timeProvider.GetElapsedTime(startedAt);
            all &= osThread.Join(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }

        return all;
    }

    /// <summary>What the threads and tasks do now, for health checks and metrics. May be called by any thread.</summary>
    public StreamsSnapshot Snapshot() => StreamsSnapshot.Of(_threads, _timeProvider, _options);

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop(TimeSpan.FromSeconds(30));
        StreamsMetrics.Unregister(this);
        _identity?.Dispose();
        _stopping.Dispose();
        _never.Dispose();
    }

    private StreamThread CreateThread(string prefix, int index)
    {
        string name = $"{_options.ApplicationId}-stream-thread-{index + 1}";
        string? transactionalId = _options.ProcessingGuarantee == ProcessingGuarantee.ExactlyOnce ? $"{prefix}-{index + 1}" : null;
        return new StreamThread(
            name, _topology, _options, _clients, transactionalId, _timeProvider, _logger, Pause);
    }

    // A stop ends the wait in hand. Those after it are short but real: what does not answer is not asked without pause until the deadline.
    private void Pause(TimeSpan wait)
    {
        if (_stopping.IsSet)
        {
            _never.Wait(wait < StoppingWaitMax ? wait : StoppingWaitMax);
        }
        else
        {
            _stopping.Wait(wait);
        }
    }

    private void Run(StreamThread thread)
    {
        try
        {
            while (!thread.IsStopRequested)
            {
                thread.RunOnce();
            }

            thread.Shutdown();
        }
        catch (TransactionAbortedException e) when (thread.IsStopRequested)
        {
            // It gave up at shutdown; what was not committed is processed again by the next owner.
            _logger.TransactionAborted(thread.Name, e.Message);
            thread.Shutdown();
        }
        catch (Exception e)
        {
            _logger.ThreadFailed(e, thread.Name, e.Message);
            thread.MarkDead();
            _completion.TrySetException(e);
        }
        finally
        {
            thread.Dispose();
            if (Interlocked.Decrement(ref _alive) == 0)
            {
                _completion.TrySetResult();
            }
        }
    }
}
