// States of a task:
//
//   Created --> Restoring --> Running --> Closed
//      |            |
//      +------------+--> Closed (revoked, lost, or closed dirty at any time)
namespace FeaturePipeline.Streams.Tasks;

/// <summary>State of a task.</summary>
public enum TaskState
{
    /// <summary>Assigned; its position is not known yet.</summary>
    Created,

    /// <summary>Its state is read back from the changelogs.</summary>
    Restoring,

    /// <summary>It processes records.</summary>
    Running,

    /// <summary>It is gone.</summary>
    Closed,
}

/// <summary>The legal transitions.</summary>
internal static class TaskStates
{
    /// <summary>Checks one transition.</summary>
    /// <exception cref="InvalidOperationException">The transition is not in the table.</exception>
    public static TaskState Next(TaskId task, TaskState from, TaskState to)
    {
        bool legal = (from, to) switch
        {
            (TaskState.Created, TaskState.Restoring) => true,
            (TaskState.Restoring, TaskState.Running) => true,
            (TaskState.Created or TaskState.Restoring or TaskState.Running, TaskState.Closed) => true,
            _ => false,
        };
        return legal ? to : throw new InvalidOperationException($"Task {task}: illegal transition {from} -> {to}.");
    }
}
