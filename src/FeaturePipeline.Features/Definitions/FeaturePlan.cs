using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Features.Definitions;

/// <summary>All views, compiled, and the one projection of the event that serves them all.</summary>
public sealed class FeaturePlan
{
    /// <summary>Position of the keyed field in <see cref="Fields"/>.</summary>
    public const int KeyIndex = 0;

    /// <summary>Position of the timestamp in <see cref="Fields"/>.</summary>
    public const int TimestampIndex = 1;

    /// <summary>The views that are enabled, by name in ordinal order.</summary>
    public required IReadOnlyList<FeatureView> Views { get; init; }

    /// <summary>The fields that some feature reads, keyed field and timestamp first: the row's values.</summary>
    public required IReadOnlyList<ProjectedField> Fields { get; init; }

    /// <summary>Topic, schema, keyed field and timestamp of the events.</summary>
    public required FeatureSource Source { get; init; }

    /// <summary>Compiles the decoder for events of one writer.</summary>
    /// <param name="writer">The schema that they were written with.</param>
    /// <exception cref="SchemaResolutionException">They can't be read with the source's schema.</exception>
    public ProjectedDecoder CompileDecoder(AvroSchema writer) =>
        ProjectedDecoder.Compile(writer, Source.Schema, [.. Fields.Select(f => f.Path)], Fields[TimestampIndex].Path);
}
