using System.Linq.Expressions;
using System.Reflection;
using System.Runtime.CompilerServices;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Mapping;

// Compiles a schema and a C# type to a delegate that writes. Records are delegates of their own, in slots, because they may recur.
internal sealed class WriterCompiler
{
    private const BindingFlags Any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;

    // A C# type that holds itself can be walked along a schema of any length.
    private const int DepthMax = 256;

    // Enums up to this number find their index in a table.
    private const int TableMax = 64;

    private readonly Dictionary<(AvroSchema Schema, Type Type), object> _slots = [];
    private readonly List<(AvroSchema Schema, Type Type)> _order = [];
    private readonly Dictionary<(AvroSchema Schema, Type Type), ArgumentException> _failures = [];
    private ApacheTypes? _apache;
    private int _depth;

    internal static WriteSlot<T> Compile<T>(AvroSchema schema) => (WriteSlot<T>)new WriterCompiler().Slot(schema, typeof(T), "");

    internal static MethodCallExpression Call(string method, Type[] types, params Expression[] arguments) =>
        Call(typeof(MappedWrites), method, types, arguments);

    internal static MethodCallExpression Call(Type functions, string method, Type[] types, params Expression[] arguments)
    {
        MethodInfo info = functions.GetMethod(method, Any)!;
        return Expression.Call(types.Length == 0 ? info : info.MakeGenericMethod(types), arguments);
    }

    internal static MethodCallExpression Leave(ParameterExpression writer) => Expression.Call(writer, typeof(AvroWriter).GetMethod(nameof(AvroWriter.Leave), Any)!);

    private object Slot(AvroSchema schema, Type type, string path)
    {
        if (_slots.TryGetValue((schema, type), out object? known))
        {
            return known;
        }

        if (_failures.TryGetValue((schema, type), out ArgumentException? failure))
        {
            throw failure;
        }

        object slot = Activator.CreateInstance(typeof(WriteSlot<>).MakeGenericType(type), nonPublic: true)!;
        _slots.Add((schema, type), slot);
        _order.Add((schema, type));
        int mark = _order.Count - 1;
        _depth++;
        try
        {
            Fill(slot, schema, type, path);
            return slot;
        }
        catch (ArgumentException exception) when (Forget(schema, type, mark, exception))
        {
            throw;
        }
        finally
        {
            _depth--;
        }
    }

    // A filter that is never true, so that the stack is unwound once. A union may have another branch for the type; what was compiled
    // meanwhile may lean on the slot that failed, so it goes too.
    private bool Forget(AvroSchema schema, Type type, int mark, ArgumentException exception)
    {
        _failures[(schema, type)] = exception;
        foreach ((AvroSchema, Type) pair in _order.Skip(mark))
        {
            _slots.Remove(pair);
        }

        _order.RemoveRange(mark, _order.Count - mark);
        return false;
    }

    private void Fill(object slot, AvroSchema schema, Type type, string path)
    {
        // Not an ArgumentException: no other branch of a union is taken instead.
        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (_depth > DepthMax)
        {
            throw new ArgumentException($"Field '{path}': the schema nests more than {DepthMax} types of {type}.");
        }

        ParameterExpression writer = Expression.Parameter(typeof(AvroWriter).MakeByRefType(), "writer");
        ParameterExpression value = Expression.Parameter(type, "value");
        _apache ??= ApacheTypes.For(type);
        Expression body = schema is RecordSchema record && TypeMembers.IsRecord(type)
            ? RecordBody(record, type, writer, value, path)
            : Write(schema, type, writer, value, path);
        Delegate compiled = Expression.Lambda(typeof(WriteValue<>).MakeGenericType(type), Expression.Block(typeof(void), body), writer, value).Compile();
        slot.GetType().GetField(nameof(WriteSlot<int>.Write), Any)!.SetValue(slot, compiled);
    }

