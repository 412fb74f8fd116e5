using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FeaturePipeline.Avro.Binary;

/// <summary>What a decoded field is held as.</summary>
public enum FieldKind : byte
{
    /// <summary>boolean.</summary>
    Boolean,

    /// <summary>int, long, and the dates, times and timestamps on them.</summary>
    Long,

    /// <summary>float, double.</summary>
    Double,

    /// <summary>UTF-8: string, and an enum's symbol.</summary>
    String,

    /// <summary>bytes, fixed, and the decimals on them.</summary>
    Bytes,
}

/// <summary>One field of a projection.</summary>
/// <param name="Path">The reader's field, with '.' into nested records.</param>
/// <param name="Kind">What its value is held as.</param>
/// <param name="IsNullable">Whether the field, or a record on the way to it, may be null.</param>
/// <param name="LogicalType">The name of the logical type, or null.</param>
public sealed record ProjectedField(string Path, FieldKind Kind, bool IsNullable, string? LogicalType);

/// <summary>One decoded field, in 16 bytes. Text and bytes are slices: of the message, or of the plan's constants (defaults, symbols).</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct FieldValue
{
    private const int NullTag = 0;
    private const int NumberTag = 1;
    private const int MessageTag = 2;
    private const int ConstantTag = 3;

    private readonly long _bits;
    private readonly long _tag;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private FieldValue(long bits, long tag)
    {
        _bits = bits;
        _tag = tag;
    }

    /// <summary>The null value; also what a default <see cref="FieldValue"/> is.</summary>
    public static FieldValue Null => default;

    /// <summary>Whether the value is null.</summary>
    public bool IsNull => _tag == NullTag;

    /// <summary>Whether the value is text or bytes.</summary>
    internal bool IsSlice => _tag >= MessageTag;

    /// <summary>Whether the value is text or bytes of the message.</summary>
    internal bool IsOfMessage => _tag == MessageTag;

    /// <summary>The value of a <see cref="FieldKind.Long"/> field; 0 where it is null.</summary>
    public long AsLong => _bits;

    /// <summary>The value of a <see cref="FieldKind.Double"/> field; 0 where it is null.</summary>
    public double AsDouble => BitConverter.Int64BitsToDouble(_bits);

    /// <summary>The value of a <see cref="FieldKind.Boolean"/> field; false where it is null.</summary>
    public bool AsBoolean => _bits != 0;

    /// <summary>Bytes of a <see cref="FieldKind.String"/> or <see cref="FieldKind.Bytes"/> field; 0 where it is null.</summary>
    public int Length => _tag >= MessageTag ? (int)(_bits >> 32) : 0;

    /// <summary>A number.</summary>
    /// <param name="value">The number.</param>
    /// <returns>The value.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FieldValue FromLong(long value) => new(value, NumberTag);

    /// <summary>A number.</summary>
    /// <param name="value">The number.</param>
    /// <returns>The value.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FieldValue FromDouble(double value) => new(BitConverter.DoubleToInt64Bits(value), NumberTag);

    /// <summary>A boolean.</summary>
    /// <param name="value">The boolean.</param>
    /// <returns>The value.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FieldValue FromBoolean(bool value) => new(value ? 1 : 0, NumberTag);

    /// <summary>Text or bytes in the message.</summary>
    /// <param name="offset">Bytes from the message's start.</param>
    /// <param name="length">Bytes.</param>
    /// <returns>The value.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FieldValue FromSlice(int offset, int length) => new(((long)length << 32) | (uint)offset, MessageTag);

    /// <summary>Text or bytes in the plan's constants.</summary>
    /// <param name="offset">Bytes from the constants' start.</param>
    /// <param name="length">Bytes.</param>
    /// <returns>The value.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FieldValue FromConstant(int offset, int length) => new(((long)length << 32) | (uint)offset, ConstantTag);

    /// <summary>The bytes of text or bytes, in the memory that they lie in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ReadOnlySpan<byte> Slice(ref byte memory, int length)
    {
        uint offset = (uint)_bits;
        uint bytes = (uint)(_bits >> 32);
        return (ulong)offset + bytes <= (uint)length
            ? MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref memory, offset), (int)bytes)
            : throw new ArgumentOutOfRangeException(nameof(length), "A slice lies outside its memory. Give the message that the row was decoded from.");
    }

    /// <summary>The bytes of a <see cref="FieldKind.String"/> or <see cref="FieldKind.Bytes"/> field; empty where it is null or a number.</summary>
    /// <param name="message">The message that was decoded.</param>
    /// <param name="constants">The plan's constants.</param>
    /// <returns>The bytes; for text, UTF-8.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> AsBytes(ReadOnlySpan<byte> message, ReadOnlySpan<byte> constants) => _tag switch
    {
        MessageTag => message.Slice((int)_bits, (int)(_bits >> 32)),
        ConstantTag => constants.Slice((int)_bits, (int)(_bits >> 32)),
        _ => default,
    };
}

/// <summary>A decoded row: the values, and the memory that their slices lie in. Valid as long as the message's memory is.</summary>
public readonly ref struct ProjectedRow
{
    /// <summary>Creates the row.</summary>
    /// <param name="message">The message that was decoded.</param>
    /// <param name="constants">The plan's constants.</param>
    /// <param name="values">The values, in the projection's order.</param>
    public ProjectedRow(ReadOnlySpan<byte> message, ReadOnlySpan<byte> constants, ReadOnlySpan<FieldValue> values)
    {
        Message = message;
        Constants = constants;
        Values = values;
    }

    /// <summary>The message that was decoded: the body, without framing.</summary>
    public ReadOnlySpan<byte> Message { get; }

    /// <summary>The plan's constants.</summary>
    public ReadOnlySpan<byte> Constants { get; }

    /// <summary>The values, in the projection's order.</summary>
    public ReadOnlySpan<FieldValue> Values { get; }

    /// <summary>Whether field i is null.</summary>
    /// <param name="i">The position in the projection.</param>
    /// <returns>Whether it is null.</returns>
    public bool IsNull(int i) => Values[i].IsNull;

    /// <summary>The value of a <see cref="FieldKind.Long"/> field; 0 where it is null.</summary>
    /// <param name="i">The position in the projection.</param>
    /// <returns>The value.</returns>
    public long GetLong(int i) => Values[i].AsLong;

    /// <summary>The value of a <see cref="FieldKind.Double"/> field; 0 where it is null.</summary>
    /// <param name="i">The position in the projection.</param>
    /// <returns>The value.</returns>
    public double GetDouble(int i) => Values[i].AsDouble;

    /// <summary>The value of a <see cref="FieldKind.Boolean"/> field; false where it is null.</summary>
    /// <param name="i">The position in the projection.</param>
    /// <returns>The value.</returns>
    public bool GetBoolean(int i) => Values[i].AsBoolean;

    /// <summary>The bytes of a <see cref="FieldKind.String"/> or <see cref="FieldKind.Bytes"/> field; empty where it is null.</summary>
    /// <param name="i">The position in the projection.</param>
    /// <returns>The bytes; for text, UTF-8.</returns>
    public ReadOnlySpan<byte> GetBytes(int i) => Values[i].AsBytes(Message, Constants);
}
