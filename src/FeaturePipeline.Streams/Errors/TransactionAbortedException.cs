namespace FeaturePipeline.Streams.Errors;

/// <summary>The transaction can't be committed: abort it, roll state back, seek to the last commit, go on.</summary>
/// <param name="message">What, where, and the remedy.</param>
/// <param name="innerException">The cause, if another exception told it.</param>
public sealed class TransactionAbortedException(string message, Exception? innerException = null) : Exception(message, innerException);
