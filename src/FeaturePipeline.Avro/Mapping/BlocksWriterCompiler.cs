using System.Linq.Expressions;
using FeaturePipeline.Avro.Binary;

namespace FeaturePipeline.Avro.Mapping;

/// <summary>
/// Compiles the writing of lists, C# arrays and dictionaries as one block: a loop with the writing of one item in it, so that an item costs no delegate
/// and a dictionary no enumerator on the heap. Other collections take the general way.
/// </summary>
internal sealed class BlocksWriterCompiler(ParameterExpression writer, string path, Func<Type, Expression, Expression> writeItem)
{
    private readonly ParameterExpression _count = Expression.Variable(typeof(int), "count");
    private readonly LabelTarget _end = Expression.Label("end");

    /// <summary>An array's items, where the value is a C# array, or found to be a list when it is written.</summary>
    internal Expression Items(Type item, Expression value, Expression general)
    {
        Type type = value.Type.IsArray ? value.Type : typeof(List<>).MakeGenericType(item);
        ParameterExpression items = Expression.Variable(type, "items");
        ParameterExpression index = Expression.Variable(typeof(int), "index");
        Expression one = type.IsArray ? Expression.ArrayIndex(items, index) : Expression.Property(items, "Item", index);
        return Block(
            items,
            value,
            general,
            Expression.Property(items, type.IsArray ? "Length" : "Count"),
            [index],
            Expression.Assign(index, Expression.Constant(0)),
            Expression.LessThan(index, _count),
            Expression.Block(writeItem(item, one), Expression.PreIncrementAssign(index)),
            Expression.Empty());
    }

    /// <summary>A map's entries, where the value is found to be a dictionary when it is written.</summary>
    internal Expression Entries(Type item, Expression value, Expression general)
    {
        Type type = typeof(Dictionary<,>).MakeGenericType(typeof(string), item);
        ParameterExpression map = Expression.Variable(type, "map");
        ParameterExpression entries = Expression.Variable(type.GetMethod("GetEnumerator")!.ReturnType, "entries");
        ParameterExpression entry = Expression.Variable(typeof(KeyValuePair<,>).MakeGenericType(typeof(string), item), "entry");
        return Block(
            map,
            value,
            general,
            Expression.Property(map, "Count"),
            [entries, entry],
            Expression.Assign(entries, Expression.Call(map, "GetEnumerator", null)),
            Expression.Call(entries, "MoveNext", null),
            Expression.Block(
                Expression.Assign(entry, Expression.Property(entries, "Current")),
                WriterCompiler.Call(nameof(MappedWrites.Text), [], writer, Expression.Property(entry, "Key"), Expression.Constant(path)),
                writeItem(item, Expression.Property(entry, "Value")),
                Expression.PreDecrementAssign(_count)),
            Expression.IfThen(
                Expression.NotEqual(_count, Expression.Constant(0)),
                Expression.Throw(WriterCompiler.Call(nameof(MappedWrites.Changed), [], Expression.Constant(path)))));
    }

    private BlockExpression Block(
        ParameterExpression known, Expression value, Expression general, Expression count, ParameterExpression[] variables, Expression start, Expression more, Expression body, Expression after)
    {
        Expression items = Expression.Block(
            WriterCompiler.Call(nameof(MappedWrites.Enter), [], writer, Expression.Constant(path)),
            Expression.Assign(_count, count),
            Expression.IfThen(
                Expression.NotEqual(_count, Expression.Constant(0)),
                Expression.Block(
                    Long(Expression.Convert(_count, typeof(long))),
                    start,
                    Expression.Loop(Expression.Block(Expression.IfThen(Expression.Not(more), Expression.Break(_end)), body), _end),
                    after)),
            Long(Expression.Constant(0L)),
            WriterCompiler.Leave(writer));
        return Expression.Block(
            typeof(void),
            [known, _count, .. variables],
            Expression.Assign(known, Expression.TypeAs(value, known.Type)),
            Expression.IfThenElse(Expression.ReferenceEqual(known, Expression.Constant(null)), general, items));
    }

    private MethodCallExpression Long(Expression value) => WriterCompiler.Call(nameof(MappedWrites.Long), [], writer, value);
}
