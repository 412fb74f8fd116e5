using Confluent.Kafka;
using Confluent.Kafka.Admin;
using FeaturePipeline.Kafka.Native;
using FeaturePipeline.Streams.Errors;
using FeaturePipeline.Streams.Resets;

namespace FeaturePipeline.Kafka;

/// <summary>Maps errors of librdkafka to the reactions of the runtime, in one place.</summary>
internal static class KafkaErrors
{
    /// <summary>Maps the outcome of a native call that returns rd_kafka_error_t*, and frees it.</summary>
    /// <param name="error">The error.</param>
    /// <param name="operation">What was tried, on what: begins the message.</param>
    internal static Exception Take(nint error, string operation)
    {
        var code = (ErrorCode)Librdkafka.ErrorCode(error);
        string reason = NativeText.Read(Librdkafka.ErrorString(error));
        bool isFatal = Librdkafka.ErrorIsFatal(error) != 0;
        bool isRetriable = Librdkafka.ErrorIsRetriable(error) != 0;
        bool requiresAbort = Librdkafka.ErrorRequiresAbort(error) != 0;
        Librdkafka.ErrorDestroy(error);
        return Map(operation, code, reason, isFatal, isRetriable, requiresAbort, cause: null);
    }

    /// <summary>Maps an exception of Confluent.Kafka.</summary>
    /// <param name="operation">What was tried, on what: begins the message.</param>
    /// <param name="cause">The exception.</param>
    internal static Exception Map(string operation, KafkaException cause)
    {
        Error error = ErrorOf(cause);
        return Map(operation, error.Code, error.Reason, error.IsFatal, cause is KafkaRetriableException,
            cause is KafkaTxnRequiresAbortException, cause);
    }

    /// <summary>Maps a bare error code.</summary>
    internal static Exception Map(string operation, ErrorCode code, string reason, bool isFatal) =>
        Map(operation, code, reason, isFatal, isRetriable: false, requiresAbort: false, cause: null);

    /// <summary>Maps the refusal of a record: processed again, unless the same record would be refused again.</summary>
    internal static Exception Refused(string operation, ErrorCode code, string reason) =>
        Map(operation, code, reason, isFatal: false, isRetriable: false, requiresAbort: true, cause: null);

    /// <summary>Whether the client goes on by itself after this error: it is shown, not thrown.</summary>
    internal static bool IsTransient(ErrorCode code) => code is
        ErrorCode.Local_AllBrokersDown or ErrorCode.Local_Transport or ErrorCode.Local_TimedOut or ErrorCode.Local_Resolve
        or ErrorCode.Local_TimedOutQueue or ErrorCode.Local_MsgTimedOut or ErrorCode.Local_WaitCoord or ErrorCode.Local_InProgress
        or ErrorCode.Local_UnknownTopic or ErrorCode.Local_UnknownPartition or ErrorCode.Local_WaitCache or ErrorCode.Local_Retry
        or ErrorCode.Local_MaxPollExceeded or ErrorCode.Local_Outdated or ErrorCode.Local_UnknownBroker
        or ErrorCode.Local_DestroyBroker // it asked a broker that has just left the cluster
        or ErrorCode.Local_NoEnt // no leader known: an election, a topic that is gone or may not be described
        or ErrorCode.UnknownTopicOrPart or ErrorCode.LeaderNotAvailable or ErrorCode.NotLeaderForPartition
        or ErrorCode.RequestTimedOut or ErrorCode.BrokerNotAvailable or ErrorCode.ReplicaNotAvailable
        or ErrorCode.NetworkException or ErrorCode.GroupLoadInProgress or ErrorCode.GroupCoordinatorNotAvailable
        or ErrorCode.NotCoordinatorForGroup or ErrorCode.NotEnoughReplicas or ErrorCode.NotEnoughReplicasAfterAppend
        or ErrorCode.UnstableOffsetCommit or ErrorCode.RebalanceInProgress or ErrorCode.FencedLeaderEpoch
        or ErrorCode.UnknownLeaderEpoch or ErrorCode.OffsetNotAvailable or ErrorCode.KafkaStorageError
        or ErrorCode.NotController or ErrorCode.ConcurrentTransactions or ErrorCode.PreferredLeaderNotAvailable;

    /// <summary>What to do about a partition that its topic does not have.</summary>
    internal static StreamsException NoSuchPartition(string clientId, string topic, int partition) => new(
        $"{clientId}: topic '{topic}' has no partition {partition}. A changelog needs as many partitions as the source topic, also when "
        + $"that has grown. {Remedies.Everything()}");

