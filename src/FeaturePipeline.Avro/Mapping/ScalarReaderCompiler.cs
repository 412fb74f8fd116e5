using System.Linq.Expressions;
using System.Reflection;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Resolution;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Mapping;

/// <summary>
/// Compiles the reading of a primitive or fixed: into the C# type that Avro's type is, a wider or narrower one, or one of a logical type.
/// </summary>
internal static class ScalarReaderCompiler
{
    /// <summary>The expression, or null where the type cannot hold the value.</summary>
    internal static Expression? Read(ReadNode node, Type type, ParameterExpression reader, ParameterExpression target)
    {
        if (node is FixedNode type0)
        {
            return ReadFixed(type0, type, reader, target);
        }

        ScalarRead read = ((ScalarNode)node).Read;
        return read switch
        {
            ScalarRead.String or ScalarRead.BytesToString => ReadText(type, reader, target),
            ScalarRead.Bytes or ScalarRead.StringToBytes => ReadBytes(node, ((ScalarNode)node).Conversion, type, -1, reader, target),
            _ => ReadNumber((ScalarNode)node, type, reader, target),
        };
    }

    private static Expression? ReadText(Type type, ParameterExpression reader, ParameterExpression target) =>
        type == typeof(string) ? ReaderCompiler.Found(ReaderCompiler.Call(nameof(MappedReads.Text), [], reader), target)
        : type == typeof(Guid) ? ReaderCompiler.Call(nameof(MappedReads.GuidOfText), [], reader, target)
        : TextForms.Of(type) is { } form
        ? ReaderCompiler.Call(nameof(MappedReads.OfText), [type], reader, Expression.Constant(form), target)
        : null;

    private static Expression? ReadFixed(FixedNode node, Type type, ParameterExpression reader, ParameterExpression target)
    {
        string? logical = node.Reader.Logical?.Name;
        if (type == typeof(Guid) && node.Size == 16)
        {
            return ReaderCompiler.Call(nameof(MappedReads.GuidOfFixed), [], reader, target);
        }

        if (type == typeof(TimeSpan) && logical == "duration")
        {
            return ReaderCompiler.Call(nameof(MappedReads.Duration), [], reader, target);
        }

        return type.IsAssignableTo(typeof(global::Avro.Specific.SpecificFixed))
            && Activator.CreateInstance(type) is global::Avro.Specific.SpecificFixed { Schema: global::Avro.FixedSchema own } && own.Size == node.Size
            ? ReaderCompiler.Call(nameof(MappedReads.ApacheFixed), [type], reader, Expression.Constant(node.Size), target)
            : ReadBytes(node, node.Conversion, type, node.Size, reader, target);
    }

    private static Expression? ReadBytes(
        ReadNode node, LogicalConversion? conversion, Type type, int size, ParameterExpression reader, ParameterExpression target)
    {
        // A number has the value that was written, whatever scale the reader's schema would write it with.
        if (DecimalForm.Of(conversion is null ? node.Reader : node.Writer) is { } form && DecimalForm.Function(type) is { } method)
        {
            Type[] types = method == nameof(DecimalReads.Whole) ? [type] : [];
            return ReaderCompiler.Call(typeof(DecimalReads), method, types, reader, Expression.Constant(form), target);
        }

        if (!IsBytes(type))
        {
            return null;
        }

        ParameterExpression bytes = Expression.Variable(typeof(byte[]));
        Expression read = conversion is not null
            ? ReaderCompiler.Call(nameof(MappedReads.Rescaled), [], reader, Expression.Constant(conversion), Expression.Constant(size), bytes)
            : size < 0
            ? ReaderCompiler.Call(nameof(MappedReads.Bytes), [], reader, bytes)
            : ReaderCompiler.Call(nameof(MappedReads.Fixed), [], reader, Expression.Constant(size), bytes);
        return Expression.Block([bytes], ReaderCompiler.Then(read, Expression.Assign(target, Expression.Convert(bytes, type))));
    }

    /// <summary>Whether the type is one of bytes.</summary>
    internal static bool IsBytes(Type type) =>
        type == typeof(byte[])
        || type == typeof(ReadOnlyMemory<byte>) || type == typeof(Memory<byte>) || type == typeof(ArraySegment<byte>);

