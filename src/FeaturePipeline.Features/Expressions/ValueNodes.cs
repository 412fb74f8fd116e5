using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Features.Events;

namespace FeaturePipeline.Features.Expressions;

internal enum ArithmeticOperator
{
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

internal sealed class LongConstant(long value, string? logicalType = null) : LongExpression
{
    public long Value => value;

    public override string? LogicalType => logicalType;

    public override bool TryGet(in EventRow row, out long result)
    {
        result = value;
        return true;
    }
}

internal sealed class LongField(int index, string? logicalType) : LongExpression
{
    public override string? LogicalType => logicalType;

    public override bool TryGet(in EventRow row, out long value)
    {
        value = row.Fields.GetLong(index);
        return !row.Fields.IsNull(index);
    }
}

/// <summary>Integer arithmetic: an overflow and a division by zero are null (in CEL they are errors, and an event can't fail here).</summary>
internal sealed class LongArithmetic(ArithmeticOperator op, LongExpression left, LongExpression right) : LongExpression
{
    public override bool TryGet(in EventRow row, out long value)
    {
        value = 0;
        if (!left.TryGet(row, out long l) || !right.TryGet(row, out long r) || (r == 0 && op >= ArithmeticOperator.Divide))
        {
            return false;
        }

        Int128 result = op switch
        {
            ArithmeticOperator.Add => (Int128)l + r,
            ArithmeticOperator.Subtract => (Int128)l - r,
            ArithmeticOperator.Multiply => (Int128)l * r,
            ArithmeticOperator.Divide => (Int128)l / r,
            _ => (Int128)l % r,
        };
        value = (long)result;
        return value == result;
    }
}

/// <summary>Number of code points of a string, of bytes for bytes.</summary>
internal sealed class Size(TextExpression operand) : LongExpression
{
    public override bool TryGet(in EventRow row, out long value)
    {
        value = 0;
        if (!operand.TryGet(row, out ReadOnlySpan<byte> bytes))
        {
            return false;
        }

        value = bytes.Length;
        if (operand.Kind == FieldKind.String)
        {
            foreach (byte b in bytes)
            {
                // Continuation bytes 10xxxxxx do not begin a code point.
                value -= (b & 0xC0) == 0x80 ? 1 : 0;
            }
        }

        return true;
    }
}

/// <summary>A timestamp in a finer unit; an overflow is null.</summary>
internal sealed class ScaledTimestamp(LongExpression operand, long factor) : LongExpression
{
    public override bool TryGet(in EventRow row, out long value)
    {
        bool ok = operand.TryGet(row, out long coarse);
        Int128 scaled = (Int128)coarse * factor;
        value = (long)scaled;
        return ok && value == scaled;
    }
}

internal sealed class DoubleConstant(double value) : DoubleExpression
{
    public override bool TryGet(in EventRow row, out double result)
    {
        result = value;
        return true;
    }
}

internal sealed class DoubleField(int index) : DoubleExpression
{
    public override bool TryGet(in EventRow row, out double value)
    {
        value = row.Fields.GetDouble(index);
        return !row.Fields.IsNull(index);
    }
}

/// <summary>A long where a double is asked for.</summary>
internal sealed class LongToDouble(LongExpression operand) : DoubleExpression
{
    public override bool TryGet(in EventRow row, out double value)
    {
        bool ok = operand.TryGet(row, out long whole);
        value = whole;
        return ok;
    }
}

/// <summary>IEEE 754 arithmetic: never null for operands that are not.</summary>
internal sealed class DoubleArithmetic(ArithmeticOperator op, DoubleExpression left, DoubleExpression right) : DoubleExpression
{
    public override bool TryGet(in EventRow row, out double value)
    {
        bool ok = left.TryGet(row, out double l) & right.TryGet(row, out double r);
        value = op switch
        {
            ArithmeticOperator.Add => l + r,
            ArithmeticOperator.Subtract => l - r,
            ArithmeticOperator.Multiply => l * r,
            _ => l / r,
        };
        return ok;
    }
}

internal sealed class TextConstant(byte[] value, FieldKind kind) : TextExpression(kind)
{
    public byte[] Value => value;

    public override bool TryGet(in EventRow row, out ReadOnlySpan<byte> result)
    {
        result = value;
        return true;
    }
}

internal sealed class TextField(int index, FieldKind kind, string? logicalType) : TextExpression(kind)
{
    public int Index => index;

    public override string? LogicalType => logicalType;

    public override bool TryGet(in EventRow row, out ReadOnlySpan<byte> value)
    {
        if (row.Fields.IsNull(index))
        {
            value = default;
            return false;
        }

        value = row.Fields.GetBytes(index);
        return true;
    }
}
