using Confluent.Kafka;
using FeaturePipeline.Kafka;
using FeaturePipeline.Streams.Errors;

namespace FeaturePipeline.Tests.Kafka;

public sealed class ClientErrorsTests
{
    private readonly ClientErrors _errors = new(TimeProvider.System);

    [Fact]
    public void A_lost_connection_counts_until_a_broker_answers()
    {
        _errors.Report("c", ErrorCode.Local_AllBrokersDown, "1/1 brokers are down");
        Assert.Equal(("c", "Local_AllBrokersDown"), (_errors.Current!.ClientId, _errors.Current.Code));
        _errors.Answered();
        Assert.Null(_errors.Current);
        Assert.Equal("Local_AllBrokersDown", _errors.Last!.Code);
        Assert.Equal(1, _errors.Count);
    }

    [Fact]
    public void That_all_brokers_are_down_does_not_hide_why()
    {
        _errors.Report("c", ErrorCode.Local_Transport, "broker might require SSL");
        _errors.Report("c", ErrorCode.Local_AllBrokersDown, "1/1 brokers are down");
        Assert.Equal("broker might require SSL", _errors.Current!.Reason);
    }

    [Fact]
    public void A_call_without_an_answer_says_why_and_a_refused_password_is_not_retried()
    {
        var timedOut = new RetriableException("Timed out.");
        Assert.Same(timedOut, _errors.Explain("c", timedOut));
        _errors.Report("c", ErrorCode.Local_Transport, "Connection refused");
        Assert.Equal("Timed out. Connection: Connection refused", Assert.IsType<RetriableException>(_errors.Explain("c", timedOut)).Message);
        var aborted = new TransactionAbortedException("x");
        Assert.Same(aborted, _errors.Explain("c", aborted));
        _errors.Report("c", ErrorCode.Local_Authentication, "Invalid username or password");
        Assert.Contains("sasl.password", Assert.IsType<StreamsException>(_errors.Explain("c", timedOut)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_call_without_an_answer_shows_a_broker_that_hangs()
    {
        Exception unanswered = KafkaErrors.Map("Initialising transactions", ErrorCode.Local_TimedOut, "Timed out", isFatal: false);
        Assert.Same(unanswered, _errors.Explain("c", unanswered));
        Assert.Equal(("c", "Local_TimedOut", unanswered.Message), (_errors.Current!.ClientId, _errors.Current.Code, _errors.Current.Reason));

        Assert.Same(unanswered, _errors.Explain("c", unanswered));
        Assert.Equal(1, _errors.Count); // shown until a broker answers, not told with every try
        _errors.Answered();
        Assert.Null(_errors.Current);
    }

    [Fact]
    public void A_broker_that_answers_that_it_is_not_ready_is_not_away()
    {
        _errors.Explain("c", KafkaErrors.Map("Committing", ErrorCode.GroupLoadInProgress, "Loading", isFatal: false));
        Assert.Null(_errors.Current);
    }

    [Fact]
    public void A_missing_topic_counts_until_records_flow()
    {
        _errors.Report("c", ErrorCode.UnknownTopicOrPart, "no topic");
        _errors.Answered();
        Assert.NotNull(_errors.Current);
        _errors.Flowed();
        Assert.Null(_errors.Current);
    }

    [Fact]
    public void Every_error_is_told_to_the_log()
    {
        var told = new List<string>();
        _errors.OnReported = e => told.Add(e.Code);
        _errors.Report("c", ErrorCode.Local_Transport, "gone");
        _errors.Report("c", ErrorCode.Local_Transport, "gone");
        Assert.Equal(["Local_Transport", "Local_Transport"], told);
    }
}
