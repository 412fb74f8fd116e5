using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace FeaturePipeline.Avro.Binary;

/// <summary>
/// The primitives of Avro's binary encoding, into memory of the caller or into a growing buffer. Every write says false, and writes nothing,
/// where the memory is too small; nothing throws for want of room. Source: Avro specification, "Binary Encoding".
/// </summary>
public ref struct AvroWriter
{
    private readonly IBufferWriter<byte>? _output;
    private Span<byte> _buffer;
    private int _position;
    private int _depth;

    /// <summary>Writes into memory of the caller.</summary>
    /// <param name="destination">The memory.</param>
    public AvroWriter(Span<byte> destination) => _buffer = destination;

    /// <summary>Writes into a growing buffer; call <see cref="Flush"/> at the end.</summary>
    /// <param name="output">The buffer.</param>
    public AvroWriter(IBufferWriter<byte> output) => _output = output;

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
    public bool WriteBoolean(bool value)
    {
        if (!Reserve(1))
        {
            return false;
        }

        _buffer[_position++] = value ? (byte)1 : (byte)0;
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
            _buffer[_position++] = (byte)zigzag;
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
    public bool WriteDouble(double value)
    {
        if (!Reserve(8))
        {
            return false;
        }

        BinaryPrimitives.WriteDoubleLittleEndian(_buffer[_position..], value);
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
    public bool WriteString(ReadOnlySpan<char> value) => WriteAscii(value) || WriteUtf8(value);

    /// <summary>Writes a string whose letters are all ASCII: its length in bytes is known, so it is judged and written in one pass.</summary>
    /// <returns>False where it has others, or the memory is too small; then nothing is written.</returns>
    internal bool WriteAscii(ReadOnlySpan<char> value)
    {
        int prefix = VarintLength((ulong)value.Length << 1);
        if (!Reserve(value.Length + prefix) || Ascii.FromUtf16(value, _buffer[(_position + prefix)..], out _) != OperationStatus.Done)
        {
            return false;
        }

        WriteLong(value.Length);
        _position += value.Length;
        return true;
    }

    /// <summary>Enters a record, array or map.</summary>
    /// <returns>False where that is deeper than readers go: the value holds itself, or is a list of linked nodes.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryEnter() => ++_depth <= AvroReader.DepthMax;

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
