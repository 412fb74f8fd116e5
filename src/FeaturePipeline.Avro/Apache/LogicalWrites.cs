using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Mapping;
using ApacheAvro = global::Avro;

namespace FeaturePipeline.Avro.Apache;

/// <summary>Writes the values of logical types that <see cref="LogicalValues"/> reads.</summary>
internal static class LogicalWrites
{
    /// <summary>The writer of a logical type.</summary>
    /// <param name="schema">The logical type.</param>
    /// <param name="of">The writer of what underlies it.</param>
    internal static ValueWriter Writer(ApacheAvro.LogicalSchema schema, Func<ApacheAvro.Schema, ValueWriter> of) =>
        (LogicalValues.UnitOf(schema), schema.LogicalType) switch
        {
            ((TimeUnit.TimeMillis or TimeUnit.TimeMicros) and var unit, _) => new TimeOfDayWriter(unit, schema),
            (not TimeUnit.None and var unit, _) => new DateTimeWriter(unit, schema),
            (_, ApacheAvro.Util.Decimal) => new DecimalWriter(schema),
            (_, ApacheAvro.Util.Uuid) => new UuidWriter(schema),
            (_, ApacheAvro.Util.UnknownLogicalType) => of(schema.BaseSchema),
            _ => new OwnTypeWriter(of(schema.BaseSchema), schema),
        };

    private static ArgumentException NotOf(ApacheAvro.LogicalSchema schema, string taken, object? value) =>
        ValueWriter.Mismatch($"of type {schema.LogicalTypeName}", taken, value);

    private sealed class DateTimeWriter(TimeUnit unit, ApacheAvro.LogicalSchema schema) : ValueWriter
    {
        internal override bool IsFor(object? value) => value is DateTime;

        internal override void Write(ref AvroWriter writer, object? value)
        {
            DateTime point = value as DateTime? ?? throw NotOf(schema, "a DateTime", value);

            // A time that does not say its zone is of the machine's, to Apache as to .NET.
            MappedWrites.DateTime(ref writer, unit is TimeUnit.Millis or TimeUnit.Micros ? point.ToUniversalTime() : point, unit, "");
        }
    }

    private sealed class TimeOfDayWriter(TimeUnit unit, ApacheAvro.LogicalSchema schema) : ValueWriter
    {
        internal override bool IsFor(object? value) => value is TimeSpan;

        internal override void Write(ref AvroWriter writer, object? value)
        {
            TimeSpan time = value as TimeSpan? ?? throw NotOf(schema, "a TimeSpan", value);
            if (time < TimeSpan.Zero || time.Ticks >= TimeSpan.TicksPerDay)
            {
                throw new ArgumentException(
                    $"it is of type {schema.LogicalTypeName}, which takes 00:00:00 to less than a day, not {time}.");
            }

            MappedWrites.TimeSpanOf(ref writer, time, unit, "");
        }
    }

    private sealed class DecimalWriter(ApacheAvro.LogicalSchema schema) : ValueWriter
    {
        private readonly DecimalForm _form = LogicalValues.DecimalOf(schema);

        internal override bool IsFor(object? value) => value is ApacheAvro.AvroDecimal;

        internal override void Write(ref AvroWriter writer, object? value) => DecimalWrites.ApacheDecimal(
            ref writer, value as ApacheAvro.AvroDecimal? ?? throw NotOf(schema, "an AvroDecimal", value), _form, "");
    }

    // Apache writes whatever a value says of itself, be it a Guid, its text, or something that nobody can read.
    private sealed class UuidWriter(ApacheAvro.LogicalSchema schema) : ValueWriter
    {
        internal override bool IsFor(object? value) => value is Guid;

        internal override void Write(ref AvroWriter writer, object? value)
        {
            if (value is Guid guid)
            {
                MappedWrites.GuidAsText(ref writer, guid);
            }
            else
            {
                bool isGuid = value is string && Guid.TryParse((string)value, out _);
                MappedWrites.Text(ref writer, isGuid ? (string)value! : throw NotOf(schema, "a Guid or its text", value), "");
            }
        }
    }

    private sealed class OwnTypeWriter(ValueWriter inner, ApacheAvro.LogicalSchema schema) : ValueWriter
    {
        internal override bool IsFor(object? value) => value is not null && schema.LogicalType.IsInstanceOfLogicalType(value);

        internal override void Write(ref AvroWriter writer, object? value)
        {
            object? underlying;
            try
            {
                underlying = schema.LogicalType.ConvertToBaseValue(value, schema);
            }
            catch (Exception exception) when (exception is InvalidCastException or NullReferenceException)
            {
                throw NotOf(schema, schema.LogicalType.GetCSharpType(nullible: false).ToString(), value);
            }

            inner.Write(ref writer, underlying);
        }
    }
}
