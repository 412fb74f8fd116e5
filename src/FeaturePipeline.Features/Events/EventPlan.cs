using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Features.Definitions;
using FeaturePipeline.Features.Expressions;

namespace FeaturePipeline.Features.Events;

/// <summary>How to read the events of one writer's schema. Immutable; shared by threads.</summary>
public sealed class EventPlan
{
    private EventPlan(ProjectedDecoder? decoder, long unitsPerMs)
    {
        Decoder = decoder;
        UnitsPerMs = unitsPerMs;
    }

    /// <summary>The decoder; null where the writer's schema has no timestamp.</summary>
    internal ProjectedDecoder? Decoder { get; }

    /// <summary>Units of the timestamp per millisecond: 1, 1,000 or 1,000,000.</summary>
    internal long UnitsPerMs { get; }

    /// <summary>Makes the plans' cache, shared by all tasks.</summary>
    /// <param name="plan">The views and their projection.</param>
    /// <param name="registry">Where schemas come from.</param>
    /// <param name="timeProvider">Clock of waits.</param>
    public static SchemaCache<EventPlan> CreateCache(FeaturePlan plan, ISchemaRegistry registry, TimeProvider timeProvider) =>
        new(registry, schema => Compile(plan, Parse(schema)), timeProvider);

    /// <summary>Compiles.</summary>
    /// <param name="plan">The views and their projection.</param>
    /// <param name="writer">The writer's schema.</param>
    /// <exception cref="SchemaResolutionException">The writer's events can't be read with the source's schema.</exception>
    public static EventPlan Compile(FeaturePlan plan, AvroSchema writer)
    {
        AvroSchema? timestamp = FindField(plan, writer, plan.Fields[FeaturePlan.TimestampIndex].Path, out bool isAbsent);
        if (isAbsent)
        {
            return new EventPlan(null, 1);
        }

        // Avro resolves a writer's timestamp-micros with a reader's timestamp-millis as bare numbers: the writer knows what they mean.
        string? logicalType = LogicalType(timestamp) ?? plan.Fields[FeaturePlan.TimestampIndex].LogicalType;
        return new EventPlan(plan.CompileDecoder(writer), Timestamps.UnitsPerMs(logicalType));
    }

    private static AvroSchema Parse(RegisteredSchema schema)
    {
        var references = new List<AvroSchema>();
        foreach (string text in schema.Dependencies)
        {
            references.Add(AvroSchema.Parse(text, references, SchemaValidation.Lenient));
        }

        return AvroSchema.Parse(schema.Text, references, SchemaValidation.Lenient);
    }

    // The writer's field that the reader's path names, by name or alias; absent when neither it nor a default is there.
    private static AvroSchema? FindField(FeaturePlan plan, AvroSchema writer, string path, out bool isAbsent)
    {
        isAbsent = false;
        AvroSchema? at = writer;
        AvroSchema? reader = plan.Source.Schema;
        foreach (string name in path.Split('.'))
        {
            if (Record(at) is not { } record || Record(reader)?.Field(name) is not { } readerField)
            {
                return null;
            }

            RecordField? field = record.Field(name) ?? readerField.Aliases.Select(record.Field).FirstOrDefault(f => f is not null);
            isAbsent = field is null && readerField.Default is null;
            (at, reader) = (field?.Schema, readerField.Schema);
            if (field is null)
            {
                return null;
            }
        }

        return at;
    }

    private static RecordSchema? Record(AvroSchema? schema) =>
        schema is UnionSchema union ? union.Branches.OfType<RecordSchema>().FirstOrDefault() : schema as RecordSchema;

    private static string? LogicalType(AvroSchema? schema)
    {
        IEnumerable<AvroSchema> branches = schema is UnionSchema union ? union.Branches : schema is null ? [] : [schema];
        return branches.Select(b => b.Logical?.Name).FirstOrDefault(name => Timestamps.UnitsPerSecond(name) > 0);
    }
}
