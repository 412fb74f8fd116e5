namespace FeaturePipeline.Streams.Topology;

/// <summary>What the runtime reads of a decoded row: everything else is the operators' business.</summary>
public interface IStreamRow
{
    /// <summary>The key by which the stream is partitioned and grouped; valid as long as the row.</summary>
    ReadOnlySpan<byte> Key { get; }

    /// <summary>Event time in ms since the epoch; never negative.</summary>
    long TimestampMs { get; }
}
