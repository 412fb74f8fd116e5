using FeaturePipeline.Kafka.Native;

namespace FeaturePipeline.Tests.Kafka;

public class GuardedCallsTests
{
    private static readonly TimeSpan s_plenty = TimeSpan.FromSeconds(30);

    [Fact]
    public void Calls_run_one_after_the_other_and_return_their_results()
    {
        using var calls = new GuardedCalls("test");
        for (nint i = 1; i <= 100; i++)
        {
            nint wanted = i;
            Assert.True(calls.TryRun(() => wanted, s_plenty, out nint result));
            Assert.Equal(wanted, result);
        }
    }

    [Fact]
    public void What_the_client_holds_is_freed_at_once_when_no_call_runs()
    {
        using var calls = new GuardedCalls("test");
        bool isFree = false;
        Assert.True(calls.TryRun(() => 0, s_plenty, out _));

        calls.Release(() => isFree = true);

        Assert.True(isFree);
    }

    [Fact]
    public void A_call_that_takes_too_long_is_given_up_and_the_client_is_freed_only_when_it_returns()
    {
        using var calls = new GuardedCalls("test");
        using var stuck = new ManualResetEventSlim();
        using var freed = new ManualResetEventSlim();

        Assert.False(calls.TryRun(() => Wait(stuck), TimeSpan.FromMilliseconds(50), out _));
        Assert.True(calls.IsGivenUp);
        Assert.False(calls.TryRun(() => 0, s_plenty, out _)); // nothing else is called

        calls.Release(freed.Set);
        Assert.False(freed.Wait(100));
        stuck.Set();
        Assert.True(freed.Wait(s_plenty));
    }

    private static nint Wait(ManualResetEventSlim until)
    {
        until.Wait();
        return 0;
    }
}
