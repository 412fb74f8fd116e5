using FeaturePipeline.Kafka.Native;

namespace FeaturePipeline.Tests.Kafka;

public class GuardedCallsTests
{
    private static readonly TimeSpan s_plenty = TimeSpan.FromSeconds(30);

    [Fact]
    public void Calls_run_one_after_the_other_and_return_their_results()
    {
        using var calls = new GuardedCalls("test", static _ => { });
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
        using var calls = new GuardedCalls("test", static _ => { });
        bool isFree = false;
        Assert.True(calls.TryRun(() => 0, s_plenty, out _));

        calls.Release(() => isFree = true);

        Assert.True(isFree);
    }

    [Fact]
    public void A_call_that_takes_too_long_is_given_up_and_the_client_is_freed_only_when_it_returns()
    {
        using var calls = new GuardedCalls("test", static _ => { });
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

    [Fact]
    public void What_a_call_returns_after_it_was_given_up_is_freed()
    {
        using var freed = new ManualResetEventSlim();
        nint discarded = 0;
        using var calls = new GuardedCalls("test", error =>
        {
            discarded = error;
            freed.Set();
        });
        using var stuck = new ManualResetEventSlim();
        Assert.False(calls.TryRun(() => Wait(stuck) + 42, TimeSpan.FromMilliseconds(50), out _));
        stuck.Set();
        Assert.True(freed.Wait(s_plenty));
        Assert.Equal(42, discarded);
    }

    [Fact]
    public void What_a_call_throws_reaches_the_caller_and_the_next_call_runs()
    {
        using var calls = new GuardedCalls("test", static _ => { });
        Assert.Throws<InvalidOperationException>(() => calls.TryRun(() => throw new InvalidOperationException(), s_plenty, out _));
        Assert.True(calls.TryRun(() => 7, s_plenty, out nint result));
        Assert.Equal(7, result);
    }

    [Fact]
    public void A_call_that_returns_at_its_limit_is_either_answered_or_given_up()
    {
        var limit = TimeSpan.FromMilliseconds(5);
        for (int i = 0; i < 100; i++)
        {
            using var discarded = new ManualResetEventSlim();
            using var calls = new GuardedCalls("test", _ => discarded.Set());
            bool isAnswered = calls.TryRun(
                () =>
                {
                    Thread.Sleep(limit);
                    return 9;
                },
                limit,
                out nint result);
            Assert.Equal(isAnswered ? 9 : 0, result);
            Assert.Equal(!isAnswered, calls.IsGivenUp);
            Assert.True(isAnswered || discarded.Wait(s_plenty)); // its answer is not lost
        }
    }

    private static nint Wait(ManualResetEventSlim until)
    {
        until.Wait();
        return 0;
    }
}
