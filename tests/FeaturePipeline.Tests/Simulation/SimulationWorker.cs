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
        Action<SimulatedClients> preempt, Action<TimeSpan> pause)
    {
        _broker = broker;
        Name = name;
        Clients = new SimulatedClients(broker, options.ApplicationId, name) { Preempt = preempt };
        var logger = new NotingLogger(broker.Faults, name);
        Threads = [.. Enumerable.Range(1, threads).Select(i => new SteppedThread(new StreamThread(
            $"{name}-{i}", topology, options, Clients,
            options.ProcessingGuarantee == ProcessingGuarantee.ExactlyOnce ? $"{options.ApplicationId}-{name}-{i}" : null,
            broker.Clock, logger, pause, new Random(broker.Faults.Random.Next()))))];
    }

    public string Name { get; }

    public SimulatedClients Clients { get; }

    public IReadOnlyList<SteppedThread> Threads { get; }

    public bool IsStopped { get; private set; }

    public bool CanStep => !IsStopped && Clients.IsRunning;

    /// <summary>One turn of one thread's loop. Only a crash may end it with an exception.</summary>
    public void Step(SteppedThread stepped)
    {
        Guard(stepped, stepped.Thread.RunOnce);
    }

    /// <summary>Ends the process as SIGTERM does: commit, leave, exit.</summary>
    public void Shutdown()
    {
        _broker.Faults.Note($"{Name} is told to stop");
        foreach (SteppedThread stepped in Threads)
        {
            stepped.Thread.RequestStop(TimeSpan.FromSeconds(5));
            Guard(stepped, () =>
            {
                try
                {
                    stepped.Thread.Shutdown();
                }
                catch (TransactionAbortedException) // It gave up at the time-out; the process ends all the same.
                {
                    stepped.Thread.Dispose();
                }
            });
        }

        IsStopped = true;
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
