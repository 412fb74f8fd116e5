using System.Runtime.InteropServices;
using FeaturePipeline.Kafka.Native;

namespace FeaturePipeline.Kafka;

/// <summary>rd_kafka_consumer_group_metadata_t*: group, generation and member id at one moment.</summary>
internal sealed class NativeGroupMetadata : SafeHandle
{
    private NativeGroupMetadata(nint metadata)
        : base(0, ownsHandle: true) => SetHandle(metadata);

    public override bool IsInvalid => handle == 0;

    internal static NativeGroupMetadata Of(nint consumer) => new(Librdkafka.ConsumerGroupMetadata(consumer));

    protected override bool ReleaseHandle()
    {
        Librdkafka.ConsumerGroupMetadataDestroy(handle);
        return true;
    }
}
