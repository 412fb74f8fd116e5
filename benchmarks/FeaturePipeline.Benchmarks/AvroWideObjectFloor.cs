using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using com.company.wide;
using FeaturePipeline.Avro.Binary;

namespace FeaturePipeline.Benchmarks;

/// <summary>A hand-written codec of wide records as objects: the floor that compiled readers and writers are measured against.</summary>
internal static class AvroWideObjectFloor
{
    /// <summary>Decodes to a class; null where the message is broken.</summary>
    internal static WideRecord? Read(ReadOnlySpan<byte> body)
    {
        var reader = new AvroHandReader(body);
        var record = new WideRecord();
        return ReadTexts(ref reader, record) && ReadNumbers(ref reader, record) && ReadScores(ref reader, record) && ReadRest(ref reader, record) && reader.IsAtEnd
            ? record
            : null;
    }

    /// <summary>Encodes an object; its text is ASCII.</summary>
    internal static int Write(WideRecord record, Span<byte> destination)
    {
        if (destination.Length < SizeMax(record))
        {
            return -1;
        }

        var writer = new AvroHandWriter(destination);
        writer.Text(record.Text0);
        writer.Text(record.Text1);
        writer.Text(record.Text2);
        writer.Text(record.Text3);
        writer.Text(record.Text4);
        writer.Text(record.Text5);
        writer.Text(record.Text6);
        writer.Text(record.Text7);
        writer.Long(record.Count0);
        writer.Long(record.Count1);
        writer.Long(record.Count2);
        writer.Long(record.Count3);
        writer.Long(record.Count4);
        writer.Long(record.Count5);
        writer.Long(record.Count6);
        writer.Long(record.Count7);
        writer.Long(record.Size0);
        writer.Long(record.Size1);
        writer.Long(record.Size2);
        writer.Long(record.Size3);
        writer.Long(record.Size4);
        writer.Long(record.Size5);
        writer.Double(record.Score0);
        writer.Double(record.Score1);
        writer.Double(record.Score2);
        writer.Double(record.Score3);
        writer.Double(record.Score4);
        writer.Double(record.Score5);
        writer.Byte(record.Flag0 ? (byte)1 : (byte)0);
        writer.Byte(record.Flag1 ? (byte)1 : (byte)0);
        writer.Byte(record.Flag2 ? (byte)1 : (byte)0);
        writer.Byte(record.Flag3 ? (byte)1 : (byte)0);
        Note(ref writer, record.Note0);
        Note(ref writer, record.Note1);
        Note(ref writer, record.Note2);
        WriteCollections(ref writer, record);
        writer.Long((int)record.Kind);
        writer.Text(record.Place.City);
        writer.Long(record.Place.Rank);
        return writer.Written;
    }

    private static int SizeMax(WideRecord record)
    {
        // Varints, doubles and booleans at their longest; then the text.
        int size = RowOp.Slack + (40 * 10)
            + record.Text0.Length + record.Text1.Length + record.Text2.Length + record.Text3.Length + record.Text4.Length + record.Text5.Length + record.Text6.Length + record.Text7.Length
            + (record.Note0?.Length ?? 0) + (record.Note1?.Length ?? 0) + (record.Note2?.Length ?? 0) + record.Place.City.Length + (record.Points.Count * 10);
        foreach (string tag in CollectionsMarshal.AsSpan((List<string>)record.Tags))
        {
            size += tag.Length + 5;
        }

        foreach (KeyValuePair<string, long> pair in (Dictionary<string, long>)record.Counters)
        {
            size += pair.Key.Length + 15;
        }

        return size;
    }

