using FeaturePipeline.Streams;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.State;
using FeaturePipeline.Tests.Simulation;

namespace FeaturePipeline.Tests.Streams.Starts;

// Invariant: a changelog that lost what it held is not taken for an empty one; a view that is new is.
public sealed class LostChangelogTests
{
    private const long FirstMs = 1_000_000;
    private readonly SimulatedApplication _app = new(views: 2);

    [Theory]
    [InlineData(1)] // of two, the other one's changelog knows it
    [InlineData(2)] // all
    public void A_changelog_that_was_deleted_is_refused_and_the_view_named(int deleted)
    {
        _app.Append(FirstMs, "aaaaabbb");
        _app.RunToEnd();
        for (int view = 0; view < deleted; view++)
        {
            _app.Broker.DeleteTopic(SimulatedApplication.Changelog(view));
        }

        _app.CreateTopics();
        _app.Append(FirstMs + 10_000, "a");

        string message = _app.Refusal();

        Assert.Contains("group 'app' is at 8 of events-0, and changelog 'app-sessions-0-changelog' has no record of that", message, StringComparison.Ordinal);
        Assert.Contains("feature-pipeline reset --view sessions-0.", message, StringComparison.Ordinal);
        Assert.Equal("", _app.Finals());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_changelog_that_was_emptied_is_refused(bool isTransactional)
    {
        if (!isTransactional)
        {
            _app.Options = _app.Options with { ProcessingGuarantee = ProcessingGuarantee.AtLeastOnce };
        }

        _app.Append(FirstMs, "ab");
        _app.RunToEnd();
        PartitionLog log = Log(0);
        log.DeleteBefore(log.High);

        Assert.Contains("changelog 'app-sessions-0-changelog' has no record of that", _app.Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_changelog_that_lost_its_oldest_records_is_refused_by_the_number_of_its_windows()
    {
        _app.Append(FirstMs, "a");
        _app.RunToEnd();
        _app.Append(FirstMs, "bb");
        _app.RunToEnd();
        Log(1).DeleteBefore(Log(1).Records.First(static record => record.Key is not (null or [0])).Offset + 1); // a's session

        Assert.Contains(
            "changelog 'app-sessions-1-changelog' holds 1 windows of partition 0 and was written with 2", _app.Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_changelog_that_lost_its_end_is_refused()
    {
        _app.Append(FirstMs, "a");
        _app.RunToEnd();
        long[] ends = [Log(0).High, Log(1).High];
        _app.Append(FirstMs, "bb");
        _app.RunToEnd();
        Log(0).LoseEnd(ends[0]);

        Assert.Contains("the state of 'sessions-0' is at 1, that of other views with the group", _app.Refusal(), StringComparison.Ordinal);
        Log(1).LoseEnd(ends[1]);
        Assert.Contains("group 'app' is at 3 of events-0, and the state of 'sessions-0' is at 1, 'sessions-1' is at 1: "
            + "somebody reset it, or the changelog has lost its end", _app.Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_view_that_is_new_in_a_running_application_starts_where_the_group_is()
    {
        SimulatedApplication app = new(views: 1);
        app.Append(FirstMs, "aaa");
        app.RunToEnd();
        app.Views = 2;
        app.CreateTopics();
        app.Append(FirstMs, "b");
        app.RunToEnd();
        Assert.Contains("view sessions-1 is new in a running application and starts at offset 3 of events-0", app.Log, StringComparison.Ordinal);

        app.Append(FirstMs + 7_200_000, "z");
        app.RunToEnd(); // it is known now
        Assert.Equal(("a=3 b=1", "b=1"), (app.Finals(0), app.Finals(1)));
        app.Broker.DeleteTopic(SimulatedApplication.Changelog(1));
        app.CreateTopics();
        Assert.Contains("reset --view sessions-1", app.Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_view_whose_changelog_says_that_it_begins_where_the_group_is_starts()
    {
        SimulatedApplication app = new(views: 1);
        app.Append(FirstMs, "aaa");
        app.RunToEnd();
        app.Broker.DeleteTopic(SimulatedApplication.Changelog());
        app.CreateTopics();

        // As the verb reset leaves it.
        app.WriteProgress(new ProgressRecord(-1, [new SourcePosition(SimulatedApplication.Source(), 3, 3)], true, 0, ["sessions-0"]));
        app.Append(FirstMs, "a");
        app.Append(FirstMs + 7_200_000, "z");
        app.RunToEnd();
        Assert.Equal("a=1", app.Finals());
    }

    [Fact]
    public void Records_that_retention_deleted_before_they_were_processed_are_told_of_by_number_and_the_state_goes_on()
    {
        SimulatedApplication app = new();
        app.Append(FirstMs, "aa");
        app.RunToEnd();
        app.Append(FirstMs, "aaaaa");
        app.Broker.Log(SimulatedApplication.Source()).DeleteBefore(5);
        app.Append(FirstMs + 7_200_000, "z");
        app.RunToEnd();

        Assert.Equal("a=4", app.Finals());
        Assert.Contains("3 records of events-0 were deleted before they were processed: the committed offset is 2", app.Log, StringComparison.Ordinal);
    }

    // As a broker leaves it that forgets a transaction: nothing can be read behind it, and that is told until somebody ends it.
    [Fact]
    public void A_transaction_that_never_ends_is_waited_for_and_told_of_each_minute()
    {
        SimulatedApplication app = new(broker: new SimulatedBrokerOptions { TransactionTimeout = TimeSpan.FromHours(1) });
        app.Append(FirstMs, "aa");
        app.RunToEnd();
        IStreamsProducer forgotten = new SimulatedClients(app.Broker, SimulatedApplication.Id, "forgotten").CreateProducer("p", "app-forgotten");
        forgotten.InitTransactions(TimeSpan.FromSeconds(1));
        forgotten.BeginTransaction();
        forgotten.Send(SimulatedApplication.Changelog(), 0, "k"u8, "v"u8, FirstMs);
        forgotten.Flush(TimeSpan.FromSeconds(1));

        SimulationWorker next = app.Start("second");
        app.Turn(next, turns: 130 * 50);

        Assert.False(SimulatedApplication.IsRunning(next));
        Assert.Contains("waits for open transactions on app-sessions-0-changelog-0: last stable offset ", app.Log, StringComparison.Ordinal);
        Assert.Contains("has waited 60 s for open transactions", app.Log, StringComparison.Ordinal);
        Assert.Contains("has waited 120 s for open transactions", app.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("has waited 61 s", app.Log, StringComparison.Ordinal);
    }

    private PartitionLog Log(int view) => _app.Broker.Log(new TopicPartition(SimulatedApplication.Changelog(view), 0));
}
