using System.Reflection;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Configuration;
using FeaturePipeline.Health;
using FeaturePipeline.Kafka;
using FeaturePipeline.Telemetry;

namespace FeaturePipeline;

/// <summary>The process around the worker: management endpoint, telemetry, clients.</summary>
/// <remarks>
/// The worker is not a hosted service: on SIGTERM it has to commit while the probes still answer, and its failure has to become the exit code.
/// The host starts before it and ends after it.
/// </remarks>
internal sealed class WorkerHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ISchemaRegistryClient _registry;
    private readonly ILogger _logger;

    private WorkerHost(WebApplication app, PipelineSetup setup, TimeProvider time, EventDecoderFactory? decoder)
    {
        _app = app;
        ILoggerFactory loggers = app.Services.GetRequiredService<ILoggerFactory>();
        _logger = loggers.CreateLogger("FeaturePipeline");
        _registry = SchemaRegistries.Create(setup.Options.ToRegistry(), timeProvider: time);
        Clients = new KafkaClients(setup.Options.ToKafka(), time, loggers);
        Worker = new StreamsWorker(setup, Clients, _registry, Health, time, loggers, decoder);
        app.MapHealth(Health);
        if (setup.Options.Telemetry.Prometheus)
        {
            app.MapPrometheusScrapingEndpoint(OpenTelemetrySetup.MetricsPath);
        }
    }

    /// <summary>What the probes answer from.</summary>
    public HealthState Health { get; } = new();

    /// <summary>The worker.</summary>
    public StreamsWorker Worker { get; }

    /// <summary>Clients of the broker.</summary>
    public KafkaClients Clients { get; }

    /// <summary>The schema registry.</summary>
    public ISchemaRegistryClient Registry => _registry;

    /// <summary>Where the management endpoint listens, once started.</summary>
    public string Address => _app.Urls.FirstOrDefault() ?? "nowhere";

    /// <summary>Builds the host and starts the management endpoint.</summary>
    /// <param name="setup">The configuration.</param>
    /// <param name="environment">Name of the environment.</param>
    /// <param name="leastLevel">Level of the console's log where section Logging says nothing.</param>
    /// <param name="decoder">Makes decoders; null: the product's own.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<WorkerHost> StartAsync(PipelineSetup setup, string environment, LogLevel leastLevel, EventDecoderFactory? decoder = null)
    {
        ManagementOptions management = setup.Options.Management;
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = environment, Args = [] });
        builder.Configuration.AddConfiguration(setup.Configuration);
        builder.Logging.AddErrorConsole(setup.Configuration, leastLevel);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(management));
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, PassiveLifetime>();
        builder.AddTelemetry(setup.Options.Telemetry, Environment.GetEnvironmentVariables());
        var host = new WorkerHost(builder.Build(), setup, TimeProvider.System, decoder);
        string version = typeof(WorkerHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        host._logger.Starting(version, environment, string.Join(", ", EffectiveConfiguration.Lines(setup.Configuration)));
        try
        {
            await host._app.StartManagementAsync(management);
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }

        return host;
    }

    /// <summary>Ends the management endpoint and flushes telemetry.</summary>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        _registry.Dispose();
    }

    /// <summary>Signals are handled by the verbs, which stop the worker before the host.</summary>
    private sealed class PassiveLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
