using System.Diagnostics;

namespace FeaturePipeline.Streams.Diagnostics;

/// <summary>Spans of the runtime; free where nobody listens. Names as OpenTelemetry's semantic conventions of messaging.</summary>
public static class StreamsTracing
{
    /// <summary>Name of the source.</summary>
    public const string SourceName = "FeaturePipeline.Streams";

    private static readonly ActivitySource s_source = new(SourceName);

    /// <summary>Begins the span of a commit.</summary>
    /// <param name="group">Consumer group.</param>
    /// <param name="tasks">Tasks that take part.</param>
    internal static Activity? StartCommit(string group, int tasks) => s_source.StartActivity("commit", ActivityKind.Client)
        ?.SetTag("messaging.system", "kafka")
        .SetTag("messaging.operation.name", "commit")
        .SetTag("messaging.consumer.group.name", group)
        .SetTag("featurepipeline.tasks", tasks);
}
