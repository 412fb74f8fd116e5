using FeaturePipeline.Streams.Errors;
using FeaturePipeline.Streams.State;
using FeaturePipeline.Streams.Topology;
using FeaturePipeline.Streams.Windows;
using FeaturePipeline.Tests.Simulation;

namespace FeaturePipeline.Tests.Streams.Tasks;

/// <summary>A task by itself: dead letters, stream time, idle partitions, waiting for a schema.</summary>
public sealed class StreamTaskTests
{
    private const long GapMs = 100;
    private const long GraceMs = 20;

    [Fact]
    public void A_rejected_record_goes_to_dead_letters_with_its_own_bytes_and_the_reason()
    {
        TopologyTestDriver driver = new(TextTopology.Sessions(GapMs, GraceMs));

        driver.Pipe("k", "!broken", 5, nowMs: 6);

        DrivenRecord letter = Assert.Single(driver.Output);
        Assert.Equal(("dead", "k", "!broken", 6L), (letter.Topic, letter.KeyText, letter.ValueText, letter.TimestampMs));
        Assert.Equal("corrupt", letter.Header("dlq.reason"));
        Assert.Equal("starts with '!'", letter.Header("dlq.message"));
        Assert.Equal(("events", "0", "0", "5", "driver"), (
            letter.Header("dlq.topic"), letter.Header("dlq.partition"), letter.Header("dlq.offset"), letter.Header("dlq.timestamp"),
            letter.Header("dlq.application")));
        Assert.Equal(-1, driver.Task.StreamTimeMs);
        Assert.Equal(1, driver.Task.Position);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(4_000)] // of old times: deleted by age at once
    [InlineData(9_000_000)] // of the future: a broker refuses that
    public void A_dead_letter_is_stamped_now_and_has_the_records_own_time_in_a_header(long timestampMs)
    {
        TopologyTestDriver driver = new(TextTopology.Sessions(GapMs, GraceMs));

        driver.Pipe("k", "!broken", timestampMs, nowMs: 7_000);

        DrivenRecord letter = Assert.Single(driver.Output);
        Assert.Equal(7_000, letter.TimestampMs);
        Assert.Equal($"{timestampMs}", letter.Header("dlq.timestamp"));
    }

    [Fact]
    public void A_late_record_is_told_of_without_a_topic_of_late_records_too()
    {
        SimulatedApplication app = new(); // its options name no such topic
        app.Append(7_200_000, "z");
        app.Append(1_000, "aaa");
        app.RunToEnd();
        Assert.Matches("records dropped, reason late; the last at events-0 offset [1-3]: The event is later than gap and grace allow", app.Log);
    }

    [Fact]
    public void A_result_of_the_future_is_stamped_now_so_that_no_topic_refuses_it()
    {
        TopologyTestDriver driver = new(TextTopology.Sessions(GapMs, GraceMs));
        driver.Pipe("k", "view", 9_000_000, nowMs: 7_000);
        driver.Pipe("k", "view", 90_000_000, nowMs: 7_000);

        DrivenRecord result = Assert.Single(driver.Output);
        Assert.Equal(7_000, result.TimestampMs);
        Assert.Contains("9000000", result.ValueText, StringComparison.Ordinal); // the window's own times
    }

    [Fact]
    public void A_rejected_record_that_is_too_large_for_dead_letters_is_told_of_without_its_bytes_and_the_next_goes_on()
    {
        TopologyTestDriver driver = new(TextTopology.Sessions(GapMs, GraceMs)) { RecordBytesMax = 1_000 };

        driver.Pipe(new string('k', 600), "!" + new string('v', 300), 5);
        driver.Pipe("k", "!", 6);

        Assert.Equal(2, driver.Output.Count());
        DrivenRecord letter = driver.Output.First();
        Assert.Equal((null, null, "corrupt", "0"), (letter.Key, letter.Value, letter.Header("dlq.reason"), letter.Header("dlq.offset")));
        Assert.StartsWith("starts with '!' The record is too large to be copied here", letter.Header("dlq.message"), StringComparison.Ordinal);
        Assert.Equal(("k", "!"), (driver.Output.Last().KeyText, driver.Output.Last().ValueText));
        Assert.Equal(2, driver.Task.DroppedCount(DropReason.Corrupt));
    }

    [Fact]
    public void A_null_key_stays_null_in_dead_letters_and_moves_no_time()
    {
        TopologyTestDriver driver = new(TextTopology.Sessions(GapMs, GraceMs));

        driver.Pipe(key: null, "view", 5);

        DrivenRecord letter = Assert.Single(driver.Output);
        Assert.Null(letter.Key);
        Assert.Equal("null_key", letter.Header("dlq.reason"));
        Assert.Equal(-1, driver.Task.StreamTimeMs);
    }

    [Fact]
    public void An_event_of_the_far_future_is_rejected_and_moves_no_time()
    {
        TopologyTestDriver driver = new(
            TextTopology.Sessions(GapMs, GraceMs), TopologyTestDriver.Defaults with { MaxFutureSkew = TimeSpan.FromMilliseconds(1000) });

        driver.Pipe("k", "view", 6000, nowMs: 5000);
        driver.Pipe("k", "view", 6001, nowMs: 5000);

        Assert.Equal(6000, driver.Task.StreamTimeMs);
        Assert.Equal("future_timestamp", Assert.Single(driver.Output).Header("dlq.reason"));
        Assert.Equal(1, driver.Task.DroppedCount(DropReason.FutureTimestamp));
    }

