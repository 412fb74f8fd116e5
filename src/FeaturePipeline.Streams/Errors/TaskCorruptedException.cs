using FeaturePipeline.Streams.Clients;

namespace FeaturePipeline.Streams.Errors;

/// <summary>A task's state can't be trusted: close it dirty and restore it from its changelog.</summary>
/// <param name="source">Source partition of the task.</param>
/// <param name="message">What, where, and the remedy.</param>
/// <param name="innerException">The cause, if another exception told it.</param>
public sealed class TaskCorruptedException(TopicPartition source, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>Source partition of the corrupted task.</summary>
    public TopicPartition SourcePartition { get; } = source;
}
