namespace FeaturePipeline.Streams.Errors;

/// <summary>The infrastructure did not answer, or not in time; the outcome is unknown and the same call may be repeated.</summary>
/// <param name="message">What, where, and the remedy.</param>
/// <param name="innerException">The cause, if another exception told it.</param>
public class RetriableException(string message, Exception? innerException = null) : Exception(message, innerException);
