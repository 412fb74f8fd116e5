using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace FeaturePipeline.Avro.Binary;

/// <summary>Reads varints. Never reads outside the message.</summary>
internal static class Varint
{
    private const ulong HighBits = 0x8080_8080_8080_8080;
    private const ulong LowBits = 0x7f7f_7f7f_7f7f_7f7f;

    /// <summary>Undoes zigzag.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static long Unzigzag(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);

    /// <summary>Reads one varint of 1 to 10 bytes.</summary>
    /// <param name="start">The message's first byte.</param>
    /// <param name="position">Where the varint starts.</param>
    /// <param name="end">The message's length.</param>
    /// <param name="value">The value, before zigzag is undone.</param>
    /// <returns>Its bytes; 0 where the message ends inside it, -1 where it has more than 64 bits.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Read(ref byte start, int position, int end, out ulong value)
    {
        if (position < end && Unsafe.Add(ref start, position) is < 0x80 and var single)
        {
            value = single;
            return 1;
        }

        return ReadLong(ref start, position, end, out value);
    }

    // Eight bytes at once: the first byte without a high bit ends the varint; the low seven bits of the bytes up to it are packed together.
    // Near the message's end the last eight bytes are loaded and shifted; the zeros that come in look like an end beyond the message.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int ReadLong(ref byte start, int position, int end, out ulong value)
    {
        int left = end - position;
        if (end >= 8 && left > 0)
        {
            ulong bytes = left >= 8
                ? Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, position))
                : Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, end - 8)) >> (64 - (left * 8));
            ulong stops = ~bytes & HighBits;
            if (stops != 0 && BitConverter.IsLittleEndian)
            {
                int length = (BitOperations.TrailingZeroCount(stops) >> 3) + 1;
                value = Pack(bytes & (stops ^ (stops - 1)));
                return length <= left ? length : 0;
            }
        }

        // A variable of its own, so that the caller's stays in a register.
        int slowLength = ReadBytewise(ref start, position, end, out ulong slow);
        value = slow;
        return slowLength;
    }

    /// <summary>Skips several varints at once, as far as 64 bytes show where they end.</summary>
    /// <param name="start">The message's first byte.</param>
    /// <param name="position">Where the first one starts; at most <paramref name="end"/>.</param>
    /// <param name="end">The message's length.</param>
    /// <param name="count">How many, from 1 to 64.</param>
    /// <returns>
    /// In bits 0 to 7 their bytes, above how many they are; 0 where one may be too long or the message may end, which reading one by one will tell.
    /// </returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int SkipRun(ref byte start, int position, int end, int count)
    {
        if (!Bmi2.X64.IsSupported)
        {
            return 0;
        }

        // A varint ends at a byte without a high bit; beyond the message's end there are such bytes, too.
        ulong high = AsciiMask.Of(ref start, position, end);
        ulong ends = ~high;
        int skipped = Math.Min(count, BitOperations.PopCount(ends));
        ulong last = skipped == 0 ? 0 : Bmi2.X64.ParallelBitDeposit(1UL << (skipped - 1), ends);
        int length = BitOperations.TrailingZeroCount(last) + 1;

        // Nine high bits in a row are a varint of ten bytes, which may have more than 64 bits.
        ulong inside = high & (last - 1);
        ulong rows = inside & (inside >> 1);
        rows &= rows >> 2;
        rows &= rows >> 4;
        return last != 0 && (rows & (inside >> 8)) == 0 && length <= end - position ? (skipped << 8) | length : 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Pack(ulong bytes)
    {
        if (Bmi2.X64.IsSupported)
        {
            return Bmi2.X64.ParallelBitExtract(bytes, LowBits);
        }

        return PackByShifts(bytes);
    }

    /// <summary>Packs the low seven bits of eight bytes together, pairwise: where there is no PEXT.</summary>
    internal static ulong PackByShifts(ulong bytes)
    {
        bytes &= LowBits;
        bytes = (bytes & 0x007f_007f_007f_007f) | ((bytes & 0x7f00_7f00_7f00_7f00) >> 1);
        bytes = (bytes & 0x0000_3fff_0000_3fff) | ((bytes & 0x3fff_0000_3fff_0000) >> 2);
        return (bytes & 0x0000_0000_0fff_ffff) | ((bytes & 0x0fff_ffff_0000_0000) >> 4);
    }

    private static int ReadBytewise(ref byte start, int position, int end, out ulong value)
    {
        value = 0;
        for (int i = 0; i < 10; i++)
        {
            if (position + i >= end)
            {
                return 0;
            }

            byte next = Unsafe.Add(ref start, position + i);
            if (i == 9 && next > 1)
            {
                return -1;
            }

            value |= (ulong)(next & 0x7f) << (7 * i);
            if (next < 0x80)
            {
                return i + 1;
            }
        }

        return -1;
    }
}
