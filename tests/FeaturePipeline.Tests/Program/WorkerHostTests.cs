using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using FeaturePipeline.Configuration;
using FeaturePipeline.Demo;
using FeaturePipeline.Streams.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FeaturePipeline.Tests.Program;

public class WorkerHostTests
{
    [Fact]
    public async Task Probes_and_metrics_are_served_on_the_management_port()
    {
        await using WorkerHost host = await StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(host.Address) };

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health/live")).StatusCode);
        using HttpResponseMessage startup = await client.GetAsync("/health/startup");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, startup.StatusCode);
        using var body = JsonDocument.Parse(await startup.Content.ReadAsStringAsync());
        Assert.Equal("not reached yet", body.RootElement.GetProperty("broker").GetProperty("status").GetString());
        Assert.Contains("dotnet_gc", await client.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_Prometheus_there_are_no_metrics_to_scrape()
    {
        await using WorkerHost host = await StartAsync("Telemetry:Prometheus=false");
        using var client = new HttpClient { BaseAddress = new Uri(host.Address) };

        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/metrics")).StatusCode);
    }

    [Fact]
    public async Task Metrics_logs_and_spans_reach_a_collector_over_http_at_the_latest_when_the_host_ends()
    {
        var received = new ConcurrentQueue<string>();
        await using WebApplication collector = await StartCollectorAsync(received);
        string address = collector.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

        await using (await StartAsync($"Telemetry:Otlp:Endpoint={address}", "Telemetry:Otlp:Protocol=http/protobuf"))
        {
            // The host logs its configuration at start; that and the runtime's metrics are there to be sent. A commit's span needs a broker.
            using var source = new ActivitySource(StreamsTracing.SourceName);
            source.StartActivity("commit")?.Dispose();
        }

        Assert.Contains("/v1/metrics", received);
        Assert.Contains("/v1/logs", received);
        Assert.Contains("/v1/traces", received);
    }

    private static async Task<WorkerHost> StartAsync(params string[] settings)
    {
        PipelineSetup setup = PipelineSetup.Load(
            new ConfigurationSources("Test", [], ["Management:Port=0", .. settings]), DemoConfiguration.Values(Path.GetTempPath()), contentRoot: "");
        return await WorkerHost.StartAsync(setup, "Test", LogLevel.Information);
    }

    private static async Task<WebApplication> StartCollectorAsync(ConcurrentQueue<string> received)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        WebApplication app = builder.Build();
        app.MapPost("/{**path}", (HttpContext context) =>
        {
            received.Enqueue(context.Request.Path);
            return Results.Ok();
        });
        await app.StartAsync();
        return app;
    }
}
