using FeaturePipeline.Streams;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.State;
using FeaturePipeline.Tests.Simulation;

namespace FeaturePipeline.Tests.Streams.Starts;

// Invariant: state and offset are committed together. A start where they differ, or where the source does not hold what the state
// counts, is refused with the remedy; what a crash may leave behind is not.
public sealed class StartPositionTests
{
    private const long FirstMs = 1_000_000;
    private readonly SimulatedApplication _app = new();

    [Theory]
    [InlineData(null, "group 'app' is at no offset of events-0, and the state of 'sessions-0' is at 8: it was deleted, or has expired")]
    [InlineData(0L, "group 'app' is at 0 of events-0, and the state of 'sessions-0' is at 8: somebody reset it")]
    [InlineData(3L, "group 'app' is at 3 of events-0, and the state of 'sessions-0' is at 8")]
    [InlineData(9L, "group 'app' is at 9 of events-0, and the state of 'sessions-0' is at 8")] // one event would be left out
    public void An_offset_that_is_not_the_states_is_refused_and_nothing_is_counted_twice_or_left_out(long? offset, string told)
    {
        _app.Append(FirstMs, "aaaaabbb");
        _app.RunToEnd();
        _app.Append(FirstMs + 10_000, "a");
        _app.SetOffset(offset);

        string message = _app.Refusal();

        Assert.Contains(told, message, StringComparison.Ordinal);
        Assert.Contains("feature-pipeline reset --offsets-to-state", message, StringComparison.Ordinal);
        Assert.Equal("", _app.Finals());

        // The remedy that the message names.
        _app.Reset(static reset => reset.OfOffsetsToState());
        Assert.Equal(8, _app.Committed());
        _app.Append(FirstMs + 7_200_000, "z");
        _app.RunToEnd();
        Assert.Equal("a=6 b=3", _app.Finals());
    }

    [Theory]
    [InlineData(false, 3)] // fewer records than before
    [InlineData(true, 3)] // and while it runs
    public void A_source_that_was_deleted_and_created_anew_is_refused(bool whileItRuns, int records)
    {
        _app.Append(FirstMs, "aaaa");
        SimulationWorker? worker = null;
        if (whileItRuns)
        {
            worker = _app.Start();
            _app.Turn(worker, until: () => _app.Committed() == 4);
        }
        else
        {
            _app.RunToEnd();
        }

        _app.Broker.DeleteTopic(SimulationTopology.Source);
        _app.Broker.CreateTopic(SimulationTopology.Source, 1);
        _app.Append(FirstMs + 1, new string('b', records));

        string message = worker is null
            ? _app.Refusal()
            : Assert.Throws<FeaturePipeline.Streams.Errors.StreamsException>(() => _app.Turn(worker)).Message;
        Assert.Contains("the topic was deleted and created anew", message, StringComparison.Ordinal);
        Assert.Contains("feature-pipeline reset.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_source_under_another_name_is_not_the_one_that_the_state_was_computed_from()
    {
        _app.Append(FirstMs, "aaa");
        _app.RunToEnd();
        ProgressRecord written = _app.LastProgress()!;
        _app.WriteProgress(written with { Sources = [new SourcePosition(new TopicPartition("clicks", 0), 3, 3)] });

        Assert.Contains("the state of 'sessions-0' was computed from clicks-0, not from events-0", _app.Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_view_that_was_away_while_the_others_went_on_is_refused_by_name()
    {
        SimulatedApplication app = SimulatedApplication.WithAViewThatWasAway(FirstMs);

        string message = app.Refusal();

        Assert.Contains("the state of 'sessions-1' is at 3, that of other views with the group", message, StringComparison.Ordinal);
        Assert.Contains("feature-pipeline reset --view sessions-1.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_changelog_without_a_position_is_accepted_once_and_gets_one()
    {
        _app.Append(FirstMs, "aa");
        _app.RunToEnd();
        _app.ForgetPosition();

        SimulationWorker worker = _app.Start();
        _app.Turn(worker, turns: 100); // no event comes
        Assert.Contains("the changelog of sessions-0 was written by a version that kept no position", _app.Log, StringComparison.Ordinal);
        Assert.Equal(2, _app.LastProgress()!.Sources[0].Next);
        worker.RequestStop(TimeSpan.FromSeconds(5));
        _app.Turn(worker, until: () => worker.IsStopped);

        _app.Append(FirstMs + 7_200_000, "z");
        _app.RunToEnd();
        Assert.Equal("a=2", _app.Finals());
    }

    [Fact]
    public void A_changelog_without_a_position_and_a_group_without_an_offset_is_refused()
    {
        _app.Append(FirstMs, "aa");
        _app.RunToEnd();
        _app.ForgetPosition();
        _app.SetOffset(null);

        Assert.Contains("there is state of 'sessions-0', and group 'app' has no offset of events-0", _app.Refusal(), StringComparison.Ordinal);
    }

    // Without transactions the offset follows the state: a crash in between is no fault of anybody, another offset is.
    [Theory]
    [InlineData(5L, true)] // where the crashed commit had started
    [InlineData(8L, true)]
    [InlineData(4L, false)]
    [InlineData(9L, false)]
    [InlineData(null, false)]
    public void Without_transactions_a_crash_may_leave_the_offset_of_the_commit_before_and_no_other(long? offset, bool isAccepted)
    {
        _app.Options = _app.Options with { ProcessingGuarantee = ProcessingGuarantee.AtLeastOnce };
        _app.Append(FirstMs, "aaaaa");
        _app.RunToEnd();
        _app.Append(FirstMs, "bbb");
        _app.RunToEnd();
        Assert.Equal((8, 5), (_app.LastProgress()!.Sources[0].Next, _app.LastProgress()!.Sources[0].CommittedBefore));
        _app.Append(FirstMs, "c");
        _app.SetOffset(offset);

        if (isAccepted)
        {
            _app.RunToEnd();
        }
        else
        {
            Assert.Contains("the state of 'sessions-0' is at 8", _app.Refusal(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Without_transactions_a_crash_in_the_first_commit_leaves_state_without_an_offset()
    {
        _app.Options = _app.Options with { ProcessingGuarantee = ProcessingGuarantee.AtLeastOnce };
        _app.Append(FirstMs, "aaa");
        SimulationWorker worker = _app.Start();
        _app.WhileWaiting = static w => w.Clients.Crash();
        _app.Broker.Faults[FaultKind.OffsetCommitTimeout] = 1;
        _app.Turn(worker, until: () => worker.Clients.IsCrashed, turns: 100);
        Assert.NotNull(_app.LastProgress());
        _app.WhileWaiting = null;
        _app.Broker.Faults[FaultKind.OffsetCommitTimeout] = 0;
        _app.SetOffset(null);

        _app.RunToEnd();
        Assert.Equal(3, _app.Committed());
    }

    [Fact]
    public void The_position_of_each_task_is_logged()
    {
        _app.Append(FirstMs, "aa");
        _app.RunToEnd();
        _app.RunToEnd();
        Assert.Contains($"Task 0_0: starts at offset 2 of events-0, stream time {FirstMs}", _app.Log, StringComparison.Ordinal);
    }
}
