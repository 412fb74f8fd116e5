using System.Runtime.InteropServices;

namespace FeaturePipeline.Kafka.Native;

/// <summary>rd_kafka_message_t of rdkafka.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeMessage
{
    public int Error;
    public nint Topic;
    public int Partition;
    public byte* Payload;
    public nuint Length;
    public byte* Key;
    public nuint KeyLength;
    public long Offset;
    public nint Private;
}

/// <summary>rd_kafka_topic_partition_t of rdkafka.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeTopicPartition
{
    public nint Topic;
    public int Partition;
    public long Offset;
    public nint Metadata;
    public nuint MetadataSize;
    public nint Opaque;
    public int Error;
    public nint Private;
}

/// <summary>rd_kafka_vu_t of rdkafka.h: one argument of rd_kafka_produceva, a tag and a union of 64 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 72)]
internal unsafe struct ProduceArgument
{
    [FieldOffset(0)]
    public int Type;

    [FieldOffset(8)]
    public nint Handle;

    [FieldOffset(8)]
    public int Int32;

    [FieldOffset(8)]
    public long Int64;

    [FieldOffset(8)]
    public byte* Pointer;

    [FieldOffset(16)]
    public nuint Size;
}

/// <summary>rd_kafka_vtype_t: what a <see cref="ProduceArgument"/> holds.</summary>
internal static class ProduceArgumentType
{
    public const int Topic = 2;
    public const int Partition = 3;
    public const int Value = 4;
    public const int Key = 5;
    public const int MessageFlags = 7;
    public const int Timestamp = 8;
    public const int Headers = 10;
}

/// <summary>Constants of rdkafka.h.</summary>
internal static class NativeConstants
{
    /// <summary>RD_KAFKA_PRODUCER.</summary>
    public const int Producer = 0;

    /// <summary>RD_KAFKA_CONSUMER.</summary>
    public const int Consumer = 1;

    /// <summary>RD_KAFKA_MSG_F_COPY: the library copies the payload before it returns.</summary>
    public const int MessageCopy = 0x2;

    /// <summary>RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING.</summary>
    public const int PurgeEverything = 0x1 | 0x2 | 0x4;

    /// <summary>RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE.</summary>
    public const int DestroyWithoutClose = 0x8;

    /// <summary>RD_KAFKA_TIMESTAMP_NOT_AVAILABLE.</summary>
    public const int TimestampNotAvailable = 0;

    /// <summary>Bytes given to the library for an error text, as its own examples do.</summary>
    public const int ErrorTextSize = 512;
}
