using System.Text;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Resolution;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Generic;

/// <summary>
/// Reads messages of any schema as generic values: a <see cref="GenericRecord"/>, lists, dictionaries and primitives.
/// Immutable, shared by threads. All limits on hostile input hold; memory stays within a small multiple of the message.
/// </summary>
public sealed class GenericReader
{
    private static readonly object True = true;
    private static readonly object False = false;

    private readonly ReadNode _root;
    private readonly int _depthMax;

    private GenericReader(ReadNode root, int depthMax)
    {
        _root = root;
        _depthMax = AvroReader.CheckDepthMax(depthMax);
    }

    /// <summary>Resolves a pair of schemas.</summary>
    /// <param name="writer">The schema that the messages were written with.</param>
    /// <param name="reader">The schema that the caller wants; null for the writer's.</param>
    /// <param name="depthMax">How deep records, arrays and maps may nest in a message: 1 to <see cref="AvroReader.DepthMaxHighest"/>.</param>
    /// <returns>The reader.</returns>
    /// <exception cref="SchemaResolutionException">No message of the writer can be read.</exception>
    public static GenericReader Compile(AvroSchema writer, AvroSchema? reader = null, int depthMax = AvroReader.DepthMax) =>
        new(Resolver.Resolve(writer, reader ?? writer), depthMax);

    /// <summary>Resolves a pair as if no type were a logical one: values are the numbers and bytes that were written.</summary>
    internal static GenericReader CompileRaw(AvroSchema writer, AvroSchema reader) => new(Resolver.Resolve(writer, reader, static _ => true), AvroReader.DepthMax);

    /// <summary>Reads one message, to its last byte.</summary>
    /// <param name="body">The message, without framing.</param>
    /// <param name="value">The value.</param>
    /// <returns>How it went.</returns>
    public DecodeResult TryRead(ReadOnlySpan<byte> body, out object? value)
    {
        var reader = new AvroReader(body, 0, 0, _depthMax);
        if (TryRead(_root, ref reader, out value) && reader.TryEnd())
        {
            return default;
        }

        value = null;
        return reader.Failure();
    }

    /// <summary>Reads one of several messages that follow each other, as in a file's block.</summary>
    internal bool TryReadNext(ref AvroReader reader, out object? value) => TryRead(_root, ref reader, out value);

    /// <summary>Reads one value of a resolved pair.</summary>
    internal static bool TryRead(ReadNode node, ref AvroReader reader, out object? value)
    {
        switch (node)
        {
            case ScalarNode scalar:
                return TryReadScalar(scalar.Read, ref reader, out value) && (scalar.Conversion is not { } unit || TryConvert(unit, ref reader, ref value));
            case RecordNode record:
                return TryReadRecord(record, ref reader, out value);
            case ReaderUnionNode union:
                return TryRead(union.Branch, ref reader, out value);
            case WriterUnionNode union:
                value = null;
                return reader.TryReadUnionIndex(union.Branches.Length, out int index)
                    && (union.Branches[index] is { } branch
                        ? TryRead(branch, ref reader, out value)
                        : reader.Fail(DecodeErrorKind.UnreadableBranch, union.Unreadable(index)));
            case ArrayNode array:
                return TryReadArray(array, ref reader, out value);
            case MapNode map:
                return TryReadMap(map, ref reader, out value);
            case EnumNode symbols:
                return TryReadEnum(symbols, ref reader, out value);
            default:
                return TryReadFixed((FixedNode)node, ref reader, out value);
        }
    }

    private static bool TryReadFixed(FixedNode node, ref AvroReader reader, out object? value)
    {
        bool read = TryReadFixed(node, ref reader, out ReadOnlySpan<byte> bytes);
        value = read ? new GenericFixed((FixedSchema)node.Reader, bytes.ToArray()) : null;
        return read;
    }

    /// <summary>Reads a fixed as the reader's logical type has it: a slice of the message, or what it was converted to.</summary>
    internal static bool TryReadFixed(FixedNode node, ref AvroReader reader, out ReadOnlySpan<byte> bytes)
    {
        if (!reader.TryReadFixed(node.Size, out bytes))
        {
            return false;
        }

        if (node.Conversion is not { } scale)
        {
            return true;
        }

        bool fits = scale.TryConvert(ref reader, bytes, node.Size, out byte[] scaled);
        bytes = scaled;
        return fits;
    }

    // A number or the bytes of a scalar.
    private static bool TryConvert(LogicalConversion conversion, ref AvroReader reader, ref object? value)
    {
        bool fits;
        if (value is byte[] unscaled)
        {
            fits = conversion.TryConvert(ref reader, unscaled, -1, out byte[] scaled);
            value = scaled;
        }
        else
        {
            fits = conversion.TryConvert(ref reader, value is int small ? small : (long)value!, out long counted);
            value = counted;
        }

        return fits;
    }

