using System.Runtime.CompilerServices;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Features.Events;
using FeaturePipeline.Features.Expressions;

namespace FeaturePipeline.Features.Aggregators;

/// <summary>Mean of doubles; NaN where a value was.</summary>
internal sealed class DoubleMean(DoubleExpression of) : Aggregator
{
    private struct Parts
    {
        public CompensatedSum Sum;
        public long Count;
    }

    public override int Size => Unsafe.SizeOf<Parts>();

    public override FieldKind ResultKind => FieldKind.Double;

    public override void Add(WindowState state, in EventRow row)
    {
        if (of.TryGet(row, out double value))
        {
            ref Parts parts = ref Fixed<Parts>(state);
            parts.Sum.Add(value);
            parts.Count++;
        }
    }

    public override void Merge(WindowState into, WindowState from)
    {
        ref Parts parts = ref Fixed<Parts>(into);
        parts.Sum.Add(Fixed<Parts>(from).Sum);
        parts.Count += Fixed<Parts>(from).Count;
    }

    public override void Write(WindowState state, ref StateWriter writer)
    {
        Fixed<Parts>(state).Sum.Write(ref writer);
        writer.WriteUnsigned((ulong)Fixed<Parts>(state).Count);
    }

    public override void Read(WindowState state, ref StateReader reader)
    {
        ref Parts parts = ref Fixed<Parts>(state);
        parts.Sum = CompensatedSum.Read(ref reader);
        parts.Count = (long)reader.ReadUnsigned();
    }

    public override FieldValue Result(WindowState state, ResultData data)
    {
        ref Parts parts = ref Fixed<Parts>(state);
        return parts.Count == 0 ? FieldValue.Null : FieldValue.FromDouble(parts.Sum.Value / parts.Count);
    }
}