    private static Expression? ReadNumber(ScalarNode node, Type type, ParameterExpression reader, ParameterExpression target)
    {
        // A time is the moment that was written, whatever unit the reader's schema counts in; a plain number counts the reader's units.
        bool isTime = TimeUnits.Holds(type, TimeUnits.Of(node.Reader));
        AvroSchema schema = node.Conversion is not null && isTime ? node.Writer : node.Reader;
        LogicalConversion? conversion = isTime ? null : node.Conversion;
        (Type native, string method) = node.Read switch
        {
            ScalarRead.Boolean => (typeof(bool), nameof(AvroReader.TryReadBoolean)),
            ScalarRead.Int or ScalarRead.IntToLong or ScalarRead.IntToFloat or ScalarRead.IntToDouble => (typeof(int), nameof(AvroReader.TryReadInt)),
            ScalarRead.Long or ScalarRead.LongToFloat or ScalarRead.LongToDouble => (typeof(long), nameof(AvroReader.TryReadLong)),
            ScalarRead.Float or ScalarRead.FloatToDouble => (typeof(float), nameof(AvroReader.TryReadFloat)),
            _ => (typeof(double), nameof(AvroReader.TryReadDouble)),
        };
        MethodInfo info = typeof(AvroReader).GetMethod(method)!;
        if (type == native && native == Promoted(schema) && conversion is null)
        {
            return Expression.Call(reader, info, target);
        }

        ParameterExpression number = Expression.Variable(native);
        if (conversion is not null)
        {
            ParameterExpression counted = Expression.Variable(typeof(long));
            Expression? narrowed = Convert(schema, type, reader, counted, target);
            return narrowed is null ? null : Expression.Block([number, counted], Expression.AndAlso(
                Expression.Call(reader, info, number),
                Expression.AndAlso(
                    ReaderCompiler.Call(nameof(MappedReads.Counted), [], reader, Expression.Constant(conversion), Expression.Convert(number, typeof(long)), counted),
                    narrowed)));
        }

        Expression? convert = Convert(schema, type, reader, Expression.Convert(number, Promoted(schema)), target);
        return convert is null ? null : Expression.Block([number], Expression.AndAlso(Expression.Call(reader, info, number), convert));
    }

    private static Type Promoted(AvroSchema schema) => schema.Type switch
    {
        AvroType.Boolean => typeof(bool),
        AvroType.Int => typeof(int),
        AvroType.Long => typeof(long),
        AvroType.Float => typeof(float),
        _ => typeof(double),
    };

    private static Expression? Convert(AvroSchema schema, Type type, ParameterExpression reader, Expression value, ParameterExpression target)
    {
        TimeUnit unit = TimeUnits.Of(schema);
        if (TimeUnits.Holds(type, unit))
        {
            string method = type == typeof(DateTime) ? nameof(MappedReads.DateTime)
                : type == typeof(DateTimeOffset) ? nameof(MappedReads.DateTimeOffset)
                : type == typeof(DateOnly) ? nameof(MappedReads.DateOnly)
                : type == typeof(TimeOnly) ? nameof(MappedReads.TimeOnly)
                : nameof(MappedReads.TimeSpanOf);
            return ReaderCompiler.Call(method, [], reader, Expression.Convert(value, typeof(long)), Expression.Constant(unit), target);
        }

        return Holds(type, schema.Type)
            ? Expression.Block(Expression.Assign(target, Expression.Convert(value, type)), Expression.Constant(true))
            : Narrow(schema.Type, type, reader, value, target);
    }

    // A type that holds some of the field's values asks each message for its own.
    private static MethodCallExpression? Narrow(
        AvroType avro, Type type, ParameterExpression reader, Expression value, ParameterExpression target)
    {
        bool isWhole = avro is AvroType.Int or AvroType.Long;
        (string? method, Type given) = Array.IndexOf(NumberReads.FloatingPoints, type) >= 0
            ? isWhole
                ? (nameof(NumberReads.FloatingPointOfLong), typeof(long))
                : (nameof(NumberReads.FloatingPoint), typeof(double))
            : (isWhole && Array.IndexOf(NumberReads.Integers, type) >= 0 ? nameof(NumberReads.Integer) : null, typeof(long));
        return avro == AvroType.Boolean || method is null
            ? null
            : ReaderCompiler.Call(typeof(NumberReads), method, [type], reader, Expression.Convert(value, given), target);
    }

    // The types that hold every value of Avro's type exactly.
    private static bool Holds(Type type, AvroType avro) => avro switch
    {
        AvroType.Boolean => type == typeof(bool),
        AvroType.Int => type == typeof(int) || type == typeof(long) || type == typeof(double) || type == typeof(decimal),
        AvroType.Long => type == typeof(long) || type == typeof(decimal),
        AvroType.Float => type == typeof(float) || type == typeof(double),
        _ => type == typeof(double),
    };
}
