using System.Reflection;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Mapping;

/// <summary>
/// The C# types that Apache's avrogen gives to schemas: a member for a union of several types is an object, which holds instances of them.
/// Named types are found by their full names, as Apache finds them: first beside the class that is mapped.
/// </summary>
internal sealed class ApacheTypes(Assembly assembly)
{
    /// <summary>What a value is called that may be of any class that avrogen has made.</summary>
    internal static readonly Type AnyRecord = typeof(global::Avro.Specific.ISpecificRecord);

    private readonly Dictionary<string, Type?> _named = new(StringComparer.Ordinal);

    /// <summary>The types beside a type that is mapped; null where it is not one of Apache's.</summary>
    internal static ApacheTypes? For(Type type) => IsGenerated(type) || type == AnyRecord ? new ApacheTypes(type.Assembly) : null;

    /// <summary>Whether avrogen has made the class.</summary>
    internal static bool IsGenerated(Type type) => type.IsAssignableTo(AnyRecord) && !type.IsAbstract;

    /// <summary>The schemas that the loaded classes have for the records that a writer writes, be it one or a union of several.</summary>
    /// <exception cref="ArgumentException">There is no class for any of them.</exception>
    internal static AvroSchema OfLoaded(AvroSchema writer)
    {
        var types = new ApacheTypes(AnyRecord.Assembly);
        IReadOnlyList<AvroSchema> written = writer is UnionSchema union ? union.Branches : [writer];
        AvroSchema[] read = [.. written
            .Select(branch => branch.Type == AvroType.Null ? branch : branch is RecordSchema && types.Of(branch) is { } type ? MappedSchema.OfApache(type) : null)
            .OfType<AvroSchema>()];
        return Array.Exists(read, static branch => branch is RecordSchema)
            ? writer is UnionSchema ? new UnionSchema(read) : read[0]
            : throw new ArgumentException(
                $"No class that avrogen has made is loaded for {string.Join(", ", written.Select(static branch => $"'{branch.TypeName}'"))}. "
                + "Use a type of its assembly first, or read as GenericRecord.");
    }

    /// <summary>The type of a schema's values, or null where there is none: null, and named types without a class.</summary>
    internal Type? Of(AvroSchema schema) => schema switch
    {
        { Logical.Name: "decimal" } => typeof(global::Avro.AvroDecimal),
        { Type: AvroType.String, Logical.Name: "uuid" } => typeof(Guid),
        { Logical.Name: "time-millis" or "time-micros" } => typeof(TimeSpan),
        _ when TimeUnits.Of(schema) != TimeUnit.None => typeof(DateTime),
        RecordSchema record => Named(record.Name.FullName, IsGenerated),
        NamedSchema named => Named(named.Name.FullName, static _ => true),
        ArraySchema array => Made(typeof(IList<>), array.Items),
        MapSchema map => Made(typeof(IDictionary<,>), map.Values),
        UnionSchema union => OfUnion(union),
        _ => schema.Type switch
        {
            AvroType.Boolean => typeof(bool),
            AvroType.Int => typeof(int),
            AvroType.Long => typeof(long),
            AvroType.Float => typeof(float),
            AvroType.Double => typeof(double),
            AvroType.Bytes => typeof(byte[]),
            AvroType.String => typeof(string),
            _ => null,
        },
    };

    private Type? Made(Type collection, AvroSchema part)
    {
        Type? held = Of(part);
        return held is null ? null : collection.MakeGenericType(collection == typeof(IList<>) ? [held] : [typeof(string), held]);
    }

    private Type? OfUnion(UnionSchema union)
    {
        if (union is not { NullIndex: >= 0, Branches.Count: 2 })
        {
            return typeof(object);
        }

        Type? only = Of(union.Branches[1 - union.NullIndex]);
        return only is { IsValueType: true } ? typeof(Nullable<>).MakeGenericType(only) : only;
    }

    // A message's schema may say any name: only a class that is meant for Avro is taken for a record's.
    private Type? Named(string name, Func<Type, bool> isMeant)
    {
        if (!_named.TryGetValue(name, out Type? type))
        {
            type = SchemaName.IsFullName(name)
                ? AppDomain.CurrentDomain.GetAssemblies().Prepend(assembly).Select(other => other.GetType(name)).FirstOrDefault(found => found is not null && isMeant(found))
                : null;
            _named.Add(name, type);
        }

        return type;
    }
}
