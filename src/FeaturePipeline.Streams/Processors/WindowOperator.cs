using FeaturePipeline.Streams.State;
using FeaturePipeline.Streams.Topology;

namespace FeaturePipeline.Streams.Processors;

/// <summary>A windowed operator in one task: it takes rows, and emits what stream time closes.</summary>
internal abstract class WindowOperator<TRow>
    where TRow : struct, IStreamRow, allows ref struct
{
    /// <summary>The operator's state.</summary>
    public abstract StateStore Store { get; }

    /// <summary>Windows emitted as final since the task was created.</summary>
    public long ClosedCount { get; protected set; }

    /// <summary>Adds a row; stream time has been moved to it already.</summary>
    /// <returns>False when the row is too late for every window.</returns>
    public abstract bool Process(in TRow row);

    /// <summary>Emits and removes every window that is closed at the task's stream time.</summary>
    public abstract void CloseDue(long nowMs);
}
