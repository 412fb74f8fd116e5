using System.Runtime.CompilerServices;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Features.Events;
using FeaturePipeline.Features.Expressions;

namespace FeaturePipeline.Features.Aggregators;

/// <summary>Mean of longs: exact sum, divided once.</summary>
internal sealed class LongMean(LongExpression of) : Aggregator
{
    private struct Parts
    {
        public Int128 Sum;
        public long Count;
    }

    public override int Size => Unsafe.SizeOf<Parts>();

    public override FieldKind ResultKind => FieldKind.Double;

    public override void Add(WindowState state, in EventRow row)
    {
        if (of.TryGet(row, out long value))
        {
            ref Parts parts = ref Fixed<Parts>(state);
            parts.Sum += value;
            parts.Count++;
        }
    }

    public override void Merge(WindowState into, WindowState from)
    {
        ref Parts parts = ref Fixed<Parts>(into);
        parts.Sum += Fixed<Parts>(from).Sum;
        parts.Count += Fixed<Parts>(from).Count;
    }

    public override void Write(WindowState state, ref StateWriter writer)
    {
        writer.WriteInt128(Fixed<Parts>(state).Sum);
        writer.WriteUnsigned((ulong)Fixed<Parts>(state).Count);
    }

    public override void Read(WindowState state, ref StateReader reader)
    {
        ref Parts parts = ref Fixed<Parts>(state);
        parts.Sum = reader.ReadInt128();
        parts.Count = (long)reader.ReadUnsigned();
    }

    public override FieldValue Result(WindowState state, ResultData data)
    {
        ref Parts parts = ref Fixed<Parts>(state);
        return parts.Count == 0 ? FieldValue.Null : FieldValue.FromDouble((double)parts.Sum / parts.Count);
    }
}