    private static bool TryReadScalar(ScalarRead read, ref AvroReader reader, out object? value)
    {
        value = null;
        switch (read)
        {
            case ScalarRead.Null:
                return true;
            case ScalarRead.Boolean:
                return Box(reader.TryReadBoolean(out bool truth), truth ? True : False, out value);
            case ScalarRead.Int:
                return Box(reader.TryReadInt(out int small), small, out value);
            case ScalarRead.Long:
                return Box(reader.TryReadLong(out long big), big, out value);
            case ScalarRead.Float:
                return Box(reader.TryReadFloat(out float single), single, out value);
            case ScalarRead.Double:
                return Box(reader.TryReadDouble(out double full), full, out value);
            case ScalarRead.Bytes or ScalarRead.StringToBytes:
                return reader.TryReadBytes(out ReadOnlySpan<byte> bytes) && Box(true, bytes.ToArray(), out value);
            case ScalarRead.String or ScalarRead.BytesToString:
                return reader.TryReadString(out ReadOnlySpan<byte> text) && Box(true, Encoding.UTF8.GetString(text), out value);
            case ScalarRead.IntToLong:
                return Box(reader.TryReadInt(out int wide), (long)wide, out value);
            case ScalarRead.IntToFloat:
                return Box(reader.TryReadInt(out int rounded), (float)rounded, out value);
            case ScalarRead.IntToDouble:
                return Box(reader.TryReadInt(out int exact), (double)exact, out value);
            case ScalarRead.LongToFloat:
                return Box(reader.TryReadLong(out long toSingle), (float)toSingle, out value);
            case ScalarRead.LongToDouble:
                return Box(reader.TryReadLong(out long toDouble), (double)toDouble, out value);
            default:
                return Box(reader.TryReadFloat(out float widened), (double)widened, out value);
        }
    }

    private static bool Box(bool read, object boxed, out object? value)
    {
        value = boxed;
        return read;
    }

    private static bool TryReadRecord(RecordNode node, ref AvroReader reader, out object? value)
    {
        value = null;
        if (!reader.TryEnter(node.Steps.Length))
        {
            return false;
        }

        var record = new GenericRecord((RecordSchema)node.Reader);
        foreach (RecordStep step in node.Steps)
        {
            object? field = null;
            if (!(step.Node is null ? node.Skip(step, ref reader) : TryRead(step.Node, ref reader, out field)))
            {
                return reader.FailIn(step.Field.Name);
            }

            if (step.Target >= 0)
            {
                record[step.Target] = field;
            }
        }

        for (int i = 0; i < node.Defaults.Length; i++)
        {
            RecordField field = node.Defaults[i];
            var encoded = AvroReader.OfDefault(field.DefaultBinary().Span);
            if (!TryRead(node.DefaultNode(i), ref encoded, out object? constant))
            {
                throw new InvalidOperationException($"The default of field '{field.Name}' of record {node.Reader.TypeName} was encoded wrongly.");
            }

            record[field.Position] = constant;
        }

        reader.Leave();
        value = record;
        return true;
    }

    private static bool TryReadEnum(EnumNode node, ref AvroReader reader, out object? value)
    {
        bool read = TryReadSymbol(node, ref reader, out int index);
        value = read ? new GenericEnum((EnumSchema)node.Reader, index) : null;
        return read;
    }

    /// <summary>Reads a symbol as its index in the reader's enum.</summary>
    internal static bool TryReadSymbol(EnumNode node, ref AvroReader reader, out int index)
    {
        if (!reader.TryReadEnumIndex(node.Map.Length, out index))
        {
            return false;
        }

        int written = index;
        index = node.Map[written];
        return index >= 0 || reader.Fail(DecodeErrorKind.UnknownSymbol, node.Unknown(written));
    }

    private static bool TryReadArray(ArrayNode node, ref AvroReader reader, out object? value)
    {
        var list = new List<object?>();
        value = list;
        return TryReadBlocks(ref reader, node.ItemSizeMin, node.Items, list, map: null);
    }

    private static bool TryReadMap(MapNode node, ref AvroReader reader, out object? value)
    {
        var map = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
        value = map;
        return TryReadBlocks(ref reader, node.EntrySizeMin, node.Values, list: null, map);
    }

    // An array's items into the list, or a map's entries, which have a key before them, into the map.
    private static bool TryReadBlocks(ref AvroReader reader, int itemSizeMin, ReadNode node, List<object?>? list, OrderedDictionary<string, object?>? map)
    {
        if (!reader.TryEnter())
        {
            return false;
        }

        while (reader.TryReadBlock(itemSizeMin, out int count, out int size))
        {
            if (count == 0)
            {
                reader.Leave();
                return true;
            }

            int start = reader.Position;
            for (int i = 0; i < count; i++)
            {
                ReadOnlySpan<byte> key = default;
                if ((map is not null && !reader.TryReadString(out key)) || !TryRead(node, ref reader, out object? item))
                {
                    return reader.FailIn("[]");
                }

                list?.Add(item);
                if (map is not null)
                {
                    map[Encoding.UTF8.GetString(key)] = item;
                }
            }

            if (!reader.TryEndBlock(start, size))
            {
                return false;
            }
        }

        return false;
    }
}