    private Expression Write(AvroSchema schema, Type type, ParameterExpression writer, Expression value, string path)
    {
        if (type == typeof(object) || type == typeof(GenericRecord) || type == ApacheTypes.AnyRecord)
        {
            return WriteObject(schema, type, writer, value, path);
        }

        if (schema is UnionSchema union)
        {
            return WriteUnion(union, type, writer, value, path);
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Expression.IfThenElse(
                Expression.Property(value, "HasValue"), Write(schema, underlying, writer, Expression.Property(value, "Value"), path), Throw(nameof(MappedWrites.NullValue), Expression.Constant(path)));
        }

        return schema switch
        {
            RecordSchema record => WriteRecord(record, type, writer, value, path),
            ArraySchema array => WriteItems(array, array.Items, type, writer, value, path),
            MapSchema map => WriteItems(map, map.Values, type, writer, value, path),
            EnumSchema symbols => WriteEnum(symbols, type, writer, value, path),
            { Type: AvroType.Null } => Expression.Empty(),
            _ => ScalarWriterCompiler.Write(schema, type, writer, Zoned(schema, type, value), path),
        }
        ?? throw ReaderCompiler.Unmapped(schema, type, path);
    }

    // In a class of avrogen a time that does not say its zone is one of the machine's, as Apache writes it.
    private Expression Zoned(AvroSchema schema, Type type, Expression value) =>
        _apache is not null && type == typeof(DateTime) && TimeUnits.Of(schema) is TimeUnit.Millis or TimeUnit.Micros
            ? Expression.Call(value, typeof(DateTime).GetMethod(nameof(DateTime.ToUniversalTime))!)
            : value;

    private static UnaryExpression Throw(string factory, params Expression[] arguments) => Expression.Throw(Call(factory, [], arguments));

    // A generic value; in a class of avrogen also what Apache would put there, by its type.
    private Expression WriteObject(AvroSchema schema, Type type, ParameterExpression writer, Expression value, string path)
    {
        Expression chain = Call(nameof(MappedWrites.Object), [], writer, value, Expression.Constant(schema, typeof(AvroSchema)), Expression.Constant(path));
        if (_apache is null)
        {
            return chain;
        }

        IReadOnlyList<AvroSchema> branches = schema is UnionSchema union ? union.Branches : [schema];
        for (int i = branches.Count - 1; i >= 0; i--)
        {
            if (_apache.Of(branches[i]) is { } held && held.IsAssignableTo(type))
            {
                Expression write = Write(branches[i], held, writer, Expression.Convert(value, held), path);
                chain = Expression.IfThenElse(
                    Expression.TypeIs(value, held), schema is UnionSchema ? Expression.Block(typeof(void), Tag(writer, i), write) : write, chain);
            }
        }

        return chain;
    }

    private Expression WriteUnion(UnionSchema union, Type type, ParameterExpression writer, Expression value, string path)
    {
        bool canBeNull = !type.IsValueType || Nullable.GetUnderlyingType(type) is not null;
        Type own = Nullable.GetUnderlyingType(type) ?? type;
        Expression notNull = own == type ? value : Expression.Property(value, "Value");
        Expression write = WriteNotNull(union, own, writer, notNull, path);
        return canBeNull && union.NullIndex >= 0
            ? Expression.IfThenElse(Expression.Equal(value, Expression.Constant(null, type)), Tag(writer, union.NullIndex), write)
            : write;
    }

    private static MethodCallExpression Tag(ParameterExpression writer, int index) => Call(nameof(MappedWrites.Long), [], writer, Expression.Constant((long)index));

