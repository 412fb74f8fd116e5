using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FeaturePipeline.Avro.Binary;

/// <summary>
/// Unchecked writes for memory that has been reserved: each may overwrite up to <see cref="RowOp.Slack"/> bytes beyond what it writes, and gives
/// back where the next one starts.
/// </summary>
internal static class RowWriter
{
    private const ulong LowBits = 0x7f7f_7f7f_7f7f_7f7f;
    private const ulong HighBits = 0x8080_8080_8080_8080;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ref byte WriteLong(ref byte at, long value)
    {
        ulong zigzag = (ulong)((value << 1) ^ (value >> 63));
        if (zigzag < 0x80)
        {
            at = (byte)zigzag;
            return ref Unsafe.Add(ref at, 1);
        }

        if (Bmi2.X64.IsSupported && zigzag < 1UL << 56)
        {
            // Seven bits to each byte; the high bit on all but the last.
            int length = (BitOperations.Log2(zigzag) / 7) + 1;
            ulong bytes = Bmi2.X64.ParallelBitDeposit(zigzag, LowBits) | (HighBits & ((1UL << ((length - 1) * 8)) - 1));
            Unsafe.WriteUnaligned(ref at, bytes);
            return ref Unsafe.Add(ref at, length);
        }

        return ref WriteBytewise(ref at, zigzag);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ref byte WriteSlice(ref byte at, ReadOnlySpan<byte> value)
    {
        at = ref WriteLong(ref at, value.Length);
        if (value.Length <= 16)
        {
            Copy16(ref at, ref MemoryMarshal.GetReference(value), value.Length);
        }
        else if (value.Length <= 32)
        {
            ref byte from = ref MemoryMarshal.GetReference(value);
            Vector128<byte> tail = Vector128.LoadUnsafe(ref from, (nuint)(value.Length - 16));
            Vector128.LoadUnsafe(ref from).StoreUnsafe(ref at);
            tail.StoreUnsafe(ref at, (nuint)(value.Length - 16));
        }
        else
        {
            value.CopyTo(MemoryMarshal.CreateSpan(ref at, value.Length));
        }

        return ref Unsafe.Add(ref at, value.Length);
    }

    internal static ref byte WriteDouble(ref byte at, double value)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(MemoryMarshal.CreateSpan(ref at, 8), value);
        return ref Unsafe.Add(ref at, 8);
    }

    internal static ref byte WriteFloat(ref byte at, float value)
    {
        BinaryPrimitives.WriteSingleLittleEndian(MemoryMarshal.CreateSpan(ref at, 4), value);
        return ref Unsafe.Add(ref at, 4);
    }

    // Up to 16 bytes by two words that overlap: never reads outside the source.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy16(ref byte to, ref byte from, int length)
    {
        if (length >= 8)
        {
            ulong head = Unsafe.ReadUnaligned<ulong>(ref from);
            ulong tail = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref from, length - 8));
            Unsafe.WriteUnaligned(ref to, head);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, length - 8), tail);
        }
        else if (length >= 4)
        {
            uint head = Unsafe.ReadUnaligned<uint>(ref from);
            uint tail = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref from, length - 4));
            Unsafe.WriteUnaligned(ref to, head);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, length - 4), tail);
        }
        else
        {
            for (int i = 0; i < length; i++)
            {
                Unsafe.Add(ref to, i) = Unsafe.Add(ref from, i);
            }
        }
    }

    private static ref byte WriteBytewise(ref byte at, ulong value)
    {
        while (value >= 0x80)
        {
            at = (byte)(value | 0x80);
            at = ref Unsafe.Add(ref at, 1);
            value >>= 7;
        }

        at = (byte)value;
        return ref Unsafe.Add(ref at, 1);
    }
}
