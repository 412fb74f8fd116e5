using System.Collections.Concurrent;

namespace FeaturePipeline.Tests.Avro.Registry;

/// <summary>A clock on which everything is due a hundred times sooner, and which remembers what was waited for.</summary>
internal sealed class FastTimeProvider : TimeProvider
{
    private const int Speed = 100;

    /// <summary>Due times asked for, in order.</summary>
    public ConcurrentQueue<TimeSpan> Asked { get; } = new();

    public override long TimestampFrequency => TimeProvider.System.TimestampFrequency / Speed;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = TimeProvider.System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        var fast = new FastTimer(this, timer);
        fast.Change(dueTime, period);
        return fast;
    }

    private sealed class FastTimer(FastTimeProvider owner, ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                owner.Asked.Enqueue(dueTime);
            }

            return timer.Change(Scale(dueTime), Scale(period));
        }

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();

        private static TimeSpan Scale(TimeSpan time) => time == Timeout.InfiniteTimeSpan ? time : time / Speed;
    }
}
