using System.Buffers.Binary;
using System.Text;
using FeaturePipeline.Streams;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Errors;
using FeaturePipeline.Streams.Resets;
using FeaturePipeline.Streams.State;
using FeaturePipeline.Streams.Windows;

namespace FeaturePipeline.Tests.Simulation;

/// <summary>An application of one worker on a simulated broker, stopped and started again, and what may happen to it in between.</summary>
internal sealed class SimulatedApplication
{
    public const string Id = "app";
    private static readonly SessionWindows s_windows = new(60_000, 0);
    private readonly int _partitions;

    public SimulatedApplication(int views = 1, int partitions = 1, SimulatedBrokerOptions? broker = null)
    {
        Views = views;
        _partitions = partitions;
        Broker = new SimulatedBroker(new SimulationClock(), seed: 1, broker);
        Broker.CreateTopic(SimulationTopology.Source, partitions);
        CreateTopics();
    }

    /// <summary>One of two views: the second was away for the fourth of four events of key a.</summary>
    public static SimulatedApplication WithAViewThatWasAway(long timestampMs)
    {
        SimulatedApplication app = new(views: 2);
        app.Append(timestampMs, "aaa");
        app.RunToEnd();
        app.Views = 1;
        app.Append(timestampMs, "a");
        app.RunToEnd();
        app.Views = 2;
        return app;
    }

    public SimulatedBroker Broker { get; }

    /// <summary>Views of the next start.</summary>
    public int Views { get; set; }

    public StreamsOptions Options { get; set; } = new()
    {
        ApplicationId = Id,
        CommitInterval = TimeSpan.FromMilliseconds(100),
        MaxFutureSkew = TimeSpan.Zero,
        IdleAfter = TimeSpan.Zero,
    };

    /// <summary>Called when a worker waits between two tries of a call.</summary>
    public Action<SimulationWorker>? WhileWaiting { get; set; }

    /// <summary>What the workers logged.</summary>
    public string Log => Broker.Faults.Describe(SimulatedFaults.LogLimit);

    public static TopicPartition Source(int partition = 0) => new(SimulationTopology.Source, partition);

    public static string Changelog(int view = 0) => $"{Id}-{SimulationTopology.Store(view)}-changelog";

    public void CreateTopics()
    {
        for (int view = 0; view < Views; view++)
        {
            Broker.CreateTopic(Changelog(view), _partitions);
            Broker.CreateTopic(SimulationTopology.Sink(view), 1);
        }
    }

    public SimulationWorker Start(string name = "w") => new(
        Broker, name, threads: 1, SimulationTopology.Build([.. Enumerable.Repeat(s_windows, Views)], static () => false), Options,
        static _ => { }, (worker, wait) =>
        {
            Broker.Advance(wait);
            WhileWaiting?.Invoke(worker);
        });

    /// <summary>Runs until everything in the source is committed, and stops in order.</summary>
    public void RunToEnd()
    {
        SimulationWorker worker = Start();
        Turn(worker, until: () => IsRunning(worker) && IsCommitted() && worker.Threads[0].Thread.Tasks.Tasks.All(t => !t.IsDirty));
        worker.RequestStop(TimeSpan.FromSeconds(5));
        Turn(worker, until: () => worker.IsStopped);
    }

    /// <summary>Starts a worker that refuses; what it says.</summary>
    public string Refusal()
    {
        SimulationWorker worker = Start();
        StreamsException e = Assert.Throws<StreamsException>(() => Turn(worker, until: () => IsRunning(worker)));
        worker.Clients.Crash();
        Broker.Advance(Broker.Options.SessionTimeout + TimeSpan.FromSeconds(1)); // it is no member any more
        return e.Message;
    }

    public void Turn(SimulationWorker worker, Func<bool>? until = null, int turns = 2_000)
    {
        for (int turn = 0; turn < turns && until?.Invoke() != true; turn++)
        {
            worker.Step(worker.Threads[0]);
            Broker.Advance(TimeSpan.FromMilliseconds(20));
        }

        Assert.True(until is null || until(), $"It did not come to that.\n{Log}");
    }

    /// <summary>Writes one event of each key: value 1, the time given.</summary>
    public void Append(long timestampMs, string keys, int partition = 0)
    {
        foreach (char key in keys)
        {
            Broker.Append(SimulationTopology.Source, partition, Encoding.UTF8.GetBytes(key.ToString()), "1"u8.ToArray(), timestampMs);
        }
    }

    /// <summary>Sets or deletes the group's offset, as Kafka's tools do while nobody runs.</summary>
    public void SetOffset(long? offset, int partition = 0) => Broker.Group(Id).SetOffset(Source(partition), offset);

    /// <summary>What the verb reset does with a plan.</summary>
    public ResetPlan Reset(Func<ApplicationReset, ResetPlan> plan, bool dryRun = false)
    {
        var clients = new SimulatedClients(Broker, Id, "reset");
        using IAdmin admin = clients.CreateAdmin();
        var views = Enumerable.Range(0, Views).ToDictionary(SimulationTopology.Store, SimulationTopology.Sink);
        ResetPlan made = plan(new ApplicationReset(
            Options, SimulationTopology.Source, views, clients, admin, Broker.Clock, TimeSpan.FromSeconds(5)));
        if (!dryRun)
        {
            made.Steps.ToList().ForEach(static step => step.Apply());
            CreateTopics(); // as a start does
        }

        return made;
    }

    public long? Committed(int partition = 0) => Broker.Group(Id).Committed(Source(partition));

    /// <summary>The finals of a view: key and number of events, in the order of the keys.</summary>
    public string Finals(int view = 0) => string.Join(' ', Broker.Visible(SimulationTopology.Sink(view))
        .Select(r => $"{Encoding.UTF8.GetString(r.Record.Key!)}={Encoding.UTF8.GetString(r.Record.Value!).Split("count=")[1].Split(' ')[0]}")
        .Order(StringComparer.Ordinal));

    /// <summary>Writes the changelog's last record as versions before the position did: stream time alone.</summary>
    public void ForgetPosition(int view = 0, int partition = 0)
    {
        ProgressRecord now = LastProgress(view, partition)!;
        byte[] value = new byte[9];
        value[0] = 1;
        BinaryPrimitives.WriteInt64LittleEndian(value.AsSpan(1), now.StreamTimeMs);
        Broker.Append(Changelog(view), partition, [0], value, 0);
    }

    public void WriteProgress(ProgressRecord record, int view = 0, int partition = 0)
    {
        var bytes = new MemoryStream();
        record.Write(bytes);
        Broker.Append(Changelog(view), partition, [0], bytes.ToArray(), 0);
    }

    public ProgressRecord? LastProgress(int view = 0, int partition = 0) =>
        Broker.Visible(Changelog(view)).LastOrDefault(r => r.Partition.Partition == partition && r.Record.Key is [0]).Record?.Value is { } value
            ? ProgressRecord.Read(value, "") : null;

    public static bool IsRunning(SimulationWorker worker) => worker.Threads[0].Thread.Tasks is { Tasks.Length: > 0, AllRunning: true };

    private bool IsCommitted() => Enumerable.Range(0, _partitions).All(p =>
        Broker.Group(Id).IsStable(Source(p)) && Committed(p) == Broker.Log(Source(p)).LastStable);
}
