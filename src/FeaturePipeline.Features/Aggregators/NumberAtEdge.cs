using System.Runtime.CompilerServices;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Features.Events;
using FeaturePipeline.Features.Expressions;

namespace FeaturePipeline.Features.Aggregators;

/// <summary>First or last value, for what fits 64 bits: longs, doubles (their bits) and booleans.</summary>
internal sealed class NumberAtEdge(Expression of, bool isLast) : Aggregator
{
    // One of them: a type test of an abstract class at each event would cost more than the rest.
    private readonly LongExpression? _whole = of as LongExpression;
    private readonly DoubleExpression? _real = of as DoubleExpression;
    private readonly BooleanExpression? _condition = of as BooleanExpression;

    private struct Parts
    {
        public EventPosition Position;
        public long Bits;
    }

    public override int Size => Unsafe.SizeOf<Parts>();

    public override FieldKind ResultKind => of.Kind;

    public override string? ResultLogicalType => of.LogicalType;

    public override void Add(WindowState state, in EventRow row)
    {
        if (TryGetBits(row, out long bits))
        {
            Add(ref Fixed<Parts>(state), new EventPosition(row), bits);
        }
    }

    public override void Merge(WindowState into, WindowState from)
    {
        ref Parts other = ref Fixed<Parts>(from);
        if (other.Position.IsSet)
        {
            Add(ref Fixed<Parts>(into), other.Position, other.Bits);
        }
    }

    public override void Write(WindowState state, ref StateWriter writer)
    {
        ref Parts parts = ref Fixed<Parts>(state);
        parts.Position.Write(ref writer);
        if (parts.Position.IsSet)
        {
            writer.WriteSigned(parts.Bits);
        }
    }

    public override void Read(WindowState state, ref StateReader reader)
    {
        ref Parts parts = ref Fixed<Parts>(state);
        parts.Position = EventPosition.Read(ref reader);
        parts.Bits = parts.Position.IsSet ? reader.ReadSigned() : 0;
    }

    public override FieldValue Result(WindowState state, ResultData data)
    {
        ref Parts parts = ref Fixed<Parts>(state);
        return !parts.Position.IsSet ? FieldValue.Null : of.Kind switch
        {
            FieldKind.Boolean => FieldValue.FromBoolean(parts.Bits != 0),
            FieldKind.Double => FieldValue.FromDouble(BitConverter.Int64BitsToDouble(parts.Bits)),
            _ => FieldValue.FromLong(parts.Bits),
        };
    }

    private bool TryGetBits(in EventRow row, out long bits)
    {
        if (_whole is not null)
        {
            return _whole.TryGet(row, out bits);
        }

        if (_real is not null)
        {
            bool hasValue = _real.TryGet(row, out double value);
            bits = BitConverter.DoubleToInt64Bits(value);
            return hasValue;
        }

        bits = _condition!.IsTrue(row) ? 1 : 0;
        return !_condition.IsNull(row);
    }

    private void Add(ref Parts parts, in EventPosition position, long bits)
    {
        if (parts.Position.YieldsTo(position, isLast))
        {
            parts.Position = position;
            parts.Bits = bits;
        }
    }
}
