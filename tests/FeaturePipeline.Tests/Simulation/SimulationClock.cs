namespace FeaturePipeline.Tests.Simulation;

/// <summary>The simulation's only clock: it stands still until somebody moves it.</summary>
internal sealed class SimulationClock : TimeProvider
{
    private readonly List<SimulationTimer> _timers = [];
    private DateTimeOffset _now;

    public SimulationClock(long startMs = 1_700_000_000_000) => _now = DateTimeOffset.FromUnixTimeMilliseconds(startMs);

    /// <summary>Now, ms since the epoch.</summary>
    public long NowMs => _now.ToUnixTimeMilliseconds();

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => _now.UtcTicks;

    /// <summary>Moves the clock forward and runs the timers that fall due.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        _now += by;
        foreach (SimulationTimer timer in _timers.ToArray())
        {
            timer.FireIfDue(_now);
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimulationTimer(this, callback, state);
        timer.Change(dueTime, period);
        _timers.Add(timer);
        return timer;
    }

    private sealed class SimulationTimer(SimulationClock clock, TimerCallback callback, object? state) : ITimer
    {
        private DateTimeOffset? _due;
        private TimeSpan _period;

        public void FireIfDue(DateTimeOffset now)
        {
            if (_due is not { } due || due > now)
            {
                return;
            }

            _due = _period > TimeSpan.Zero ? now + _period : null;
            callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _due = dueTime < TimeSpan.Zero ? null : clock._now + dueTime;
            _period = period;
            return true;
        }

        public void Dispose()
        {
            _due = null;
            clock._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
