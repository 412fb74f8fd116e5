using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FeaturePipeline.Avro.Binary;

namespace FeaturePipeline.Benchmarks;

/// <summary>
/// What the hand-written codecs write with: the library's unchecked primitives, after one check of the whole message's size by the caller, inlined so that
/// the position stays in a register.
/// </summary>
internal ref struct AvroHandWriter
{
    private readonly ref byte _start;
    private ref byte _at;

    internal AvroHandWriter(Span<byte> destination)
    {
        _start = ref MemoryMarshal.GetReference(destination);
        _at = ref _start;
    }

    internal readonly int Written => (int)Unsafe.ByteOffset(in _start, in _at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Text(string value)
    {
        _at = ref RowWriter.WriteLong(ref _at, value.Length);
        if (!AsciiText.TryNarrow(value, ref _at))
        {
            throw new NotSupportedException("The hand-written codec is given ASCII only.");
        }

        _at = ref Unsafe.Add(ref _at, value.Length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Slice(ReadOnlySpan<byte> utf8) => _at = ref RowWriter.WriteSlice(ref _at, utf8);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Long(long value) => _at = ref RowWriter.WriteLong(ref _at, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Double(double value)
    {
        Unsafe.WriteUnaligned(ref _at, value);
        _at = ref Unsafe.Add(ref _at, 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Byte(byte value)
    {
        _at = value;
        _at = ref Unsafe.Add(ref _at, 1);
    }
}