    // A closed hierarchy asks the value which branch it is; any other type has one branch that suits it best.
    private Expression WriteNotNull(UnionSchema union, Type type, ParameterExpression writer, Expression value, string path)
    {
        if (TypeMembers.Union(type).Count > 0)
        {
            // One type may derive from another: the most derived is asked for first.
            Expression chain = Throw(
                nameof(MappedWrites.NoBranch),
                Expression.Convert(value, typeof(object)),
                Expression.Constant(union),
                Expression.Constant(path));
            var found = from branch in union.Branches.Index()
                        where branch.Item is RecordSchema
                        let derived = TypeMembers.DerivedFor(type, (RecordSchema)branch.Item)
                        where derived is not null
                        orderby TypeMembers.Bases(derived), branch.Index descending
                        select (branch.Index, branch.Item, derived);
            foreach ((int index, AvroSchema record, Type derived) in found)
            {
                Expression write = Expression.Block(Tag(writer, index), Invoke(record, derived, writer, Expression.Convert(value, derived), path));
                chain = Expression.IfThenElse(Expression.TypeIs(value, derived), write, chain);
            }

            return chain;
        }

        int best = -1, chosen = -1, rival = -1;
        Expression? suited = null;
        for (int i = 0; i < union.Branches.Count; i++)
        {
            AvroSchema branch = union.Branches[i];
            int suits = ScalarWriterCompiler.Suits(branch, type);
            if (branch.Type == AvroType.Null || suits < best || TryWrite(branch, type, writer, value, path) is not { } write)
            {
                continue;
            }

            if (suits > best)
            {
                (best, chosen, rival, suited) = (suits, i, -1, Expression.Block(Tag(writer, i), write));
            }
            else if (rival < 0)
            {
                rival = i;
            }
        }

        // Two of the type's simple name, and none of its full one: neither is meant more than the other.
        if (rival >= 0 && union.Branches[chosen] is NamedSchema one && TypeMembers.NameFits(type, one) == 1)
        {
            throw new ArgumentException(
                $"Field '{path}': {type} may be {one.Name} or {((NamedSchema)union.Branches[rival]).Name} of the union. "
                + $"Give it the full name of one: [AvroName(\"{one.Name}\")].");
        }

        return suited ?? (union.NullIndex >= 0 && union.Branches.Count == 1 ? Tag(writer, 0) : throw ReaderCompiler.Unmapped(union, type, path));
    }

