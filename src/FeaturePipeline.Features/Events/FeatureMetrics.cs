using System.Diagnostics.Metrics;
using FeaturePipeline.Streams.Diagnostics;

namespace FeaturePipeline.Features.Events;

/// <summary>The instruments of features; they are exported with the runtime's, under its meter's name.</summary>
internal static class FeatureMetrics
{
    private static readonly Meter Meter = new(StreamsMetrics.MeterName);

    private static readonly Counter<long> Overflows = Meter.CreateCounter<long>(
        "featurepipeline.features.overflow", unit: "{value}", description: "Sums that did not fit 64 bits and were emitted as null, by view.");

    public static void CountOverflows(long count, string view) => Overflows.Add(count, new KeyValuePair<string, object?>("feature_view", view));
}
