using System.Linq.Expressions;
using System.Reflection;
using System.Runtime.CompilerServices;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Resolution;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Mapping;

// Compiles a resolution and a C# type to a delegate. Each expression made here reads one value, assigns it to a variable and is true,
// or is false where the reader has failed. Records are delegates of their own, in slots, because they may recur.
internal sealed class ReaderCompiler
{
    private const BindingFlags Any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;

    // A C# type that holds itself can be walked along a schema of any length.
    private const int DepthMax = 256;

    private readonly Dictionary<(ReadNode Node, Type Type), object> _slots = [];
    private ApacheTypes? _apache;
    private int _depth;

    internal static ReadSlot<T> Compile<T>(ReadNode node) => (ReadSlot<T>)new ReaderCompiler().Slot(node, typeof(T), "");

    private object Slot(ReadNode node, Type type, string path)
    {
        if (_slots.TryGetValue((node, type), out object? known))
        {
            return known;
        }

        object slot = Activator.CreateInstance(typeof(ReadSlot<>).MakeGenericType(type), nonPublic: true)!;
        _slots.Add((node, type), slot);
        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (++_depth > DepthMax)
        {
            throw new ArgumentException($"Field '{path}': the schema nests more than {DepthMax} types of {type}.");
        }

        Fill(slot, node, type, path);
        _depth--;
        return slot;
    }

    private void Fill(object slot, ReadNode node, Type type, string path)
    {
        ParameterExpression reader = Expression.Parameter(typeof(AvroReader).MakeByRefType(), "reader");
        _apache ??= ApacheTypes.For(type);
        Expression body = node is RecordNode record && TypeMembers.IsRecord(type)
            ? new RecordReaderCompiler(this, record, type, path).Body(reader)
            : ReadAlone(node, type, reader, path);
        Delegate compiled = Expression.Lambda(typeof(ReadValue<>).MakeGenericType(type), body, reader).Compile();
        slot.GetType().GetField(nameof(ReadSlot<int>.Read), Any)!.SetValue(slot, compiled);
    }

    private BlockExpression ReadAlone(ReadNode node, Type type, ParameterExpression reader, string path)
    {
        ParameterExpression value = Expression.Variable(type, "value");
        return Expression.Block([value], Read(node, type, reader, value, path), value);
    }

    /// <summary>Whether a type can hold a field's default.</summary>
    internal static bool CanHoldDefault(RecordField field, Type type) =>
        CanHold(type, field.DefaultBinary(), new ReaderCompiler().Slot(Resolver.Resolve(field.Schema, field.Schema), type, field.Name));

    internal static bool CanHold(Type type, ReadOnlyMemory<byte> encoded, object slot) =>
        (bool)typeof(MappedReads).GetMethod(nameof(MappedReads.CanHold), Any)!.MakeGenericMethod(type).Invoke(null, [encoded, slot])!;

    internal ConstantExpression SlotOf(ReadNode node, Type type, string path) => Expression.Constant(Slot(node, type, path));

    /// <summary>Reads a value of the node into the target.</summary>
    internal Expression Read(ReadNode node, Type type, ParameterExpression reader, ParameterExpression target, string path)
    {
        switch (node)
        {
            case ReaderUnionNode union:
                return Read(union.Branch, type, reader, target, path);
            case WriterUnionNode union:
                return ReadUnion(union, type, reader, target, path);
            case ScalarNode { Read: ScalarRead.Null }:
                return type.IsValueType && Nullable.GetUnderlyingType(type) is null
                    ? Fail(reader, DecodeErrorKind.UnreadableBranch, $"null, which {type} does not have")
                    : Expression.Block(Expression.Assign(target, Expression.Default(type)), Expression.Constant(true));
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            ParameterExpression inner = Expression.Variable(underlying);
            return Expression.Block([inner], Then(Read(node, underlying, reader, inner, path), Expression.Assign(target, Expression.Convert(inner, type))));
        }

        if (type == typeof(object) || type == ApacheTypes.AnyRecord || (type == typeof(GenericRecord) && node is RecordNode))
        {
            return ReadObject(node, type, reader, target, path);
        }

        return node switch
        {
            RecordNode record => ReadRecord(record, type, reader, target, path),
            ArrayNode array => ReadItems(array, type, reader, target, path),
            MapNode map => ReadItems(map, type, reader, target, path),
            EnumNode symbols => ReadEnum(symbols, type, reader, target, path),
            _ => ScalarReaderCompiler.Read(node, type, reader, target) ?? throw Unmapped(node.Reader, type, path),
        };
    }

