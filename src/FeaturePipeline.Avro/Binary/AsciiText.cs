using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FeaturePipeline.Avro.Binary;

/// <summary>Makes strings of ASCII bytes and bytes of ASCII strings, in one pass: judged and widened, or narrowed, together.</summary>
internal static class AsciiText
{
    /// <summary>Makes the string; null where a byte is not ASCII.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static string? TryCreate(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == 0)
        {
            return "";
        }

        // A string that nobody else has seen yet may be filled, as string.Create does.
        var text = new string('\0', bytes.Length);
        ref byte from = ref MemoryMarshal.GetReference(bytes);
        ref ushort to = ref Unsafe.As<char, ushort>(ref MemoryMarshal.GetReference(text.AsSpan()));
        bool isAscii = bytes.Length >= 16 ? Long(ref from, ref to, bytes.Length)
            : bytes.Length >= 8 ? Middle(ref from, ref to, bytes.Length)
            : Short(ref from, ref to, bytes.Length);
        return isAscii ? text : null;
    }

    // Blocks of 16; the last one overlaps.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Long(ref byte from, ref ushort to, int length)
    {
        Vector128<byte> seen = default;
        for (int i = 0; i < length - 16; i += 16)
        {
            seen |= Block(ref from, ref to, i);
        }

        seen |= Block(ref from, ref to, length - 16);
        return seen.ExtractMostSignificantBits() == 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Block(ref byte from, ref ushort to, int at)
    {
        Vector128<byte> block = Vector128.LoadUnsafe(ref from, (nuint)at);
        (Vector128<ushort> lower, Vector128<ushort> upper) = Vector128.Widen(block);
        lower.StoreUnsafe(ref to, (nuint)at);
        upper.StoreUnsafe(ref to, (nuint)at + 8);
        return block;
    }

    // 8 to 15: two words that overlap.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Middle(ref byte from, ref ushort to, int length)
    {
        ulong head = Unsafe.ReadUnaligned<ulong>(ref from);
        ulong tail = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref from, length - 8));
        Vector128.WidenLower(Vector128.CreateScalarUnsafe(head).AsByte()).StoreUnsafe(ref to);
        Vector128.WidenLower(Vector128.CreateScalarUnsafe(tail).AsByte()).StoreUnsafe(ref to, (nuint)(length - 8));
        return ((head | tail) & 0x8080_8080_8080_8080) == 0;
    }

    // 4 to 7: two words that overlap.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Short(ref byte from, ref ushort to, int length)
    {
        if (length >= 4)
        {
            uint head = Unsafe.ReadUnaligned<uint>(ref from);
            uint tail = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref from, length - 4));
            Vector128.WidenLower(Vector128.CreateScalarUnsafe(head).AsByte()).GetLower().StoreUnsafe(ref to);
            Vector128.WidenLower(Vector128.CreateScalarUnsafe(tail).AsByte()).GetLower().StoreUnsafe(ref to, (nuint)(length - 4));
            return ((head | tail) & 0x8080_8080) == 0;
        }

        // One to three: the first, the middle and the last, which may be the same.
        byte first = from;
        byte middle = Unsafe.Add(ref from, length >> 1);
        byte last = Unsafe.Add(ref from, length - 1);
        to = first;
        Unsafe.Add(ref to, length >> 1) = middle;
        Unsafe.Add(ref to, length - 1) = last;
        return (first | middle | last) < 0x80;
    }

    /// <summary>Writes a string as ASCII: as many bytes as it has letters.</summary>
    /// <returns>False where a letter is not ASCII; then what was written means nothing.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryNarrow(ReadOnlySpan<char> text, ref byte to)
    {
        ref ushort from = ref Unsafe.As<char, ushort>(ref MemoryMarshal.GetReference(text));
        int length = text.Length;
        if (length >= 8)
        {
            Vector128<ushort> seen = default;
            for (int i = 0; i < length - 8; i += 8)
            {
                seen |= NarrowBlock(ref from, ref to, i);
            }

            return ((seen | NarrowBlock(ref from, ref to, length - 8)) & Vector128.Create((ushort)0xff80)) == default;
        }

        return length == 0 || NarrowShort(ref from, ref to, length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> NarrowBlock(ref ushort from, ref byte to, int at)
    {
        Vector128<ushort> block = Vector128.LoadUnsafe(ref from, (nuint)at);
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, at), Vector128.Narrow(block, block).AsUInt64().ToScalar());
        return block;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool NarrowShort(ref ushort from, ref byte to, int length)
    {
        if (length >= 4)
        {
            ulong head = Unsafe.ReadUnaligned<ulong>(ref Unsafe.As<ushort, byte>(ref from));
            ulong tail = Unsafe.ReadUnaligned<ulong>(ref Unsafe.As<ushort, byte>(ref Unsafe.Add(ref from, length - 4)));
            Vector128<ushort> both = Vector128.Create(head, tail).AsUInt16();
            ulong bytes = Vector128.Narrow(both, both).AsUInt64().ToScalar();
            Unsafe.WriteUnaligned(ref to, (uint)bytes);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, length - 4), (uint)(bytes >> 32));
            return ((head | tail) & 0xff80_ff80_ff80_ff80) == 0;
        }

        ushort middle = Unsafe.Add(ref from, length >> 1);
        ushort last = Unsafe.Add(ref from, length - 1);
        int seen = from | middle | last;
        to = (byte)from;
        Unsafe.Add(ref to, length >> 1) = (byte)middle;
        Unsafe.Add(ref to, length - 1) = (byte)last;
        return seen < 0x80;
    }
}
