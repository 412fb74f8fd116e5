using System.Globalization;
using System.Numerics;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Resolution;
using ApacheAvro = global::Avro;

namespace FeaturePipeline.Avro.Apache;

/// <summary>
/// Logical types as Apache's library has them: AvroDecimal, DateTime, TimeSpan and Guid; what it does not know stays what underlies it, and
/// what a program has registered with its LogicalTypeFactory is converted by the program.
/// </summary>
internal static class LogicalValues
{
    /// <summary>The unit of one of Apache's own types of times, or none: a program may have put a type of its own in its place.</summary>
    internal static TimeUnit UnitOf(ApacheAvro.LogicalSchema schema) => schema.LogicalType switch
    {
        ApacheAvro.Util.Date => TimeUnit.Days,
        ApacheAvro.Util.TimeMillisecond => TimeUnit.TimeMillis,
        ApacheAvro.Util.TimeMicrosecond => TimeUnit.TimeMicros,
        ApacheAvro.Util.TimestampMillisecond => TimeUnit.Millis,
        ApacheAvro.Util.TimestampMicrosecond => TimeUnit.Micros,
        ApacheAvro.Util.LocalTimestampMillisecond => TimeUnit.LocalMillis,
        ApacheAvro.Util.LocalTimestampMicrosecond => TimeUnit.LocalMicros,
        _ => TimeUnit.None,
    };

    /// <summary>Digits of a decimal, those behind the point, and the bytes of its fixed (-1 for bytes).</summary>
    internal static DecimalForm DecimalOf(ApacheAvro.LogicalSchema schema) => new(
        IsBig: false,
        schema.BaseSchema is ApacheAvro.FixedSchema type ? type.Size : -1,
        int.Parse(schema.GetProperty("precision"), CultureInfo.InvariantCulture),
        schema.GetProperty("scale") is { Length: > 0 } scale ? int.Parse(scale, CultureInfo.InvariantCulture) : 0);

    /// <summary>The reader of a logical type.</summary>
    /// <param name="node">How what underlies it is read.</param>
    /// <param name="schema">The logical type.</param>
    /// <param name="plain">Makes the reader of what underlies it.</param>
    internal static ValueReader Reader(ReadNode node, ApacheAvro.LogicalSchema schema, Func<ReadNode, ApacheAvro.Schema, ValueReader> plain)
    {
        if (UnitOf(schema) is not TimeUnit.None and var unit)
        {
            // The moment that was written, whatever unit the reader's schema counts in.
            var scalar = (ScalarNode)node;
            return new TimeReader(scalar.Read == ScalarRead.Long, scalar.Conversion is null ? unit : TimeUnits.Of(scalar.Writer));
        }

        switch (schema.LogicalType)
        {
            case ApacheAvro.Util.Decimal:
                LogicalConversion? conversion = (node as ScalarNode)?.Conversion ?? (node as FixedNode)?.Conversion;
                return new DecimalReader(DecimalOf(schema), conversion is null ? null : DecimalForm.Of(node.Writer), conversion?.Factor ?? BigInteger.One);
            case ApacheAvro.Util.Uuid:
                return new UuidReader();
            case ApacheAvro.Util.UnknownLogicalType:
                return plain(node, schema.BaseSchema);
            default:
                return new OwnTypeReader(plain(node, schema.BaseSchema), schema);
        }
    }

    private sealed class TimeReader(bool isLong, TimeUnit unit) : ValueReader
    {
        internal override bool TryRead(ref AvroReader reader, out object? value)
        {
            value = null;
            long number;
            if (isLong)
            {
                if (!reader.TryReadLong(out number))
                {
                    return false;
                }
            }
            else if (reader.TryReadInt(out int small))
            {
                number = small;
            }
            else
            {
                return false;
            }

            if (unit is TimeUnit.TimeMillis or TimeUnit.TimeMicros)
            {
                bool isTime = TimeUnits.TryToTicks(number, unit, out long ticks) && ticks is >= 0 and < TimeSpan.TicksPerDay;
                value = isTime ? new TimeSpan(ticks) : null;
                return isTime || reader.Fail(DecodeErrorKind.OutOfRange, "the time is not within one day");
            }

            bool read = MappedReads.DateTime(ref reader, number, unit, out DateTime point);
            value = read ? point : null;
            return read;
        }
    }

    private sealed class DecimalReader(DecimalForm form, DecimalForm? written, BigInteger factor) : ValueReader
    {
        internal override bool TryRead(ref AvroReader reader, out object? value)
        {
            bool read = DecimalReads.ApacheDecimal(ref reader, written ?? form, out ApacheAvro.AvroDecimal number);
            value = !read ? null : written is null ? number : new ApacheAvro.AvroDecimal(number.UnscaledValue * factor, form.Scale);
            return read;
        }
    }

    // In any of .NET's formats, as Apache reads it.
    private sealed class UuidReader : ValueReader
    {
        internal override bool TryRead(ref AvroReader reader, out object? value)
        {
            value = null;
            if (MappedReads.Text(ref reader) is not { } text)
            {
                return false;
            }

            bool isGuid = Guid.TryParse(text, out Guid guid);
            value = isGuid ? guid : null;
            return isGuid || reader.Fail(DecodeErrorKind.OutOfRange, "the text is no uuid");
        }
    }

    private sealed class OwnTypeReader(ValueReader inner, ApacheAvro.LogicalSchema schema) : ValueReader
    {
        internal override bool TryRead(ref AvroReader reader, out object? value)
        {
            if (!inner.TryRead(ref reader, out value))
            {
                return false;
            }

            value = schema.LogicalType.ConvertToLogicalValue(value, schema);
            return true;
        }
    }
}
