using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Binary;

/// <summary>
/// Encodes rows of a record whose fields are scalars, enums, or unions of one such type with null: compiled once to a list of operations,
/// allocates nothing. Immutable, shared by threads.
/// </summary>
public sealed class RowEncoder
{
    private readonly RowOp[] _ops;
    private readonly int[] _slices;
    private readonly int _sizeMax;
    private readonly EncodeRow? _encode;

    private RowEncoder(RecordSchema schema)
    {
        Schema = schema;
        _ops = schema.Fields.Select(Compile).ToArray();
        _slices = schema.Fields.Where(field => _ops[field.Position].Code == RowCode.Slice).Select(field => field.Position).ToArray();
        _encode = RowEncoderCompiler.Compile(_ops);
        _sizeMax = checked(_ops.Sum(op => op.SizeMax) + RowOp.Slack);
    }

    /// <summary>The record's schema.</summary>
    public RecordSchema Schema { get; }

    /// <summary>Compiles an encoder.</summary>
    /// <param name="record">A record's schema.</param>
    /// <returns>The encoder.</returns>
    /// <exception cref="ArgumentException">The schema is not a record, or has a field that rows cannot hold.</exception>
    public static RowEncoder Compile(AvroSchema record) =>
        new(record as RecordSchema ?? throw new ArgumentException($"A row's schema is a record, not {record?.TypeName}.", nameof(record)));

    /// <summary>Encodes one row.</summary>
    /// <param name="values">
    /// One value for each field, in the schema's order. An enum's is its symbol, or its index as a number. Text is UTF-8 and is not judged again.
    /// </param>
    /// <param name="data">What the values' slices point into.</param>
    /// <param name="destination">Where to write. With <see cref="MaxSize"/> bytes it is always enough, and fastest.</param>
    /// <returns>Bytes written, or -1 where the destination is too small; then its content is undefined.</returns>
    /// <exception cref="ArgumentException">A value does not fit its field: null where the field is not nullable, an int out of range, an unknown symbol.</exception>
    public int Encode(ReadOnlySpan<FieldValue> values, ReadOnlySpan<byte> data, Span<byte> destination) => Encode(values, data, default, destination);

    /// <summary>Encodes one row whose values may also be constants of a decoding plan.</summary>
    /// <param name="values">One value for each field, in the schema's order.</param>
    /// <param name="data">What the values' slices point into.</param>
    /// <param name="constants">What the values' constant slices point into: <see cref="ProjectedDecoder.Constants"/>.</param>
    /// <param name="destination">Where to write.</param>
    /// <returns>Bytes written, or -1 where the destination is too small; then its content is undefined.</returns>
    /// <exception cref="ArgumentException">A value does not fit its field.</exception>
    public int Encode(ReadOnlySpan<FieldValue> values, ReadOnlySpan<byte> data, ReadOnlySpan<byte> constants, Span<byte> destination)
    {
        if (values.Length != _ops.Length)
        {
            throw WrongCount(values.Length);
        }

        int written = _encode is null
            ? -1
            : _encode(
                ref MemoryMarshal.GetReference(values),
                ref MemoryMarshal.GetReference(data),
                data.Length,
                ref MemoryMarshal.GetReference(constants),
                constants.Length,
                ref MemoryMarshal.GetReference(destination),
                destination.Length);
        return written >= 0 ? written : EncodeChecked(values, data, constants, destination);
    }

    /// <summary>The most bytes that a row can take, and a few more which let the encoder write whole words all along.</summary>
    /// <param name="values">One value for each field, in the schema's order.</param>
    /// <returns>Bytes.</returns>
    public int MaxSize(ReadOnlySpan<FieldValue> values)
    {
        int size = _sizeMax;
        foreach (int position in _slices)
        {
            size = checked(size + values[position].Length);
        }

        return size;
    }

