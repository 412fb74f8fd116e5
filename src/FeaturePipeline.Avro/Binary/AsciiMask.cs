using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FeaturePipeline.Avro.Binary;

/// <summary>The high bits of up to 64 bytes in one word: a slice whose bits are all 0 is ASCII, and so valid UTF-8.</summary>
internal static class AsciiMask
{
    /// <summary>The high bits of the bytes from a position on: bit i is that of byte position + i; 0 beyond the message's end.</summary>
    /// <param name="start">The message's first byte.</param>
    /// <param name="position">Where the window starts; at most <paramref name="end"/>.</param>
    /// <param name="end">The message's length.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Of(ref byte start, int position, int end)
    {
        // Within the message's bounds, load from the last place where a whole window fits, and shift what lies before the position out.
        if (end - position >= 64)
        {
            return Load64(ref Unsafe.Add(ref start, position));
        }

        if (end >= 64)
        {
            int left = end - position;
            return left == 0 ? 0 : Load64(ref Unsafe.Add(ref start, end - 64)) >> (64 - left);
        }

        return Small(ref start, end) >> position;
    }

    // Fewer than 64 bytes: two loads that overlap.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Small(ref byte start, int length)
    {
        if (length >= 32)
        {
            return Load32(ref start) | (Load32(ref Unsafe.Add(ref start, length - 32)) << (length - 32));
        }

        if (length >= 16)
        {
            return Load16(ref start) | (Load16(ref Unsafe.Add(ref start, length - 16)) << (length - 16));
        }

        return Tiny(ref start, length);
    }

    private static ulong Tiny(ref byte start, int length)
    {
        ulong mask = 0;
        for (int i = 0; i < length; i++)
        {
            mask |= (ulong)(Unsafe.Add(ref start, i) >> 7) << i;
        }

        return mask;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Load64(ref byte start) => Load32(ref start) | (Load32(ref Unsafe.Add(ref start, 32)) << 32);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Load32(ref byte start) => Vector256.LoadUnsafe(ref start).ExtractMostSignificantBits();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Load16(ref byte start) => Vector128.LoadUnsafe(ref start).ExtractMostSignificantBits();
}
