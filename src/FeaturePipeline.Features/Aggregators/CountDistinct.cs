using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Features.Events;
using FeaturePipeline.Features.Expressions;

namespace FeaturePipeline.Features.Aggregators;

/// <summary>Number of distinct values: exact up to a cap, then HyperLogLog. NaN is one value, 0.0 and -0.0 are one.</summary>
internal sealed class CountDistinct(Expression of, int cap = DistinctValues.DefaultCap) : Aggregator
{
    private readonly TextExpression? _text = of as TextExpression;

    public override int Size => 0;

    public override int Slots => 1;

    public override FieldKind ResultKind => FieldKind.Long;

    public override bool IsCount => true;

    public override void Add(WindowState state, in EventRow row)
    {
        if (_text is null)
        {
            AddNumber(state, row);
        }
        else if (_text.TryGet(row, out ReadOnlySpan<byte> bytes))
        {
            Values(state).Add(bytes);
        }
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

    private void AddNumber(WindowState state, in EventRow row)
    {
        long bits = 0;
        switch (of)
        {
            case LongExpression whole when whole.TryGet(row, out long value):
                bits = value;
                break;
            case DoubleExpression real when real.TryGet(row, out double value):
                // Adding 0 makes -0.0 to 0.0; NaNs differ in bits that mean nothing.
                bits = BitConverter.DoubleToInt64Bits(double.IsNaN(value) ? double.NaN : value + 0.0);
                break;
            case BooleanExpression condition when !condition.IsNull(row):
                bits = condition.IsTrue(row) ? 1 : 0;
                break;
            default:
                return;
        }

        Span<byte> number = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(number, bits);
        Values(state).Add(number);
    }

    private DistinctValues Values(WindowState state)
    {
        ref object? slot = ref state.Slot(Slot);
        return slot is null ? Create(ref slot) : Unsafe.As<DistinctValues>(slot);
    }

    private DistinctValues Create(ref object? slot)
    {
        var values = new DistinctValues(cap);
        slot = values;
        return values;
    }
}
