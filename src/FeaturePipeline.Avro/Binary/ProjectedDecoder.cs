using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Binary;

/// <summary>
/// Decodes chosen fields of a record into slots, without allocating: compiled once from a writer's schema, a reader's schema and the fields' paths.
/// Immutable, shared by threads.
/// </summary>
public sealed class ProjectedDecoder
{
    private ProjectedDecoder(IReadOnlyList<ProjectedField> fields) => Fields = fields;

    /// <summary>The fields, in the order of their slots.</summary>
    public IReadOnlyList<ProjectedField> Fields { get; }

    /// <summary>Defaults and enum symbols, which slices of the kind "constant" point into.</summary>
    public ReadOnlySpan<byte> Constants => default;

    /// <summary>Compiles a plan.</summary>
    /// <param name="writer">The schema that the message was written with.</param>
    /// <param name="reader">The schema that the caller knows.</param>
    /// <param name="fieldPaths">Fields of the reader's schema, '.' into nested records.</param>
    /// <returns>The plan.</returns>
    /// <exception cref="SchemaResolutionException">No message of the writer can be read.</exception>
    /// <exception cref="ArgumentException">A path names no field, or one that is not a scalar.</exception>
    public static ProjectedDecoder Compile(AvroSchema writer, AvroSchema reader, IReadOnlyList<string> fieldPaths) =>
        new(Resolve(reader, fieldPaths));

    /// <summary>The types of fields.</summary>
    /// <param name="reader">A record's schema.</param>
    /// <param name="fieldPaths">Fields, '.' into nested records.</param>
    /// <returns>The fields, in the order of the paths.</returns>
    /// <exception cref="ArgumentException">A path names no field, or one that is not a scalar; the message names the nearest right name.</exception>
    public static IReadOnlyList<ProjectedField> Resolve(AvroSchema reader, IReadOnlyList<string> fieldPaths) =>
        fieldPaths.Select(path => ProjectionPath.Resolve(reader, path)).ToArray();

    /// <summary>Decodes one message. Never throws.</summary>
    /// <param name="body">The message, without framing.</param>
    /// <param name="values">The slots: at least as many as there are fields. After an error their content is undefined.</param>
    /// <returns>How it went.</returns>
    public DecodeResult TryDecode(ReadOnlySpan<byte> body, Span<FieldValue> values) => throw new NotSupportedException("Follows in the next delivery.");
}
