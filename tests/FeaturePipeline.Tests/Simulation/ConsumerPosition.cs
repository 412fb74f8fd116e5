namespace FeaturePipeline.Tests.Simulation;

/// <summary>Where a simulated consumer stands in one of its partitions.</summary>
internal sealed class ConsumerPosition
{
    /// <summary>Offset of the next record; null until known.</summary>
    public long? Next { get; set; }

    public bool IsPaused { get; set; }

    public long? ReportedEnd { get; set; }

    public long? SeenEnd { get; set; }

    /// <summary>Seeks since the last poll began.</summary>
    public int Moves { get; set; }
}
