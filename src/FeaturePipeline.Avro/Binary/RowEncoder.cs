using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Binary;

/// <summary>Encodes rows of a record whose fields are scalars, enums, or unions of one such type with null. Immutable, shared by threads.</summary>
public sealed class RowEncoder
{
    private RowEncoder(RecordSchema schema) => Schema = schema;

    /// <summary>The record's schema.</summary>
    public RecordSchema Schema { get; }

    /// <summary>Compiles an encoder.</summary>
    /// <param name="record">A record's schema.</param>
    /// <returns>The encoder.</returns>
    /// <exception cref="ArgumentException">The schema is not a record, or has a field that rows cannot hold.</exception>
    public static RowEncoder Compile(AvroSchema record) =>
        new(record as RecordSchema ?? throw new ArgumentException("A row's schema is a record.", nameof(record)));

    /// <summary>Encodes one row.</summary>
    /// <param name="values">One value for each field, in the schema's order.</param>
    /// <param name="data">What the values' slices point into; text is UTF-8.</param>
    /// <param name="destination">Where to write.</param>
    /// <returns>Bytes written, or -1 where the destination is too small.</returns>
    public int Encode(ReadOnlySpan<FieldValue> values, ReadOnlySpan<byte> data, Span<byte> destination) => throw new NotSupportedException("Follows in the next delivery.");

    /// <summary>The most bytes that a row can take.</summary>
    /// <param name="values">One value for each field, in the schema's order.</param>
    /// <returns>Bytes.</returns>
    public int MaxSize(ReadOnlySpan<FieldValue> values) => throw new NotSupportedException("Follows in the next delivery.");
}
