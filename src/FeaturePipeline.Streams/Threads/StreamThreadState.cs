// States of a stream thread:
//
//   Created --> Starting --> Rebalancing <--> Running
//                  |              |              |
//                  +--------------+--------------+--> PendingShutdown --> Dead
//   (any state --> Dead when the thread fails)
namespace FeaturePipeline.Streams.Threads;

/// <summary>State of a stream thread.</summary>
public enum StreamThreadState
{
    /// <summary>Not started.</summary>
    Created,

    /// <summary>Clients are being built, the group is being joined.</summary>
    Starting,

    /// <summary>Some assigned task is not running yet: it is being restored.</summary>
    Rebalancing,

    /// <summary>All assigned tasks run.</summary>
    Running,

    /// <summary>Stopping: the last commit, then leaving the group.</summary>
    PendingShutdown,

    /// <summary>Gone.</summary>
    Dead,
}

/// <summary>The legal transitions.</summary>
internal static class StreamThreadStates
{
    /// <summary>Checks one transition.</summary>
    /// <exception cref="InvalidOperationException">The transition is not in the table.</exception>
    public static StreamThreadState Next(StreamThreadState from, StreamThreadState to)
    {
        bool legal = (from, to) switch
        {
            (StreamThreadState.Dead, _) => false,
            (_, StreamThreadState.Dead) => true,
            (StreamThreadState.PendingShutdown, _) => false,
            (_, StreamThreadState.PendingShutdown) => true,
            (StreamThreadState.Created, StreamThreadState.Starting) => true,
            (StreamThreadState.Starting or StreamThreadState.Rebalancing, StreamThreadState.Running) => true,
            (StreamThreadState.Starting or StreamThreadState.Running, StreamThreadState.Rebalancing) => true,
            _ => false,
        };
        return legal ? to : throw new InvalidOperationException($"Stream thread: illegal transition {from} -> {to}.");
    }
}
