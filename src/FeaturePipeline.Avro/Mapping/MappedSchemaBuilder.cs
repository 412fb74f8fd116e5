using System.Net;
using System.Numerics;
using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Mapping;

/// <summary>
/// Builds the schema of one C# type, as JSON. What the type would not come back with is refused here, not lost when it is read.
/// </summary>
internal sealed class MappedSchemaBuilder
{
    private const int NameLengthMax = 1000;

    private const string Remedy =
        "Hold what it stands for in another type (text, a number, bytes, a class with a setter or a constructor's parameter for each "
        + "member), or leave the member out by [AvroIgnore]";

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
        [typeof(Half)] = "float",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(string)] = "string",
        [typeof(Uri)] = "string",
        [typeof(Version)] = "string",
        [typeof(IPAddress)] = "string",
        [typeof(char)] = "string",
        [typeof(Rune)] = "string",
        [typeof(byte[])] = "bytes",
        [typeof(ReadOnlyMemory<byte>)] = "bytes",
        [typeof(Memory<byte>)] = "bytes",
        [typeof(ArraySegment<byte>)] = "bytes",
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

    // Digits and scale of a type's numbers, where the member does not say; null where the type has no limit of its own.
    private static readonly Dictionary<Type, AvroDecimalAttribute?> Decimals = new()
    {
        [typeof(decimal)] = new AvroDecimalAttribute(29, 6),
        [typeof(Int128)] = new AvroDecimalAttribute(39, 0),
        [typeof(UInt128)] = new AvroDecimalAttribute(39, 0),
        [typeof(BigInteger)] = null,
        [typeof(global::Avro.AvroDecimal)] = null,
    };

    private readonly Dictionary<string, Type> _defined = [];

    /// <summary>Whether the type is one of the framework's that are a primitive of Avro, with or without a logical type.</summary>
    internal static bool IsScalar(Type type) =>
        Primitives.ContainsKey(type) || LogicalTypes.ContainsKey(type) || Decimals.ContainsKey(type);

    /// <summary>The schema of a type, the value of a member or, by default, alone.</summary>
    /// <exception cref="ArgumentException">The type has none.</exception>
    internal JsonNode Build(Type type, TypeMember? member = null, NullabilityInfo? nullability = null)
    {
        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return new JsonArray("null", Build(underlying, member));
        }

        if (Primitives.TryGetValue(type, out string? name))
        {
            return name;
        }

        if (LogicalTypes.TryGetValue(type, out (string Type, string Logical) logical))
        {
            return new JsonObject { ["type"] = logical.Type, ["logicalType"] = logical.Logical };
        }

        if (Decimals.TryGetValue(type, out AvroDecimalAttribute? size))
        {
            return (member?.Info.GetCustomAttribute<AvroDecimalAttribute>() ?? size) is { } given
                ? new JsonObject
                {
                    ["type"] = "bytes",
                    ["logicalType"] = "decimal",
                    ["precision"] = given.Precision,
                    ["scale"] = given.Scale,
                }
                : new JsonObject { ["type"] = "bytes", ["logicalType"] = "big-decimal" };
        }

        if (CollectionTypes.ItemType(type, isMap: true) is { } value)
        {
            return new JsonObject { ["type"] = "map", ["values"] = BuildItem(value, member, nullability) };
        }

        return CollectionTypes.ItemType(type, isMap: false) is { } item
            ? new JsonObject { ["type"] = "array", ["items"] = BuildItem(item, member, nullability) }
            : BuildNamed(type, member);
    }

    // List<string?> holds a union with null.
    private JsonNode BuildItem(Type item, TypeMember? member, NullabilityInfo? collection)
    {
        NullabilityInfo? nullability = collection?.ElementType ?? collection?.GenericTypeArguments.LastOrDefault();
        JsonNode schema = Build(item, member, nullability);
        return nullability is { ReadState: NullabilityState.Nullable } && !item.IsValueType ? OrNull(schema) : schema;
    }

    private static JsonArray OrNull(JsonNode schema) => schema is JsonArray branches
        ? new JsonArray([.. branches.Select(branch => branch!.DeepClone()).Prepend("null")])
        : new JsonArray("null", schema);

    private JsonNode BuildNamed(Type type, TypeMember? member)
    {
        if (TypeMembers.Union(type) is { Count: > 0 } derived)
        {
            return new JsonArray([.. derived.Select(branch => Build(branch, member))]);
        }

        if (!type.IsEnum && !TypeMembers.IsRecord(type))
        {
            string what = type.IsAbstract ? ", or name its types by [AvroUnion]" : "";
            throw new ArgumentException($"{type} has no schema{At(member)}. {Remedy}{what}.");
        }

        string name = TypeMembers.AvroName(type);
        if (name.Length > NameLengthMax)
        {
            throw new ArgumentException(
                $"{type.Name} has a name of {name.Length} letters: a generic type that holds itself of ever new types has no schema.");
        }

        if (!_defined.TryAdd(name, type))
        {
            return _defined[name] == type ? name : throw new ArgumentException(
                $"{type} and {_defined[name]} are both '{name}'. Give one another name by [AvroName].");
        }

        return type.IsEnum ? BuildEnum(type, name) : BuildRecord(type, name, member);
    }

    private static JsonObject BuildEnum(Type type, string name)
    {
        IEnumerable<string> symbols = type.GetFields(BindingFlags.Public | BindingFlags.Static).Select(MappedDefaults.Symbol);
        var named = new JsonArray([.. symbols.Select(symbol => (JsonNode)symbol)]);
        var schema = new JsonObject { ["type"] = "enum", ["name"] = name, ["symbols"] = named };
        if (MappedDefaults.OfEnum(type) is Enum value)
        {
            schema["default"] = MappedDefaults.Symbol(value, type);
        }

        return schema;
    }

    private JsonObject BuildRecord(Type type, string name, TypeMember? holder)
    {
        TypeMembers members = TypeMembers.Of(type);
        ConstructorInfo? constructor = members.Constructor(members.Stored);
        if (constructor is null && !type.IsValueType)
        {
            throw new ArgumentException(
                $"{type} has no schema{At(holder)}: no constructor is without parameters, or has only some that are members "
                + $"by name and type. {Remedy}.");
        }

        if (members.ShowNothing)
        {
            throw new ArgumentException($"{type} has no schema{At(holder)}: it holds what no member shows, or can be given. {Remedy}.");
        }

        var fields = new JsonArray();
        foreach (TypeMember member in members.Stored)
        {
            if (!members.CanSet(member, constructor))
            {
                throw new ArgumentException($"{type} has no schema{At(holder)}: {TypeMembers.NotSet(member)}");
            }

            ParameterInfo? parameter = constructor?.GetParameters().FirstOrDefault(parameter => members.OfParameter(parameter) == member);
            fields.Add(BuildField(member, parameter));
        }

        return new JsonObject { ["type"] = "record", ["name"] = name, ["fields"] = fields };
    }

    private JsonObject BuildField(TypeMember member, ParameterInfo? parameter)
    {
        JsonNode schema = Build(member.Type, member, member.Nullability);
        JsonNode whole = member.IsNullable && !member.Type.IsValueType ? OrNull(schema) : schema;
        var field = new JsonObject { ["name"] = member.Name, ["type"] = whole };
        if (member.Info.GetCustomAttribute<AvroDefaultAttribute>() is { } attribute)
        {
            JsonNode? value = MappedDefaults.Of(attribute, member, schema);
            if (member.IsNullable && value is not null)
            {
                // A default is of the union's first branch, for those who read the specification before 1.12.
                field["type"] = new JsonArray([.. whole.AsArray().Skip(1).Select(branch => branch!.DeepClone()), "null"]);
            }

            field["default"] = value;
            CheckHeld(member, field);
        }
        else if (member.IsNullable)
        {
            field["default"] = null;
        }
        else if (parameter is not null && MappedDefaults.Of(parameter, member, schema) is { } value)
        {
            field["default"] = value;
        }

        return field;
    }

    // A value of the field's type may be none of the member's. What holds other types is judged when such a message's reader is compiled.
    private static void CheckHeld(TypeMember member, JsonObject field)
    {
        if (IsScalar(Nullable.GetUnderlyingType(member.Type) ?? member.Type))
        {
            var alone = new JsonObject { ["type"] = "record", ["name"] = "Alone", ["fields"] = new JsonArray(field.DeepClone()) };
            RecordField parsed = ((RecordSchema)AvroSchema.Parse(alone.ToJsonString())).Fields[0];
            if (!ReaderCompiler.CanHoldDefault(parsed, member.Type))
            {
                throw MappedDefaults.Refused(member, $"{parsed.Default} is no value of {member.Type}");
            }
        }
    }

    private static string At(TypeMember? member) => member is null ? "" : $" (member {member.Info.DeclaringType!.Name}.{member.Info.Name})";
}