    internal static Expression Then(Expression read, Expression action) =>
        Expression.Condition(read, Expression.Block(typeof(bool), action, Expression.Constant(true)), Expression.Constant(false));

    internal static MethodCallExpression Call(string method, Type[] types, params Expression[] arguments) =>
        Call(typeof(MappedReads), method, types, arguments);

    internal static MethodCallExpression Call(Type functions, string method, Type[] types, params Expression[] arguments)
    {
        MethodInfo info = functions.GetMethod(method, Any)!;
        return Expression.Call(types.Length == 0 ? info : info.MakeGenericMethod(types), arguments);
    }

    /// <summary>Assigns what a method gives, where it gives null for a reader that has failed.</summary>
    internal static BinaryExpression Found(Expression read, ParameterExpression target) =>
        Expression.ReferenceNotEqual(Expression.Assign(target, read), Expression.Constant(null));

    internal static MethodCallExpression FailIn(ParameterExpression reader, string part) =>
        Expression.Call(reader, typeof(AvroReader).GetMethod(nameof(AvroReader.FailIn), BindingFlags.NonPublic | BindingFlags.Instance)!, Expression.Constant(part));

    internal static MethodCallExpression Fail(ParameterExpression reader, DecodeErrorKind error, string detail) => Expression.Call(
        reader,
        typeof(AvroReader).GetMethod(nameof(AvroReader.Fail), Any, [typeof(DecodeErrorKind), typeof(string)])!,
        Expression.Constant(error),
        Expression.Constant(detail));

    internal static ArgumentException Unmapped(AvroSchema schema, Type type, string path) =>
        new($"{(path.Length == 0 ? "The value" : $"Field '{path}'")} is of type {Described(schema)}, which {type} cannot hold.");

    private static string Described(AvroSchema schema) => schema is UnionSchema union
        ? $"union of {GenericWriter.Listed(union.Branches.Select(Described))}"
        : schema.TypeName + (schema.Logical is null ? "" : $" ({schema.Logical})");

    // A generic value; in a class of avrogen what Apache would put there.
    private BlockExpression ReadObject(ReadNode node, Type type, ParameterExpression reader, ParameterExpression target, string path)
    {
        Type? held = _apache?.Of(node.Reader) is { } own && own.IsAssignableTo(type) ? own : null;
        if (held is null && type == ApacheTypes.AnyRecord)
        {
            throw Unmapped(node.Reader, type, path);
        }

        ParameterExpression value = Expression.Variable(held ?? typeof(object));
        Expression read = held is null
            ? Call(nameof(MappedReads.Object), [], reader, Expression.Constant(node, typeof(ReadNode)), value)
            : Read(node, held, reader, value, path);
        return Expression.Block([value], Then(read, Expression.Assign(target, Expression.Convert(value, type))));
    }

    private BlockExpression ReadUnion(WriterUnionNode union, Type type, ParameterExpression reader, ParameterExpression target, string path)
    {
        ParameterExpression index = Expression.Variable(typeof(int));
        int best = union.Branches.Max(branch => Fit(branch, type, union));
        bool[] readable = Array.ConvertAll(union.Branches, branch =>
            branch is not null
            && (IsNull(branch) ? !type.IsValueType || Nullable.GetUnderlyingType(type) is not null : best == 0 || Fit(branch, type, union) == best));
        SwitchCase[] cases = union.Branches.Select((branch, i) => Expression.SwitchCase(
            readable[i] ? Read(branch!, type, reader, target, path) : Call(
                nameof(MappedReads.UnreadableBranch),
                [],
                reader,
                Expression.Constant(union.Writer, typeof(UnionSchema)),
                Expression.Constant(i),
                Expression.Constant(readable),
                Expression.Constant(type, typeof(Type))),
            Expression.Constant(i))).ToArray();
        Expression read = Expression.Call(reader, typeof(AvroReader).GetMethod(nameof(AvroReader.TryReadUnionIndex))!, Expression.Constant(cases.Length), index);
        return Expression.Block([index], cases.Length == 0 ? read : Expression.AndAlso(read, Expression.Switch(index, Expression.Constant(false), cases)));
    }

