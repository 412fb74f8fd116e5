using System.Buffers.Binary;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Resolution;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Mapping;

/// <summary>Reads one value; where the reader has failed, whatever it gives means nothing.</summary>
internal delegate T ReadValue<out T>(ref AvroReader reader);

/// <summary>Holds a compiled reader; there before the reader is, so that types may recur.</summary>
internal sealed class ReadSlot<T>
{
    internal ReadValue<T> Read = null!;
}

/// <summary>What compiled readers call for values that are more than one primitive.</summary>
internal static class MappedReads
{
    // Room that a list takes because a count says so, before its items have shown that they are there.
    private const int CapacityMax = 1024;

    private const string BeyondTimes = "the number is beyond the dates or times of the C# type";

    /// <summary>Reads a string; null where the reader has failed.</summary>
    internal static string? Text(ref AvroReader reader) =>
        reader.TryReadBytes(out ReadOnlySpan<byte> utf8) ? AsciiText.TryCreate(utf8) ?? OtherText(ref reader, utf8) : null;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string? OtherText(ref AvroReader reader, ReadOnlySpan<byte> utf8)
    {
        if (Utf8.IsValid(utf8))
        {
            return Encoding.UTF8.GetString(utf8);
        }

        reader.Fail(DecodeErrorKind.InvalidUtf8);
        return null;
    }

    internal static bool Bytes(ref AvroReader reader, out byte[] value)
    {
        bool read = reader.TryReadBytes(out ReadOnlySpan<byte> bytes);
        value = bytes.ToArray();
        return read;
    }

    internal static bool Fixed(ref AvroReader reader, int size, out byte[] value)
    {
        bool read = reader.TryReadFixed(size, out ReadOnlySpan<byte> bytes);
        value = bytes.ToArray();
        return read;
    }

    internal static bool GuidOfText(ref AvroReader reader, out Guid value)
    {
        value = default;
        return reader.TryReadBytes(out ReadOnlySpan<byte> utf8)
            && ((Utf8Parser.TryParse(utf8, out value, out int consumed, 'D') && consumed == utf8.Length)
                || NoText(ref reader, typeof(Guid)));
    }

    internal static bool OfText<T>(ref AvroReader reader, TextForm<T> form, out T value)
    {
        value = default!;
        return Text(ref reader) is { } text && (form.TryParse(text, out value) || NoText(ref reader, typeof(T)));
    }

    private static bool NoText(ref AvroReader reader, Type type) => reader.Fail(DecodeErrorKind.OutOfRange, $"the text is no {type}");

    internal static bool GuidOfFixed(ref AvroReader reader, out Guid value)
    {
        bool read = reader.TryReadFixed(16, out ReadOnlySpan<byte> bytes);
        value = read ? new Guid(bytes, bigEndian: true) : default;
        return read;
    }

    /// <summary>A count of the writer's units in the reader's.</summary>
    internal static bool Counted(ref AvroReader reader, LogicalConversion conversion, long written, out long value) =>
        conversion.TryConvert(ref reader, written, out value);

    /// <summary>The bytes of a decimal under the reader's scale.</summary>
    internal static bool Rescaled(ref AvroReader reader, LogicalConversion conversion, int size, out byte[]? value)
    {
        value = null;
        return (size < 0 ? reader.TryReadBytes(out ReadOnlySpan<byte> written) : reader.TryReadFixed(size, out written))
            && conversion.TryConvert(ref reader, written, size, out value);
    }

    internal static bool ApacheFixed<T>(ref AvroReader reader, int size, out T value)
        where T : global::Avro.Specific.SpecificFixed, new()
    {
        value = new T();
        if (!reader.TryReadFixed(size, out ReadOnlySpan<byte> bytes))
        {
            return false;
        }

        value.Value = bytes.ToArray();
        return true;
    }

