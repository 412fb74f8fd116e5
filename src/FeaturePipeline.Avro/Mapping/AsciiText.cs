using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FeaturePipeline.Avro.Mapping;

/// <summary>Makes strings of ASCII bytes in one pass: judged and widened together.</summary>
internal static class AsciiText
{
    /// <summary>Makes the string.</summary>
    /// <returns>False where a byte is not ASCII; then there is no string.</returns>
    internal static bool TryCreate(ReadOnlySpan<byte> bytes, out string text)
    {
        if (bytes.Length == 0)
        {
            text = "";
            return true;
        }

        // A string that nobody else has seen yet may be filled, as string.Create does.
        text = new string('\0', bytes.Length);
        ref byte from = ref MemoryMarshal.GetReference(bytes);
        ref ushort to = ref Unsafe.As<char, ushort>(ref MemoryMarshal.GetReference(text.AsSpan()));
        return bytes.Length >= 16 ? Long(ref from, ref to, bytes.Length)
            : bytes.Length >= 8 ? Middle(ref from, ref to, bytes.Length)
            : Short(ref from, ref to, bytes.Length);
    }

    // Blocks of 16; the last one overlaps.
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
    private static bool Middle(ref byte from, ref ushort to, int length)
    {
        ulong head = Unsafe.ReadUnaligned<ulong>(ref from);
        ulong tail = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref from, length - 8));
        Vector128.WidenLower(Vector128.CreateScalarUnsafe(head).AsByte()).StoreUnsafe(ref to);
        Vector128.WidenLower(Vector128.CreateScalarUnsafe(tail).AsByte()).StoreUnsafe(ref to, (nuint)(length - 8));
        return ((head | tail) & 0x8080_8080_8080_8080) == 0;
    }

    private static bool Short(ref byte from, ref ushort to, int length)
    {
        int seen = 0;
        for (int i = 0; i < length; i++)
        {
            byte next = Unsafe.Add(ref from, i);
            seen |= next;
            Unsafe.Add(ref to, i) = next;
        }

        return seen < 0x80;
    }
}