    /// <summary>Whether what the client knows of a partition's leader is refused by the broker, or nothing.</summary>
    internal static bool MeansOldMetadata(KafkaException cause) => ErrorOf(cause).Code is
        ErrorCode.FencedLeaderEpoch or ErrorCode.UnknownLeaderEpoch or ErrorCode.NotLeaderForPartition
        or ErrorCode.Local_NoEnt or ErrorCode.Local_UnknownPartition;

    /// <summary>Whether the error says that no broker can be reached or that none answers.</summary>
    internal static bool MeansNoAnswer(ErrorCode code) => code is
        ErrorCode.Local_AllBrokersDown or ErrorCode.Local_Transport or ErrorCode.Local_Resolve or ErrorCode.Local_Ssl
        or ErrorCode.Local_TimedOut or ErrorCode.Local_Authentication or ErrorCode.Local_TimedOutQueue;

    /// <summary>Whether the group or a newer producer has taken the place of this client.</summary>
    internal static bool IsMigrated(ErrorCode code) => code is
        ErrorCode.IllegalGeneration or ErrorCode.UnknownMemberId or ErrorCode.FencedInstanceId or ErrorCode.ProducerFenced
        or ErrorCode.Local_Fenced or ErrorCode.StaleMemberEpoch or ErrorCode.FencedMemberEpoch;

    /// <summary>Whether a consumer that reports this, without a retry that could help, has to stop.</summary>
    internal static bool StopsAConsumer(ErrorCode code) => code is
        ErrorCode.TopicAuthorizationFailed or ErrorCode.GroupAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed
        or ErrorCode.SaslAuthenticationFailed or ErrorCode.Local_Authentication or ErrorCode.UnsupportedSaslMechanism
        or ErrorCode.Local_AutoOffsetReset or ErrorCode.InconsistentGroupProtocol or ErrorCode.GroupMaxSizeReached
        or ErrorCode.UnreleasedInstanceId or ErrorCode.FencedInstanceId or ErrorCode.UnsupportedVersion
        or ErrorCode.Local_UnsupportedFeature or ErrorCode.InvalidGroupId or ErrorCode.InvalidSessionTimeout
        or ErrorCode.Local_BadMsg or ErrorCode.Local_BadCompression or ErrorCode.Local_NotImplemented;

    private static Exception Map(
        string operation, ErrorCode code, string reason, bool isFatal, bool isRetriable, bool requiresAbort, Exception? cause)
    {
        string what = $"{operation}: {code}: {reason.TrimEnd('.')}.";
        if (IsMigrated(code) || (isFatal && code == ErrorCode.InvalidProducerEpoch))
        {
            return new TaskMigratedException(
                $"{what} Another member or a newer producer has taken over; the thread's tasks are closed and it rejoins the group.", cause);
        }

        if (Remedy(code) is string remedy)
        {
            return code is ErrorCode.MsgSizeTooLarge or ErrorCode.RecordListTooLarge
                ? new RecordTooLargeException($"{what} {remedy}", cause)
                : new StreamsException($"{what} {remedy}", cause);
        }

        if (requiresAbort)
        {
            return new TransactionAbortedException($"{what} The transaction is aborted, rolled back and processed again.", cause);
        }

        if (isFatal)
        {
            // librdkafka's client is unusable now, the application is not: a new producer starts afresh.
            return new TaskMigratedException($"{what} The client can't be used any more; it is closed and built anew.", cause);
        }

        if (isRetriable || IsTransient(code))
        {
            string message = $"{what} Check that the brokers in Kafka:BootstrapServers are up; the call is repeated.";
            return MeansNoAnswer(code) ? new NoAnswerException(code, message, cause) : new RetriableException(message, cause);
        }

        return new StreamsException($"{what} See the broker's log and the settings under Kafka.", cause);
    }

