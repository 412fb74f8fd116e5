using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Streams.Topology;

namespace FeaturePipeline.Features.Events;

/// <summary>One event: its key, time and position, and the fields that some feature reads. Points into the record's memory.</summary>
/// <param name="key">UTF-8 bytes of the keyed field; equal to the record's key.</param>
/// <param name="timestampMs">Event time, ms since the epoch.</param>
/// <param name="partition">Partition of the record.</param>
/// <param name="offset">Offset of the record.</param>
/// <param name="fields">The projected fields.</param>
public readonly ref struct EventRow(ReadOnlySpan<byte> key, long timestampMs, int partition, long offset, ProjectedRow fields) : IStreamRow
{
    /// <inheritdoc/>
    public ReadOnlySpan<byte> Key { get; } = key;

    /// <inheritdoc/>
    public long TimestampMs { get; } = timestampMs;

    /// <summary>Partition of the record: with the offset it breaks ties between events of one timestamp.</summary>
    public int Partition { get; } = partition;

    /// <summary>Offset of the record in its partition.</summary>
    public long Offset { get; } = offset;

    /// <summary>The fields, in the order of <see cref="Definitions.FieldTable.Paths"/>.</summary>
    /// <remarks>A field and not a property: a property would copy the row's three spans at each look.</remarks>
    public readonly ProjectedRow Fields = fields;
}