    private RowOp Compile(RecordField field)
    {
        AvroSchema schema = field.Schema;
        int nullIndex = -1;
        if (schema is UnionSchema { NullIndex: >= 0, Branches: [_, _] branches } union)
        {
            nullIndex = union.NullIndex;
            schema = branches[1 - nullIndex];
        }

        (RowCode code, int size) = schema switch
        {
            EnumSchema => (RowCode.Enum, 5),
            FixedSchema type => (RowCode.Fixed, type.Size),
            _ => schema.Type switch
            {
                AvroType.Boolean => (RowCode.Boolean, 1),
                AvroType.Int => (RowCode.Int, 5),
                AvroType.Long => (RowCode.Long, 10),
                AvroType.Float => (RowCode.Float, 4),
                AvroType.Double => (RowCode.Double, 8),
                AvroType.Bytes or AvroType.String => (RowCode.Slice, 5),
                _ => throw new ArgumentException(
                    $"Field '{field.Name}' of record {Schema.Name} is {schema.TypeName}; a row holds scalars, enums, and unions of one of them with null."),
            },
        };
        byte[][] symbols = schema is EnumSchema { Symbols: var names } ? names.Select(Encoding.UTF8.GetBytes).ToArray() : [];
        return new RowOp(code, nullIndex >= 0, (byte)(nullIndex * 2), (byte)((1 - nullIndex) * 2), checked(size + 1), symbols);
    }

    // The same with every write checked: for a destination that may be too small, symbols by name, fixed, and errors.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int EncodeChecked(ReadOnlySpan<FieldValue> values, ReadOnlySpan<byte> data, ReadOnlySpan<byte> constants, Span<byte> destination)
    {
        var writer = new AvroWriter(destination);
        for (int i = 0; i < _ops.Length; i++)
        {
            ref readonly RowOp op = ref _ops[i];
            FieldValue value = values[i];
            if (value.IsNull && !op.IsNullable)
            {
                throw Mismatch(i, "the field is not nullable");
            }

            if ((op.IsNullable && !writer.WriteRaw([value.IsNull ? op.NullTag : op.ValueTag]))
                || (!value.IsNull && !WriteChecked(ref writer, i, in op, value, data, constants)))
            {
                return -1;
            }
        }

        return writer.Position;
    }

    private bool WriteChecked(
        ref AvroWriter writer, int field, in RowOp op, FieldValue value, ReadOnlySpan<byte> data, ReadOnlySpan<byte> constants) => op.Code switch
        {
            RowCode.Slice => writer.WriteBytes(value.AsBytes(data, constants)),
            RowCode.Long => writer.WriteLong(value.AsLong),
            RowCode.Int => writer.WriteLong(InInt(field, value.AsLong)),
            RowCode.Double => writer.WriteDouble(value.AsDouble),
            RowCode.Float => writer.WriteFloat((float)value.AsDouble),
            RowCode.Boolean => writer.WriteBoolean(value.AsBoolean),
            RowCode.Fixed => writer.WriteRaw(FixedBytes(field, in op, value.AsBytes(data, constants))),
            _ => writer.WriteLong(SymbolIndex(field, in op, value, data, constants)),
        };

    private long InInt(int field, long value) => value == (int)value ? value : throw Mismatch(field, "an int has 32 bits");

    private ReadOnlySpan<byte> FixedBytes(int field, in RowOp op, ReadOnlySpan<byte> bytes) =>
        bytes.Length == op.SizeMax - 1 ? bytes : throw Mismatch(field, $"a fixed of {op.SizeMax - 1} bytes was given {bytes.Length}");

    private int SymbolIndex(int field, in RowOp op, FieldValue value, ReadOnlySpan<byte> data, ReadOnlySpan<byte> constants)
    {
        if (!value.IsSlice)
        {
            return (ulong)value.AsLong < (ulong)op.Symbols.Length ? (int)value.AsLong : throw Mismatch(field, "the enum has no symbol at that index");
        }

        ReadOnlySpan<byte> symbol = value.AsBytes(data, constants);
        for (int i = 0; i < op.Symbols.Length; i++)
        {
            if (symbol.SequenceEqual(op.Symbols[i]))
            {
                return i;
            }
        }

        throw Mismatch(field, "the enum has no such symbol");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ArgumentException WrongCount(int given) => new($"Record {Schema.Name} has {_ops.Length} fields; {given} values were given.", "values");

    private ArgumentException Mismatch(int field, string reason) =>
        new($"The value of field '{Schema.Fields[field].Name}' of record {Schema.Name} does not fit: {reason}.");
}

/// <summary>How a row's field is encoded.</summary>
internal enum RowCode : byte
{
    Slice,
    Long,
    Double,
    Int,
    Float,
    Boolean,
    Fixed,
    Enum,
}

/// <summary>One field of a row. SizeMax includes a byte for the union's tag, whether there is one or not.</summary>
internal readonly record struct RowOp(RowCode Code, bool IsNullable, byte NullTag, byte ValueTag, int SizeMax, byte[][] Symbols)
{
    /// <summary>Bytes that may be overwritten beyond the row's end.</summary>
    internal const int Slack = 16;
}
