using Microsoft.Extensions.Logging.Console;

namespace FeaturePipeline.Telemetry;

/// <summary>Logs for people: on standard error, so that standard output stays data.</summary>
internal static class ConsoleLogs
{
    /// <summary>Adds the console; levels come from section Logging.</summary>
    /// <param name="logging">Where to.</param>
    /// <param name="configuration">The configuration.</param>
    /// <param name="leastLevel">Level without a Logging section.</param>
    public static void AddErrorConsole(this ILoggingBuilder logging, IConfiguration configuration, LogLevel leastLevel = LogLevel.Information)
    {
        logging.SetMinimumLevel(leastLevel);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("System", LogLevel.Warning);
        // A management endpoint that can't listen is an exception, and told in one line: the host would log its stack trace besides.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        logging.AddConfiguration(configuration.GetSection("Logging"));
        logging.AddSimpleConsole(options =>
        {
            options.SingleLine = true;
            options.UseUtcTimestamp = true;
            options.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            options.ColorBehavior = Terminal.IsErrorInteractive ? LoggerColorBehavior.Enabled : LoggerColorBehavior.Disabled;
        });
        logging.Services.Configure<ConsoleLoggerOptions>(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
    }
}
