using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FeaturePipeline.Benchmarks;

/// <summary>A hand-written projection of the wide record: the floor that the flat plan is measured against.</summary>
internal static class AvroWideFloor
{
    /// <summary>The projected fields: text_0, count_3, score_5, note_1, kind and place.city are read, everything else is skipped.</summary>
    internal static bool Project(ReadOnlySpan<byte> body, out Row row)
    {
        Unsafe.SkipInit(out row);
        var reader = new AvroHandReader(body);
        return reader.TrySlice(out row.Text0)
            && reader.SkipText()
            && reader.SkipText()
            && reader.SkipText()
            && reader.SkipText()
            && reader.SkipText()
            && reader.SkipText()
            && reader.SkipText()
            && reader.TryLong(out _)
            && reader.TryLong(out _)
            && reader.TryLong(out _)
            && reader.TryLong(out row.Count3)
            && reader.TryLong(out _)
            && reader.TryLong(out _)
            && reader.TryLong(out _)
            && reader.TryLong(out _)
            && reader.TryLong(out _)
            && reader.TryLong(out _)
            && reader.TryLong(out _)
            && reader.TryLong(out _)
            && reader.TryLong(out _)
            && reader.TryLong(out _)
            && reader.Skip(5 * sizeof(double))
            && reader.TryDouble(out row.Score5)
            && reader.Skip(4)
            && SkipNote(ref reader)
            && TryNote(ref reader, out row.Note1)
            && SkipNote(ref reader)
            && SkipTexts(ref reader)
            && SkipLongs(ref reader)
            && SkipCounters(ref reader)
            && reader.TryByte(out row.Kind) && row.Kind is 0 or 2 or 4
            && reader.TrySlice(out row.City)
            && reader.TryLong(out _)
            && reader.IsAtEnd;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryNote(ref AvroHandReader reader, out (int Offset, int Length) note)
    {
        note = default;
        return reader.TryByte(out byte tag) && (tag == 0 || (tag == 2 && reader.TrySlice(out note)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool SkipNote(ref AvroHandReader reader) => reader.TryByte(out byte tag) && (tag == 0 || (tag == 2 && reader.SkipText()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool SkipTexts(ref AvroHandReader reader)
    {
        while (reader.TryCount(1, out int count))
        {
            if (count == 0)
            {
                return true;
            }

            for (int i = 0; i < count; i++)
            {
                if (!reader.SkipText())
                {
                    return false;
                }
            }
        }

        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool SkipLongs(ref AvroHandReader reader)
    {
        while (reader.TryCount(1, out int count))
        {
            if (count == 0)
            {
                return true;
            }

            for (int i = 0; i < count; i++)
            {
                if (!reader.TryLong(out _))
                {
                    return false;
                }
            }
        }

        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool SkipCounters(ref AvroHandReader reader)
    {
        while (reader.TryCount(2, out int count))
        {
            if (count == 0)
            {
                return true;
            }

            for (int i = 0; i < count; i++)
            {
                if (!reader.SkipText() || !reader.TryLong(out _))
                {
                    return false;
                }
            }
        }

        return false;
    }

    /// <summary>The projected fields.</summary>
    [StructLayout(LayoutKind.Auto)]
    internal struct Row
    {
        internal (int Offset, int Length) Text0;
        internal long Count3;
        internal double Score5;
        internal (int Offset, int Length) Note1;
        internal byte Kind;
        internal (int Offset, int Length) City;
    }
}
