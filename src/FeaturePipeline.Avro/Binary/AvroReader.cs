using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Unicode;

namespace FeaturePipeline.Avro.Binary;

/// <summary>
/// The primitives of Avro's binary encoding, read from one message, with every limit on hostile input. A read that fails says false, sets
/// <see cref="Error"/> and stays where it was. Source: Avro specification, "Binary Encoding".
/// </summary>
public ref partial struct AvroReader
{
    private readonly ReadOnlySpan<byte> _body;
    private readonly int _depthMax;
    private readonly int _unaskedDepth;
    private int _position;
    private int _emptyItems;
    private int _depth;
    private long _fields;

    /// <summary>Reads a message.</summary>
    /// <param name="body">The message, without framing.</param>
    /// <param name="position">Where to start.</param>
    public AvroReader(ReadOnlySpan<byte> body, int position = 0)
        : this(body, position, depth: 0, DepthMax)
    {
    }

    /// <summary>Reads what lies in so many records, arrays and maps, with as many items without bytes; a default may have any number.</summary>
    internal AvroReader(ReadOnlySpan<byte> body, int position, int depth, int depthMax, int emptyItems = EmptyItemsMax)
    {
        _body = body;
        _position = position;
        _depth = depth;
        _depthMax = depthMax;
        _unaskedDepth = Math.Min(depthMax, UnaskedDepth);
        _emptyItems = emptyItems;

        // A byte lies in no more fields than may nest. Fields without bytes are bounded with it: types that each hold the next one twice would
        // be 2^n of them in an empty message.
        _fields = Math.Max(depthMax, DepthMax) * ((long)body.Length + emptyItems);
        Error = DecodeErrorKind.None;
        Path = "";
    }

    /// <summary>Bytes read.</summary>
    public readonly int Position => _position;

    /// <summary>Bytes left.</summary>
    public readonly int Remaining => _body.Length - _position;

    /// <summary>Why the last read failed.</summary>
    public DecodeErrorKind Error { get; private set; }

    /// <summary>The fields that lie around the failure, as far as they have been named.</summary>
    internal string Path { get; private set; }

    /// <summary>What is wrong with the value, where the one who read it has said so.</summary>
    internal string? Detail { get; private set; }

    /// <summary>Reads a default, which has been judged when it was encoded.</summary>
    internal static AvroReader OfDefault(ReadOnlySpan<byte> encoded) => new(encoded, 0, 0, DepthMax, int.MaxValue);

    /// <summary>Reads a boolean.</summary>
    /// <param name="value">The value.</param>
    /// <returns>Whether it could be read.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadBoolean(out bool value)
    {
        value = false;
        if (_position >= _body.Length)
        {
            return Fail(DecodeErrorKind.Truncated);
        }

        byte b = _body[_position];
        if (b > 1)
        {
            return Fail(DecodeErrorKind.BadBoolean);
        }

        _position++;
        value = b == 1;
        return true;
    }

    /// <summary>Reads a long.</summary>
    /// <param name="value">The value.</param>
    /// <returns>Whether it could be read.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadLong(out long value)
    {
        int length = Varint.Read(ref MemoryMarshal.GetReference(_body), _position, _body.Length, out ulong raw);
        value = Varint.Unzigzag(raw);
        if (length <= 0)
        {
            return Fail(length == 0 ? DecodeErrorKind.Truncated : DecodeErrorKind.VarintOverflow);
        }

        _position += length;
        return true;
    }

    /// <summary>Skips so many varints.</summary>
    internal bool TrySkipVarints(int count)
    {
        while (count > 0)
        {
            int run = Varint.SkipRun(ref MemoryMarshal.GetReference(_body), _position, _body.Length, Math.Min(count, 64));
            if (run == 0 && !TryReadLong(out _))
            {
                return false;
            }

            _position += run & 0xff;
            count -= Math.Max(run >> 8, 1);
        }

        return true;
    }

    /// <summary>Reads an int.</summary>
    /// <param name="value">The value.</param>
    /// <returns>Whether it could be read.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadInt(out int value)
    {
        int before = _position;
        bool read = TryReadLong(out long wide);
        value = (int)wide;
        if (read && value != wide)
        {
            _position = before;
            return Fail(DecodeErrorKind.IntRange);
        }

        return read;
    }

    /// <summary>Reads a float.</summary>
    /// <param name="value">The value.</param>
    /// <returns>Whether it could be read.</returns>
    public bool TryReadFloat(out float value)
    {
        if (!TryReadFixed(4, out ReadOnlySpan<byte> bytes))
        {
            value = 0;
            return false;
        }

        value = BinaryPrimitives.ReadSingleLittleEndian(bytes);
        return true;
    }

    /// <summary>Reads a double.</summary>
    /// <param name="value">The value.</param>
    /// <returns>Whether it could be read.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadDouble(out double value)
    {
        if (Remaining < sizeof(double))
        {
            value = 0;
            return Fail(DecodeErrorKind.Truncated);
        }

        long bits = Unsafe.ReadUnaligned<long>(ref Unsafe.Add(ref MemoryMarshal.GetReference(_body), _position));
        value = BitConverter.Int64BitsToDouble(BitConverter.IsLittleEndian ? bits : BinaryPrimitives.ReverseEndianness(bits));
        _position += sizeof(double);
        return true;
    }

    /// <summary>Reads bytes, or a string without judging its text.</summary>
    /// <param name="value">A slice of the message.</param>
    /// <returns>Whether it could be read.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadBytes(out ReadOnlySpan<byte> value)
    {
        // Up to 63 bytes have a length of one byte: even, and twice the length.
        ref byte start = ref MemoryMarshal.GetReference(_body);
        int position = _position;
        if (position < _body.Length && Unsafe.Add(ref start, position) is var twice && (twice & 0x81) == 0 && twice >> 1 < _body.Length - position)
        {
            value = MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref start, position + 1), twice >> 1);
            _position = position + 1 + (twice >> 1);
            return true;
        }

        return TryReadLongBytes(out value);
    }

    /// <summary>Reads a string: valid UTF-8, or it fails.</summary>
    /// <param name="utf8">A slice of the message.</param>
    /// <returns>Whether it could be read.</returns>
    public bool TryReadString(out ReadOnlySpan<byte> utf8)
    {
        int before = _position;
        if (!TryReadBytes(out utf8))
        {
            return false;
        }

        if (!Utf8.IsValid(utf8))
        {
            _position = before;
            return Fail(DecodeErrorKind.InvalidUtf8);
        }

        return true;
    }

    /// <summary>Reads a fixed.</summary>
    /// <param name="size">Bytes.</param>
    /// <param name="value">A slice of the message.</param>
    /// <returns>Whether it could be read.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadFixed(int size, out ReadOnlySpan<byte> value)
    {
        if (size > Remaining)
        {
            value = default;
            return Fail(DecodeErrorKind.Truncated);
        }

        value = _body.Slice(_position, size);
        _position += size;
        return true;
    }

    /// <summary>Reads a union's branch index.</summary>
    /// <param name="branches">Branches of the writer's union.</param>
    /// <param name="index">The index.</param>
    /// <returns>Whether it could be read.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadUnionIndex(int branches, out int index) => TryReadIndex(branches, DecodeErrorKind.BadUnionIndex, out index);

    /// <summary>Reads an enum's index.</summary>
    /// <param name="symbols">Symbols of the writer's enum.</param>
    /// <param name="index">The index.</param>
    /// <returns>Whether it could be read.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadEnumIndex(int symbols, out int index) => TryReadIndex(symbols, DecodeErrorKind.BadEnumIndex, out index);

    /// <summary>Sets the error of what the caller found wrong.</summary>
    /// <param name="error">What is wrong.</param>
    /// <returns>False.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public bool Fail(DecodeErrorKind error)
    {
        Error = error;
        return false;
    }

    /// <summary>Sets the error of what the caller found wrong, and says more about it.</summary>
    /// <returns>False.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal bool Fail(DecodeErrorKind error, string detail)
    {
        Detail = detail;
        return Fail(error);
    }

    /// <summary>Names the field, or the "[]", in which a read failed: innermost first.</summary>
    /// <returns>False.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal bool FailIn(string part)
    {
        Path = Path.Length == 0 || Path[0] == '[' ? part + Path : part + "." + Path;
        return false;
    }

    /// <summary>How the reading failed: what is wrong, where and in which field.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal readonly DecodeResult Failure() => new(Error, _position, new OnePath(Path, Detail), 0);

    /// <summary>Whether the message ends here; if not, that is an error.</summary>
    /// <returns>Whether it does.</returns>
    public bool TryEnd() => _position == _body.Length || Fail(DecodeErrorKind.TrailingBytes);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryReadLongBytes(out ReadOnlySpan<byte> value)
    {
        value = default;
        int before = _position;
        if (!TryReadLong(out long length))
        {
            return false;
        }

        if (length < 0 || length > Remaining)
        {
            _position = before;
            return Fail(length < 0 ? DecodeErrorKind.NegativeLength : DecodeErrorKind.Truncated);
        }

        value = _body.Slice(_position, (int)length);
        _position += (int)length;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryReadIndex(int count, DecodeErrorKind error, out int index)
    {
        int position = _position;
        if (position < _body.Length && Unsafe.Add(ref MemoryMarshal.GetReference(_body), position) is var single && (single & 0x81) == 0 && single >> 1 < count)
        {
            index = single >> 1;
            _position = position + 1;
            return true;
        }

        return TryReadLongIndex(count, error, out index);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryReadLongIndex(int count, DecodeErrorKind error, out int index)
    {
        int before = _position;
        bool read = TryReadLong(out long value);
        index = (int)value;
        if (read && (ulong)value >= (ulong)count)
        {
            _position = before;
            return Fail(value == (int)value ? error : DecodeErrorKind.IntRange);
        }

        return read;
    }
}
