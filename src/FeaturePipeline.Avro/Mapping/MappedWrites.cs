using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Mapping;

/// <summary>Writes one value.</summary>
internal delegate void WriteValue<in T>(ref AvroWriter writer, T value);

/// <summary>Holds a compiled writer; there before the writer is, so that types may recur.</summary>
internal sealed class WriteSlot<T>
{
    internal WriteValue<T> Write = null!;
}

/// <summary>An enum and the path of its field, for errors.</summary>
internal sealed record EnumPlace(EnumSchema Schema, string Path);

/// <summary>What compiled writers call for values that are more than one primitive. The path is that of the field, for errors.</summary>
internal static class MappedWrites
{
    private static readonly ConcurrentDictionary<(Type Derived, Type Declared), string?> LostMembers = [];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Boolean(ref AvroWriter writer, bool value) => writer.WriteBoolean(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Long(ref AvroWriter writer, long value) => writer.WriteLong(value);

    internal static void Int(ref AvroWriter writer, long value, string path) =>
        writer.WriteLong(value == (int)value ? value : throw Mismatch(path, $"{value} is no int"));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Float(ref AvroWriter writer, float value) => writer.WriteFloat(value);

    internal static void FloatOfDouble(ref AvroWriter writer, double value, string path)
    {
        bool fits = (float)value == value || double.IsNaN(value);
        writer.WriteFloat(fits ? (float)value : throw Mismatch(path, $"{value} is no float exactly"));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Double(ref AvroWriter writer, double value) => writer.WriteDouble(value);

    internal static long Signed<T>(T value, string path)
        where T : IBinaryInteger<T>
    {
        // The digits of a long number are no help, and take long to work out.
        long number = long.CreateSaturating(value);
        return T.CreateSaturating(number) == value
            ? number
            : throw Mismatch(path, $"{(value.GetShortestBitLength() <= 128 ? value : "it")} is no long");
    }

    internal static void AsText<T>(ref AvroWriter writer, T value, TextForm<T> form, string path) =>
        Text(ref writer, form.Format(NotNull(value, path)), path);

    internal static void Text(ref AvroWriter writer, string value, string path)
    {
        if (!writer.WriteAscii(NotNull(value, path)))
        {
            OtherText(ref writer, value, path);
        }
    }

    internal static void Bytes(ref AvroWriter writer, ReadOnlyMemory<byte> value) => writer.WriteBytes(value.Span);

    internal static void ByteArray(ref AvroWriter writer, byte[] value, string path) => writer.WriteBytes(NotNull(value, path));

    internal static void Fixed(ref AvroWriter writer, ReadOnlyMemory<byte> value, int size, string path) =>
        writer.WriteRaw(value.Length == size ? value.Span : throw Mismatch(path, $"a fixed of {size} bytes was given {value.Length}"));

    internal static void ApacheFixed(ref AvroWriter writer, global::Avro.Specific.SpecificFixed value, int size, string path) =>
        Fixed(ref writer, NotNull(value, path).Value, size, path);

    internal static void GuidAsText(ref AvroWriter writer, Guid value)
    {
        Span<byte> text = stackalloc byte[36];
        value.TryFormat(text, out _);
        writer.WriteBytes(text);
    }

    internal static void GuidAsFixed(ref AvroWriter writer, Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        writer.WriteRaw(bytes);
    }

    internal static void Duration(ref AvroWriter writer, TimeSpan value, string path)
    {
        if (value < TimeSpan.Zero || value.Ticks % TimeSpan.TicksPerMillisecond != 0)
        {
            throw Mismatch(path, $"{value} is no duration of whole milliseconds");
        }

        Span<byte> bytes = stackalloc byte[12];
        bytes.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], (uint)value.Days);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], (uint)(value.Ticks % TimeSpan.TicksPerDay / TimeSpan.TicksPerMillisecond));
        writer.WriteRaw(bytes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void DateTime(ref AvroWriter writer, DateTime value, TimeUnit unit, string path) =>
        writer.WriteLong(TimeUnits.TryFromDateTime(value, unit, out long number) ? number : throw BeyondNanos(value, path));

    internal static void DateTimeOffset(ref AvroWriter writer, DateTimeOffset value, TimeUnit unit, string path) => DateTime(ref writer, value.UtcDateTime, unit, path);

    internal static void DateOnly(ref AvroWriter writer, DateOnly value, TimeUnit unit, string path) => DateTime(ref writer, value.ToDateTime(System.TimeOnly.MinValue), unit, path);

    internal static void TimeOnly(ref AvroWriter writer, TimeOnly value, TimeUnit unit, string path) => TimeSpanOf(ref writer, value.ToTimeSpan(), unit, path);

    internal static void TimeSpanOf(ref AvroWriter writer, TimeSpan value, TimeUnit unit, string path) =>
        writer.WriteLong(TimeUnits.TryFromTicks(value.Ticks, unit, out long number) ? number : throw Mismatch(path, $"{value} is beyond the 24 days that an int of milliseconds can count"));

    /// <summary>An enum whose numbers are few: their symbols' indexes in a table, -1 where there is none.</summary>
    internal static void SymbolAt<T>(ref AvroWriter writer, long number, int[] indexes, T value, EnumPlace place) =>
        writer.WriteLong(
            (ulong)number < (ulong)indexes.Length && indexes[number] >= 0 ? indexes[number] : throw UnknownSymbol(value, place));

    internal static void Symbol<T>(ref AvroWriter writer, T value, Dictionary<T, int> indexes, EnumPlace place)
        where T : notnull =>
        writer.WriteLong(indexes.TryGetValue(NotNull(value, place.Path), out int index) ? index : throw UnknownSymbol(value, place));

    internal static void Object(ref AvroWriter writer, object? value, AvroSchema schema, string path) => GenericWriter.Write(ref writer, schema, value, path);

    internal static void List<T>(ref AvroWriter writer, IReadOnlyList<T> value, WriteSlot<T> items, string path)
    {
        Enter(ref writer, path);
        int count = NotNull(value, path).Count;
        if (count > 0)
        {
            writer.WriteLong(count);
            for (int i = 0; i < value.Count; i++)
            {
                items.Write(ref writer, value[i]);
                count--;
            }

            CheckCount(count, path);
        }

        writer.WriteLong(0);
        writer.Leave();
    }

    internal static void Sequence<T>(ref AvroWriter writer, IEnumerable<T> value, WriteSlot<T> items, string path) =>
        List(ref writer, value is ImmutableArray<T> { IsDefault: true } ? throw NullValue(path) : NotNull(value, path) as IReadOnlyList<T> ?? value.ToList(), items, path);

    internal static void Map<T>(ref AvroWriter writer, IEnumerable<KeyValuePair<string, T>> value, WriteSlot<T> values, string path)
    {
        Enter(ref writer, path);
        int count = NotNull(value, path).Count();
        if (count > 0)
        {
            writer.WriteLong(count);
            foreach ((string key, T item) in value)
            {
                Text(ref writer, key, path);
                values.Write(ref writer, item);
                count--;
            }

            CheckCount(count, path);
        }

        writer.WriteLong(0);
        writer.Leave();
    }

    /// <summary>The count stands before the items, so a collection that others change meanwhile must not be written.</summary>
    internal static void CheckCount(int notWritten, string path)
    {
        if (notWritten != 0)
        {
            throw Changed(path);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Enter(ref AvroWriter writer, string path)
    {
        if (!writer.TryEnter())
        {
            throw Mismatch(path, $"{writer.WhyTooDeep()}, or holds itself");
        }
    }

    private static ArgumentException BeyondNanos(DateTime value, string path) =>
        Mismatch(path, $"{value:o} is beyond the years 1677 to 2262, which nanoseconds can count");

    internal static Exception Changed(string path) => Mismatch(path, "it was changed while it was written");

    internal static Exception NoBranch(object? value, UnionSchema union, string path)
    {
        string known = GenericWriter.Listed(union.Branches.Select(static branch => branch.TypeName));
        return Mismatch(path, $"no branch of the union is a {value?.GetType().Name ?? "null"}; it has {known}");
    }

    private static ArgumentException UnknownSymbol<T>(T value, EnumPlace place) =>
        Mismatch(place.Path, $"the enum has no symbol '{value}'; {place.Schema.Name} has {GenericWriter.Listed(place.Schema.Symbols)}");

    /// <summary>Refuses an object of a derived type that has members which the declared type, and so the schema, lacks.</summary>
    internal static void CheckDerived(Type derived, Type declared, string path)
    {
        if (LostMembers.GetOrAdd((derived, declared), static pair => Lost(pair.Derived, pair.Declared)) is { } lost)
        {
            throw Mismatch(
                path,
                $"{lost} of {derived} would be lost, because {declared} is declared and has no such member. "
                + $"Declare {derived}, or make {declared} a union of its types with [AvroUnion]");
        }
    }

    private static string? Lost(Type derived, Type declared)
    {
        var known = TypeMembers.Of(declared).Stored.Select(static member => member.Name).ToHashSet(StringComparer.Ordinal);
        string[] lost = [.. TypeMembers.Of(derived).Stored.Select(static member => member.Name).Where(name => !known.Contains(name))];
        return lost.Length > 0 ? string.Join(", ", lost) : null;
    }

    internal static Exception NullValue(string path) => Mismatch(path, "null, which its type does not have");

    private static T NotNull<T>(T value, string path) => value is null ? throw NullValue(path) : value;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void OtherText(ref AvroWriter writer, string value, string path)
    {
        try
        {
            writer.WriteString(value);
        }
        catch (EncoderFallbackException)
        {
            throw Mismatch(path, "it has half a surrogate pair, which is no text");
        }
    }

    internal static ArgumentException Mismatch(string path, string reason) =>
        new($"{(path.Length == 0 ? "The value" : $"The value of '{path}'")} does not fit: {reason}.");
}
