using Confluent.Kafka;
using FeaturePipeline.Kafka;

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
