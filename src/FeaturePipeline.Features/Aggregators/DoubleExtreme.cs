using System.Runtime.CompilerServices;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Features.Events;
using FeaturePipeline.Features.Expressions;

namespace FeaturePipeline.Features.Aggregators;

/// <summary>Least or greatest of doubles: NaN where a value was, and -0.0 below 0.0, so that the order of events decides nothing.</summary>
internal sealed class DoubleExtreme(DoubleExpression of, bool isMax) : Aggregator
{
    private struct Parts
    {
        public double Value;
        public long HasValue;
    }

    public override int Size => Unsafe.SizeOf<Parts>();

    public override FieldKind ResultKind => FieldKind.Double;

    public override void Add(WindowState state, in EventRow row)
    {
        if (of.TryGet(row, out double value))
        {
            Add(ref Fixed<Parts>(state), value);
        }
    }

    public override void Merge(WindowState into, WindowState from)
    {
        if (Fixed<Parts>(from).HasValue != 0)
        {
            Add(ref Fixed<Parts>(into), Fixed<Parts>(from).Value);
        }
    }

    public override void Write(WindowState state, ref StateWriter writer)
    {
        ref Parts parts = ref Fixed<Parts>(state);
        writer.WriteUnsigned((ulong)parts.HasValue);
        if (parts.HasValue != 0)
        {
            writer.WriteDouble(parts.Value);
        }
    }

    public override void Read(WindowState state, ref StateReader reader)
    {
        if (reader.ReadUnsigned() != 0)
        {
            Add(ref Fixed<Parts>(state), reader.ReadDouble());
        }
    }

    public override FieldValue Result(WindowState state, ResultData data) =>
        Fixed<Parts>(state).HasValue == 0 ? FieldValue.Null : FieldValue.FromDouble(Fixed<Parts>(state).Value);

    private void Add(ref Parts parts, double value)
    {
        // Math.Min and Max are IEEE 754-2019's minimum and maximum: NaN wins, and -0.0 < 0.0.
        parts.Value = parts.HasValue == 0 ? value : isMax ? Math.Max(parts.Value, value) : Math.Min(parts.Value, value);
        parts.HasValue = 1;
    }
}
