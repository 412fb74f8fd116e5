using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Unicode;

namespace FeaturePipeline.Avro.Binary.Projection;

// Runs a flat plan over one message: one switch, no call for the frequent operations, nothing allocated, nothing thrown.
// Positions are locals so that they stay in registers; the rare operations get a reader of their own.
internal static class ProjectionLoop
{
    internal static DecodeResult Run(ProjectionPlan plan, ReadOnlySpan<byte> body, Span<FieldValue> values)
    {
        long failure = Run(plan, ref MemoryMarshal.GetReference(body), body.Length, ref MemoryMarshal.GetReference(values));
        return failure == 0
            ? default
            : new DecodeResult((DecodeErrorKind)(failure & 0xff), (int)(failure >> 32), plan, (int)((failure >> 8) & 0xff_ffff));
    }

    // 0, or the error in bits 0 to 7, the operation in bits 8 to 31, the position above.
    [SkipLocalsInit]
    [SuppressMessage("Design", "MA0051:Method is too long", Justification = "One loop whose state lives in registers; its parts are the cases.")]
    private static long Run(ProjectionPlan plan, ref byte start, int end, ref FieldValue slots)
    {
        ref ProjectionOp op = ref MemoryMarshal.GetArrayDataReference(plan.Ops);
        int position = 0;
        int window = 0;
        ulong high = plan.HasText ? AsciiMask.Of(ref start, 0, end) : 0;
        DecodeErrorKind error;
        int length;
        ulong raw;
        while (true)
        {
            switch (op.Code)
            {
                case ProjectionCode.NullableText:
                    if (position >= end)
                    {
                        goto Truncated;
                    }

                    if (Unsafe.Add(ref start, position) == op.NullTag)
                    {
                        position++;
                        Unsafe.Add(ref slots, (nint)op.Slot) = FieldValue.Null;
                        break;
                    }

                    if (Unsafe.Add(ref start, position) != op.ValueTag)
                    {
                        goto Rare;
                    }

                    position++;
                    goto case ProjectionCode.Text;

                case ProjectionCode.Text:
                    length = Varint.Read(ref start, position, end, out raw);
                    if (length <= 0)
                    {
                        goto BadVarint;
                    }

                    // The zigzag form of a valid length is even and at most twice the bytes left.
                    position += length;
                    if ((raw & 1) != 0 || raw >> 1 > (ulong)(end - position))
                    {
                        goto BadLength;
                    }

                    length = (int)(raw >> 1);
                    if (position + length > window + 64)
                    {
                        window = position;
                        high = AsciiMask.Of(ref start, position, end);
                    }

                    if (!IsText(ref start, position, length, high >> (position - window)))
                    {
                        error = DecodeErrorKind.InvalidUtf8;
                        goto Failed;
                    }

                    Unsafe.Add(ref slots, (nint)op.Slot) = FieldValue.FromSlice(position, length);
                    position += length;
                    break;

                case ProjectionCode.NullableLong:
                    if (position >= end)
                    {
                        goto Truncated;
                    }

                    if (Unsafe.Add(ref start, position) == op.NullTag)
                    {
                        position++;
                        Unsafe.Add(ref slots, (nint)op.Slot) = FieldValue.Null;
                        break;
                    }

                    if (Unsafe.Add(ref start, position) != op.ValueTag)
                    {
                        goto Rare;
                    }

                    position++;
                    goto case ProjectionCode.Long;

                case ProjectionCode.Long:
                    length = Varint.ReadLong(ref start, position, end, out raw);
                    if (length <= 0)
                    {
                        goto BadVarint;
                    }

                    position += length;
                    Unsafe.Add(ref slots, (nint)op.Slot) = FieldValue.FromLong(Varint.Unzigzag(raw));
                    break;

                case ProjectionCode.Int:
                    length = Varint.ReadLong(ref start, position, end, out raw);
                    if (length <= 0)
                    {
                        goto BadVarint;
                    }

                    if (raw > uint.MaxValue)
                    {
                        error = DecodeErrorKind.IntRange;
                        goto Failed;
                    }

                    position += length;
                    Unsafe.Add(ref slots, (nint)op.Slot) = FieldValue.FromLong(Varint.Unzigzag(raw));
                    break;

                case ProjectionCode.Double:
                    if (end - position < 8)
                    {
                        goto Truncated;
                    }

                    Unsafe.Add(ref slots, (nint)op.Slot) = FieldValue.FromDouble(LittleEndianDouble(ref Unsafe.Add(ref start, position)));
                    position += 8;
                    break;

                case ProjectionCode.Enum:
                    if (position >= end)
                    {
                        goto Truncated;
                    }

                    // One byte, even, twice the index. A symbol that the reader lacks, and anything else, is for the slow path to judge.
                    length = Unsafe.Add(ref start, position);
                    if ((length & 0x81) != 0 || length >> 1 >= op.B || plan.Symbols[op.A + (length >> 1)].IsNull)
                    {
                        goto Rare;
                    }

                    position++;
                    Unsafe.Add(ref slots, (nint)op.Slot) = plan.Symbols[op.A + (length >> 1)];
                    break;

                case ProjectionCode.SkipBytes:
                    if (end - position < op.A)
                    {
                        goto Truncated;
                    }

                    position += op.A;
                    break;

                case ProjectionCode.SkipVarint:
                    if (op.A > 1 && Varint.SkipRun(ref start, position, end, op.A) is > 0 and var run)
                    {
                        position += run & 0xff;
                        op = ref Unsafe.Add(ref op, run >> 8);
                        continue;
                    }

                    length = Varint.ReadLong(ref start, position, end, out _);
                    if (length <= 0)
                    {
                        goto BadVarint;
                    }

                    position += length;
                    break;

                // These come in runs: staying here spares the jump of the switch, which is hard to foresee in a long plan.
                case ProjectionCode.SkipLength:
                    do
                    {
                        length = Varint.Read(ref start, position, end, out raw);
                        if (length <= 0)
                        {
                            goto BadVarint;
                        }

                        position += length;
                        if ((raw & 1) != 0 || raw >> 1 > (ulong)(end - position))
                        {
                            goto BadLength;
                        }

                        position += (int)(raw >> 1);
                        op = ref Unsafe.Add(ref op, 1);
                    }
                    while (op.Code == ProjectionCode.SkipLength);

                    continue;

                case ProjectionCode.Constant:
                    Unsafe.Add(ref slots, (nint)op.Slot) = plan.Values[op.A];
                    break;

                case ProjectionCode.Jump:
                    op = ref plan.Ops[op.A];
                    continue;

                case ProjectionCode.End:
                    if (position == end)
                    {
                        return 0;
                    }

                    error = DecodeErrorKind.TrailingBytes;
                    goto Failed;

                case ProjectionCode.SkipNullableLength:
                    if (position >= end)
                    {
                        goto Truncated;
                    }

                    if (Unsafe.Add(ref start, position) == op.NullTag)
                    {
                        position++;
                        break;
                    }

                    if (Unsafe.Add(ref start, position) != op.ValueTag)
                    {
                        goto Rare;
                    }

                    position++;
                    goto case ProjectionCode.SkipLength;

                default:
                    goto Rare;
            }

            op = ref Unsafe.Add(ref op, 1);
            continue;

        Rare:
            int next = ProjectionSlowPath.Run(
                plan, in op, MemoryMarshal.CreateReadOnlySpan(ref start, end), MemoryMarshal.CreateSpan(ref slots, plan.Slots), position, out int reached, out DecodeErrorKind slowError);
            error = slowError;
            position = reached;
            if (error != DecodeErrorKind.None)
            {
                goto Failed;
            }

            op = ref next == 0 ? ref Unsafe.Add(ref op, 1) : ref plan.Ops[next];
        }

    BadVarint:
        error = length == 0 ? DecodeErrorKind.Truncated : DecodeErrorKind.VarintOverflow;
        goto Failed;
    BadLength:
        error = (raw & 1) != 0 ? DecodeErrorKind.NegativeLength : DecodeErrorKind.Truncated;
        goto Failed;
    Truncated:
        error = DecodeErrorKind.Truncated;
    Failed:
        return ((long)position << 32) | ((long)PlaceOf(plan, ref op) << 8) | (long)error;
    }

    // The bits of a slice of up to 64 bytes that lies in the window; else, or where a bit is set, the whole check.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsText(ref byte start, int position, int length, ulong high) =>
        length == 0
        || (length <= 64 && high << (64 - length) == 0)
        || Utf8.IsValid(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref start, position), length));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double LittleEndianDouble(ref byte at)
    {
        long bits = Unsafe.ReadUnaligned<long>(ref at);
        return BitConverter.Int64BitsToDouble(BitConverter.IsLittleEndian ? bits : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(bits));
    }

    private static int PlaceOf(ProjectionPlan plan, ref ProjectionOp op) =>
        (int)(Unsafe.ByteOffset(ref MemoryMarshal.GetArrayDataReference(plan.Ops), ref op) / Unsafe.SizeOf<ProjectionOp>());
}
