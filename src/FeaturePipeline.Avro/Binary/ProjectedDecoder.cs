using FeaturePipeline.Avro.Binary.Projection;
using FeaturePipeline.Avro.Resolution;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Binary;

/// <summary>
/// Decodes chosen fields of a record into slots, without allocating: compiled once from a writer's schema, a reader's schema and the fields' paths.
/// Immutable, shared by threads.
/// </summary>
public sealed class ProjectedDecoder
{
    private readonly ProjectionPlan _plan;
    private readonly int _slots;

    private ProjectedDecoder(IReadOnlyList<ProjectedField> fields, ProjectionPlan plan)
    {
        Fields = fields;
        _plan = plan;
        _slots = fields.Count;
    }

    /// <summary>The fields, in the order of their slots.</summary>
    public IReadOnlyList<ProjectedField> Fields { get; }

    /// <summary>Defaults and enum symbols, which slices of the kind "constant" point into.</summary>
    public ReadOnlySpan<byte> Constants => _plan.Constants;

    /// <summary>Compiles a plan.</summary>
    /// <param name="writer">The schema that the message was written with.</param>
    /// <param name="reader">The schema that the caller knows.</param>
    /// <param name="fieldPaths">Fields of the reader's schema, '.' into nested records.</param>
    /// <param name="rawPath">The one of them that is given as it was written whatever its logical type: the caller knows the writer's unit. Null = none is.</param>
    /// <param name="depthMax">How deep records, arrays and maps may nest in a message: 1 to <see cref="AvroReader.DepthMaxHighest"/>.</param>
    /// <returns>The plan.</returns>
    /// <exception cref="SchemaResolutionException">No message of the writer can be read, or a field's logical types differ: a projection converts nothing.</exception>
    /// <exception cref="ArgumentException">A path names no field, or one that is not a scalar.</exception>
    public static ProjectedDecoder Compile(AvroSchema writer, AvroSchema reader, IReadOnlyList<string> fieldPaths, string? rawPath = null, int depthMax = AvroReader.DepthMax)
    {
        IReadOnlyList<ProjectedField> fields = Resolve(reader, fieldPaths);
        var judged = fieldPaths.Where(path => path != rawPath).ToHashSet(StringComparer.Ordinal);
        ReadNode root = Resolver.Resolve(writer, reader, path => !judged.Contains(path));
        return new ProjectedDecoder(fields, ProjectionCompiler.Compile(root, ProjectionTree.Of(fieldPaths), AvroReader.CheckDepthMax(depthMax)));
    }

    /// <summary>The types of fields.</summary>
    /// <param name="reader">A record's schema.</param>
    /// <param name="fieldPaths">Fields, '.' into nested records.</param>
    /// <returns>The fields, in the order of the paths.</returns>
    /// <exception cref="ArgumentException">A path names no field, or one that is not a scalar; the message names the nearest right name.</exception>
    public static IReadOnlyList<ProjectedField> Resolve(AvroSchema reader, IReadOnlyList<string> fieldPaths) =>
        fieldPaths.Select(path => ProjectionPath.Resolve(reader, path)).ToArray();

    /// <summary>Decodes one message. Never throws for what the message holds.</summary>
    /// <param name="body">The message, without framing.</param>
    /// <param name="values">The slots: at least as many as there are fields. After an error their content is undefined.</param>
    /// <returns>How it went.</returns>
    /// <remarks>Fields that no path names are skipped, so their text, booleans and unreadable branches are not judged; lengths, counts and depth are.</remarks>
    public DecodeResult TryDecode(ReadOnlySpan<byte> body, Span<FieldValue> values)
    {
        if (values.Length < _slots)
        {
            throw new ArgumentException($"The row needs {_slots} slots, not {values.Length}.", nameof(values));
        }

        return ProjectionLoop.Run(_plan, body, values);
    }
}
