using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using FeaturePipeline.Avro.Binary;

namespace FeaturePipeline.Benchmarks;

/// <summary>
/// What the hand-written codecs read with: the library's own primitives (eight bytes of a varint at once, ASCII judged and widened in one pass), every
/// bound checked, inlined so that the position stays in a register. A failure says false and nothing else.
/// </summary>
internal ref struct AvroHandReader
{
    private readonly ref byte _start;
    private readonly int _end;
    private int _position;

    internal AvroHandReader(ReadOnlySpan<byte> body)
    {
        _start = ref MemoryMarshal.GetReference(body);
        _end = body.Length;
    }

    internal readonly bool IsAtEnd => _position == _end;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryLength(out int length)
    {
        int bytes = Varint.Read(ref _start, _position, _end, out ulong raw);
        _position += bytes;
        length = (int)(raw >> 1);
        return bytes > 0 && (raw & 1) == 0 && raw >> 1 <= (ulong)(_end - _position);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TrySlice(out (int Offset, int Length) slice)
    {
        bool read = TryLength(out int length);
        slice = (_position, length);
        _position += length;
        return read && IsText(ref Unsafe.Add(ref _start, slice.Offset), length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryText(out string text)
    {
        if (!TryLength(out int length))
        {
            text = "";
            return false;
        }

        ReadOnlySpan<byte> utf8 = MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref _start, _position), length);
        _position += length;
        if (AsciiText.TryCreate(utf8) is { } ascii)
        {
            text = ascii;
            return true;
        }

        return TryOther(utf8, out text);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool SkipText()
    {
        bool read = TryLength(out int length);
        _position += length;
        return read;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryLong(out long value)
    {
        int bytes = Varint.ReadLong(ref _start, _position, _end, out ulong raw);
        value = Varint.Unzigzag(raw);
        _position += bytes;
        return bytes > 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryInt(out int value)
    {
        bool read = TryLong(out long wide);
        value = (int)wide;
        return read && wide == value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryDouble(out double value)
    {
        if (_end - _position < 8)
        {
            value = 0;
            return false;
        }

        value = Unsafe.ReadUnaligned<double>(ref Unsafe.Add(ref _start, _position));
        _position += 8;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryBoolean(out bool value)
    {
        bool read = TryByte(out byte single);
        value = single == 1;
        return read && single <= 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryByte(out byte value)
    {
        if (_position >= _end)
        {
            value = 0;
            return false;
        }

        value = Unsafe.Add(ref _start, _position++);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool Skip(int bytes)
    {
        if (_end - _position < bytes)
        {
            return false;
        }

        _position += bytes;
        return true;
    }

    /// <summary>A block's count; 0 at the end. Blocks that say their size are not written by the codecs here, and refused.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryCount(int itemSizeMin, out int count)
    {
        int bytes = Varint.Read(ref _start, _position, _end, out ulong raw);
        _position += bytes;
        count = (int)(raw >> 1);
        return bytes > 0 && (raw & 1) == 0 && raw >> 1 <= (ulong)(_end - _position) / (uint)itemSizeMin;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsText(ref byte start, int length) =>
        (length <= 64 && AsciiMask.Of(ref start, 0, length) == 0) || Utf8.IsValid(MemoryMarshal.CreateReadOnlySpan(ref start, length));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TryOther(ReadOnlySpan<byte> utf8, out string text)
    {
        bool valid = Utf8.IsValid(utf8);
        text = valid ? Encoding.UTF8.GetString(utf8) : "";
        return valid;
    }
}
