using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace FeaturePipeline.Avro.Binary;

/// <summary>
/// The primitives of Avro's binary encoding, into memory of the caller or into a growing buffer. Every write says false, and writes nothing,
/// where the memory is too small; nothing throws for want of room. A few bytes behind what is written may be overwritten, within the memory. Source: Avro specification, "Binary Encoding".
/// </summary>
public ref struct AvroWriter
{
    private readonly IBufferWriter<byte>? _output;
    private readonly int _depthMax;
    private readonly int _unaskedDepth;
    private Span<byte> _buffer;
    private int _position;
    private int _depth;

    /// <summary>Writes into memory of the caller.</summary>
    /// <param name="destination">The memory.</param>
    public AvroWriter(Span<byte> destination)
        : this(destination, AvroReader.DepthMax)
    {
    }

    /// <summary>Writes into a growing buffer; call <see cref="Flush"/> at the end.</summary>
    /// <param name="output">The buffer.</param>
    public AvroWriter(IBufferWriter<byte> output)
        : this(output, AvroReader.DepthMax)
    {
    }

    internal AvroWriter(Span<byte> destination, int depthMax)
        : this(depthMax) => _buffer = destination;

    internal AvroWriter(IBufferWriter<byte> output, int depthMax)
        : this(depthMax) => _output = output;

    private AvroWriter(int depthMax)
    {
        _depthMax = depthMax;
        _unaskedDepth = Math.Min(depthMax, AvroReader.UnaskedDepth);
    }

    /// <summary>Bytes written since the start, or since the last flush or growth where the buffer grows.</summary>
    public readonly int Position => _position;

    /// <summary>Whether the memory was too small for a write.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Tells the growing buffer what was written.</summary>
    public void Flush()
    {
        _output?.Advance(_position);
        _buffer = default;
        _position = 0;
    }

    /// <summary>Writes a boolean: one byte.</summary>
    /// <param name="value">The value.</param>
    /// <returns>False where the memory is too small.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool WriteBoolean(bool value)
    {
        if (!Reserve(1))
        {
            return false;
        }

        Unsafe.Add(ref MemoryMarshal.GetReference(_buffer), _position++) = value ? (byte)1 : (byte)0;
        return true;
    }

    /// <summary>Writes an int or long: a zigzag varint of 1 to 10 bytes.</summary>
    /// <param name="value">The value.</param>
    /// <returns>False where the memory is too small.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool WriteLong(long value)
    {
        ulong zigzag = (ulong)((value << 1) ^ (value >> 63));
        if (zigzag < 0x80 && (uint)_position < (uint)_buffer.Length)
        {
            Unsafe.Add(ref MemoryMarshal.GetReference(_buffer), _position++) = (byte)zigzag;
            return true;
        }

        if (_buffer.Length - _position >= RowOp.Slack)
        {
            _position += RowWriter.WriteVarint(ref Unsafe.Add(ref MemoryMarshal.GetReference(_buffer), _position), zigzag);
            return true;
        }

        return WriteVarint(zigzag);
    }

    /// <summary>Writes a float: 4 bytes, little-endian.</summary>
    /// <param name="value">The value; a NaN keeps its bits.</param>
    /// <returns>False where the memory is too small.</returns>
    public bool WriteFloat(float value)
    {
        if (!Reserve(4))
        {
            return false;
        }

        BinaryPrimitives.WriteSingleLittleEndian(_buffer[_position..], value);
        _position += 4;
        return true;
    }

    /// <summary>Writes a double: 8 bytes, little-endian.</summary>
    /// <param name="value">The value; a NaN keeps its bits.</param>
    /// <returns>False where the memory is too small.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool WriteDouble(double value)
    {
        if (!Reserve(8))
        {
            return false;
        }

        RowWriter.WriteDouble(ref Unsafe.Add(ref MemoryMarshal.GetReference(_buffer), _position), value);
        _position += 8;
        return true;
    }

    /// <summary>Writes bytes, or a string's UTF-8: the length, then the bytes.</summary>
    /// <param name="value">The bytes.</param>
    /// <returns>False where the memory is too small.</returns>
    public bool WriteBytes(scoped ReadOnlySpan<byte> value) =>
        Reserve(value.Length + VarintLength((ulong)value.Length << 1)) && WriteLong(value.Length) && WriteRaw(value);

    /// <summary>Writes a string as UTF-8: the length, then the bytes.</summary>
    /// <param name="value">The text. Lone surrogates throw.</param>
    /// <returns>False where the memory is too small.</returns>
    /// <exception cref="EncoderFallbackException">The text is not valid UTF-16.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool WriteString(ReadOnlySpan<char> value) => WriteAscii(value) || WriteUtf8(value);

    /// <summary>Writes a string whose letters are all ASCII: its length in bytes is known, so it is judged and written in one pass.</summary>
    /// <returns>False where it has others, or the memory is too small; then nothing is written.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool WriteAscii(ReadOnlySpan<char> value)
    {
        // Most text is short: a length of one byte, and a byte for each letter.
        if (value.Length < 64 && value.Length < _buffer.Length - _position)
        {
            ref byte at = ref Unsafe.Add(ref MemoryMarshal.GetReference(_buffer), _position);
            if (AsciiText.TryNarrow(value, ref Unsafe.Add(ref at, 1)))
            {
                at = (byte)(value.Length << 1);
                _position += value.Length + 1;
                return true;
            }
        }

        return WriteLongAscii(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool WriteLongAscii(ReadOnlySpan<char> value)
    {
        if (!Reserve(value.Length + VarintLength((ulong)value.Length << 1)))
        {
            return false;
        }

        // The length first: it may overwrite a few bytes behind it.
        int before = _position;
        WriteLong(value.Length);
        if (Ascii.FromUtf16(value, _buffer[_position..], out int written) != OperationStatus.Done)
        {
            _position = before;
            return false;
        }

        _position += written;
        return true;
    }

    /// <summary>Enters a record, array or map.</summary>
    /// <returns>False where that is too deep (<see cref="WhyTooDeep"/>): the value holds itself, or is a list of linked nodes.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryEnter() => ++_depth <= _unaskedDepth || TryEnterDeep();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly bool TryEnterDeep() => _depth <= _depthMax && RuntimeHelpers.TryEnsureSufficientExecutionStack();

    /// <summary>Why what could not be entered is too deep. The stack is not asked again: who asks may stand on a lower frame.</summary>
    internal readonly string WhyTooDeep() => _depth > _depthMax
        ? $"it nests more than {_depthMax} deep (depthMax, at most {AvroReader.DepthMaxHighest})"
        : AvroReader.StackTooSmall;

    /// <summary>Leaves a record, array or map.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Leave() => _depth--;

    private bool WriteUtf8(ReadOnlySpan<char> value)
    {
        int length = StrictUtf8.GetByteCount(value);
        if (!Reserve(length + VarintLength((ulong)length << 1)))
        {
            return false;
        }

        WriteLong(length);
        _position += StrictUtf8.GetBytes(value, _buffer[_position..]);
        return true;
    }

    /// <summary>Writes bytes as they are: a fixed, or what is encoded already.</summary>
    /// <param name="value">The bytes.</param>
    /// <returns>False where the memory is too small.</returns>
    public bool WriteRaw(scoped ReadOnlySpan<byte> value)
    {
        if (!Reserve(value.Length))
        {
            return false;
        }

        value.CopyTo(_buffer[_position..]);
        _position += value.Length;
        return true;
    }

    /// <summary>Bytes of a varint.</summary>
    /// <param name="value">The value, after zigzag.</param>
    /// <returns>1 to 10.</returns>
    internal static int VarintLength(ulong value) => (BitOperations.Log2(value | 1) / 7) + 1;

    internal static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private bool WriteVarint(ulong value)
    {
        if (!Reserve(VarintLength(value)))
        {
            return false;
        }

        ref byte start = ref MemoryMarshal.GetReference(_buffer);
        while (value >= 0x80)
        {
            Unsafe.Add(ref start, _position++) = (byte)(value | 0x80);
            value >>= 7;
        }

        Unsafe.Add(ref start, _position++) = (byte)value;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Reserve(int size) => _buffer.Length - _position >= size || Grow(size);

    private bool Grow(int size)
    {
        if (_output is null)
        {
            IsFull = true;
            return false;
        }

        _output.Advance(_position);
        _buffer = _output.GetSpan(Math.Max(size, 256));
        _position = 0;
        return true;
    }
}
