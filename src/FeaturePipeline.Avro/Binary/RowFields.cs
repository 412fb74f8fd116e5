using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FeaturePipeline.Avro.Binary;

/// <summary>Encodes one row: the values, what their slices and constants point into, and where to write.</summary>
/// <returns>Bytes written, or -1 where the destination is too small or a value does not fit: the checked way then says which.</returns>
internal delegate int EncodeRow(
    ref FieldValue values, ref byte data, int dataLength, ref byte constants, int constantsLength, ref byte destination, int room);

/// <summary>
/// What a compiled row encoder is made of: each writes field <c>index</c> at a position of the destination and gives back the next position, or -1. The tags
/// are those of a union with null, -1 where there is none: constants of the compiled code, as the index is, so that what they rule out is not there.
/// </summary>
internal static class RowFields
{
    private const int NumberMax = 11 + RowOp.Slack;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Slice(
        ref FieldValue values, int index, int nullTag, int valueTag, ref byte data, int dataLength, ref byte constants, int constantsLength, ref byte destination, int position, int room)
    {
        ref FieldValue value = ref Unsafe.Add(ref values, index);
        if (value.IsOfMessage)
        {
            return Write(value.Slice(ref data, dataLength), valueTag, ref destination, position, room);
        }

        return value.IsNull
            ? Null(nullTag, ref destination, position, room)
            : OfConstants(ref value, valueTag, ref constants, constantsLength, ref destination, position, room);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Long(ref FieldValue values, int index, int nullTag, int valueTag, ref byte destination, int position, int room)
    {
        ref FieldValue value = ref Unsafe.Add(ref values, index);
        if (value.IsNull)
        {
            return Null(nullTag, ref destination, position, room);
        }

        if (room - position < NumberMax)
        {
            return -1;
        }

        position = Tag(valueTag, ref destination, position);
        ref byte at = ref Unsafe.Add(ref destination, position);
        return position + (int)Unsafe.ByteOffset(ref at, ref RowWriter.WriteLong(ref at, value.AsLong));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Int(ref FieldValue values, int index, int nullTag, int valueTag, ref byte destination, int position, int room)
    {
        long number = Unsafe.Add(ref values, index).AsLong;
        return number == (int)number ? Long(ref values, index, nullTag, valueTag, ref destination, position, room) : -1;
    }

    /// <summary>An enum by its index; by its name it is left to the checked way.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Enum(ref FieldValue values, int index, int nullTag, int valueTag, int symbols, ref byte destination, int position, int room)
    {
        ref FieldValue value = ref Unsafe.Add(ref values, index);
        return value.IsNull || (!value.IsSlice && (ulong)value.AsLong < (ulong)symbols) ? Long(ref values, index, nullTag, valueTag, ref destination, position, room) : -1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Double(ref FieldValue values, int index, int nullTag, int valueTag, ref byte destination, int position, int room)
    {
        ref FieldValue value = ref Unsafe.Add(ref values, index);
        if (value.IsNull)
        {
            return Null(nullTag, ref destination, position, room);
        }

        if (room - position < NumberMax)
        {
            return -1;
        }

        position = Tag(valueTag, ref destination, position);
        RowWriter.WriteDouble(ref Unsafe.Add(ref destination, position), value.AsDouble);
        return position + sizeof(double);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Float(ref FieldValue values, int index, int nullTag, int valueTag, ref byte destination, int position, int room)
    {
        ref FieldValue value = ref Unsafe.Add(ref values, index);
        if (value.IsNull)
        {
            return Null(nullTag, ref destination, position, room);
        }

        if (room - position < NumberMax)
        {
            return -1;
        }

        position = Tag(valueTag, ref destination, position);
        RowWriter.WriteFloat(ref Unsafe.Add(ref destination, position), (float)value.AsDouble);
        return position + sizeof(float);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Boolean(ref FieldValue values, int index, int nullTag, int valueTag, ref byte destination, int position, int room)
    {
        ref FieldValue value = ref Unsafe.Add(ref values, index);
        if (value.IsNull)
        {
            return Null(nullTag, ref destination, position, room);
        }

        if (room - position < 2)
        {
            return -1;
        }

        position = Tag(valueTag, ref destination, position);
        Unsafe.Add(ref destination, position) = value.AsBoolean ? (byte)1 : (byte)0;
        return position + 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Tag(int tag, ref byte destination, int position)
    {
        if (tag < 0)
        {
            return position;
        }

        Unsafe.Add(ref destination, position) = (byte)tag;
        return position + 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Null(int nullTag, ref byte destination, int position, int room) =>
        nullTag < 0 || position >= room ? -1 : Tag(nullTag, ref destination, position);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Write(ReadOnlySpan<byte> slice, int valueTag, ref byte destination, int position, int room)
    {
        if (slice.Length <= room - position - NumberMax)
        {
            position = Tag(valueTag, ref destination, position);
            ref byte at = ref Unsafe.Add(ref destination, position);
            return position + (int)Unsafe.ByteOffset(ref at, ref RowWriter.WriteSlice(ref at, slice));
        }

        return -1;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int OfConstants(ref FieldValue value, int valueTag, ref byte constants, int constantsLength, ref byte destination, int position, int room) =>
        value.IsSlice ? Write(value.Slice(ref constants, constantsLength), valueTag, ref destination, position, room)
        : Write(default, valueTag, ref destination, position, room);
}
