using Confluent.SchemaRegistry;
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
    public static SchemaCache<EventPlan> CreateCache(FeaturePlan plan, ISchemaRegistryClient registry, TimeProvider timeProvider) =>
        new(registry, $"{plan.Source.Topic}-value", schema => Compile(plan, schema.Parse()), timeProvider);

    /// <summary>Compiles.</summary>
    /// <param name="plan">The views and their projection.</param>
    /// <param name="writer">The writer's schema.</param>
    /// <exception cref="SchemaResolutionException">The writer's events can't be read with the source's schema.</exception>
    public static EventPlan Compile(FeaturePlan plan, AvroSchema writer)
    {
        string path = plan.Fields[FeaturePlan.TimestampIndex].Path;
        long?[] units = [.. UnitsPerMsOf(plan, writer, plan.Source.Schema, path.Split('.')).Distinct()];
        return units switch
        {
            [{ } unitsPerMs] => new EventPlan(plan.CompileDecoder(writer), unitsPerMs),
            [null] => new EventPlan(null, 1),
            _ => throw new SchemaResolutionException(
                $"The branches of the writer's union do not agree on field '{path}': each must have it, in one unit of time", path, path),
        };
    }

    // The unit of the writer's field that the reader's path names, by name or alias: one for each record that may be on the way to it. Null
    // where neither it nor a default is there.
    private static IEnumerable<long?> UnitsPerMsOf(FeaturePlan plan, AvroSchema? writer, AvroSchema? reader, ReadOnlyMemory<string> path)
    {
        RecordSchema? readerRecord = path.IsEmpty ? null : Records(reader).FirstOrDefault();
        RecordSchema[] records = [.. Records(writer).Where(record => readerRecord?.Reads(record) == true)];
        if (records.Length == 0 || readerRecord?.Field(path.Span[0]) is not { } readerField)
        {
            // Avro resolves a writer's timestamp-micros with a reader's timestamp-millis as bare numbers: the writer knows what they mean.
            return [Timestamps.UnitsPerMs(LogicalType(writer) ?? plan.Fields[FeaturePlan.TimestampIndex].LogicalType)];
        }

        return records.SelectMany(record =>
        {
            RecordField? field = record.Field(readerField.Name) ?? readerField.Aliases.Select(record.Field).FirstOrDefault(f => f is not null);
            return field is null && readerField.Default is null ? [null] : UnitsPerMsOf(plan, field?.Schema, readerField.Schema, path[1..]);
        });
    }

    private static IEnumerable<RecordSchema> Records(AvroSchema? schema) =>
        schema is UnionSchema union ? union.Branches.OfType<RecordSchema>() : schema is RecordSchema record ? [record] : [];

    private static string? LogicalType(AvroSchema? schema)
    {
        IEnumerable<AvroSchema> branches = schema is UnionSchema union ? union.Branches : schema is null ? [] : [schema];
        return branches.Select(b => b.Logical?.Name).FirstOrDefault(name => Timestamps.UnitsPerSecond(name) > 0);
    }
}
