using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Mapping;

/// <summary>
/// The schema of a C# type: records of its public members in their order; enums, List, arrays and dictionaries; what may be null is a
/// union with null, null first and the default; a closed hierarchy is a union of its types.
/// </summary>
/// <remarks>
/// DateTime and DateTimeOffset are timestamp-micros: the point in time is kept, the offset that it was told in is not, and what is finer
/// than a microsecond is cut off towards the past. DateOnly is date, TimeOnly and TimeSpan are time-micros, Guid is a uuid string. decimal
/// is a decimal of 29 digits, 6 of them after the point, Int128 and UInt128 are decimals of 39 digits, BigInteger is a big-decimal;
/// <see cref="AvroDecimalAttribute"/> gives a decimal other digits. Half is a float; Uri, Version, IPAddress, char and Rune are strings;
/// byte[], Memory, ReadOnlyMemory and ArraySegment of bytes are bytes. Tuples and KeyValuePair are records. No other type of the framework
/// has a schema, nor has a class that cannot be made with all its members: by setters, one constructor's parameters of their names and
/// types, or by filling collections that it makes itself. A property that is worked out, without a setter and a constructor's parameter,
/// is no member of the schema. Defaults of members and enums: <see cref="AvroDefaultAttribute"/>.
/// </remarks>
public static class MappedSchema
{
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
            return OfApache(type) ?? AvroSchema.Parse(new MappedSchemaBuilder().Build(type).ToJsonString());
        }
        catch (AvroSchemaException exception)
        {
            throw new ArgumentException(
                $"{type} has no schema: {exception.Message}. "
                + "Give types and members other names by [AvroName], and defaults by [AvroDefault].",
                nameof(type),
                exception);
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
}
