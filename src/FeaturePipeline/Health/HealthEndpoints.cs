using System.Text.Json;
using System.Text.Json.Serialization;

namespace FeaturePipeline.Health;

/// <summary>The probes of Kubernetes: 200 or 503, with the same JSON body.</summary>
internal static class HealthEndpoints
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>Maps /health/startup, /health/ready and /health/live.</summary>
    /// <param name="routes">Where to.</param>
    /// <param name="health">What they answer from.</param>
    public static void MapHealth(this IEndpointRouteBuilder routes, HealthState health)
    {
        routes.MapGet("/health/startup", () => Answer(health, report => report.IsStarted));
        routes.MapGet("/health/ready", () => Answer(health, report => report.IsReady));
        routes.MapGet("/health/live", () => Answer(health, report => report.IsLive));
    }

    private static IResult Answer(HealthState health, Func<HealthReport, bool> probe)
    {
        HealthReport report = health.Read();
        bool ok = probe(report);
        var body = new
        {
            status = ok ? "healthy" : "unhealthy",
            started = report.IsStarted,
            ready = report.IsReady,
            live = report.IsLive,
            stopping = report.IsStopping ? true : (bool?)null,
            failure = report.Failure,
            broker = report.Broker,
            registry = report.Registry,
            waitingFor = report.Runtime?.Trouble,
            threads = report.Runtime?.Threads,
            tasks = report.Runtime?.Tasks,
            restoreRemaining = report.Runtime?.RestoreRemaining,
        };
        return Results.Json(body, s_json, statusCode: ok ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }
}
