using FeaturePipeline.Health;

namespace FeaturePipeline.Tests.Program.Health;

public class HealthStateTests
{
    private static readonly RuntimeHealth s_restoring = Runtime(isRestored: false, problem: null);
    private static readonly RuntimeHealth s_running = Runtime(isRestored: true, problem: null);

    [Fact]
    public void Startup_needs_the_topology_the_broker_and_the_registry_once()
    {
        var health = new HealthState();
        Assert.False(health.Read().IsStarted);

        health.TopologyBuilt();
        health.Registry.Reached();
        Assert.False(health.Read().IsStarted);

        health.Broker.Reached();
        Assert.True(health.Read().IsStarted);

        health.Broker.Missed("gone again");
        Assert.True(health.Read().IsStarted);
        Assert.Equal("down", health.Read().Broker.Status);
    }

    [Fact]
    public void Ready_waits_for_the_first_restore_and_is_kept_through_later_rebalances()
    {
        RuntimeHealth now = s_restoring;
        HealthState health = Started(() => now);
        Assert.False(health.Read().IsReady);

        now = s_running;
        Assert.True(health.Read().IsReady);

        now = s_restoring;
        Assert.True(health.Read().IsReady);
    }

    [Fact]
    public void Shutdown_takes_readiness_away_and_threads_that_end_are_no_failure()
    {
        RuntimeHealth now = s_running;
        HealthState health = Started(() => now);
        Assert.True(health.Read().IsReady);

        health.Stopping();
        now = Runtime(isRestored: false, problem: "thread 1 has ended");

        Assert.False(health.Read().IsReady);
        Assert.True(health.Read().IsLive);
    }

    [Fact]
    public void A_thread_that_stands_still_or_failed_is_not_live_and_says_why()
    {
        HealthState health = Started(() => Runtime(isRestored: true, problem: "thread 1 has not moved for 301 s"));

        Assert.False(health.Read().IsLive);
        Assert.Equal("thread 1 has not moved for 301 s", health.Read().Failure);
    }

    [Fact]
    public void A_broker_that_is_away_does_not_take_life_away_and_is_shown()
    {
        HealthState health = Started(() => s_running, () => "all brokers down");

        Assert.True(health.Read().IsLive);
        Assert.Equal("down", health.Read().Broker.Status);
        Assert.Equal("all brokers down", health.Read().Broker.Error);
    }

    [Fact]
    public void A_fatal_error_is_neither_ready_nor_live()
    {
        HealthState health = Started(() => s_running);
        health.Failed("the changelog has 3 partitions");

        Assert.False(health.Read().IsReady);
        Assert.False(health.Read().IsLive);
    }

    private static HealthState Started(Func<RuntimeHealth> runtime, Func<string?>? brokerError = null)
    {
        var health = new HealthState();
        health.TopologyBuilt();
        health.Registry.Reached();
        health.Broker.Reached();
        health.RuntimeStarted(runtime, brokerError ?? (() => null));
        return health;
    }

    private static RuntimeHealth Runtime(bool isRestored, string? problem) =>
        new(isRestored, problem, Trouble: null, new Dictionary<string, int>(), new Dictionary<string, int>(), RestoreRemaining: 0);
}
