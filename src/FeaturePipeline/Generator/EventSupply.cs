namespace FeaturePipeline.Generator;

/// <summary>Where <see cref="TrafficSource"/> gets its records: generated, or of a file. Not thread-safe.</summary>
internal abstract class EventSupply : IDisposable
{
    /// <summary>Key of the current record; empty when it has none.</summary>
    public abstract ReadOnlySpan<byte> Key { get; }

    /// <summary>Value of the current record, framed.</summary>
    public abstract ReadOnlySpan<byte> Value { get; }

    /// <summary>Whether the current record has a key.</summary>
    public abstract bool HasKey { get; }

    /// <summary>Event time of the current record, ms since the epoch.</summary>
    public abstract long TimestampMs { get; }

    /// <summary>Goes on to the next record; what the last one pointed to is gone.</summary>
    /// <returns>False when there is none.</returns>
    public abstract bool MoveNext();

    public virtual void Dispose()
    {
        // Generated events hold nothing.
    }
}
