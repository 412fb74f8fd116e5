namespace FeaturePipeline.Avro.Schemas;

/// <summary>A logical type that is valid on its underlying type. What is unknown or invalid is ignored, as the specification asks.</summary>
/// <param name="Name">Such as <c>timestamp-millis</c>, <c>decimal</c>, <c>uuid</c>.</param>
/// <param name="Precision">Decimal digits; 0 where the type is not <c>decimal</c>.</param>
/// <param name="Scale">Digits after the point; 0 where the type is not <c>decimal</c>.</param>
public sealed record LogicalType(string Name, int Precision = 0, int Scale = 0)
{
    /// <summary>The name, with precision and scale for a decimal.</summary>
    /// <returns>Such as <c>decimal(9,2)</c>.</returns>
    public override string ToString() =>
        Name == "decimal" ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"decimal({Precision},{Scale})") : Name;

    /// <summary>The logical type named on an underlying type, or null where it must be ignored.</summary>
    internal static LogicalType? Resolve(string? name, AvroType underlying, int fixedSize, int? precision, int? scale) => (name, underlying) switch
    {
        ("decimal", AvroType.Bytes) => Decimal(precision, scale, int.MaxValue),
        ("decimal", AvroType.Fixed) => Decimal(precision, scale, MaxPrecision(fixedSize)),
        ("big-decimal", AvroType.Bytes) => new LogicalType(name),
        ("uuid", AvroType.String) => new LogicalType(name),
        ("uuid", AvroType.Fixed) when fixedSize == 16 => new LogicalType(name),
        ("duration", AvroType.Fixed) when fixedSize == 12 => new LogicalType(name),
        ("date" or "time-millis", AvroType.Int) => new LogicalType(name),
        ("time-micros", AvroType.Long) => new LogicalType(name),
        ("timestamp-millis" or "timestamp-micros" or "timestamp-nanos", AvroType.Long) => new LogicalType(name),
        ("local-timestamp-millis" or "local-timestamp-micros" or "local-timestamp-nanos", AvroType.Long) => new LogicalType(name),
        _ => null,
    };

    private static LogicalType? Decimal(int? precision, int? scale, int maxPrecision)
    {
        int digits = scale ?? 0;
        return precision is > 0 && precision <= maxPrecision && digits >= 0 && digits <= precision
            ? new LogicalType("decimal", precision.Value, digits)
            : null;
    }

    // The most digits d for which 10^d - 1 fits a signed number of that many bytes.
    private static int MaxPrecision(int size) => size == 0 ? 0 : (int)Math.Floor(Math.Log10(2) * ((8.0 * size) - 1));
}
