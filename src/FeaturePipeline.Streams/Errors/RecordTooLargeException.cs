namespace FeaturePipeline.Streams.Errors;

/// <summary>A record is larger than the client or the broker takes. Nothing of it was sent; the same record is refused each time.</summary>
/// <param name="message">What, where, and the remedy.</param>
/// <param name="innerException">The cause, if another exception told it.</param>
public sealed class RecordTooLargeException(string message, Exception? innerException = null) : StreamsException(message, innerException);
