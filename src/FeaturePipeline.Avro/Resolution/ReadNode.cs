using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Resolution;

// The resolution of one (writer, reader) pair: a graph, because schemas may recur. Everything that reads Avro is made from it:
// the flat plan of a projection, generic values, mapped C# types.

/// <summary>How a value of a scalar type is read and what it becomes.</summary>
internal enum ScalarRead : byte
{
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    IntToLong,
    IntToFloat,
    IntToDouble,
    LongToFloat,
    LongToDouble,
    FloatToDouble,
    StringToBytes,
    BytesToString,
}

/// <summary>How a value written under one schema is read under another.</summary>
internal abstract class ReadNode(AvroSchema writer, AvroSchema reader)
{
    /// <summary>The schema of what is in the message.</summary>
    internal AvroSchema Writer { get; } = writer;

    /// <summary>The schema of what the caller gets: not a union, unless the node is a <see cref="WriterUnionNode"/>.</summary>
    internal AvroSchema Reader { get; } = reader;
}

/// <summary>A primitive, promoted where the types differ.</summary>
internal sealed class ScalarNode(AvroSchema writer, AvroSchema reader, ScalarRead read, LogicalConversion? conversion) : ReadNode(writer, reader)
{
    internal ScalarRead Read { get; } = read;

    /// <summary>What makes the writer's number one of the reader's logical type; null where it is one.</summary>
    internal LogicalConversion? Conversion { get; } = conversion;
}

/// <summary>An enum: the writer's index leads to the reader's, or to -1 where the reader has no such symbol.</summary>
internal sealed class EnumNode(EnumSchema writer, EnumSchema reader, int[] map) : ReadNode(writer, reader)
{
    internal int[] Map { get; } = map;

    /// <summary>What is wrong with a symbol of the writer's that the reader does not have.</summary>
    /// <param name="indexes">The writer's index of the symbol, or of all that it may be.</param>
    internal string Unknown(params IEnumerable<int> indexes)
    {
        var wanted = (EnumSchema)Reader;
        string[] written = [.. indexes.Select(index => $"'{((EnumSchema)Writer).Symbols[index]}'")];
        string which = written.Length == 1 ? $"symbol {written[0]}" : $"a symbol of {GenericWriter.Listed(written)}";
        return $"{which} is none of enum {wanted.Name}, which has {GenericWriter.Listed(wanted.Symbols)} and no default";
    }
}

/// <summary>A fixed of the same size.</summary>
internal sealed class FixedNode(FixedSchema writer, FixedSchema reader, LogicalConversion? conversion) : ReadNode(writer, reader)
{
    internal int Size { get; } = writer.Size;

    /// <summary>As a scalar's.</summary>
    internal LogicalConversion? Conversion { get; } = conversion;
}

/// <summary>An array.</summary>
internal sealed class ArrayNode(ArraySchema writer, ArraySchema reader) : ReadNode(writer, reader)
{
    internal ReadNode Items { get; set; } = null!;

    /// <summary>The fewest bytes of one item as written.</summary>
    internal int ItemSizeMin { get; } = MinimumSize.Of(writer.Items);
}

/// <summary>A map.</summary>
internal sealed class MapNode(MapSchema writer, MapSchema reader) : ReadNode(writer, reader)
{
    internal ReadNode Values { get; set; } = null!;

    /// <summary>The fewest bytes of one entry as written.</summary>
    internal int EntrySizeMin { get; } = MinimumSize.AddSaturated(MinimumSize.Of(writer.Values), 1);
}

/// <summary>A record: a step for each of the writer's fields in order, then the reader's fields that the writer lacks.</summary>
internal sealed class RecordNode(RecordSchema writer, RecordSchema reader) : ReadNode(writer, reader)
{
    internal RecordStep[] Steps { get; set; } = [];

    internal RecordField[] Defaults { get; set; } = [];

    private Skipper?[]? _skippers;
    private ReadNode?[]? _defaultNodes;

    /// <summary>Skips a field that the reader does not have.</summary>
    internal bool Skip(RecordStep step, ref AvroReader reader)
    {
        Skipper?[] skippers = _skippers ??= new Skipper?[Steps.Length];
        Skipper skipper = skippers[step.Field.Position] ??= Skipper.Of(step.Field.Schema);
        return skipper.Skip(ref reader);
    }

    /// <summary>How the encoded default of field i of <see cref="Defaults"/> is read.</summary>
    internal ReadNode DefaultNode(int i)
    {
        ReadNode?[] nodes = _defaultNodes ??= new ReadNode?[Defaults.Length];
        return nodes[i] ??= Resolver.Resolve(Defaults[i].Schema, Defaults[i].Schema);
    }
}

/// <summary>One field of the writer: read into a field of the reader, or skipped.</summary>
/// <param name="Field">The writer's field.</param>
/// <param name="Target">The position of the reader's field, or -1 where the field is skipped.</param>
/// <param name="Node">How it is read; null where it is skipped.</param>
internal readonly record struct RecordStep(RecordField Field, int Target, ReadNode? Node);

/// <summary>The message says which of the writer's branches follows. A branch that the reader cannot read is null.</summary>
internal sealed class WriterUnionNode(UnionSchema writer, AvroSchema reader, ReadNode?[] branches) : ReadNode(writer, reader)
{
    internal ReadNode?[] Branches { get; } = branches;

    /// <summary>What is wrong with a branch of the writer's that the reader cannot read.</summary>
    internal string Unreadable(int index) =>
        $"{DecodeResult.UnreadableBranch}{((UnionSchema)Writer).Branches[index].TypeName} cannot be read: what the reader wants is {GenericWriter.TypeOf(Reader)}";
}

/// <summary>The value becomes a branch of the reader's union; the message knows nothing of it.</summary>
internal sealed class ReaderUnionNode(AvroSchema writer, UnionSchema reader, int index) : ReadNode(writer, reader)
{
    internal int Index { get; } = index;

    internal ReadNode Branch { get; set; } = null!;
}
