using System.Linq.Expressions;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Mapping;

/// <summary>Compiles the writing of a primitive or fixed.</summary>
internal static class ScalarWriterCompiler
{
    private static readonly HashSet<Type> SmallIntegers = [typeof(sbyte), typeof(byte), typeof(short), typeof(ushort), typeof(int)];

    /// <summary>How well a branch of a union suits the type: above 1 it has its name, 1 it is made for it, 0 it may take its values too.</summary>
    internal static int Suits(AvroSchema schema, Type type) => schema is NamedSchema named && TypeMembers.NameFits(type, named) is > 0 and var fits
        ? 1 + fits
        : IsNatural(schema, type) ? 1 : 0;

    private static bool IsNatural(AvroSchema schema, Type type) => schema.Type switch
    {
        AvroType.Boolean => type == typeof(bool),
        AvroType.Int => type == typeof(int),
        AvroType.Long => type == typeof(long) || TimeUnits.Holds(type, TimeUnits.Of(schema)),
        AvroType.Float => type == typeof(float) || type == typeof(Half),
        AvroType.Double => type == typeof(double),
        AvroType.String => type == typeof(string) || type == typeof(Guid) || TextForms.Of(type) is not null,
        AvroType.Bytes => DecimalForm.Of(schema) is null ? ScalarReaderCompiler.IsBytes(type) : DecimalForm.Function(type) is not null,
        AvroType.Enum => type.IsEnum,
        _ => false,
    };

    /// <summary>The expression, or null where the type's values are not the schema's.</summary>
    internal static Expression? Write(AvroSchema schema, Type type, ParameterExpression writer, Expression value, string path)
    {
        ConstantExpression at = Expression.Constant(path);
        switch (schema.Type)
        {
            case AvroType.Boolean:
                return type == typeof(bool) ? WriterCompiler.Call(nameof(MappedWrites.Boolean), [], writer, value) : null;
            case AvroType.Int or AvroType.Long:
                return WriteInteger(schema, type, writer, value, at);
            case AvroType.Float:
                return type == typeof(float) || type == typeof(Half)
                    ? WriterCompiler.Call(nameof(MappedWrites.Float), [], writer, Expression.Convert(value, typeof(float)))
                    : type == typeof(double) ? WriterCompiler.Call(nameof(MappedWrites.FloatOfDouble), [], writer, value, at)
                    : null;
            case AvroType.Double:
                return type == typeof(double) || type == typeof(float) || type == typeof(Half) || SmallIntegers.Contains(type)
                    ? WriterCompiler.Call(nameof(MappedWrites.Double), [], writer, Expression.Convert(value, typeof(double)))
                    : null;
            case AvroType.String:
                return type == typeof(string) ? WriterCompiler.Call(nameof(MappedWrites.Text), [], writer, value, at)
                    : type == typeof(Guid) ? WriterCompiler.Call(nameof(MappedWrites.GuidAsText), [], writer, value)
                    : TextForms.Of(type) is { } form
                    ? WriterCompiler.Call(nameof(MappedWrites.AsText), [type], writer, value, Expression.Constant(form), at)
                    : null;
            default:
                return WriteBytes(schema, type, writer, value, at);
        }
    }

    private static MethodCallExpression? WriteInteger(AvroSchema schema, Type type, ParameterExpression writer, Expression value, ConstantExpression at)
    {
        TimeUnit unit = TimeUnits.Of(schema);
        if (TimeUnits.Holds(type, unit))
        {
            string method = type == typeof(DateTime) ? nameof(MappedWrites.DateTime)
                : type == typeof(DateTimeOffset) ? nameof(MappedWrites.DateTimeOffset)
                : type == typeof(DateOnly) ? nameof(MappedWrites.DateOnly)
                : type == typeof(TimeOnly) ? nameof(MappedWrites.TimeOnly)
                : nameof(MappedWrites.TimeSpanOf);
            return WriterCompiler.Call(method, [], writer, value, Expression.Constant(unit), at);
        }

        if (Array.IndexOf(NumberReads.Integers, type) < 0)
        {
            return null;
        }

        Expression number = type == typeof(ulong) || DecimalForm.IsWhole(type)
            ? WriterCompiler.Call(nameof(MappedWrites.Signed), [type], value, at)
            : Expression.Convert(value, typeof(long));
        return schema.Type == AvroType.Int
            ? WriterCompiler.Call(nameof(MappedWrites.Int), [], writer, number, at)
            : WriterCompiler.Call(nameof(MappedWrites.Long), [], writer, number);
    }

    private static MethodCallExpression? WriteBytes(AvroSchema schema, Type type, ParameterExpression writer, Expression value, ConstantExpression at)
    {
        int size = schema is FixedSchema known ? known.Size : -1;
        if (DecimalForm.Of(schema) is { } form && DecimalForm.Function(type) is { } method)
        {
            Type[] types = method == nameof(DecimalWrites.Whole) ? [type] : [];
            return WriterCompiler.Call(typeof(DecimalWrites), method, types, writer, value, Expression.Constant(form), at);
        }

        if (size == 16 && type == typeof(Guid))
        {
            return WriterCompiler.Call(nameof(MappedWrites.GuidAsFixed), [], writer, value);
        }

        if (schema.Logical?.Name == "duration" && type == typeof(TimeSpan))
        {
            return WriterCompiler.Call(nameof(MappedWrites.Duration), [], writer, value, at);
        }

        if (size >= 0 && type.IsAssignableTo(typeof(global::Avro.Specific.SpecificFixed)))
        {
            return WriterCompiler.Call(nameof(MappedWrites.ApacheFixed), [], writer, value, Expression.Constant(size), at);
        }

        if (size < 0 && type == typeof(byte[]))
        {
            return WriterCompiler.Call(nameof(MappedWrites.ByteArray), [], writer, value, at);
        }

        if (!ScalarReaderCompiler.IsBytes(type))
        {
            return null;
        }

        Expression memory = Expression.Convert(value, typeof(ReadOnlyMemory<byte>));
        return size < 0
            ? WriterCompiler.Call(nameof(MappedWrites.Bytes), [], writer, memory)
            : WriterCompiler.Call(nameof(MappedWrites.Fixed), [], writer, memory, Expression.Constant(size), at);
    }
}
