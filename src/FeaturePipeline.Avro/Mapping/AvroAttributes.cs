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

/// <summary>Precision and scale of a decimal member in a generated schema. Default: 29 digits, scale 6.</summary>
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
