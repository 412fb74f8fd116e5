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

        return ref Unsafe.Add(ref at, WriteVarint(ref at, zigzag));
    }

    /// <summary>Writes a varint, best of more than one byte.</summary>
    /// <returns>Its bytes.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int WriteVarint(ref byte at, ulong value)
    {
        if (Bmi2.X64.IsSupported && value < 1UL << 56)
        {
            // Seven bits to each byte; the high bit on all but the last.
            int length = (BitOperations.Log2(value) / 7) + 1;
            ulong bytes = Bmi2.X64.ParallelBitDeposit(value, LowBits) | (HighBits & ((1UL << ((length - 1) * 8)) - 1));
            Unsafe.WriteUnaligned(ref at, bytes);
            return length;
        }

        if (Bmi2.X64.IsSupported)
        {
            // Nine or ten bytes: eight of them full, then the eight bits that are left.
            Unsafe.WriteUnaligned(ref at, Bmi2.X64.ParallelBitDeposit(value, LowBits) | HighBits);
            uint rest = (uint)(value >> 56);
            Unsafe.Add(ref at, 8) = rest < 0x80 ? (byte)rest : (byte)(rest | 0x80);
            Unsafe.Add(ref at, 9) = 1;
            return rest < 0x80 ? 9 : 10;
        }

        return WriteBytewise(ref at, value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ref byte WriteSlice(ref byte at, ReadOnlySpan<byte> value)
    {
        if (value.Length < 64)
        {
            at = (byte)(value.Length << 1);
            at = ref Unsafe.Add(ref at, 1);
        }
        else
        {
            at = ref WriteLong(ref at, value.Length);
        }

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
            CopyBlocks(ref at, ref MemoryMarshal.GetReference(value), value.Length);
        }

        return ref Unsafe.Add(ref at, value.Length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
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

    // More than 32 bytes by blocks of 16, the last of which overlaps. A loop in line would be taken for the frequent case.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CopyBlocks(ref byte to, ref byte from, int length)
    {
        Vector128<byte> tail = Vector128.LoadUnsafe(ref from, (nuint)(length - 16));
        for (nuint i = 0; i < (nuint)(length - 16); i += 16)
        {
            Vector128.LoadUnsafe(ref from, i).StoreUnsafe(ref to, i);
        }

        tail.StoreUnsafe(ref to, (nuint)(length - 16));
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
        else if (length > 0)
        {
            // One to three: the first, the middle and the last, which may be the same.
            byte middle = Unsafe.Add(ref from, length >> 1);
            byte last = Unsafe.Add(ref from, length - 1);
            to = from;
            Unsafe.Add(ref to, length >> 1) = middle;
            Unsafe.Add(ref to, length - 1) = last;
        }
    }

    private static int WriteBytewise(ref byte at, ulong value)
    {
        int length = 0;
        while (value >= 0x80)
        {
            Unsafe.Add(ref at, length++) = (byte)(value | 0x80);
            value >>= 7;
        }

        Unsafe.Add(ref at, length++) = (byte)value;
        return length;
    }
}