    // A hierarchy that knows some of a union's types reads these: the writer may have got new ones since. A class that has the name of one of them
    // reads this one, and not the others into the members that happen to be alike.
    // Of two types of one simple name the one of the full name is meant.
    private static int Fit(ReadNode? branch, Type type, WriterUnionNode among) => branch switch
    {
        ReaderUnionNode union => Fit(union.Branch, type, among),
        RecordNode record when TypeMembers.DerivedFor(type, (RecordSchema)record.Reader) is { } derived =>
            TypeMembers.NameFits(derived, (RecordSchema)record.Reader) == 2 || !among.Branches.Any(other => IsOfFullName(other, derived)) ? 2 : 0,
        RecordNode record => TypeMembers.NameFits(type, (RecordSchema)record.Reader),
        _ => 0,
    };

    private static bool IsOfFullName(ReadNode? branch, Type type) => branch switch
    {
        ReaderUnionNode union => IsOfFullName(union.Branch, type),
        RecordNode record => TypeMembers.NameFits(type, (RecordSchema)record.Reader) == 2,
        _ => false,
    };

    private static bool IsNull(ReadNode branch) => branch is ReaderUnionNode union ? IsNull(union.Branch) : branch is ScalarNode { Read: ScalarRead.Null };

    private Expression ReadRecord(RecordNode record, Type type, ParameterExpression reader, ParameterExpression target, string path)
    {
        Type own = type;
        if (TypeMembers.Union(type).Count > 0)
        {
            own = TypeMembers.DerivedFor(type, (RecordSchema)record.Reader) ?? throw Unmapped(record.Reader, type, path);
        }
        else if (!TypeMembers.IsRecord(type))
        {
            throw Unmapped(record.Reader, type, path);
        }

        if (own == type)
        {
            return Invoke(record, own, reader, target, path);
        }

        ParameterExpression derived = Expression.Variable(own);
        return Expression.Block([derived], Then(Invoke(record, own, reader, derived, path), Expression.Assign(target, Expression.Convert(derived, type))));
    }

    private BlockExpression Invoke(ReadNode node, Type type, ParameterExpression reader, ParameterExpression target, string path) => Expression.Block(
        Expression.Assign(target, Expression.Invoke(Expression.Field(SlotOf(node, type, path), nameof(ReadSlot<int>.Read)), reader)),
        Expression.Equal(Expression.Property(reader, nameof(AvroReader.Error)), Expression.Constant(DecodeErrorKind.None)));

    private Expression ReadItems(ReadNode node, Type type, ParameterExpression reader, ParameterExpression target, string path)
    {
        Type item = CollectionTypes.ItemType(type, node is MapNode) ?? throw Unmapped(node.Reader, type, path);
        var blocks = new BlocksReaderCompiler(this, reader, path);
        return node is MapNode map ? blocks.Map(map, item, type, target) : blocks.Array((ArrayNode)node, item, type, target);
    }

    private static Expression ReadEnum(EnumNode node, Type type, ParameterExpression reader, ParameterExpression target, string path)
    {
        IReadOnlyList<string> symbols = ((EnumSchema)node.Reader).Symbols;
        Func<string, object?> value = type == typeof(string) ? symbol => symbol
            : type.IsEnum ? symbol => EnumValue(type, symbol)
            : throw Unmapped(node.Reader, type, path);
        object? fallback = type.IsEnum ? MappedDefaults.OfEnum(type) : null;
        object?[] found = node.Map.Select(index => index < 0 ? null : value(symbols[index]) ?? fallback).ToArray();
        Array values = Array.CreateInstance(type, found.Length);
        for (int i = 0; i < found.Length; i++)
        {
            if (found[i] is not null)
            {
                values.SetValue(found[i], i);
            }
        }

        bool[] known = Array.ConvertAll(found, item => item is not null);
        ConstantExpression table = Expression.Constant(values);
        return Array.TrueForAll(known, static one => one)
            ? Call(nameof(MappedReads.KnownSymbol), [type], reader, table, target)
            : Call(nameof(MappedReads.Symbol), [type], reader, table, Expression.Constant(known), Expression.Constant(node), target);
    }

    /// <summary>The value of a C# enum that a symbol names, or null.</summary>
    internal static object? EnumValue(Type type, string symbol)
    {
        FieldInfo[] fields = type.GetFields(BindingFlags.Public | BindingFlags.Static);
        FieldInfo? field = Array.Find(fields, candidate => MappedDefaults.Symbol(candidate) == symbol)
            ?? Array.Find(fields, candidate => TypeMembers.SameName(candidate.Name, symbol));
        return field?.GetValue(null);
    }
}
