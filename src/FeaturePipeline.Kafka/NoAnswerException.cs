using Confluent.Kafka;
using FeaturePipeline.Streams.Errors;

namespace FeaturePipeline.Kafka;

/// <summary>No broker answered: none can be reached, or the one that was asked hangs.</summary>
/// <param name="code">librdkafka's error code.</param>
/// <param name="message">What, where, and the remedy.</param>
/// <param name="innerException">The cause, if another exception told it.</param>
internal sealed class NoAnswerException(ErrorCode code, string message, Exception? innerException) : RetriableException(message, innerException)
{
    /// <summary>librdkafka's error code.</summary>
    public ErrorCode Code => code;
}
