using System.Text;
using FeaturePipeline.Configuration;
using FeaturePipeline.Consuming;
using FeaturePipeline.Features.Definitions;
using FeaturePipeline.Generator;
using FeaturePipeline.Streams;
using FeaturePipeline.Streams.Clients;

namespace FeaturePipeline.Demo;

/// <summary>What the demo shows at one moment.</summary>
/// <param name="Elapsed">Wall time since the start.</param>
/// <param name="Events">Events sent.</param>
/// <param name="OpenSessions">Sessions that may still grow.</param>
/// <param name="Features">Feature records read.</param>
/// <param name="NewLines">Feature records read since the last moment, as JSON lines.</param>
internal sealed record DemoMoment(TimeSpan Elapsed, long Events, long OpenSessions, long Features, IReadOnlyList<string> NewLines);

/// <summary>Traffic and worker at work, and a consumer that watches the features.</summary>
internal sealed class DemoSession : IDisposable
{
    private const double LeastPace = 20;
    private const double CycleSeconds = 160;
    private const int LinesMax = 1_000;
    private static readonly TimeSpan s_pollTimeout = TimeSpan.FromMilliseconds(100);

    private readonly WorkerHost _host;
    private readonly TrafficSource _source;
    private readonly IStreamsConsumer _features;
    private readonly RecordJson _json;
    private readonly double _rate;
    private readonly TimeProvider _time = TimeProvider.System;
    private long _startedAt;
    private long _featureCount;
    private long _openSessions;

    private DemoSession(WorkerHost host, TrafficSource source, IStreamsConsumer features, double rate)
    {
        _host = host;
        _source = source;
        _features = features;
        _json = new RecordJson(host.Registry);
        _rate = rate;
    }

    /// <summary>Creates the topics and clients.</summary>
    /// <param name="host">The worker's host, started.</param>
    /// <param name="setup">The configuration.</param>
    /// <param name="users">Number of users.</param>
    /// <param name="rate">Events a second of wall time.</param>
    /// <param name="seed">Seed of the traffic.</param>
    public static async Task<DemoSession> CreateAsync(WorkerHost host, PipelineSetup setup, int users, double rate, ulong seed)
    {
        string topic = setup.Options.Source.Topic;
        short replicas = (short)setup.Options.Streams.ReplicationFactor;
        TrafficSource.CreateTopic(host.Clients, topic, DemoConfiguration.Partitions, replicas);
        int schemaId = await TrafficSource.RegisterAsync(host.Registry, topic, CancellationToken.None);
        var source = new TrafficSource(host.Clients, topic, new GeneratedEvents(Traffic(users, rate, seed), schemaId));
        IStreamsConsumer features = host.Clients.CreateRestoreConsumer("demo-features");
        foreach (FeatureView view in setup.Views)
        {
            TrafficSource.CreateTopic(host.Clients, view.Topic, DemoConfiguration.Partitions, replicas);
        }

        features.Assign([.. setup.Views.SelectMany(view => Enumerable.Range(0, DemoConfiguration.Partitions)
            .Select(partition => new TopicPartitionOffset(new TopicPartition(view.Topic, partition), features.QueryWatermarks(new TopicPartition(view.Topic, partition), TimeSpan.FromSeconds(10)).LastStable)))]);
        return new DemoSession(host, source, features, rate);
    }

    /// <summary>Runs everything until <paramref name="stop"/> and tells <paramref name="show"/> several times a second.</summary>
    /// <param name="show">Shows a moment; called on this thread.</param>
    /// <param name="stop">Ends it.</param>
    public async Task RunAsync(Action<DemoMoment> show, CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        _startedAt = _time.GetTimestamp();
        Task worker = _host.Worker.RunAsync(_host.Address, end.Token);
        Task traffic = Task.Factory.StartNew(() => _source.Run(count: null, _rate, static _ => { }, end.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Task watch = Task.Factory.StartNew(() => Watch(show, end.Token, worker, traffic), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            await watch;
        }
        finally
        {
            // Also when nobody reads any more: the clients must outlive the threads that use them.
            await end.CancelAsync();
            await Task.WhenAll(worker, traffic).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(worker, traffic);
    }

    public void Dispose()
    {
        _features.Dispose();
        _source.Dispose();
    }

    /// <summary>A user is in a session for 16 s and away for the rest of 160 s, at least; the rate then says how fast event time runs.</summary>
    private static TrafficOptions Traffic(int users, double rate, ulong seed)
    {
        double naturalRate = users * TrafficOptions.EventsPerSession / CycleSeconds;
        double pace = Math.Max(LeastPace, rate / naturalRate);
        var traffic = new TrafficOptions
        {
            Users = users,
            Seed = seed,
            ThinkTimeMs = 2_000,
            // Yesterday: event time runs faster than the wall clock and must not overtake it.
            StartMs = TimeProvider.System.GetUtcNow().AddDays(-1).ToUnixTimeMilliseconds(),
        };
        return traffic.WithRate(rate / pace);
    }

    private void Watch(Action<DemoMoment> show, CancellationToken stop, Task worker, Task traffic)
    {
        while (!stop.IsCancellationRequested && !worker.IsCompleted && !traffic.IsCompleted)
        {
            var lines = new List<string>();
            RecordBatch batch = _features.Poll(s_pollTimeout);
            foreach (ref readonly ConsumedRecord record in batch.Records)
            {
                _featureCount++;
                if (lines.Count < LinesMax)
                {
                    lines.Add(Encoding.UTF8.GetString(_json.Write(batch, record)));
                }
            }

            show(Now(lines, stop));
        }
    }

    private DemoMoment Now(List<string> lines, CancellationToken stop)
    {
        long open = _host.Worker.Snapshot()?.Tasks.Sum(task => task.OpenWindows) ?? 0;
        if (!stop.IsCancellationRequested)
        {
            // A worker that has been told to stop gives its tasks up: what was open before is what stays open.
            _openSessions = open;
        }

        return new DemoMoment(_time.GetElapsedTime(_startedAt), _source.Sent, _openSessions, _featureCount, lines);
    }
}
