using FeaturePipeline.Streams;
using FeaturePipeline.Streams.Errors;
using FeaturePipeline.Tests.Simulation;

namespace FeaturePipeline.Tests.Streams.Starts;

// Invariant: what a refused start names as its remedy leads to a start that is right, and changes nothing else.
public sealed class ApplicationResetTests
{
    private const long FirstMs = 1_000_000;
    private const long LaterMs = FirstMs + 7_200_000;
    private readonly SimulatedApplication _app = new();

    [Fact]
    public void Everything_is_computed_anew_and_emitted_again()
    {
        _app.Append(FirstMs, "aab");
        _app.Append(LaterMs, "z");
        _app.RunToEnd();
        Assert.Equal("a=2 b=1", _app.Finals());

        var plan = _app.Reset(static reset => reset.OfEverything());

        Assert.Equal(
            ["delete changelog 'app-sessions-0-changelog'", "delete the offsets of group 'app': events-0 at 4"], plan.Steps.Select(static step => step.What));
        Assert.Equal(
            "The next start reads events from its first record, 4 offsets, and emits their results again: finals-0 will hold them twice where it still "
            + "holds what was emitted before.",
            plan.Consequence);
        Assert.Null(_app.Committed());
        _app.RunToEnd();
        Assert.Equal("a=2 a=2 b=1 b=1", _app.Finals());
    }

    [Fact]
    public void A_source_that_was_created_anew_is_read_after_a_reset()
    {
        _app.Append(FirstMs, "aaaa");
        _app.RunToEnd();
        _app.Broker.DeleteTopic(SimulationTopology.Source);
        _app.Broker.CreateTopic(SimulationTopology.Source, 1);
        _app.Append(FirstMs, "b");
        _app.Append(LaterMs, "z");
        Assert.Contains("feature-pipeline reset.", _app.Refusal(), StringComparison.Ordinal);

        _app.Reset(static reset => reset.OfEverything());

        _app.RunToEnd();
        Assert.Equal("b=1", _app.Finals());
    }

    [Fact]
    public void With_latest_a_reset_goes_on_at_the_end()
    {
        _app.Append(FirstMs, "aa");
        _app.RunToEnd();
        _app.Options = _app.Options with { AutoOffsetReset = OffsetReset.Latest };
        Assert.Contains("goes on at the end of events", _app.Reset(static reset => reset.OfEverything()).Consequence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_view_whose_changelog_is_lost_begins_anew_and_the_other_one_goes_on()
    {
        SimulatedApplication app = new(views: 2);
        app.Append(FirstMs, "aab");
        app.RunToEnd();
        app.Broker.DeleteTopic(SimulatedApplication.Changelog(1));
        app.CreateTopics();
        Assert.Contains("feature-pipeline reset --view sessions-1.", app.Refusal(), StringComparison.Ordinal);

        var plan = app.Reset(static reset => reset.OfViews(["sessions-1"]));

        Assert.Equal(
            [
                "delete changelog 'app-sessions-1-changelog'",
                "create changelog 'app-sessions-1-changelog' as that of a view that begins at the offsets of group 'app': events-0 at 3",
            ],
            plan.Steps.Select(static step => step.What));
        app.Append(FirstMs, "a");
        app.Append(LaterMs, "z");
        app.RunToEnd();
        Assert.Equal(("a=3 b=1", "a=1"), (app.Finals(0), app.Finals(1)));
    }

    [Fact]
    public void A_view_that_was_away_while_the_others_went_on_begins_anew()
    {
        SimulatedApplication app = SimulatedApplication.WithAViewThatWasAway(FirstMs);
        Assert.Contains("feature-pipeline reset --view sessions-1.", app.Refusal(), StringComparison.Ordinal);

        app.Reset(static reset => reset.OfViews(["sessions-1"]));

        app.Append(FirstMs, "ab");
        app.Append(LaterMs, "z");
        app.RunToEnd();
        Assert.Equal(("a=5 b=1", "a=1 b=1"), (app.Finals(0), app.Finals(1)));
    }

    [Fact]
    public void A_view_that_is_not_configured_any_more_leaves_no_changelog_and_an_unknown_one_is_refused()
    {
        SimulatedApplication app = new(views: 2);
        app.Append(FirstMs, "a");
        app.RunToEnd();
        app.Views = 1;

        app.Reset(static reset => reset.OfViews(["sessions-1"]));

        Assert.Null(app.Broker.PartitionCount(SimulatedApplication.Changelog(1)));
        string refusal = Assert.Throws<StreamsException>(() => app.Reset(static reset => reset.OfViews(["sessions-1"]))).Message;
        Assert.Equal("There is no view 'sessions-1', and no changelog 'app-sessions-1-changelog'. Views: sessions-0.", refusal);
    }

    [Fact]
    public void Nothing_is_changed_by_a_plan_nor_while_a_worker_is_a_member()
    {
        _app.Append(FirstMs, "aa");
        SimulationWorker worker = _app.Start();
        _app.Turn(worker, until: () => _app.Committed() == 2);
        string refusal = Assert.Throws<StreamsException>(() => _app.Reset(static reset => reset.OfEverything())).Message;
        Assert.StartsWith("group 'app' has members: ", refusal, StringComparison.Ordinal);
        Assert.Contains("Stop every worker of the application", refusal, StringComparison.Ordinal);
        worker.RequestStop(TimeSpan.FromSeconds(5));
        _app.Turn(worker, until: () => worker.IsStopped);

        _app.Reset(static reset => reset.OfEverything(), dryRun: true);

        Assert.Equal(2, _app.Committed());
        _app.Append(LaterMs, "z");
        _app.RunToEnd();
        Assert.Equal("a=2", _app.Finals());
    }

    [Fact]
    public void Offsets_go_to_the_state_only_where_that_is_one_offset_which_the_source_has()
    {
        SimulatedApplication app = new(views: 2);
        app.Append(FirstMs, "aaa");
        app.RunToEnd();
        Assert.Empty(app.Reset(static reset => reset.OfOffsetsToState()).Steps); // they are there

        app.Views = 1;
        app.Append(FirstMs, "a");
        app.RunToEnd();
        app.Views = 2;
        Assert.Contains("states of the views differ", Refused(app), StringComparison.Ordinal);

        app.Reset(static reset => reset.OfViews(["sessions-1"]));
        app.Broker.DeleteTopic(SimulationTopology.Source);
        app.Broker.CreateTopic(SimulationTopology.Source, 1);
        Assert.Contains("The state holds events-0 up to offset 4, and that partition ends at 0", Refused(app), StringComparison.Ordinal);

        app.Reset(static reset => reset.OfEverything());
        Assert.Contains("There is no state of sessions-0, sessions-1", Refused(app), StringComparison.Ordinal);
    }

    private static string Refused(SimulatedApplication app) =>
        Assert.Throws<StreamsException>(() => app.Reset(static reset => reset.OfOffsetsToState())).Message;
}
