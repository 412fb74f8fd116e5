using System.Numerics;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Mapping;

/// <summary>
/// How a schema writes a number of digits: <c>decimal</c> on bytes or a fixed, or <c>big-decimal</c>, whose values have their own scales.
/// </summary>
/// <param name="IsBig">Whether it is a <c>big-decimal</c>.</param>
/// <param name="Size">Bytes of the fixed, or -1.</param>
/// <param name="Precision">Digits at most; of no meaning for a <c>big-decimal</c>.</param>
/// <param name="Scale">Digits after the point; of no meaning for a <c>big-decimal</c>.</param>
internal sealed record DecimalForm(bool IsBig, int Size, int Precision, int Scale)
{
    /// <summary>The form of a schema, or null where it is none of these.</summary>
    internal static DecimalForm? Of(AvroSchema schema) => schema.Logical is { Name: "decimal" or "big-decimal" } logical
        ? new DecimalForm(logical.Name == "big-decimal", schema is FixedSchema known ? known.Size : -1, logical.Precision, logical.Scale)
        : null;

    /// <summary>
    /// The name of the function, in <see cref="DecimalReads"/> and <see cref="DecimalWrites"/>, for a type of such numbers, or null for
    /// any other.
    /// </summary>
    internal static string? Function(Type type) => type == typeof(decimal) ? nameof(DecimalReads.Decimal)
        : type == typeof(global::Avro.AvroDecimal) ? nameof(DecimalReads.ApacheDecimal)
        : IsWhole(type) ? nameof(DecimalReads.Whole)
        : null;

    /// <summary>Whether the type is one of whole numbers that are wider than a long.</summary>
    internal static bool IsWhole(Type type) => type == typeof(BigInteger) || type == typeof(Int128) || type == typeof(UInt128);
}
