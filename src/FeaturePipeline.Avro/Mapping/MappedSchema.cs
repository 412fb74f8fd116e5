using System.Reflection;
using System.Text.Json.Nodes;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Mapping;

/// <summary>
/// The schema of a C# type: records of its public members in their order; enums, List, arrays and dictionaries; what may be null is a union with null,
/// null first and the default; a closed hierarchy is a union of its types. DateTime and DateTimeOffset are timestamp-micros, DateOnly is date, TimeOnly and
/// TimeSpan are time-micros, Guid is a uuid string, decimal is bytes with <see cref="AvroDecimalAttribute"/>.
/// </summary>
public static class MappedSchema
{
    private const int NameLengthMax = 1000;

    private static readonly Dictionary<Type, string> Primitives = new()
    {
        [typeof(bool)] = "boolean",
        [typeof(sbyte)] = "int",
        [typeof(byte)] = "int",
        [typeof(short)] = "int",
        [typeof(ushort)] = "int",
        [typeof(int)] = "int",
        [typeof(uint)] = "long",
        [typeof(long)] = "long",
        [typeof(ulong)] = "long",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(string)] = "string",
        [typeof(byte[])] = "bytes",
        [typeof(ReadOnlyMemory<byte>)] = "bytes",
        [typeof(Memory<byte>)] = "bytes",
    };

    private static readonly Dictionary<Type, (string Type, string Logical)> LogicalTypes = new()
    {
        [typeof(DateTime)] = ("long", "timestamp-micros"),
        [typeof(DateTimeOffset)] = ("long", "timestamp-micros"),
        [typeof(DateOnly)] = ("int", "date"),
        [typeof(TimeOnly)] = ("long", "time-micros"),
        [typeof(TimeSpan)] = ("long", "time-micros"),
        [typeof(Guid)] = ("string", "uuid"),
    };

    /// <summary>The schema of a type; of a class that avrogen has made, its own.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <returns>The schema.</returns>
    /// <exception cref="ArgumentException">The type has no schema.</exception>
    public static AvroSchema Of<T>() => Of(typeof(T));

    /// <summary>The schema of a type; of a class that avrogen has made, its own.</summary>
    /// <param name="type">The type.</param>
    /// <returns>The schema.</returns>
    /// <exception cref="ArgumentException">The type has no schema.</exception>
    public static AvroSchema Of(Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        try
        {
            return OfApache(type) ?? AvroSchema.Parse(Build(type, null, null, []).ToJsonString());
        }
        catch (AvroSchemaException exception)
        {
            throw new ArgumentException($"{type} has no schema: {exception.Message}. Give types and members other names by [AvroName].", nameof(type), exception);
        }
    }

    /// <summary>The schema that a class of avrogen carries, or null for any other type.</summary>
    internal static AvroSchema? OfApache(Type type)
    {
        if (ApacheTypes.IsGenerated(type))
        {
            var instance = (global::Avro.Specific.ISpecificRecord)Activator.CreateInstance(type)!;
            return Apache.ApacheSchemas.Of(instance.Schema);
        }

        return null;
    }

    private static JsonNode Build(Type type, TypeMember? member, NullabilityInfo? nullability, Dictionary<string, Type> defined)
    {
        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return new JsonArray("null", Build(underlying, member, null, defined));
        }

        if (Primitives.TryGetValue(type, out string? name))
        {
            return name;
        }

        if (LogicalTypes.TryGetValue(type, out (string Type, string Logical) logical))
        {
            return new JsonObject { ["type"] = logical.Type, ["logicalType"] = logical.Logical };
        }

        if (type == typeof(decimal))
        {
            AvroDecimalAttribute size = member?.Info.GetCustomAttribute<AvroDecimalAttribute>() ?? new AvroDecimalAttribute(29, 6);
            return new JsonObject { ["type"] = "bytes", ["logicalType"] = "decimal", ["precision"] = size.Precision, ["scale"] = size.Scale };
        }

        if (CollectionTypes.ItemType(type, isMap: true) is { } value)
        {
            return new JsonObject { ["type"] = "map", ["values"] = BuildItem(value, member, nullability, defined) };
        }

        return CollectionTypes.ItemType(type, isMap: false) is { } item
            ? new JsonObject { ["type"] = "array", ["items"] = BuildItem(item, member, nullability, defined) }
            : BuildNamed(type, defined);
    }

    // List<string?> holds a union with null.
    private static JsonNode BuildItem(Type item, TypeMember? member, NullabilityInfo? collection, Dictionary<string, Type> defined)
    {
        NullabilityInfo? nullability = collection?.ElementType ?? collection?.GenericTypeArguments.LastOrDefault();
        JsonNode schema = Build(item, member, nullability, defined);
        return nullability is { ReadState: NullabilityState.Nullable } && !item.IsValueType ? OrNull(schema) : schema;
    }

    private static JsonArray OrNull(JsonNode schema) => schema is JsonArray branches
        ? new JsonArray([.. branches.Select(branch => branch!.DeepClone()).Prepend("null")])
        : new JsonArray("null", schema);

    private static JsonNode BuildNamed(Type type, Dictionary<string, Type> defined)
    {
        if (TypeMembers.Union(type) is { Count: > 0 } derived)
        {
            return new JsonArray([.. derived.Select(branch => Build(branch, null, null, defined))]);
        }

        string name = TypeMembers.AvroName(type);
        if (name.Length > NameLengthMax)
        {
            throw new ArgumentException($"{type.Name} has a name of {name.Length} letters: a generic type that holds itself of ever new types has no schema.");
        }

        if (!defined.TryAdd(name, type))
        {
            return defined[name] == type ? name : throw new ArgumentException($"{type} and {defined[name]} are both '{name}'. Give one another name by [AvroName].");
        }

        if (type.IsEnum)
        {
            string[] symbols = type.GetFields(BindingFlags.Public | BindingFlags.Static)
                .Select(field => field.GetCustomAttribute<AvroNameAttribute>()?.Name ?? field.Name).ToArray();
            return new JsonObject { ["type"] = "enum", ["name"] = name, ["symbols"] = new JsonArray([.. symbols.Select(symbol => (JsonNode)symbol)]) };
        }

        if (!TypeMembers.IsRecord(type))
        {
            throw new ArgumentException($"{type} has no schema. Give one, or map another type.");
        }

        var fields = new JsonArray();
        foreach (TypeMember member in TypeMembers.Of(type).All)
        {
            JsonNode schema = Build(member.Type, member, member.Nullability, defined);
            var field = new JsonObject { ["name"] = member.Name, ["type"] = member.IsNullable && !member.Type.IsValueType ? OrNull(schema) : schema };
            if (member.IsNullable)
            {
                field["default"] = null;
            }

            fields.Add(field);
        }

        return new JsonObject { ["type"] = "record", ["name"] = name, ["fields"] = fields };
    }
}
