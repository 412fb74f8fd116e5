using FeaturePipeline.Streams.Clients;

namespace FeaturePipeline.Streams.Topology;

/// <summary>What became of a record.</summary>
public enum DecodeStatus
{
    /// <summary>The row is there.</summary>
    Ok,

    /// <summary>The record is bad; <see cref="IRecordDecoder{TRow}.Rejection"/> says why. It goes to dead letters.</summary>
    Rejected,

    /// <summary>The record can't be judged yet (its schema is being fetched): the partition waits and the record is read again.</summary>
    Pending,
}

/// <summary>Why a record was dropped: the values of the attribute <c>reason</c> and of the header <c>dlq.reason</c>.</summary>
public enum DropReason
{
    /// <summary>Key or keyed field is null.</summary>
    NullKey,

    /// <summary>The value is null.</summary>
    Tombstone,

    /// <summary>The value does not start with a known frame.</summary>
    NotAvro,

    /// <summary>The schema id is not in the registry.</summary>
    UnknownSchema,

    /// <summary>The writer's schema can't be read with the reader's.</summary>
    IncompatibleSchema,

    /// <summary>The body is truncated or otherwise not what its schema says.</summary>
    Corrupt,

    /// <summary>The timestamp is missing or negative.</summary>
    InvalidTimestamp,

    /// <summary>The keyed field differs from the record's key.</summary>
    KeyMismatch,

    /// <summary>The event is further in the future than allowed.</summary>
    FutureTimestamp,

    /// <summary>The event is too late for every window.</summary>
    Late,
}

/// <summary>Why one record was rejected.</summary>
/// <param name="Reason">The kind, for counting.</param>
/// <param name="Message">What, where, and the remedy; no entity's key.</param>
public readonly record struct Rejection(DropReason Reason, string Message);

/// <summary>Makes rows of consumed records. One instance per task, used by one thread; no allocation on <see cref="DecodeStatus.Ok"/>.</summary>
/// <typeparam name="TRow">Row type; it may point into the record's memory and into the decoder's.</typeparam>
public interface IRecordDecoder<TRow>
    where TRow : struct, IStreamRow, allows ref struct
{
    /// <summary>Decodes one record; never throws for what a record may hold.</summary>
    /// <param name="batch">The batch that the record is of, for its headers.</param>
    /// <param name="record">The record.</param>
    /// <param name="row">The row, valid until the next call.</param>
    DecodeStatus Decode(RecordBatch batch, in ConsumedRecord record, out TRow row);

    /// <summary>Why the last record was rejected; built on demand, off the hot path.</summary>
    Rejection Rejection { get; }
}
