using System.Runtime.CompilerServices;

namespace FeaturePipeline.Avro.Binary.Projection;

/// <summary>The operations that are not worth a place in the loop.</summary>
internal static class ProjectionSlowPath
{
    /// <summary>Runs one operation.</summary>
    /// <returns>The operation to go on at, or 0 for the next one.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int Run(
        ProjectionPlan plan, in ProjectionOp op, ReadOnlySpan<byte> body, Span<FieldValue> values, int position, out int reached, out DecodeErrorKind error)
    {
        var reader = new AvroReader(body, position, op.Code == ProjectionCode.Skip ? op.B : 0, plan.DepthMax);
        int next = Run(plan, in op, ref reader, values);
        reached = reader.Position;
        error = next < 0 ? reader.Error : DecodeErrorKind.None;
        return next;
    }

    private static int Run(ProjectionPlan plan, in ProjectionOp op, ref AvroReader reader, Span<FieldValue> values)
    {
        switch (op.Code)
        {
            case ProjectionCode.NullableText or ProjectionCode.NullableLong or ProjectionCode.SkipNullableLength:
                return ReadNullable(in op, ref reader, values) ? 0 : -1;
            case ProjectionCode.Union:
                return reader.TryReadUnionIndex(op.B, out int branch) ? plan.Targets[op.A + branch] : -1;
            case ProjectionCode.Skip:
                return plan.Skippers[op.A].Skip(ref reader) ? 0 : -1;
            case ProjectionCode.Copy:
                values[op.Slot] = values[op.A];
                return 0;
            case ProjectionCode.Fail:
                reader.Fail((DecodeErrorKind)op.A);
                return -1;
            default:
                return ReadValue(plan, in op, ref reader, out values[op.Slot]) ? 0 : -1;
        }
    }

    // A union of null and a string or long whose tag is longer than it need be, or wrong.
    private static bool ReadNullable(in ProjectionOp op, ref AvroReader reader, Span<FieldValue> values)
    {
        if (!reader.TryReadUnionIndex(2, out int index))
        {
            return false;
        }

        bool isNull = index * 2 == op.NullTag;
        if (op.Code == ProjectionCode.SkipNullableLength)
        {
            return isNull || reader.TryReadBytes(out _);
        }

        values[op.Slot] = FieldValue.Null;
        if (isNull)
        {
            return true;
        }

        if (op.Code == ProjectionCode.NullableLong)
        {
            bool read = reader.TryReadLong(out long number);
            values[op.Slot] = FieldValue.FromLong(number);
            return read;
        }

        bool valid = reader.TryReadString(out ReadOnlySpan<byte> text);
        values[op.Slot] = FieldValue.FromSlice(reader.Position - text.Length, text.Length);
        return valid;
    }

    private static bool ReadValue(ProjectionPlan plan, in ProjectionOp op, ref AvroReader reader, out FieldValue value)
    {
        bool read;
        switch (op.Code)
        {
            case ProjectionCode.Boolean:
                read = reader.TryReadBoolean(out bool truth);
                value = FieldValue.FromBoolean(truth);
                return read;
            case ProjectionCode.Float:
                read = reader.TryReadFloat(out float single);
                value = FieldValue.FromDouble(single);
                return read;
            case ProjectionCode.IntToFloat or ProjectionCode.IntToDouble:
                read = reader.TryReadInt(out int small);
                value = FieldValue.FromDouble(op.Code == ProjectionCode.IntToFloat ? (float)small : (double)small);
                return read;
            case ProjectionCode.LongToFloat or ProjectionCode.LongToDouble:
                read = reader.TryReadLong(out long big);
                value = FieldValue.FromDouble(op.Code == ProjectionCode.LongToFloat ? (float)big : (double)big);
                return read;
            case ProjectionCode.Bytes:
                read = reader.TryReadBytes(out ReadOnlySpan<byte> bytes);
                value = FieldValue.FromSlice(reader.Position - bytes.Length, bytes.Length);
                return read;
            case ProjectionCode.Fixed:
                read = reader.TryReadFixed(op.A, out _);
                value = FieldValue.FromSlice(reader.Position - op.A, op.A);
                return read;
            case ProjectionCode.Enum:
                return ReadEnum(plan, in op, ref reader, out value);
            default:
                throw new InvalidOperationException($"Operation {op.Code} belongs to the loop.");
        }
    }

    private static bool ReadEnum(ProjectionPlan plan, in ProjectionOp op, ref AvroReader reader, out FieldValue value)
    {
        value = default;
        if (!reader.TryReadEnumIndex(op.B, out int index))
        {
            return false;
        }

        value = plan.Symbols[op.A + index];
        return !value.IsNull || reader.Fail(DecodeErrorKind.UnknownSymbol);
    }
}
