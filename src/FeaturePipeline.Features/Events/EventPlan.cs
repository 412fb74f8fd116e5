using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Features.Definitions;
using FeaturePipeline.Features.Expressions;
using FeaturePipeline.Streams.Topology;

namespace FeaturePipeline.Features.Events;

/// <summary>How to read the events of one writer's schema. Immutable; shared by threads.</summary>
public sealed class EventPlan
{
    private readonly string[] _keyPaths;
    private readonly string[] _timestampPaths;

    private EventPlan(ProjectedDecoder? decoder, long unitsPerMs, string[] keyPaths, string[] timestampPaths)
    {
        Decoder = decoder;
        UnitsPerMs = unitsPerMs;
        _keyPaths = keyPaths;
        _timestampPaths = timestampPaths;
    }

    /// <summary>The decoder; null where the writer's schema has no timestamp.</summary>
    internal ProjectedDecoder? Decoder { get; }

    /// <summary>Units of the timestamp per millisecond: 1, 1,000 or 1,000,000.</summary>
    internal long UnitsPerMs { get; }

    /// <summary>
    /// What a body that could not be decoded is rejected as. One that is whole, and holds what the source's schema has no place for, is not
    /// corrupt: it lacks the key or the time, or does not fit the schema.
    /// </summary>
    internal DropReason ReasonOf(in DecodeResult result)
    {
        string path = result.FieldPath;
        return result.Error is not (DecodeErrorKind.UnreadableBranch or DecodeErrorKind.UnknownSymbol) ? DropReason.Corrupt
            : !result.IsUnreadableNull ? DropReason.IncompatibleSchema
            : Array.IndexOf(_keyPaths, path) >= 0 ? DropReason.NullKey
            : Array.IndexOf(_timestampPaths, path) >= 0 ? DropReason.InvalidTimestamp
            : DropReason.IncompatibleSchema;
    }

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
        Place[] timestamps = [.. Places(writer, plan.Source.Schema, path.Split('.'), "")];
        string[] timestampPaths = [.. timestamps.Select(static place => place.Path)];
        string[] keyPaths = [.. Places(writer, plan.Source.Schema, plan.Fields[FeaturePlan.KeyIndex].Path.Split('.'), "").Select(static place => place.Path)];
        long?[] units = [.. timestamps.Select(UnitsPerMs).Distinct()];
        return units switch
        {
            [{ } unitsPerMs] => new EventPlan(plan.CompileDecoder(writer), unitsPerMs, keyPaths, timestampPaths),
            [null] => new EventPlan(null, 1, keyPaths, timestampPaths),
            _ => throw new SchemaResolutionException(
                $"The branches of the writer's union do not agree on field '{path}': each must have it, in one unit of time", path, path),
        };

        // Avro resolves a writer's timestamp-micros with a reader's timestamp-millis as bare numbers: the writer knows what they mean.
        long? UnitsPerMs(Place place) => place.IsMissing
            ? null
            : Timestamps.UnitsPerMs(LogicalType(place.Schema) ?? plan.Fields[FeaturePlan.TimestampIndex].LogicalType);
    }

    // The writer's field behind a path of the reader's. Its schema is null where the reader's default takes its place; it is missing where
    // there is none, either.
    private readonly record struct Place(string Path, AvroSchema? Schema, bool IsMissing);

    // By name or alias: one place for each record that may be on the way to it.
    private static IEnumerable<Place> Places(AvroSchema? writer, AvroSchema? reader, ReadOnlyMemory<string> path, string writerPath)
    {
        RecordSchema? readerRecord = path.IsEmpty ? null : Records(reader).FirstOrDefault();
        RecordSchema[] records = [.. Records(writer).Where(record => readerRecord?.Reads(record) == true)];
        if (records.Length == 0 || readerRecord?.Field(path.Span[0]) is not { } readerField)
        {
            return [new Place(writerPath, writer, IsMissing: false)];
        }

        return records.SelectMany(record =>
        {
            RecordField? field = record.Field(readerField.Name) ?? readerField.Aliases.Select(record.Field).FirstOrDefault(f => f is not null);
            string at = $"{writerPath}{(writerPath.Length > 0 ? "." : "")}{field?.Name ?? readerField.Name}";
            return field is null && readerField.Default is null
                ? [new Place(at, null, IsMissing: true)]
                : Places(field?.Schema, readerField.Schema, path[1..], at);
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