    /// <summary>Months, days and milliseconds: a time span only where there are no months.</summary>
    internal static bool Duration(ref AvroReader reader, out TimeSpan value)
    {
        value = default;
        if (!reader.TryReadFixed(12, out ReadOnlySpan<byte> bytes))
        {
            return false;
        }

        uint months = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        uint days = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        if (months != 0 || days >= TimeSpan.MaxValue.Days - 50)
        {
            return reader.Fail(DecodeErrorKind.OutOfRange, "the duration has months, or more days than a time span");
        }

        // An uint of milliseconds is at most 49.7 days.
        value = new TimeSpan((days * TimeSpan.TicksPerDay) + (BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) * TimeSpan.TicksPerMillisecond));
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool DateTime(ref AvroReader reader, long number, TimeUnit unit, out DateTime value) =>
        TimeUnits.TryToDateTime(number, unit, out value) || reader.Fail(DecodeErrorKind.OutOfRange, BeyondTimes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool DateTimeOffset(ref AvroReader reader, long number, TimeUnit unit, out DateTimeOffset value)
    {
        bool read = DateTime(ref reader, number, unit, out DateTime point);
        value = new DateTimeOffset(point.Ticks, TimeSpan.Zero);
        return read;
    }

    internal static bool DateOnly(ref AvroReader reader, long number, TimeUnit unit, out DateOnly value)
    {
        bool read = DateTime(ref reader, number, unit, out DateTime point);
        value = System.DateOnly.FromDateTime(point);
        return read;
    }

    internal static bool TimeSpanOf(ref AvroReader reader, long number, TimeUnit unit, out TimeSpan value)
    {
        bool fits = TimeUnits.TryToTicks(number, unit, out long ticks);
        value = new TimeSpan(ticks);
        return fits || reader.Fail(DecodeErrorKind.OutOfRange, BeyondTimes);
    }

    internal static bool TimeOnly(ref AvroReader reader, long number, TimeUnit unit, out TimeOnly value)
    {
        value = default;
        if (!TimeUnits.TryToTicks(number, unit, out long ticks) || ticks is < 0 or >= TimeSpan.TicksPerDay)
        {
            return reader.Fail(DecodeErrorKind.OutOfRange, BeyondTimes);
        }

        value = new TimeOnly(ticks);
        return true;
    }

    /// <summary>A symbol of an enum that has a value for each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool KnownSymbol<T>(ref AvroReader reader, T[] values, out T value)
    {
        value = default!;
        if (!reader.TryReadEnumIndex(values.Length, out int index))
        {
            return false;
        }

        value = values[index];
        return true;
    }

    internal static bool Symbol<T>(ref AvroReader reader, T[] values, bool[] known, EnumNode node, out T value)
    {
        value = default!;
        if (!reader.TryReadEnumIndex(values.Length, out int index))
        {
            return false;
        }

        value = values[index];
        return known[index] || UnknownSymbol(ref reader, node, index, typeof(T));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool UnknownSymbol(ref AvroReader reader, EnumNode node, int index, Type type)
    {
        string unknown = node.Map[index] < 0
            ? node.Unknown(index)
            : $"symbol '{((EnumSchema)node.Writer).Symbols[index]}' is none of {type}, which has {GenericWriter.Listed(Enum.GetNames(type))}";
        return reader.Fail(DecodeErrorKind.UnknownSymbol, unknown);
    }

    /// <summary>Fails for a branch of the writer's union.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="writer">The writer's union.</param>
    /// <param name="index">The branch.</param>
    /// <param name="readable">Whether each branch can be read.</param>
    /// <param name="type">What is read.</param>
    internal static bool UnreadableBranch(ref AvroReader reader, UnionSchema writer, int index, bool[] readable, Type type)
    {
        string known = GenericWriter.Listed(
            writer.Branches.Zip(readable).Where(static pair => pair.Second).Select(static pair => pair.First.TypeName));
        string branch = writer.Branches[index].TypeName;
        return reader.Fail(
            DecodeErrorKind.UnreadableBranch, $"the writer's branch {branch} is none that {type} can hold: of this union {known}");
    }

    internal static bool Object(ref AvroReader reader, ReadNode node, out object? value) => GenericReader.TryRead(node, ref reader, out value);

    /// <summary>Makes room for a block, but not for more than a number of items that are yet to come.</summary>
    internal static void Reserve<T>(List<T> list, int count) => list.EnsureCapacity(list.Count + Math.Min(count, CapacityMax));

    internal static T[] Empty<T>() => [];

    /// <summary>Makes room for a block, as <see cref="Reserve"/>; by doubling from the second one on, so that many small blocks do not copy again and again.</summary>
    internal static void Grow<T>(ref T[] items, int used, int count)
    {
        if (items.Length - used < count)
        {
            System.Array.Resize(ref items, (int)Math.Min(Math.Max((long)used + Math.Min(count, CapacityMax), 2L * used), System.Array.MaxLength));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Append<T>(ref T[] items, ref int used, T item)
    {
        if (used == items.Length)
        {
            Grow(ref items, used, 1);
        }

        items[used++] = item;
    }

    internal static T[] Trim<T>(T[] items, int used)
    {
        if (used != items.Length)
        {
            System.Array.Resize(ref items, used);
        }

        return items;
    }

    /// <summary>
    /// Puts what was read into a collection that its object made; where it made none that takes items, they would be lost.
    /// </summary>
    internal static bool Fill<T>(ref AvroReader reader, ICollection<T>? collection, ICollection<T>? items)
    {
        if (items is null)
        {
            return true;
        }

        if (collection is not { IsReadOnly: false })
        {
            return reader.Fail(DecodeErrorKind.OutOfRange, "the object makes no collection that can be filled");
        }

        collection.Clear();
        foreach (T item in items)
        {
            collection.Add(item);
        }

        return true;
    }

    /// <summary>Whether the type can hold a default.</summary>
    internal static bool CanHold<T>(ReadOnlyMemory<byte> encoded, ReadSlot<T> slot)
    {
        var reader = AvroReader.OfDefault(encoded.Span);
        _ = slot.Read(ref reader);
        return reader.Error == DecodeErrorKind.None;
    }

    // The default comparer of strings is the ordinal one, and found faster.
    internal static Dictionary<string, T> NewMap<T>() => [];

    /// <summary>Makes room for a block, but not for more than a few: an entry takes many times the bytes that it is written with.</summary>
    internal static void ReserveEntries<T>(Dictionary<string, T> map, int count) => map.EnsureCapacity(map.Count + Math.Min(count, 64));

    /// <summary>A default, read anew each time: it may be an object that the caller changes.</summary>
    internal static T Default<T>(ReadOnlyMemory<byte> encoded, ReadSlot<T> slot)
    {
        var reader = AvroReader.OfDefault(encoded.Span);
        T value = slot.Read(ref reader);
        return reader.Error == DecodeErrorKind.None ? value : throw new InvalidOperationException($"A default cannot be held by {typeof(T)}: {reader.Error}.");
    }
}
