using FeaturePipeline.Features.Events;

namespace FeaturePipeline.Features.Expressions;

internal sealed class BooleanConstant(bool value) : BooleanExpression
{
    public bool Value => value;

    public override bool IsTrue(in EventRow row) => value;
}

internal sealed class BooleanField(int index) : BooleanExpression
{
    public override bool IsTrue(in EventRow row) => !row.Fields.IsNull(index) && row.Fields.GetBoolean(index);

    public override bool IsNull(in EventRow row) => row.Fields.IsNull(index);
}

internal sealed class Not(BooleanExpression operand) : BooleanExpression
{
    public override bool IsTrue(in EventRow row) => !operand.IsTrue(row);
}

internal sealed class And(BooleanExpression left, BooleanExpression right) : BooleanExpression
{
    public override bool IsTrue(in EventRow row) => left.IsTrue(row) && right.IsTrue(row);
}

internal sealed class Or(BooleanExpression left, BooleanExpression right) : BooleanExpression
{
    public override bool IsTrue(in EventRow row) => left.IsTrue(row) || right.IsTrue(row);
}

/// <summary><c>x == null</c>; <c>has(f)</c> is its negation.</summary>
internal sealed class NullTest(Expression operand) : BooleanExpression
{
    public override bool IsTrue(in EventRow row) => operand.IsNull(row);
}

internal sealed class BooleanComparison(ComparisonOperator op, BooleanExpression left, BooleanExpression right) : BooleanExpression
{
    public override bool IsTrue(in EventRow row) =>
        !left.IsNull(row) && !right.IsNull(row) && op.Holds(left.IsTrue(row).CompareTo(right.IsTrue(row)));
}

internal sealed class LongComparison(ComparisonOperator op, LongExpression left, LongExpression right) : BooleanExpression
{
    public override bool IsTrue(in EventRow row) =>
        left.TryGet(row, out long l) && right.TryGet(row, out long r) && op.Holds(l.CompareTo(r));
}

internal sealed class DoubleComparison(ComparisonOperator op, DoubleExpression left, DoubleExpression right) : BooleanExpression
{
    public override bool IsTrue(in EventRow row) =>
        left.TryGet(row, out double l) && right.TryGet(row, out double r) && op.Holds(l, r);
}

internal sealed class MixedComparison(ComparisonOperator op, LongExpression left, DoubleExpression right) : BooleanExpression
{
    public override bool IsTrue(in EventRow row) =>
        left.TryGet(row, out long l) && right.TryGet(row, out double r) && op.Holds(l, r);
}

/// <summary>Strings compare by their UTF-8 bytes, unsigned: that is by code point.</summary>
internal sealed class TextComparison(ComparisonOperator op, TextExpression left, TextExpression right) : BooleanExpression
{
    public override bool IsTrue(in EventRow row)
    {
        if (!left.TryGet(row, out ReadOnlySpan<byte> l) || !right.TryGet(row, out ReadOnlySpan<byte> r))
        {
            return false;
        }

        return op switch
        {
            ComparisonOperator.Equal => l.SequenceEqual(r),
            ComparisonOperator.NotEqual => !l.SequenceEqual(r),
            _ => op.Holds(l.SequenceCompareTo(r)),
        };
    }
}

/// <summary><c>field == 'constant'</c>, the commonest filter by far, without calls on the way.</summary>
internal sealed class TextFieldEquals(int index, byte[] constant) : BooleanExpression
{
    public override bool IsTrue(in EventRow row) =>
        !row.Fields.IsNull(index) && row.Fields.GetBytes(index).SequenceEqual(constant);
}

internal sealed class TextIn(TextExpression operand, byte[][] constants) : BooleanExpression
{
    public override bool IsTrue(in EventRow row)
    {
        if (operand.TryGet(row, out ReadOnlySpan<byte> value))
        {
            foreach (byte[] constant in constants)
            {
                if (value.SequenceEqual(constant))
                {
                    return true;
                }
            }
        }

        return false;
    }
}

internal sealed class LongIn(LongExpression operand, long[] constants) : BooleanExpression
{
    public override bool IsTrue(in EventRow row) => operand.TryGet(row, out long value) && constants.AsSpan().Contains(value);
}

internal enum TextTestKind
{
    StartsWith,
    EndsWith,
    Contains,
}

/// <summary>Substring tests on bytes; on valid UTF-8 that is the same as on code points.</summary>
internal sealed class TextTest(TextTestKind kind, TextExpression operand, TextExpression part) : BooleanExpression
{
    public override bool IsTrue(in EventRow row)
    {
        if (!operand.TryGet(row, out ReadOnlySpan<byte> value) || !part.TryGet(row, out ReadOnlySpan<byte> sought))
        {
            return false;
        }

        return kind switch
        {
            TextTestKind.StartsWith => value.StartsWith(sought),
            TextTestKind.EndsWith => value.EndsWith(sought),
            _ => value.IndexOf(sought) >= 0,
        };
    }
}
