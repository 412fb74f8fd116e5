using Confluent.Kafka;
using Confluent.Kafka.Admin;
using FeaturePipeline.Kafka;
using FeaturePipeline.Streams.Errors;

namespace FeaturePipeline.Tests.Kafka;

public sealed class KafkaErrorsTests
{
    [Theory]
    [InlineData(ErrorCode.IllegalGeneration, typeof(TaskMigratedException))]
    [InlineData(ErrorCode.UnknownMemberId, typeof(TaskMigratedException))]
    [InlineData(ErrorCode.FencedInstanceId, typeof(TaskMigratedException))]
    [InlineData(ErrorCode.ProducerFenced, typeof(TaskMigratedException))]
    [InlineData(ErrorCode.Local_Fenced, typeof(TaskMigratedException))]
    [InlineData(ErrorCode.Local_TimedOut, typeof(NoAnswerException))]
    [InlineData(ErrorCode.Local_Transport, typeof(NoAnswerException))]
    [InlineData(ErrorCode.RebalanceInProgress, typeof(RetriableException))]
    [InlineData(ErrorCode.Local_DestroyBroker, typeof(RetriableException))]
    [InlineData(ErrorCode.UnstableOffsetCommit, typeof(RetriableException))]
    [InlineData(ErrorCode.TransactionalIdAuthorizationFailed, typeof(StreamsException))]
    [InlineData(ErrorCode.TopicAuthorizationFailed, typeof(StreamsException))]
    [InlineData(ErrorCode.Local_State, typeof(StreamsException))]
    public void The_error_code_decides_the_reaction(ErrorCode code, Type expected) =>
        Assert.IsType(expected, KafkaErrors.Map("Doing it", code, "because", isFatal: false));

    [Fact]
    public void A_fatal_error_of_a_client_means_a_new_client_unless_it_needs_a_human()
    {
        Assert.IsType<TaskMigratedException>(KafkaErrors.Map("x", ErrorCode.OutOfOrderSequenceNumber, "because", isFatal: true));
        Assert.IsType<StreamsException>(KafkaErrors.Map("x", ErrorCode.ClusterAuthorizationFailed, "because", isFatal: true));
    }

    [Fact]
    public void Exceptions_of_Confluent_Kafka_keep_what_they_ask_for()
    {
        var error = new Error(ErrorCode.Unknown, "because");
        Assert.IsType<RetriableException>(KafkaErrors.Map("x", new KafkaRetriableException(error)));
        Assert.IsType<TransactionAbortedException>(KafkaErrors.Map("x", new KafkaTxnRequiresAbortException(error)));
        Assert.IsType<StreamsException>(KafkaErrors.Map("x", new KafkaException(error)));
    }

    [Fact]
    public void A_partitions_error_is_found_inside_the_exception_of_a_list()
    {
        var unstable = new TopicPartitionOffsetError("t", 1, 0, new Error(ErrorCode.UnstableOffsetCommit));
        Exception mapped = KafkaErrors.Map("Reading committed offsets", new TopicPartitionOffsetException([new TopicPartitionOffsetError("t", 0, 5, new Error(ErrorCode.NoError)), unstable]));
        Assert.Contains("UnstableOffsetCommit", Assert.IsType<RetriableException>(mapped).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ends_that_can_not_be_told_during_an_election_are_asked_again()
    {
        var report = new ListOffsetsReport
        {
            Error = new Error(ErrorCode.Local_Partial),
            ResultInfos = [new ListOffsetsResultInfo { TopicPartitionOffsetError = new TopicPartitionOffsetError("t", 1, 0, new Error(ErrorCode.NotLeaderForPartition)) }],
        };
        Exception mapped = KafkaErrors.Map("Reading the ends of t-1", new ListOffsetsException(report));
        Assert.Contains("NotLeaderForPartition", Assert.IsType<RetriableException>(mapped).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refused_record_is_processed_again_unless_it_would_be_refused_again()
    {
        Assert.IsType<TransactionAbortedException>(KafkaErrors.Refused("x", ErrorCode.Local_MsgTimedOut, "because"));
        Assert.IsType<RecordTooLargeException>(KafkaErrors.Refused("x", ErrorCode.MsgSizeTooLarge, "because"));
        Assert.IsType<TaskMigratedException>(KafkaErrors.Refused("x", ErrorCode.ProducerFenced, "because"));
    }

    [Fact]
    public void A_message_says_what_where_and_the_remedy()
    {
        Exception e = KafkaErrors.Map("app-1: consuming", ErrorCode.TopicAuthorizationFailed, "user-events: Topic authorization failed.", isFatal: false);
        Assert.Equal(
            "app-1: consuming: TopicAuthorizationFailed: user-events: Topic authorization failed. Give the principal Describe and Read "
            + "on the topics it reads, Describe and Write on the topics it writes.", e.Message);
    }
}
