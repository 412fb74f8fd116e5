using System.Buffers.Binary;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Features.Events;
using FeaturePipeline.Features.Expressions;

namespace FeaturePipeline.Features.Aggregators;

/// <summary>Number of distinct values: exact up to a cap, then HyperLogLog. NaN is one value, 0.0 and -0.0 are one.</summary>
internal sealed class CountDistinct(Expression of, int cap = DistinctValues.DefaultCap) : Aggregator
{
    public override int Size => 0;

    public override int Slots => 1;

    public override FieldKind ResultKind => FieldKind.Long;

    public override bool IsCount => true;

    public override void Add(WindowState state, in EventRow row)
    {
        Span<byte> number = stackalloc byte[sizeof(long)];
        switch (of)
        {
            case TextExpression text:
                if (text.TryGet(row, out ReadOnlySpan<byte> bytes))
                {
                    Values(state).Add(bytes);
                }

                return;
            case LongExpression whole when whole.TryGet(row, out long value):
                BinaryPrimitives.WriteInt64LittleEndian(number, value);
                break;
            case DoubleExpression real when real.TryGet(row, out double value):
                // Adding 0 makes -0.0 to 0.0; NaNs differ in bits that mean nothing.
                BinaryPrimitives.WriteDoubleLittleEndian(number, double.IsNaN(value) ? double.NaN : value + 0.0);
                break;
            case BooleanExpression condition when !condition.IsNull(row):
                number.Clear();
                number[0] = condition.IsTrue(row) ? (byte)1 : (byte)0;
                break;
            default:
                return;
        }

        Values(state).Add(number);
    }

    public override void Merge(WindowState into, WindowState from)
    {
        if (from.Slot(Slot) is DistinctValues other)
        {
            Values(into).Merge(other);
        }
    }

    public override void Write(WindowState state, ref StateWriter writer) => Values(state).Write(ref writer);

    public override void Read(WindowState state, ref StateReader reader) => Values(state).Read(ref reader);

    public override FieldValue Result(WindowState state, ResultData data) =>
        FieldValue.FromLong(state.Slot(Slot) is DistinctValues values ? values.Count : 0);

    public override void ClearSlots(WindowState state) => (state.Slot(Slot) as DistinctValues)?.Clear();

    private DistinctValues Values(WindowState state)
    {
        ref object? slot = ref state.Slot(Slot);
        return (DistinctValues)(slot ??= new DistinctValues(cap));
    }
}
