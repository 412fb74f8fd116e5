using System.Reflection;
using FeaturePipeline.Configuration;
using FeaturePipeline.Streams.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace FeaturePipeline.Telemetry;

/// <summary>Metrics to Prometheus and OTLP; traces and logs to OTLP.</summary>
internal static class OpenTelemetrySetup
{
    /// <summary>Path of the Prometheus scrape endpoint.</summary>
    public const string MetricsPath = "/metrics";

    /// <summary>Boundaries of duration histograms in seconds (semantic conventions of messaging).</summary>
    private static readonly double[] s_durationBoundaries = [.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10];

    /// <summary>Adds OpenTelemetry as section Telemetry and the OTEL_* environment variables say.</summary>
    /// <param name="builder">The host.</param>
    /// <param name="telemetry">Section Telemetry.</param>
    /// <param name="environment">Environment variables.</param>
    public static void AddTelemetry(this WebApplicationBuilder builder, TelemetryOptions telemetry, System.Collections.IDictionary environment)
    {
        // The SDK reads OTEL_* from the host's configuration.
        builder.Configuration.AddInMemoryCollection(environment.Keys.Cast<string>()
            .Where(name => name.StartsWith("OTEL_", StringComparison.Ordinal))
            .Select(name => KeyValuePair.Create(name, (string?)environment[name])));
        bool otlp = IsOtlpOn(telemetry, environment);
        OpenTelemetryBuilder openTelemetry = builder.Services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService(
            "feature-pipeline", serviceVersion: typeof(OpenTelemetrySetup).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion)
            .AddEnvironmentVariableDetector());
        openTelemetry.WithMetrics(metrics =>
        {
            metrics.AddMeter(StreamsMetrics.MeterName).AddRuntimeInstrumentation().SetExemplarFilter(ExemplarFilterType.TraceBased);
            metrics.AddView(instrument => instrument is { Unit: "s" } && instrument.GetType().Name.StartsWith("Histogram", StringComparison.Ordinal)
                ? new ExplicitBucketHistogramConfiguration { Boundaries = s_durationBoundaries }
                : null);
            if (telemetry.Prometheus)
            {
                metrics.AddPrometheusExporter();
            }

            if (otlp)
            {
                metrics.AddOtlpExporter(exporter => Configure(exporter, telemetry.Otlp, "v1/metrics"));
            }
        });
        if (otlp)
        {
            openTelemetry.WithTracing(traces => traces.AddSource(StreamsTracing.SourceName).AddOtlpExporter(exporter => Configure(exporter, telemetry.Otlp, "v1/traces")));
            openTelemetry.WithLogging(logs => logs.AddOtlpExporter(exporter => Configure(exporter, telemetry.Otlp, "v1/logs")));
        }
    }

    /// <summary>OTLP is on by our setting or by OpenTelemetry's own variables.</summary>
    /// <param name="telemetry">Section Telemetry.</param>
    /// <param name="environment">Environment variables.</param>
    internal static bool IsOtlpOn(TelemetryOptions telemetry, System.Collections.IDictionary environment)
    {
        if (string.Equals(environment["OTEL_SDK_DISABLED"] as string, "true", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        return telemetry.Otlp.Endpoint is not null
            || environment.Keys.Cast<string>().Any(name => name.StartsWith("OTEL_EXPORTER_OTLP_", StringComparison.Ordinal) && name.EndsWith("ENDPOINT", StringComparison.Ordinal));
    }

    private static void Configure(OtlpExporterOptions exporter, OtlpOptions otlp, string path)
    {
        if (otlp.Endpoint is null)
        {
            return; // OTEL_* alone
        }

        bool isGrpc = otlp.Protocol == "grpc";
        exporter.Protocol = isGrpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
        // An endpoint set in code is taken as it is: over HTTP the signal's path has to be added.
        exporter.Endpoint = isGrpc ? new Uri(otlp.Endpoint) : new Uri($"{otlp.Endpoint.TrimEnd('/')}/{path}");
    }
}