    private static void WriteCollections(ref AvroHandWriter writer, WideRecord record)
    {
        writer.Long(record.Tags.Count);
        foreach (string tag in CollectionsMarshal.AsSpan((List<string>)record.Tags))
        {
            writer.Text(tag);
        }

        writer.Byte(0);
        writer.Long(record.Points.Count);
        foreach (long point in CollectionsMarshal.AsSpan((List<long>)record.Points))
        {
            writer.Long(point);
        }

        writer.Byte(0);
        writer.Long(record.Counters.Count);
        foreach (KeyValuePair<string, long> pair in (Dictionary<string, long>)record.Counters)
        {
            writer.Text(pair.Key);
            writer.Long(pair.Value);
        }

        writer.Byte(0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Note(ref AvroHandWriter writer, string? note)
    {
        writer.Byte(note is null ? (byte)0 : (byte)2);
        if (note is not null)
        {
            writer.Text(note);
        }
    }

    private static bool ReadTexts(ref AvroHandReader at, WideRecord record)
    {
        AvroHandReader reader = at;
        if (!reader.TryText(out string text0)
            || !reader.TryText(out string text1)
            || !reader.TryText(out string text2)
            || !reader.TryText(out string text3)
            || !reader.TryText(out string text4)
            || !reader.TryText(out string text5)
            || !reader.TryText(out string text6)
            || !reader.TryText(out string text7))
        {
            return false;
        }

        record.Text0 = text0;
        record.Text1 = text1;
        record.Text2 = text2;
        record.Text3 = text3;
        record.Text4 = text4;
        record.Text5 = text5;
        record.Text6 = text6;
        record.Text7 = text7;
        at = reader;
        return true;
    }

    private static bool ReadNumbers(ref AvroHandReader at, WideRecord record)
    {
        AvroHandReader reader = at;
        if (!reader.TryLong(out long count0)
            || !reader.TryLong(out long count1)
            || !reader.TryLong(out long count2)
            || !reader.TryLong(out long count3)
            || !reader.TryLong(out long count4)
            || !reader.TryLong(out long count5)
            || !reader.TryLong(out long count6)
            || !reader.TryLong(out long count7)
            || !reader.TryInt(out int size0)
            || !reader.TryInt(out int size1)
            || !reader.TryInt(out int size2)
            || !reader.TryInt(out int size3)
            || !reader.TryInt(out int size4)
            || !reader.TryInt(out int size5))
        {
            return false;
        }

        record.Count0 = count0;
        record.Count1 = count1;
        record.Count2 = count2;
        record.Count3 = count3;
        record.Count4 = count4;
        record.Count5 = count5;
        record.Count6 = count6;
        record.Count7 = count7;
        record.Size0 = size0;
        record.Size1 = size1;
        record.Size2 = size2;
        record.Size3 = size3;
        record.Size4 = size4;
        record.Size5 = size5;
        at = reader;
        return true;
    }

    private static bool ReadScores(ref AvroHandReader at, WideRecord record)
    {
        AvroHandReader reader = at;
        if (!reader.TryDouble(out double score0)
            || !reader.TryDouble(out double score1)
            || !reader.TryDouble(out double score2)
            || !reader.TryDouble(out double score3)
            || !reader.TryDouble(out double score4)
            || !reader.TryDouble(out double score5)
            || !reader.TryBoolean(out bool flag0)
            || !reader.TryBoolean(out bool flag1)
            || !reader.TryBoolean(out bool flag2)
            || !reader.TryBoolean(out bool flag3))
        {
            return false;
        }

        record.Score0 = score0;
        record.Score1 = score1;
        record.Score2 = score2;
        record.Score3 = score3;
        record.Score4 = score4;
        record.Score5 = score5;
        record.Flag0 = flag0;
        record.Flag1 = flag1;
        record.Flag2 = flag2;
        record.Flag3 = flag3;
        at = reader;
        return true;
    }

    private static bool ReadRest(ref AvroHandReader reader, WideRecord record)
    {
        if (!TryNote(ref reader, out string? note0) || !TryNote(ref reader, out string? note1) || !TryNote(ref reader, out string? note2)
            || !TryTexts(ref reader, out List<string> tags) || !TryLongs(ref reader, out List<long> points) || !TryCounters(ref reader, out Dictionary<string, long> counters)
            || !reader.TryByte(out byte kind) || kind is not (0 or 2 or 4) || !reader.TryText(out string city) || !reader.TryInt(out int rank))
        {
            return false;
        }

        record.Note0 = note0;
        record.Note1 = note1;
        record.Note2 = note2;
        record.Tags = tags;
        record.Points = points;
        record.Counters = counters;
        record.Kind = (WideKind)(kind >> 1);
        record.Place = new WidePlace { City = city, Rank = rank };
        return true;
    }

    private static bool TryTexts(ref AvroHandReader reader, out List<string> list)
    {
        list = [];
        while (reader.TryCount(1, out int count))
        {
            if (count == 0)
            {
                return true;
            }

            list.EnsureCapacity(list.Count + count);
            for (int i = 0; i < count; i++)
            {
                if (!reader.TryText(out string text))
                {
                    return false;
                }

                list.Add(text);
            }
        }

        return false;
    }

    private static bool TryLongs(ref AvroHandReader reader, out List<long> list)
    {
        list = [];
        while (reader.TryCount(1, out int count))
        {
            if (count == 0)
            {
                return true;
            }

            list.EnsureCapacity(list.Count + count);
            for (int i = 0; i < count; i++)
            {
                if (!reader.TryLong(out long value))
                {
                    return false;
                }

                list.Add(value);
            }
        }

        return false;
    }

    private static bool TryCounters(ref AvroHandReader reader, out Dictionary<string, long> map)
    {
        map = [];
        while (reader.TryCount(2, out int count))
        {
            if (count == 0)
            {
                return true;
            }

            map.EnsureCapacity(map.Count + count);
            for (int i = 0; i < count; i++)
            {
                if (!reader.TryText(out string key) || !reader.TryLong(out long value))
                {
                    return false;
                }

                map[key] = value;
            }
        }

        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryNote(ref AvroHandReader reader, out string? note)
    {
        note = null;
        return reader.TryByte(out byte tag) && (tag == 0 || (tag == 2 && reader.TryText(out note)));
    }
}
