// The functions of librdkafka that Confluent.Kafka does not expose, bound to the library file that Confluent.Kafka loaded.
// Source of every signature: rdkafka.h and rdkafka_mock.h of librdkafka.redist 2.16.

using System.Runtime.InteropServices;

namespace FeaturePipeline.Kafka.Native;

/// <summary>P/Invoke declarations of librdkafka.</summary>
internal static unsafe partial class Librdkafka
{
    private const string Name = LibrdkafkaLibrary.ImportName;

    static Librdkafka() => LibrdkafkaLibrary.Register();

    // Configuration and handles

    [LibraryImport(Name, EntryPoint = "rd_kafka_conf_new")]
    internal static partial nint ConfNew();

    [LibraryImport(Name, EntryPoint = "rd_kafka_conf_destroy")]
    internal static partial void ConfDestroy(nint conf);

    [LibraryImport(Name, EntryPoint = "rd_kafka_conf_set", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ConfSet(nint conf, string name, string value, byte* error, nuint errorSize);

    [LibraryImport(Name, EntryPoint = "rd_kafka_conf_set_opaque")]
    internal static partial void ConfSetOpaque(nint conf, nint opaque);

    [LibraryImport(Name, EntryPoint = "rd_kafka_conf_set_error_cb")]
    internal static partial void ConfSetErrorCallback(nint conf, delegate* unmanaged[Cdecl]<nint, int, byte*, nint, void> callback);

    [LibraryImport(Name, EntryPoint = "rd_kafka_conf_set_dr_msg_cb")]
    internal static partial void ConfSetDeliveryCallback(nint conf, delegate* unmanaged[Cdecl]<nint, NativeMessage*, nint, void> callback);

    [LibraryImport(Name, EntryPoint = "rd_kafka_conf_set_log_cb")]
    internal static partial void ConfSetLogCallback(nint conf, delegate* unmanaged[Cdecl]<nint, int, byte*, byte*, void> callback);

    [LibraryImport(Name, EntryPoint = "rd_kafka_new")]
    internal static partial nint New(int type, nint conf, byte* error, nuint errorSize);

    [LibraryImport(Name, EntryPoint = "rd_kafka_destroy")]
    internal static partial void Destroy(nint client);

    [LibraryImport(Name, EntryPoint = "rd_kafka_destroy_flags")]
    internal static partial void DestroyFlags(nint client, int flags);

    [LibraryImport(Name, EntryPoint = "rd_kafka_opaque")]
    internal static partial nint Opaque(nint client);

    [LibraryImport(Name, EntryPoint = "rd_kafka_poll")]
    internal static partial int Poll(nint client, int timeoutMs);

    [LibraryImport(Name, EntryPoint = "rd_kafka_fatal_error")]
    internal static partial int FatalError(nint client, byte* error, nuint errorSize);

    [LibraryImport(Name, EntryPoint = "rd_kafka_metadata")]
    internal static partial int Metadata(nint client, int allTopics, nint onlyTopic, out nint metadata, int timeoutMs);

    [LibraryImport(Name, EntryPoint = "rd_kafka_metadata_destroy")]
    internal static partial void MetadataDestroy(nint metadata);

    // Topics

    [LibraryImport(Name, EntryPoint = "rd_kafka_topic_new", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint TopicNew(nint client, string topic, nint conf);

    [LibraryImport(Name, EntryPoint = "rd_kafka_topic_destroy")]
    internal static partial void TopicDestroy(nint topic);

    [LibraryImport(Name, EntryPoint = "rd_kafka_topic_name")]
    internal static partial nint TopicName(nint topic);

    // Consuming

    [LibraryImport(Name, EntryPoint = "rd_kafka_queue_get_consumer")]
    internal static partial nint QueueGetConsumer(nint client);

    [LibraryImport(Name, EntryPoint = "rd_kafka_queue_destroy")]
    internal static partial void QueueDestroy(nint queue);

    [LibraryImport(Name, EntryPoint = "rd_kafka_consume_batch_queue")]
    internal static partial nint ConsumeBatchQueue(nint queue, int timeoutMs, NativeMessage** messages, nuint capacity);

    [LibraryImport(Name, EntryPoint = "rd_kafka_message_destroy")]
    internal static partial void MessageDestroy(NativeMessage* message);

    // Reads two fields of the message: no lock, no system call, a few nanoseconds.
    [LibraryImport(Name, EntryPoint = "rd_kafka_message_timestamp")]
    [SuppressGCTransition]
    internal static partial long MessageTimestamp(NativeMessage* message, int* type);

    // Without headers it compares one length; with headers it indexes them once. No lock, no system call.
    [LibraryImport(Name, EntryPoint = "rd_kafka_message_headers")]
    [SuppressGCTransition]
    internal static partial int MessageHeaders(NativeMessage* message, nint* headers);

    [LibraryImport(Name, EntryPoint = "rd_kafka_header_get_all")]
    internal static partial int HeaderGetAll(nint headers, nuint index, out nint name, out nint value, out nuint size);

    [LibraryImport(Name, EntryPoint = "rd_kafka_consumer_group_metadata")]
    internal static partial nint ConsumerGroupMetadata(nint client);

    [LibraryImport(Name, EntryPoint = "rd_kafka_consumer_group_metadata_member_id")]
    internal static partial nint ConsumerGroupMetadataMemberId(nint metadata);

    [LibraryImport(Name, EntryPoint = "rd_kafka_consumer_group_metadata_destroy")]
    internal static partial void ConsumerGroupMetadataDestroy(nint metadata);

    // Producing

    [LibraryImport(Name, EntryPoint = "rd_kafka_produceva")]
    internal static partial nint ProduceVa(nint client, ProduceArgument* arguments, nuint count);

    [LibraryImport(Name, EntryPoint = "rd_kafka_flush")]
    internal static partial int Flush(nint client, int timeoutMs);

    [LibraryImport(Name, EntryPoint = "rd_kafka_purge")]
    internal static partial int Purge(nint client, int flags);

    [LibraryImport(Name, EntryPoint = "rd_kafka_headers_new")]
    internal static partial nint HeadersNew(nuint count);

    [LibraryImport(Name, EntryPoint = "rd_kafka_headers_destroy")]
    internal static partial void HeadersDestroy(nint headers);

    [LibraryImport(Name, EntryPoint = "rd_kafka_header_add", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int HeaderAdd(nint headers, string name, nint nameSize, byte* value, nint valueSize);

    [LibraryImport(Name, EntryPoint = "rd_kafka_init_transactions")]
    internal static partial nint InitTransactions(nint client, int timeoutMs);

    [LibraryImport(Name, EntryPoint = "rd_kafka_begin_transaction")]
    internal static partial nint BeginTransaction(nint client);

    [LibraryImport(Name, EntryPoint = "rd_kafka_send_offsets_to_transaction")]
    internal static partial nint SendOffsetsToTransaction(nint client, nint offsets, nint groupMetadata, int timeoutMs);

    [LibraryImport(Name, EntryPoint = "rd_kafka_commit_transaction")]
    internal static partial nint CommitTransaction(nint client, int timeoutMs);

    [LibraryImport(Name, EntryPoint = "rd_kafka_abort_transaction")]
    internal static partial nint AbortTransaction(nint client, int timeoutMs);

    [LibraryImport(Name, EntryPoint = "rd_kafka_topic_partition_list_new")]
    internal static partial nint TopicPartitionListNew(int size);

    [LibraryImport(Name, EntryPoint = "rd_kafka_topic_partition_list_add", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial NativeTopicPartition* TopicPartitionListAdd(nint list, string topic, int partition);

    [LibraryImport(Name, EntryPoint = "rd_kafka_topic_partition_list_destroy")]
    internal static partial void TopicPartitionListDestroy(nint list);

    // Errors

    [LibraryImport(Name, EntryPoint = "rd_kafka_err2str")]
    internal static partial nint ErrorToString(int code);

    [LibraryImport(Name, EntryPoint = "rd_kafka_error_code")]
    internal static partial int ErrorCode(nint error);

    [LibraryImport(Name, EntryPoint = "rd_kafka_error_string")]
    internal static partial nint ErrorString(nint error);

    [LibraryImport(Name, EntryPoint = "rd_kafka_error_is_fatal")]
    internal static partial int ErrorIsFatal(nint error);

    [LibraryImport(Name, EntryPoint = "rd_kafka_error_is_retriable")]
    internal static partial int ErrorIsRetriable(nint error);

    [LibraryImport(Name, EntryPoint = "rd_kafka_error_txn_requires_abort")]
    internal static partial int ErrorRequiresAbort(nint error);

    [LibraryImport(Name, EntryPoint = "rd_kafka_error_destroy")]
    internal static partial void ErrorDestroy(nint error);

    // The mock cluster (rdkafka_mock.h: an experimental interface)

    [LibraryImport(Name, EntryPoint = "rd_kafka_mock_cluster_new")]
    internal static partial nint MockClusterNew(nint client, int brokers);

    [LibraryImport(Name, EntryPoint = "rd_kafka_mock_cluster_destroy")]
    internal static partial void MockClusterDestroy(nint cluster);

    [LibraryImport(Name, EntryPoint = "rd_kafka_mock_cluster_bootstraps")]
    internal static partial nint MockClusterBootstraps(nint cluster);

    [LibraryImport(Name, EntryPoint = "rd_kafka_mock_topic_create", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MockTopicCreate(nint cluster, string topic, int partitions, int replicationFactor);

    [LibraryImport(Name, EntryPoint = "rd_kafka_mock_group_initial_rebalance_delay_ms")]
    internal static partial void MockGroupInitialRebalanceDelayMs(nint cluster, int delayMs);

    [LibraryImport(Name, EntryPoint = "rd_kafka_mock_broker_set_down")]
    internal static partial int MockBrokerSetDown(nint cluster, int broker);

    [LibraryImport(Name, EntryPoint = "rd_kafka_mock_broker_set_up")]
    internal static partial int MockBrokerSetUp(nint cluster, int broker);

    [LibraryImport(Name, EntryPoint = "rd_kafka_mock_push_request_errors_array")]
    internal static partial void MockPushRequestErrors(nint cluster, short apiKey, nuint count, int* errors);
}
