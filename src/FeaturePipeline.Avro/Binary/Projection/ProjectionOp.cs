using System.Runtime.InteropServices;

namespace FeaturePipeline.Avro.Binary.Projection;

/// <summary>What one operation of a flat plan does. The frequent ones first: the loop switches on them, the others are called.</summary>
internal enum ProjectionCode : byte
{
    /// <summary>The message must end here.</summary>
    End,

    /// <summary>string -> slot, UTF-8 judged.</summary>
    Text,

    /// <summary>A union of null and string -> slot; NullTag is the byte of the null branch, ValueTag of the other.</summary>
    NullableText,

    /// <summary>long -> slot.</summary>
    Long,

    /// <summary>A union of null and long -> slot.</summary>
    NullableLong,

    /// <summary>int -> slot.</summary>
    Int,

    /// <summary>double -> slot.</summary>
    Double,

    /// <summary>Skip A bytes.</summary>
    SkipBytes,

    /// <summary>Skip a varint; A operations from here on do the same, at most 64.</summary>
    SkipVarint,

    /// <summary>Skip a length and as many bytes.</summary>
    SkipLength,

    /// <summary>Skip a union of null and a string or bytes.</summary>
    SkipNullableLength,

    /// <summary>A value that the message does not hold -> slot: constant A.</summary>
    Constant,

    /// <summary>Go on at operation A.</summary>
    Jump,

    /// <summary>A union of B branches: go on at the operation that table entry A + index says.</summary>
    Union,

    /// <summary>An enum of B symbols -> slot: table of symbols from A.</summary>
    Enum,

    /// <summary>Everything below is decoded by the slow reader.</summary>
    Boolean,

    /// <summary>float -> slot.</summary>
    Float,

    /// <summary>int -> slot, rounded to float.</summary>
    IntToFloat,

    /// <summary>int -> slot, as double.</summary>
    IntToDouble,

    /// <summary>long -> slot, rounded to float.</summary>
    LongToFloat,

    /// <summary>long -> slot, rounded to double.</summary>
    LongToDouble,

    /// <summary>bytes, or a string that is wanted as bytes -> slot.</summary>
    Bytes,

    /// <summary>A fixed of A bytes -> slot.</summary>
    Fixed,

    /// <summary>Skip by skipper A: arrays, maps, unions, records, within B records.</summary>
    Skip,

    /// <summary>The value of slot A -> slot.</summary>
    Copy,

    /// <summary>The message cannot be read: error A.</summary>
    Fail,
}

/// <summary>One operation, in 12 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct ProjectionOp(ProjectionCode Code, byte NullTag, byte ValueTag, ushort Slot, int A, int B);
