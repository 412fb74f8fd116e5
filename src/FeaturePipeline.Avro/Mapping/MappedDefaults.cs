using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Mapping;

/// <summary>
/// Defaults of members, as the JSON that stands in a schema, and of enums: of <see cref="AvroDefaultAttribute"/> or of an optional
/// parameter.
/// </summary>
internal static class MappedDefaults
{
    /// <summary>The default that an attribute gives.</summary>
    /// <exception cref="ArgumentException">It is none that the member can have, as far as this is seen without the schema.</exception>
    internal static JsonNode? Of(AvroDefaultAttribute attribute, TypeMember member, JsonNode schema)
    {
        try
        {
            return attribute switch
            {
                { HasValue: true, Json: not null } => throw new ArgumentException("it says two values"),
                { HasValue: true } => Constant(attribute.Value, member.Type, schema),
                { Json: { } json } => Parse(json),
                _ => throw new ArgumentException("it says no value"),
            };
        }
        catch (ArgumentException exception)
        {
            throw Refused(member, exception.Message);
        }
    }

    /// <summary>The default of a constructor's optional parameter, or null where it has none that a schema can have.</summary>
    internal static JsonNode? Of(ParameterInfo parameter, TypeMember member, JsonNode schema)
    {
        try
        {
            return parameter is { HasDefaultValue: true, DefaultValue: { } value } ? Constant(value, member.Type, schema) : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>The error of a default that is no value of its member.</summary>
    internal static ArgumentException Refused(TypeMember member, string why) => new(
        $"The default of {member.Info.DeclaringType!.Name}.{member.Info.Name} is not valid: {why}. "
        + "Give another one by [AvroDefault(VALUE)] or [AvroDefault(Json = \"...\")].");

    /// <summary>The value that stands for unknown symbols of a C# enum, or null where none does.</summary>
    /// <exception cref="ArgumentException">The attribute's value is none of the enum's.</exception>
    internal static object? OfEnum(Type type) => type.GetCustomAttribute<AvroDefaultAttribute>() is not { } attribute ? null
        : attribute is { Json: null, Value: Enum value } && FieldOf(value, type) is not null ? value
        : throw new ArgumentException(
            $"The default of enum {type} is no symbol of it. Give one of its values by [AvroDefault({type.Name}.VALUE)].");

    /// <summary>The symbol of an enum's value.</summary>
    /// <exception cref="ArgumentException">The value has no name, or is of another enum.</exception>
    internal static string Symbol(Enum value, Type type) =>
        FieldOf(value, type) is { } field ? Symbol(field) : throw new ArgumentException($"{value} is no symbol of {type}");

    /// <summary>The symbol of one of an enum's names.</summary>
    internal static string Symbol(FieldInfo field) => field.GetCustomAttribute<AvroNameAttribute>()?.Name ?? field.Name;

    private static FieldInfo? FieldOf(Enum value, Type type) =>
        value.GetType() == type && Enum.GetName(type, value) is { } name ? type.GetField(name) : null;

    private static JsonNode? Parse(string json)
    {
        try
        {
            return JsonNode.Parse(json);
        }
        catch (JsonException exception)
        {
            throw new ArgumentException($"{json} is not JSON: {exception.Message}", exception);
        }
    }

    private static JsonNode? Constant(object? value, Type type, JsonNode schema)
    {
        Type own = Nullable.GetUnderlyingType(type) ?? type;
        if (value is not null && (own == typeof(decimal) || DecimalForm.IsWhole(own)))
        {
            return Digits(value, own, schema is JsonArray branches ? branches[^1]! : schema);
        }

        return value switch
        {
            null => null,
            _ when own == typeof(global::Avro.AvroDecimal) => throw new ArgumentException("Apache's decimal has no constants"),
            string text => text,
            char letter => letter.ToString(),
            byte[] bytes => Encoding.Latin1.GetString(bytes),
            Enum symbol => Symbol(symbol, own),
            bool truth => truth,
            float or double => Finite((IConvertible)value),
            IConvertible number when Type.GetTypeCode(value.GetType()) is >= TypeCode.SByte and <= TypeCode.UInt64 =>
                JsonNode.Parse(number.ToString(CultureInfo.InvariantCulture)),
            Array items => new JsonArray(
                [.. items.Cast<object?>().Select(item => Constant(item, CollectionTypes.ItemType(own, isMap: false) ?? own, schema))]),
            _ => throw new ArgumentException($"a {value.GetType()} has no JSON here"),
        };
    }

    private static JsonNode? Finite(IConvertible number) => double.IsFinite(number.ToDouble(CultureInfo.InvariantCulture))
        ? JsonNode.Parse(number.ToString(CultureInfo.InvariantCulture))
        : throw new ArgumentException("JSON has no NaN and no infinity");

    // The unscaled value's bytes: as JSON has bytes, each is a letter.
    private static JsonNode Digits(object value, Type type, JsonNode schema)
    {
        if (value is float or double)
        {
            throw new ArgumentException($"{value} may not be what it seems. Write a number of digits as text");
        }

        var output = new ArrayBufferWriter<byte>();
        var writer = new AvroWriter(output);
        DecimalForm form = DecimalForm.Of(AvroSchema.Parse(schema.ToJsonString()))!;
        string text = Convert.ToString(value, CultureInfo.InvariantCulture)!;
        if (type == typeof(decimal) && decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out decimal number))
        {
            DecimalWrites.Decimal(ref writer, number, form, "");
        }
        else if (type != typeof(decimal)
            && BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger whole))
        {
            DecimalWrites.Whole(ref writer, whole, form, "");
        }
        else
        {
            throw new ArgumentException($"\"{text}\" is no number");
        }

        writer.Flush();
        new AvroReader(output.WrittenSpan).TryReadBytes(out ReadOnlySpan<byte> bytes);
        return Encoding.Latin1.GetString(bytes);
    }
}
