// Log messages of the worker. Event ids: 2000 start and stop, 2100 what is waited for.
namespace FeaturePipeline;

/// <summary>Log messages of the worker.</summary>
internal static partial class LogMessages
{
    [LoggerMessage(2000, LogLevel.Information, "Feature pipeline {Version}, environment {Environment}, configuration, secrets masked: {Configuration}")]
    public static partial void Starting(this ILogger logger, string version, string environment, string configuration);

    [LoggerMessage(2001, LogLevel.Information, "Schema of view {View} is registered under {Subject} as id {SchemaId}")]
    public static partial void SchemaRegistered(this ILogger logger, string view, string subject, int schemaId);

    [LoggerMessage(2002, LogLevel.Information, "Running: topic {Topic} to {Outputs}; health on {Address}")]
    public static partial void Running(this ILogger logger, string topic, string outputs, string address);

    [LoggerMessage(2003, LogLevel.Information, "Stopping: committing and leaving the group")]
    public static partial void Stopping(this ILogger logger);

    [LoggerMessage(2004, LogLevel.Information, "Stopped")]
    public static partial void Stopped(this ILogger logger);

    [LoggerMessage(2005, LogLevel.Warning, "Not every thread ended within {TimeoutSeconds} s; what was not committed is processed again at the next start")]
    public static partial void StoppedDirty(this ILogger logger, double timeoutSeconds);

    [LoggerMessage(2006, LogLevel.Warning, "The embedded broker has no transactions that last: running at least once")]
    public static partial void EmbeddedIsAtLeastOnce(this ILogger logger);

    [LoggerMessage(2007, LogLevel.Warning, "{Warning}")]
    public static partial void TopicDoesNotFit(this ILogger logger, string warning);

    [LoggerMessage(2100, LogLevel.Warning, "Waiting for the {Dependency}, next try in {WaitSeconds:0.#} s: {Problem}")]
    public static partial void WaitingFor(this ILogger logger, string dependency, double waitSeconds, string problem);

    [LoggerMessage(2102, LogLevel.Warning, "The {Dependency} does not answer; partitions wait at records whose schema is not known yet: {Problem}")]
    public static partial void StaysAway(this ILogger logger, string dependency, string problem);

    [LoggerMessage(2101, LogLevel.Information, "The {Dependency} answers")]
    public static partial void Answers(this ILogger logger, string dependency);
}
