using FeaturePipeline.Kafka;

namespace FeaturePipeline.Tests.Kafka;

public class LogLimiterTests
{
    [Fact]
    public void Of_each_kind_one_line_passes_in_an_interval_and_the_next_one_counts_what_was_left_out()
    {
        var clock = new ManualClock();
        var limiter = new LogLimiter(clock, TimeSpan.FromSeconds(10));

        Assert.True(limiter.Pass("FAIL", out int leftOut));
        Assert.Equal(0, leftOut);
        Assert.False(limiter.Pass("FAIL", out _));
        Assert.False(limiter.Pass("FAIL", out _));
        Assert.True(limiter.Pass("ERROR", out _));

        clock.NowTicks += 10 * TimeSpan.TicksPerSecond;

        Assert.True(limiter.Pass("FAIL", out leftOut));
        Assert.Equal(2, leftOut);
    }

    private sealed class ManualClock : TimeProvider
    {
        public long NowTicks { get; set; } = TimeSpan.TicksPerDay;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => NowTicks;
    }
}
