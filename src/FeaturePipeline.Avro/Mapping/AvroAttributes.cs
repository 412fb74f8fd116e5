namespace FeaturePipeline.Avro.Mapping;

/// <summary>The Avro name of a type (with its namespace), of a member or of an enum's value, where it is not the C# name.</summary>
/// <param name="name">The name.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Enum | AttributeTargets.Property | AttributeTargets.Field)]
public sealed class AvroNameAttribute(string name) : Attribute
{
    /// <summary>The name.</summary>
    public string Name { get; } = name;
}

/// <summary>A member that Avro does not see.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class AvroIgnoreAttribute : Attribute;

/// <summary>
/// The default of a member in a generated schema, which messages that were written before the member was there are read with; of an enum,
/// the value that stands for a symbol which it does not know. Without it, a member that may be null has null, and one of a constructor's
/// optional parameter has the parameter's.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field | AttributeTargets.Enum)]
public sealed class AvroDefaultAttribute : Attribute
{
    /// <summary>A default that <see cref="Json"/> says.</summary>
    public AvroDefaultAttribute()
    {
    }

    /// <summary>A default that is a constant.</summary>
    /// <param name="value">
    /// Null, a truth, a number, text, a letter, bytes, an enum's value, or an array of such. Numbers of digits (decimal, BigInteger,
    /// Int128) are text or whole numbers; dates and times are the number that stands in the message.
    /// </param>
    public AvroDefaultAttribute(object? value)
    {
        Value = value;
        HasValue = true;
    }

    /// <summary>The constant.</summary>
    public object? Value { get; }

    /// <summary>
    /// The default as it stands in a schema (Avro specification, "Complex Types", the table of field default values), where it is no
    /// constant.
    /// </summary>
    public string? Json { get; init; }

    internal bool HasValue { get; }
}

/// <summary>
/// Precision and scale of a decimal, Int128, UInt128 or BigInteger member in a generated schema (without it: see
/// <see cref="MappedSchema"/>).
/// </summary>
/// <param name="precision">Digits.</param>
/// <param name="scale">Digits after the point.</param>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class AvroDecimalAttribute(int precision, int scale) : Attribute
{
    /// <summary>Digits.</summary>
    public int Precision { get; } = precision;

    /// <summary>Digits after the point.</summary>
    public int Scale { get; } = scale;
}

/// <summary>The types of a closed hierarchy: on its base, which then is a union of them.</summary>
/// <param name="types">The derived types, in the union's order; for one that is such a base itself, its own.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Interface, Inherited = false)]
public sealed class AvroUnionAttribute(params Type[] types) : Attribute
{
    /// <summary>The derived types.</summary>
    public IReadOnlyList<Type> Types { get; } = types;
}
