namespace FeaturePipeline.Streams.Errors;

/// <summary>Another member owns the thread's tasks (fenced, or the group's generation is gone): close them, rejoin.</summary>
/// <param name="message">What, where, and the remedy.</param>
/// <param name="innerException">The cause, if another exception told it.</param>
public sealed class TaskMigratedException(string message, Exception? innerException = null) : Exception(message, innerException);
