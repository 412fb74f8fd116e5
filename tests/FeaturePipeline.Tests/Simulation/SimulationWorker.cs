using FeaturePipeline.Streams;
using FeaturePipeline.Streams.Errors;
using FeaturePipeline.Streams.Threads;
using Microsoft.Extensions.Logging;
using Topology = FeaturePipeline.Streams.Topology.Topology;

namespace FeaturePipeline.Tests.Simulation;

/// <summary>A thread of a worker, and whether it is in the middle of a call.</summary>
internal sealed class SteppedThread(StreamThread thread)
{
    public StreamThread Thread { get; } = thread;

    public bool IsOnStack { get; set; }
}

// One process of the application: its clients and its stream threads, stepped one turn at a time by the simulation.
internal sealed class SimulationWorker
{
    private readonly SimulatedBroker _broker;

    public SimulationWorker(
        SimulatedBroker broker, string name, int threads, Topology topology, StreamsOptions options,
        Action<SimulatedClients> preempt, Action<SimulationWorker, TimeSpan> pause)
    {
        _broker = broker;
        Name = name;
        Clients = new SimulatedClients(broker, options.ApplicationId, name) { Preempt = preempt };
        var logger = new NotingLogger(broker.Faults, name);
        Threads = [.. Enumerable.Range(1, threads).Select(i => new SteppedThread(new StreamThread(
            $"{name}-{i}", topology, options, Clients,
            options.ProcessingGuarantee == ProcessingGuarantee.ExactlyOnce ? $"{options.ApplicationId}-{name}-{i}" : null,
            broker.Clock, logger, wait => pause(this, wait), new Random(broker.Faults.Random.Next()))))];
    }

    public string Name { get; }

    public SimulatedClients Clients { get; }

    public IReadOnlyList<SteppedThread> Threads { get; }

    public bool IsStopped { get; private set; }

    public bool IsStopping => Threads[0].Thread.IsStopRequested;

    public bool CanStep => !IsStopped && Clients.IsRunning;

    /// <summary>Somebody started the process anew under the same name while it was frozen.</summary>
    public bool IsReplaced { get; set; }

    /// <summary>One turn of one thread's loop, as StreamsRuntime runs it. Only a crash may end it with an exception.</summary>
    public void Step(SteppedThread stepped)
    {
        if (stepped.Thread.IsStopRequested)
        {
            if (stepped.Thread.State != StreamThreadState.Dead)
            {
                Guard(stepped, () => stepped.Thread.Shutdown());
            }

            IsStopped = Threads.All(t => t.Thread.State == StreamThreadState.Dead);
        }
        else
        {
            Guard(stepped, () =>
            {
                try
                {
                    stepped.Thread.RunOnce();
                }
                catch (TransactionAbortedException) when (stepped.Thread.IsStopRequested)
                {
                    stepped.Thread.Shutdown(); // It gave up at the time-out.
                }
            });
        }
    }

    /// <summary>Tells the process to stop, as SIGTERM does, also in the middle of a turn.</summary>
    public void RequestStop(TimeSpan timeout)
    {
        _broker.Faults.Note($"{Name} is told to stop within {timeout.TotalMilliseconds} ms");
        foreach (SteppedThread stepped in Threads)
        {
            stepped.Thread.RequestStop(timeout);
        }
    }

    private void Guard(SteppedThread stepped, Action action)
    {
        if (Clients.IsCrashed)
        {
            return;
        }

        stepped.IsOnStack = true;
        try
        {
            action();
        }
        catch (Exception) when (Clients.IsCrashed)
        {
            // The process is gone, whatever its last words were.
        }
        finally
        {
            stepped.IsOnStack = false;
        }
    }

    private sealed class NotingLogger(SimulatedFaults faults, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            faults.Note($"  {name}: {formatter(state, exception)}");
    }
}
