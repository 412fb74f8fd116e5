using System.Collections.Immutable;
using FeaturePipeline.Streams.Topology;

namespace FeaturePipeline.Streams.Tasks;

/// <summary>A thread's tasks at one moment, and what the closed ones had counted: replaced as a whole, so that no reader sees a total fall.</summary>
internal sealed class TaskList
{
    /// <summary>No task yet.</summary>
    public static readonly TaskList Empty = new();

    private static readonly DropReason[] Reasons = Enum.GetValues<DropReason>();

    private ImmutableDictionary<DropReason, long> _droppedByClosed = ImmutableDictionary<DropReason, long>.Empty;
    private long _closedWindowsOfClosed;

    /// <summary>The tasks.</summary>
    public ImmutableArray<StreamTask> Tasks { get; private init; } = [];

    /// <summary>Tasks closed since the thread started.</summary>
    public long ClosedCount { get; private init; }

    /// <summary>Tasks created since the thread started.</summary>
    public long CreatedCount => ClosedCount + Tasks.Length;

    /// <summary>Windows emitted as final since the thread started.</summary>
    public long ClosedWindows => _closedWindowsOfClosed + Tasks.Sum(t => t.ClosedCount);

    /// <summary>Records dropped since the thread started, by reason; reasons that did not occur are missing.</summary>
    public IReadOnlyDictionary<DropReason, long> Dropped() => Reasons
        .Select(reason => KeyValuePair.Create(reason, _droppedByClosed.GetValueOrDefault(reason) + Tasks.Sum(t => t.DroppedCount(reason))))
        .Where(pair => pair.Value > 0)
        .ToDictionary();

    /// <summary>The list after a change. Called by the tasks' own thread.</summary>
    /// <param name="tasks">The tasks from now on.</param>
    /// <param name="closed">Those that were closed.</param>
    public TaskList Replace(IEnumerable<StreamTask> tasks, IReadOnlyCollection<StreamTask> closed) => new()
    {
        Tasks = [.. tasks],
        ClosedCount = ClosedCount + closed.Count,
        _closedWindowsOfClosed = _closedWindowsOfClosed + closed.Sum(t => t.ClosedCount),
        _droppedByClosed = _droppedByClosed.SetItems(Reasons.Select(reason => KeyValuePair.Create(
            reason, _droppedByClosed.GetValueOrDefault(reason) + closed.Sum(t => t.DroppedCount(reason))))),
    };
}