    private static string? Remedy(ErrorCode code) => code switch
    {
        ErrorCode.TopicAuthorizationFailed => "Give the principal Describe and Read on the topics it reads, Describe and Write on the topics it writes.",
        ErrorCode.GroupAuthorizationFailed => "Give the principal Read on the group (Kafka:ApplicationId).",
        ErrorCode.ClusterAuthorizationFailed => "Give the principal IdempotentWrite on the cluster, or Create where topics are to be made "
            + "(or create them yourself and set Streams:CreateTopics to false).",
        ErrorCode.TransactionalIdAuthorizationFailed => "Give the principal Describe and Write on transactional ids that begin with "
            + "Kafka:ApplicationId, or set Streams:ProcessingGuarantee to AtLeastOnce.",
        ErrorCode.SaslAuthenticationFailed or ErrorCode.Local_Authentication => "Check sasl.mechanism, sasl.username and sasl.password under Kafka:Client.",
        ErrorCode.Local_Ssl => "Check security.protocol, ssl.ca.location and the certificate settings under Kafka:Client.",
        ErrorCode.UnsupportedSaslMechanism => "Set sasl.mechanism under Kafka:Client to one that the listener offers.",
        ErrorCode.UnsupportedVersion or ErrorCode.Local_UnsupportedFeature => "The broker is too old for this setting: exactly-once needs "
            + "Kafka 2.5, Streams:GroupProtocol=Consumer needs Kafka 4.0.",
        ErrorCode.InvalidTransactionTimeout => "Set transaction.timeout.ms under Kafka:Producer to at most the broker's transaction.max.timeout.ms.",
        ErrorCode.Local_AutoOffsetReset => "The wanted offset is not on the broker any more, and Source:AutoOffsetReset does not say where to go on: "
            + "set it to earliest or latest.",
        ErrorCode.GroupMaxSizeReached => "The group is full: raise the broker's group.max.size or start fewer threads.",
        ErrorCode.InconsistentGroupProtocol => "Another member of the group uses another assignment strategy or is no consumer: "
            + "give this application a Kafka:ApplicationId of its own.",
        ErrorCode.MsgSizeTooLarge or ErrorCode.RecordListTooLarge => "Raise max.message.bytes of the topic "
            + "and message.max.bytes under Kafka:Producer. A dead letter larger than the latter is written without its bytes.",
        ErrorCode.InvalidTimestamp => "The topic does not take the record's event time: raise its message.timestamp.before.max.ms or "
            + "message.timestamp.after.max.ms, or lower Source:MaxFutureSkew.",
        ErrorCode.InvalidRecord => "The topic does not take such a record; a compacted topic needs a key in every record.",
        ErrorCode.InvalidReplicationFactor => "Set Streams:ReplicationFactor to at most the number of brokers, or to -1 for the broker's default.",
        ErrorCode.InvalidConfig => "Correct the setting under FeatureViews:NAME:TopicConfig.",
        ErrorCode.PolicyViolation => "The cluster's policy refuses it: create the topic yourself and set Streams:CreateTopics to false.",
        ErrorCode.UnreleasedInstanceId => "Another live member has the same Streams:InstanceId: give each process its own.",
        ErrorCode.InvalidSessionTimeout => "Set session.timeout.ms under Kafka:Consumer within the broker's group.min.session.timeout.ms "
            + "and group.max.session.timeout.ms.",
        ErrorCode.Local_BadMsg or ErrorCode.Local_BadCompression or ErrorCode.Local_NotImplemented => "The broker returned a batch that "
            + "can't be read: check the partition's log on the broker, and the producer's compression.type.",
        _ => null,
    };

    // Of several partitions the first that failed: the exception's own error only says that some did.
    private static Error ErrorOf(KafkaException cause) => PartitionError(cause) ?? cause.Error;

    private static Error? PartitionError(KafkaException cause) => cause switch
    {
        TopicPartitionOffsetException e => e.Results.Select(static r => r.Error).FirstOrDefault(static e => e.IsError),
        ListOffsetsException e => e.Result.ResultInfos.Select(static r => r.TopicPartitionOffsetError.Error).FirstOrDefault(static e => e.IsError),
        TopicPartitionException e => e.Results.Select(static r => r.Error).FirstOrDefault(static e => e.IsError),
        AlterConsumerGroupOffsetsException e => e.Results.SelectMany(static r => r.Partitions.Select(static p => p.Error).Prepend(r.Error))
            .FirstOrDefault(static e => e.IsError),
        DeleteConsumerGroupOffsetsException e => e.Result.Partitions.Select(static p => p.Error).FirstOrDefault(static e => e.IsError),
        DescribeConfigsException e => e.Results.Select(static r => r.Error).FirstOrDefault(static e => e.IsError),
        DeleteTopicsException e => e.Results.Select(static r => r.Error).FirstOrDefault(static e => e.IsError),
        DescribeConsumerGroupsException e => e.Results.ConsumerGroupDescriptions.Select(static r => r.Error).FirstOrDefault(static e => e.IsError),
        _ => null,
    };
}
