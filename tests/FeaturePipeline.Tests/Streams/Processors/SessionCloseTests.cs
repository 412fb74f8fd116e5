using FeaturePipeline.Streams.Errors;
using FeaturePipeline.Tests.Simulation;

namespace FeaturePipeline.Tests.Streams.Processors;

/// <summary>Very many sessions that close at once are committed in parts, and each is emitted once whatever becomes of a part.</summary>
public sealed class SessionCloseTests
{
    private const int Sessions = 25;
    private readonly TopologyTestDriver _driver = new(
        TextTopology.Sessions(gapMs: 100, graceMs: 0), TopologyTestDriver.Defaults with { ClosedBetweenCommitsMax = 10 });

    private int _parts;

    [Fact]
    public void A_rollback_takes_back_the_part_that_was_not_committed()
    {
        CloseAll(failsAtPart: 2);
        Assert.Equal((20, 5), (Finals().Length, _driver.Task.Stores[0].Count)); // the second part is sent, not committed

        Assert.Equal(Sessions, _driver.Rollback());
        Assert.Equal(10, Finals().Length);
        Assert.Equal(15, _driver.Task.Stores[0].Count);
        PipeLast();
        AssertAllOnce();
    }

    [Fact]
    public void After_a_crash_the_next_owner_closes_the_rest()
    {
        CloseAll(failsAtPart: 2);

        _driver.CrashAndRestore();
        _driver.Task.SetNow(TopologyTestDriver.NowMs);
        _driver.Task.CloseDue(); // as the thread does with a restored task
        PipeLast();
        AssertAllOnce();
    }

    private void CloseAll(int failsAtPart)
    {
        for (int i = 0; i < Sessions; i++)
        {
            _driver.Pipe($"k{i:00}", "view", 1_000 + (i / 2));
        }

        _driver.Commit();
        _driver.CommitIfDue = () =>
        {
            if (++_parts == failsAtPart)
            {
                throw new TransactionAbortedException("the broker said so");
            }

            _driver.Commit();
        };
        Assert.Throws<TransactionAbortedException>(PipeLast);
        _driver.CommitIfDue = _driver.Commit;
    }

    private void PipeLast() => _driver.Pipe("last", "view", 5_000);

    private string[] Finals() => [.. _driver.Output.Select(r => $"{r.TimestampMs} {r.KeyText}")];

    private void AssertAllOnce()
    {
        Assert.Equal(Enumerable.Range(0, Sessions).Select(i => $"{1_000 + (i / 2)} k{i:00}"), Finals());
        Assert.Equal(1, _driver.Task.Stores[0].Count);
    }
}
