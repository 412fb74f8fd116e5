namespace FeaturePipeline.Streams.Errors;

/// <summary>The application can't go on: the host stops with exit code 1.</summary>
/// <param name="message">What, where, and the remedy.</param>
/// <param name="innerException">The cause, if another exception told it.</param>
public class StreamsException(string message, Exception? innerException = null) : Exception(message, innerException);
