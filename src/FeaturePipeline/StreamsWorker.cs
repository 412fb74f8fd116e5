// The life of the worker: wait for registry and broker, run the topology, stop in order.
// Invariant: what is away is waited for and shows in health; what is wrong ends the worker with one line.
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Configuration;
using FeaturePipeline.Features;
using FeaturePipeline.Features.Definitions;
using FeaturePipeline.Features.Events;
using FeaturePipeline.Health;
using FeaturePipeline.Kafka;
using FeaturePipeline.Streams;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Errors;
using FeaturePipeline.Streams.Topology;

namespace FeaturePipeline;

/// <summary>Makes the decoder of one task in the place of the product's own: benchmarks compare serdes in the whole worker.</summary>
internal delegate IRecordDecoder<EventRow> EventDecoderFactory(FeaturePlan plan, ISchemaRegistryClient registry);

/// <summary>Runs the feature topology until it is told to stop or can't go on.</summary>
internal sealed class StreamsWorker(
    PipelineSetup setup, KafkaClients clients, ISchemaRegistryClient registry, HealthState health, TimeProvider time, ILoggerFactory loggers,
    EventDecoderFactory? decoder = null)
{
    private static readonly TimeSpan s_firstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_answerTimeout = TimeSpan.FromSeconds(10);

    // A commit takes milliseconds; a broker that is away at the same time must not hold up the end past the grace of Compose (60 s) or Kubernetes (120 s).
    private static readonly TimeSpan s_stopTimeout = TimeSpan.FromSeconds(45);

    private readonly ILogger _logger = loggers.CreateLogger("FeaturePipeline");
    private StreamsRuntime? _runtime;

    /// <summary>What the runtime does now; null before it started.</summary>
    public StreamsSnapshot? Snapshot() => _runtime?.Snapshot();

    /// <summary>Runs until <paramref name="stop"/>; what was processed is then committed and the group left.</summary>
    /// <param name="address">Where health is served, for the log.</param>
    /// <param name="stop">Stops it.</param>
    /// <exception cref="StreamsException">The worker can't go on.</exception>
    /// <exception cref="HttpRequestException">The registry refuses a schema.</exception>
    public async Task RunAsync(string address, CancellationToken stop)
    {
        try
        {
            await RunToEndAsync(address, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped while it waited for the registry or the broker: there is nothing to commit.
        }
        catch (Exception e)
        {
            health.Failed(Verbs.Failure.OneLine(e));
            throw;
        }
    }

    private async Task RunToEndAsync(string address, CancellationToken stop)
    {
        if (setup.Options.Kafka.IsEmbedded() && setup.Options.Streams.ProcessingGuarantee == ProcessingGuarantee.ExactlyOnce)
        {
            _logger.EmbeddedIsAtLeastOnce();
        }

        StreamsOptions options = setup.Options.ToStreams() with
        {
            TopicConfigs = setup.Views.ToDictionary(static view => view.Topic, static view => view.TopicConfig),
        };
        health.TopologyBuilt();
        Topology topology = await PrepareAsync(options, stop);
        long startedAt = time.GetTimestamp();
        using var runtime = new StreamsRuntime(topology, options, clients, time, loggers);
        _runtime = runtime;
        runtime.Start();
        health.RuntimeStarted(() => RuntimeHealth.Of(runtime.Snapshot(), time.GetElapsedTime(startedAt)), () => clients.Errors.Current?.Reason);
        _logger.Running(string.Join(", ", topology.SourceTopics), string.Join(", ", topology.SinkTopics), address);
        await UntilEndAsync(runtime.Completion, stop);
        health.Stopping();
        _logger.Stopping();
        if (!await OnOwnThreadAsync(() => runtime.Stop(s_stopTimeout), CancellationToken.None))
        {
            _logger.StoppedDirty(s_stopTimeout.TotalSeconds);
        }

        if (runtime.Completion.IsCompleted)
        {
            await runtime.Completion;
        }

        _logger.Stopped();
    }

    /// <summary>Waits for the end, and tells now and then that the registry is away: a stream thread only sees that a schema is not known yet.</summary>
    private async Task UntilEndAsync(Task completion, CancellationToken stop)
    {
        const int LooksPerLine = 6;
        for (int away = 0; !completion.IsCompleted && !stop.IsCancellationRequested;)
        {
            _ = await Task.WhenAny(completion, Task.Delay(s_longestWait, time, stop));
            if (health.Registry.Read().Error is { } problem)
            {
                if (away++ % LooksPerLine == 0)
                {
                    _logger.StaysAway("schema registry", problem);
                }
            }
            else if (away > 0)
            {
                away = 0;
                _logger.Answers("schema registry");
            }
        }
    }

    /// <summary>Waits for registry and broker at the same time, so that health shows both; then makes what is missing there.</summary>
    private async Task<Topology> PrepareAsync(StreamsOptions options, CancellationToken stop)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task<Topology> topology = BuildTopologyAsync(giveUp.Token);
        Task<bool> broker = UntilAnsweredAsync("broker", health.Broker, cancel => OnOwnThreadAsync(FindSource, cancel), giveUp.Token);
        if ((await Task.WhenAny(topology, broker)).IsFaulted)
        {
            await giveUp.CancelAsync();
        }

        await Task.WhenAll(topology, broker);
        Topology built = await topology;
        _ = await UntilAnsweredAsync("broker", health.Broker, cancel => OnOwnThreadAsync(() => EnsureTopics(built, options), cancel), stop);
        return built;
    }

    private bool FindSource()
    {
        using IAdmin admin = clients.CreateAdmin();
        _ = admin.PartitionCount(setup.Options.Source.Topic, s_answerTimeout);
        return true;
    }

    /// <summary>Registers the schema of every view and builds the graph with their ids.</summary>
    private async Task<Topology> BuildTopologyAsync(CancellationToken stop)
    {
        IReadOnlyDictionary<string, int> ids = await UntilAnsweredAsync(
            "schema registry", health.Registry, cancel => FeatureSchemas.RegisterAsync(setup.Views, registry, cancel), stop);
        foreach (FeatureView view in setup.Views)
        {
            _logger.SchemaRegistered(view.Name, view.Subject, ids[view.Name]);
        }

        if (decoder is not null)
        {
            return FeatureTopology.Build(setup.Plan, () => decoder(setup.Plan, registry), ids);
        }

        SchemaCache<EventPlan> plans = EventPlan.CreateCache(setup.Plan, registry, time);
        health.Registry.Watch(() => plans.LastError is { } error ? Verbs.Failure.OneLine(error) : null);
        return FeatureTopology.Build(setup.Plan, plans, ids);
    }

    private bool EnsureTopics(Topology topology, StreamsOptions options)
    {
        using IAdmin admin = clients.CreateAdmin();
        RequiredTopics.Ensure(topology, options, admin, s_answerTimeout);
        foreach (string warning in RequiredTopics.Warnings(topology.SinkTopics, admin, s_answerTimeout))
        {
            _logger.TopicDoesNotFit(warning);
        }

        return true;
    }

    /// <summary>Calls until there is an answer, with a growing wait; a final refusal is thrown.</summary>
    private async Task<T> UntilAnsweredAsync<T>(string name, DependencyHealth dependency, Func<CancellationToken, Task<T>> call, CancellationToken stop)
    {
        bool wasAway = false;
        TimeSpan wait = s_firstWait;
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            try
            {
                T answer = await call(stop);
                dependency.Reached();
                if (wasAway)
                {
                    _logger.Answers(name);
                }

                return answer;
            }
            catch (Exception e) when (e is RetriableException || e.IsRetriable())
            {
                wasAway = true;
                dependency.Missed(Verbs.Failure.OneLine(e));
                _logger.WaitingFor(name, wait.TotalSeconds, Verbs.Failure.OneLine(e));
            }

            await Task.Delay(wait, time, stop);
            wait = wait * 2 < s_longestWait ? wait * 2 : s_longestWait;
        }
    }

    /// <summary>Runs a blocking call of the clients without holding up a thread of the pool.</summary>
    private static Task<T> OnOwnThreadAsync<T>(Func<T> call, CancellationToken cancel) =>
        Task.Factory.StartNew(call, cancel, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default).WaitAsync(cancel);
}