    [Fact]
    public void Dead_letters_beyond_the_rate_are_only_counted()
    {
        TopologyTestDriver driver = new(
            TextTopology.Sessions(GapMs, GraceMs), TopologyTestDriver.Defaults with { DeadLetterMaxPerSecond = 2 });

        for (int i = 0; i < 5; i++)
        {
            driver.Pipe("k", "!", i, nowMs: 10_000 + i);
        }

        driver.Pipe("k", "!", 9, nowMs: 11_000);

        Assert.Equal(3, driver.Output.Count());
        Assert.Equal(6, driver.Task.DroppedCount(DropReason.Corrupt));
    }

    [Fact]
    public void Stream_time_of_an_idle_partition_flows_with_the_wall_clock_and_closes_sessions()
    {
        TopologyTestDriver driver = WithIdleTime();
        driver.Pipe("k", "view", 500, nowMs: 1_000_000);
        driver.Task.ReachedEnd(1, nowMs: 1_000_000);

        // Closed strictly behind gap and grace: 1000 ms idle, then 120 ms of event time that must have passed.
        Punctuate(driver, 1_001_120);
        Assert.Empty(driver.Output);
        Assert.Equal(620, driver.Task.StreamTimeMs);
        Punctuate(driver, 1_001_121);

        Assert.Equal("k [500, 500] count 1, times 500..500, view 1", TextTopology.Parse(Assert.Single(driver.Output).Value).ToString());
        Assert.True(driver.Task.IsDirty);
    }

    [Fact]
    public void A_partition_with_traffic_or_without_any_event_is_not_idle()
    {
        TopologyTestDriver driver = WithIdleTime();
        driver.Task.ReachedEnd(0, nowMs: 0);
        Punctuate(driver, 1_000_000);
        Assert.Equal(-1, driver.Task.StreamTimeMs);

        driver.Pipe("k", "view", 500, nowMs: 1_000_000);
        Punctuate(driver, 9_000_000);
        Assert.Equal(500, driver.Task.StreamTimeMs);
    }

    [Fact]
    public void A_record_whose_schema_is_being_fetched_is_read_again_and_nothing_overtakes_it()
    {
        bool isPending = true;
        TopologyTestDriver driver = new(TextTopology.Sessions(GapMs, GraceMs, () => isPending));
        driver.Pipe("k", "?first", 10);
        driver.Pipe("k", "second", 20);

        Assert.Equal(0, driver.Task.Position);
        Assert.True(driver.Task.ParkedUntilMs > 0);
        Assert.Equal(0, driver.Task.Stores[0].Count);

        isPending = false;
        driver.Task.Unpark();
        Assert.True(driver.Task.IsParked); // until the record has passed, so that whoever looks sees it
        driver.SeekTo(driver.Task.Position);
        driver.Pipe("k", "?first", 10);
        driver.Pipe("k", "second", 20);
        Assert.Equal(2, driver.Task.Position);
        Assert.False(driver.Task.IsParked);
        Assert.Equal(20, driver.Task.StreamTimeMs);
    }

    [Fact]
    public void A_record_that_was_processed_is_not_processed_again_and_the_task_says_so()
    {
        TopologyTestDriver driver = new(TextTopology.Sessions(GapMs, GraceMs));
        driver.Pipe("k", "view", 10);
        driver.SeekTo(0);
        TaskCorruptedException e = Assert.Throws<TaskCorruptedException>(() => driver.Pipe("k", "view", 10));
        driver.Pipe("z", "end", 1000);

        Assert.Contains("events-0 returned offset 0 after offset 0", e.Message, StringComparison.Ordinal);

        Assert.Equal(1, TextTopology.Parse(driver.Output.Single().Value).Count);
    }

    [Fact]
    public void State_of_another_definition_is_refused_with_the_remedy()
    {
        TopologyTestDriver driver = new(TextTopology.Sessions(GapMs, GraceMs));
        driver.Pipe("k", "view", 10);
        driver.Commit();
        DrivenRecord session = driver.Sent.First(r => r.Topic.EndsWith("-changelog", StringComparison.Ordinal));
        StreamBuilder builder = new();
        builder.Source("source", "events", () => new TextDecoder())
            .SessionWindow("sessions-store", new SessionWindows(GapMs, GraceMs), () => new TextAggregation { LayoutHash = 2 })
            .To("sessions", () => new TextEncoder());
        StateStore store = new TopologyTestDriver(builder.Build()).Task.Stores[0];

        StreamsException e = Assert.Throws<StreamsException>(() => store.Restore(session.Key, session.Value, isTombstone: false));
        Assert.Contains("another definition", e.Message, StringComparison.Ordinal);
        Assert.Contains("feature-pipeline reset --view sessions-store", e.Message, StringComparison.Ordinal);
    }

    private static TopologyTestDriver WithIdleTime() => new(
        TextTopology.Sessions(GapMs, GraceMs), TopologyTestDriver.Defaults with { IdleAfter = TimeSpan.FromMilliseconds(1000) });

    private static void Punctuate(TopologyTestDriver driver, long nowMs)
    {
        driver.Task.SetNow(nowMs);
        driver.Task.Punctuate();
    }
}
