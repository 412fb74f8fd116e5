using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Features.Events;

namespace FeaturePipeline.Features.Expressions;

/// <summary>A compiled expression: a tree of typed nodes, evaluated over an event without allocating. Immutable; shared by threads.</summary>
public abstract class Expression
{
    private protected Expression(FieldKind kind) => Kind = kind;

    /// <summary>Type of the value.</summary>
    public FieldKind Kind { get; }

    /// <summary>Avro logical type of the value: that of a plain field, otherwise null.</summary>
    public virtual string? LogicalType => null;

    /// <summary>Whether the value is null for this event.</summary>
    /// <param name="row">The event.</param>
    public abstract bool IsNull(in EventRow row);
}

/// <summary>An expression of type boolean.</summary>
public abstract class BooleanExpression : Expression
{
    private protected BooleanExpression()
        : base(FieldKind.Boolean)
    {
    }

    /// <summary>Whether the value is true; null is not, and a comparison with a null field is not.</summary>
    /// <param name="row">The event.</param>
    public abstract bool IsTrue(in EventRow row);

    /// <inheritdoc/>
    public override bool IsNull(in EventRow row) => false;
}

/// <summary>An expression of type long: also timestamps, dates and times, in the unit of the field.</summary>
public abstract class LongExpression : Expression
{
    private protected LongExpression()
        : base(FieldKind.Long)
    {
    }

    /// <summary>Evaluates.</summary>
    /// <param name="row">The event.</param>
    /// <param name="value">The value; not specified when null.</param>
    /// <returns>False for null: a null field, an overflow, a division by zero.</returns>
    public abstract bool TryGet(in EventRow row, out long value);

    /// <inheritdoc/>
    public override bool IsNull(in EventRow row) => !TryGet(row, out _);
}

/// <summary>An expression of type double.</summary>
public abstract class DoubleExpression : Expression
{
    private protected DoubleExpression()
        : base(FieldKind.Double)
    {
    }

    /// <summary>Evaluates.</summary>
    /// <param name="row">The event.</param>
    /// <param name="value">The value; not specified when null.</param>
    /// <returns>False for null.</returns>
    public abstract bool TryGet(in EventRow row, out double value);

    /// <inheritdoc/>
    public override bool IsNull(in EventRow row) => !TryGet(row, out _);
}

/// <summary>An expression of type string (its UTF-8 bytes) or bytes.</summary>
public abstract class TextExpression : Expression
{
    private protected TextExpression(FieldKind kind)
        : base(kind)
    {
    }

    /// <summary>Evaluates.</summary>
    /// <param name="row">The event.</param>
    /// <param name="value">The bytes, valid as long as the row; empty when null.</param>
    /// <returns>False for null.</returns>
    public abstract bool TryGet(in EventRow row, out ReadOnlySpan<byte> value);

    /// <inheritdoc/>
    public override bool IsNull(in EventRow row) => !TryGet(row, out _);
}