    private Expression? TryWrite(AvroSchema schema, Type type, ParameterExpression writer, Expression value, string path)
    {
        try
        {
            return Write(schema, type, writer, value, path);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private Expression WriteRecord(RecordSchema record, Type type, ParameterExpression writer, Expression value, string path)
    {
        if (TypeMembers.Union(type).Count > 0)
        {
            Type derived = TypeMembers.DerivedFor(type, record) ?? throw ReaderCompiler.Unmapped(record, type, path);
            return Invoke(record, derived, writer, Expression.Convert(value, derived), path);
        }

        return TypeMembers.IsRecord(type) ? Invoke(record, type, writer, value, path) : throw ReaderCompiler.Unmapped(record, type, path);
    }

    private InvocationExpression Invoke(AvroSchema schema, Type type, ParameterExpression writer, Expression value, string path) =>
        Expression.Invoke(Expression.Field(Expression.Constant(Slot(schema, type, path)), nameof(WriteSlot<int>.Write)), writer, value);

    private BlockExpression RecordBody(RecordSchema record, Type type, ParameterExpression writer, ParameterExpression value, string path)
    {
        TypeMember?[] members = TypeMembers.Match(record, TypeMembers.Of(type).All);
        var statements = new List<Expression>();
        if (!type.IsValueType)
        {
            statements.Add(Expression.IfThen(Expression.ReferenceEqual(value, Expression.Constant(null)), Throw(nameof(MappedWrites.NullValue), Expression.Constant(path))));
        }

        // A class of avrogen shows by its own schema what it holds.
        if (!type.IsSealed && !type.IsAssignableTo(typeof(global::Avro.Specific.ISpecificRecord)))
        {
            MethodCallExpression own = Expression.Call(value, nameof(GetType), null);
            ConstantExpression declared = Expression.Constant(type, typeof(Type));
            statements.Add(Expression.IfThen(
                Expression.ReferenceNotEqual(own, declared), Call(nameof(MappedWrites.CheckDerived), [], own, declared, Expression.Constant(path))));
        }

        statements.Add(Call(nameof(MappedWrites.Enter), [], writer, Expression.Constant(path)));
        foreach (RecordField field in record.Fields)
        {
            string at = path.Length == 0 ? field.Name : path + "." + field.Name;
            if (members[field.Position] is { } member)
            {
                statements.Add(Write(field.Schema, member.Type, writer, Expression.MakeMemberAccess(value, member.Info), at));
            }
            else if (field.Default is not null)
            {
                statements.Add(Expression.Call(writer, nameof(AvroWriter.WriteRaw), null, Expression.Convert(Expression.Constant(field.DefaultBinary().ToArray()), typeof(ReadOnlySpan<byte>))));
            }
            else
            {
                throw new ArgumentException($"{type} has no member for field '{at}', which has no default.");
            }
        }

        statements.Add(Leave(writer));
        return Expression.Block(typeof(void), statements);
    }

    private Expression? WriteItems(AvroSchema schema, AvroSchema part, Type type, ParameterExpression writer, Expression value, string path)
    {
        bool isMap = schema is MapSchema;
        Type? wanted = type.GetInterfaces().Append(type).FirstOrDefault(candidate => candidate.IsGenericType && (isMap
            ? candidate.GetGenericTypeDefinition() == typeof(IEnumerable<>) && candidate.GetGenericArguments()[0] is { IsGenericType: true } pair
                && pair.GetGenericTypeDefinition() == typeof(KeyValuePair<,>) && pair.GetGenericArguments()[0] == typeof(string)
            : candidate.GetGenericTypeDefinition() == typeof(IEnumerable<>)));
        if (wanted is null || type == typeof(string))
        {
            return null;
        }

        Type item = isMap ? wanted.GetGenericArguments()[0].GetGenericArguments()[1] : wanted.GetGenericArguments()[0];
        ConstantExpression slot = Expression.Constant(Slot(part, item, path + "[]"));
        string method = isMap ? nameof(MappedWrites.Map) : nameof(MappedWrites.Sequence);
        Expression general = Call(method, [item], writer, Expression.Convert(value, wanted), slot, Expression.Constant(path));
        if (type.IsValueType)
        {
            return general;
        }

        var blocks = new BlocksWriterCompiler(writer, path, (itemType, one) => Write(part, itemType, writer, one, path + "[]"));
        return isMap ? blocks.Entries(item, value, general) : blocks.Items(item, value, general);
    }

    private static MethodCallExpression? WriteEnum(EnumSchema schema, Type type, ParameterExpression writer, Expression value, string path)
    {
        if (type != typeof(string) && !type.IsEnum)
        {
            return null;
        }

        var indexes = (System.Collections.IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(type, typeof(int)))!;
        for (int i = 0; i < schema.Symbols.Count; i++)
        {
            if ((type == typeof(string) ? schema.Symbols[i] : ReaderCompiler.EnumValue(type, schema.Symbols[i])) is { } key)
            {
                indexes[key] = i;
            }
        }

        ConstantExpression place = Expression.Constant(new EnumPlace(schema, path));
        if (type.IsEnum && Table(type, indexes) is { } table)
        {
            UnaryExpression number = Expression.Convert(value, typeof(long));
            return Call(nameof(MappedWrites.SymbolAt), [type], writer, number, Expression.Constant(table), value, place);
        }

        return Call(nameof(MappedWrites.Symbol), [type], writer, value, Expression.Constant(indexes), place);
    }

    // The symbols' indexes by the enum's numbers, where these are small.
    private static int[]? Table(Type type, System.Collections.IDictionary indexes)
    {
        if (Enum.GetUnderlyingType(type) == typeof(ulong))
        {
            return null;
        }

        var table = new int[TableMax];
        Array.Fill(table, -1);
        foreach (object key in indexes.Keys)
        {
            long number = Convert.ToInt64(key, System.Globalization.CultureInfo.InvariantCulture);
            if (number is < 0 or >= TableMax)
            {
                return null;
            }

            table[number] = (int)indexes[key]!;
        }

        return table;
    }
}
