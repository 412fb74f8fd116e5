using System.Linq.Expressions;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Resolution;

namespace FeaturePipeline.Avro.Mapping;

/// <summary>
/// Compiles the reading of an array into a list or a C# array, and of a map into a dictionary, and what these are made into: the loops over blocks and items, with the reading of one
/// item in them, so that an item costs no delegate.
/// </summary>
internal sealed class BlocksReaderCompiler(ReaderCompiler compiler, ParameterExpression reader, string path)
{
    private readonly ParameterExpression _count = Expression.Variable(typeof(int), "count");
    private readonly ParameterExpression _size = Expression.Variable(typeof(int), "size");
    private readonly ParameterExpression _start = Expression.Variable(typeof(int), "start");
    private readonly ParameterExpression _left = Expression.Variable(typeof(int), "left");
    private readonly LabelTarget _end = Expression.Label(typeof(bool), "end");

    internal Expression Array(ArrayNode node, Type item, Type type, ParameterExpression target)
    {
        ParameterExpression one = Expression.Variable(item, "item");
        Expression read = compiler.Read(node.Items, item, reader, one, path + "[]");
        if (!type.IsArray)
        {
            ParameterExpression list = Expression.Variable(typeof(List<>).MakeGenericType(item), "list");
            return Blocks(
                node.ItemSizeMin,
                [list, one],
                Expression.Assign(list, Expression.New(list.Type)),
                ReaderCompiler.Call(nameof(MappedReads.Reserve), [item], list, _count),
                read,
                Expression.Call(list, nameof(List<int>.Add), null, one),
                Expression.Assign(target, CollectionTypes.From(list, type)));
        }

        ParameterExpression items = Expression.Variable(type, "items");
        ParameterExpression used = Expression.Variable(typeof(int), "used");
        return Blocks(
            node.ItemSizeMin,
            [items, used, one],
            Expression.Block(Expression.Assign(items, ReaderCompiler.Call(nameof(MappedReads.Empty), [item])), Expression.Assign(used, Expression.Constant(0))),
            ReaderCompiler.Call(nameof(MappedReads.Grow), [item], items, used, _count),
            read,
            ReaderCompiler.Call(nameof(MappedReads.Append), [item], items, used, one),
            Expression.Assign(target, ReaderCompiler.Call(nameof(MappedReads.Trim), [item], items, used)));
    }

    internal Expression Map(MapNode node, Type item, Type type, ParameterExpression target)
    {
        ParameterExpression map = Expression.Variable(typeof(Dictionary<,>).MakeGenericType(typeof(string), item), "map");
        ParameterExpression key = Expression.Variable(typeof(string), "key");
        ParameterExpression one = Expression.Variable(item, "item");
        return Blocks(
            node.EntrySizeMin,
            [map, key, one],
            Expression.Assign(map, ReaderCompiler.Call(nameof(MappedReads.NewMap), [item])),
            ReaderCompiler.Call(nameof(MappedReads.ReserveEntries), [item], map, _count),
            Expression.AndAlso(ReaderCompiler.Found(ReaderCompiler.Call(nameof(MappedReads.Text), [], reader), key), compiler.Read(node.Values, item, reader, one, path + "[]")),
            Expression.Assign(Expression.Property(map, "Item", key), one),
            Expression.Assign(target, CollectionTypes.From(map, type)));
    }

    // The blocks of an array or map. 'start' makes the collection, 'reserve' makes room for a block, 'read' reads an item and is false where the
    // reader has failed, 'add' adds it, 'finish' assigns the collection.
    private BlockExpression Blocks(
        int itemSizeMin, ParameterExpression[] variables, Expression start, Expression reserve, Expression read, Expression add, Expression finish)
    {
        LabelTarget last = Expression.Label("last");
        LabelTarget full = Expression.Label("full");
        Expression header = Expression.Call(reader, nameof(AvroReader.TryReadBlock), null, Expression.Constant(itemSizeMin), _count, _size);
        Expression items = Expression.Loop(
            Expression.Block(
                Expression.IfThen(Expression.Equal(_left, Expression.Constant(0)), Expression.Break(full)),
                Unless(read, ReaderCompiler.FailIn(reader, "[]")),
                add,
                Expression.PreDecrementAssign(_left)),
            full);
        Expression blocks = Expression.Loop(
            Expression.Block(
                Unless(header, Expression.Constant(false)),
                Expression.IfThen(Expression.Equal(_count, Expression.Constant(0)), Expression.Break(last)),
                reserve,
                Expression.Assign(_start, Expression.Property(reader, nameof(AvroReader.Position))),
                Expression.Assign(_left, _count),
                items,
                Unless(Expression.Call(reader, nameof(AvroReader.TryEndBlock), null, _start, _size), Expression.Constant(false))),
            last);
        return Expression.Block(
            [_count, _size, _start, _left, .. variables],
            Unless(Expression.Call(reader, nameof(AvroReader.TryEnter), null, Expression.Constant(1)), Expression.Constant(false)),
            start,
            blocks,
            Expression.Call(reader, nameof(AvroReader.Leave), null),
            finish,
            Expression.Label(_end, Expression.Constant(true)));
    }

    private ConditionalExpression Unless(Expression read, Expression result) => Expression.IfThen(Expression.Not(read), Expression.Return(_end, result));
}
