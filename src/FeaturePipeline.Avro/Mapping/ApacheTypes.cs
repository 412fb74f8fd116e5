using System.Reflection;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Mapping;

/// <summary>
/// The C# types that Apache's avrogen gives to schemas: a member for a union of several types is an object, which holds instances of them.
/// Named types are found by their full names, as Apache finds them: first beside the class that is mapped.
/// </summary>
internal sealed class ApacheTypes(Assembly assembly)
{
    private readonly Dictionary<string, Type?> _named = new(StringComparer.Ordinal);

    /// <summary>Whether avrogen has made the class.</summary>
    internal static bool IsGenerated(Type type) => type.IsAssignableTo(typeof(global::Avro.Specific.ISpecificRecord)) && !type.IsAbstract;

    /// <summary>The type of a schema's values, or null where there is none: null, and named types without a class.</summary>
    internal Type? Of(AvroSchema schema) => schema switch
    {
        { Logical.Name: "decimal" } => typeof(global::Avro.AvroDecimal),
        { Type: AvroType.String, Logical.Name: "uuid" } => typeof(Guid),
        { Logical.Name: "time-millis" or "time-micros" } => typeof(TimeSpan),
        _ when TimeUnits.Of(schema) != TimeUnit.None => typeof(DateTime),
        NamedSchema named => Named(named.Name.FullName),
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

    private Type? Named(string name)
    {
        if (!_named.TryGetValue(name, out Type? type))
        {
            type = assembly.GetType(name) ?? AppDomain.CurrentDomain.GetAssemblies().Select(other => other.GetType(name)).FirstOrDefault(found => found is not null);
            _named.Add(name, type);
        }

        return type;
    }
}
