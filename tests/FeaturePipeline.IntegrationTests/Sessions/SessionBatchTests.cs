namespace FeaturePipeline.IntegrationTests.Sessions;

// The batch is the judge of the pipeline, so a few cases worked out by hand judge the batch: gap 10, grace 5.
public sealed class SessionBatchTests
{
    private static SessionBatch Run(params (string User, long TimeMs)[] events)
    {
        var batch = new SessionBatch(gapMs: 10, graceMs: 5);
        for (int i = 0; i < events.Length; i++)
        {
            batch.Add(new BatchEvent(events[i].User, "view", events[i].TimeMs, i));
        }

        return batch;
    }

    private static string[] Closed(SessionBatch batch) =>
        [.. batch.Finish().Select(s => $"{s[0].User}[{s.Min(e => e.TimestampMs)},{s.Max(e => e.TimestampMs)}]x{s.Count}").Order(StringComparer.Ordinal)];

    [Fact]
    public void Events_exactly_the_gap_apart_are_one_session_and_one_more_are_two() =>
        Assert.Equal(["a[0,10]x2", "a[21,21]x1"], Closed(Run(("a", 0), ("a", 10), ("a", 21), ("b", 100))));

    [Fact]
    public void A_session_at_the_limit_is_open_and_one_past_it_is_closed()
    {
        Assert.Empty(Closed(Run(("a", 0), ("b", 15))));
        Assert.Equal(["a[0,0]x1"], Closed(Run(("a", 0), ("b", 16))));
    }

    [Fact]
    public void A_late_event_that_bridges_to_an_open_session_is_taken()
    {
        var batch = Run(("a", 20), ("b", 30), ("a", 12));
        batch.Add(new BatchEvent("b", "view", 100, 9));
        Assert.Equal(["a[12,20]x2", "b[30,30]x1"], Closed(batch));
        Assert.Equal(0, batch.Late);
    }

    [Fact]
    public void A_closed_session_is_gone_and_its_late_event_is_dropped()
    {
        var batch = Run(("a", 0), ("b", 16), ("a", 0), ("b", 100));
        Assert.Equal(["a[0,0]x1", "b[16,16]x1"], Closed(batch));
        Assert.Equal(1, batch.Late);
    }
}
