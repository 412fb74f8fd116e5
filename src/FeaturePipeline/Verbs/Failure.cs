using System.Net.Sockets;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Streams.Errors;

namespace FeaturePipeline.Verbs;

/// <summary>The command line asks for something that is not possible: exit code 2.</summary>
/// <param name="message">What, and the remedy; one line.</param>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>Which exceptions are the outside world's fault, and how they are told in one line.</summary>
internal static class Failure
{
    /// <summary>Whether the exception is an operating error, to be told in a line; anything else is a defect and keeps its stack trace.</summary>
    /// <param name="exception">The exception.</param>
    public static bool IsExpected(Exception exception) =>
        exception is StreamsException or UnsupportedSchemaException or RetriableException or TaskMigratedException or TransactionAbortedException
            or IOException or UnauthorizedAccessException or HttpRequestException or SocketException or TimeoutException;

    /// <summary>The messages of the exception and its causes, each once, in one line.</summary>
    /// <param name="exception">The exception.</param>
    public static string OneLine(Exception exception)
    {
        string line = exception.Message;
        for (Exception? cause = exception.InnerException; cause is not null; cause = cause.InnerException)
        {
            if (!line.Contains(cause.Message, StringComparison.Ordinal))
            {
                line += " (" + cause.Message + ")";
            }
        }

        return line.ReplaceLineEndings(" ");
    }
}
