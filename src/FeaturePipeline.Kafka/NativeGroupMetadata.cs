using System.Runtime.InteropServices;
using FeaturePipeline.Kafka.Native;
using FeaturePipeline.Streams.Errors;

namespace FeaturePipeline.Kafka;

/// <summary>rd_kafka_consumer_group_metadata_t*: group, generation and member id at one moment.</summary>
internal sealed class NativeGroupMetadata : SafeHandle
{
    private NativeGroupMetadata(nint metadata)
        : base(0, ownsHandle: true) => SetHandle(metadata);

    public override bool IsInvalid => handle == 0;

    /// <exception cref="TaskMigratedException">
    /// The client is no member of the group: librdkafka forgets the member id as soon as a heartbeat's answer says so, before any
    /// callback. Without a member id the broker takes a transaction's offsets unchecked (KIP-447 fences only what names a member).
    /// </exception>
    internal static NativeGroupMetadata Of(nint consumer)
    {
        var metadata = new NativeGroupMetadata(Librdkafka.ConsumerGroupMetadata(consumer));
        if (metadata.IsInvalid || NativeText.Read(Librdkafka.ConsumerGroupMetadataMemberId(metadata.handle)).Length == 0)
        {
            metadata.Dispose();
            throw new TaskMigratedException("This consumer is no member of its group now; its partitions may be another member's.");
        }

        return metadata;
    }

    protected override bool ReleaseHandle()
    {
        Librdkafka.ConsumerGroupMetadataDestroy(handle);
        return true;
    }
}
