// Welford's online variance, merged by Chan's formula: no sum of squares, which would cancel for values far from zero.
// Unlike sums it depends on the order of events in the last bits.
using System.Runtime.CompilerServices;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Features.Events;
using FeaturePipeline.Features.Expressions;

namespace FeaturePipeline.Features.Aggregators;

/// <summary>Variance or standard deviation of numbers: of a population (0 for one value) or a sample (null for one value). NaN where a value was, or an infinity.</summary>
internal sealed class Variance(Expression of, bool isSample, bool isRoot) : Aggregator
{
    private readonly DoubleExpression _of = of as DoubleExpression ?? new LongToDouble((LongExpression)of);

    private struct Parts
    {
        public long Count;
        public double Mean;
        public double SquaredDeviations;
    }

    public override int Size => Unsafe.SizeOf<Parts>();

    public override FieldKind ResultKind => FieldKind.Double;

    public override void Add(WindowState state, in EventRow row)
    {
        if (_of.TryGet(row, out double value))
        {
            ref Parts parts = ref Fixed<Parts>(state);
            parts.Count++;
            double delta = value - parts.Mean;
            parts.Mean += delta / parts.Count;
            parts.SquaredDeviations += delta * (value - parts.Mean);
        }
    }

    public override void Merge(WindowState into, WindowState from)
    {
        ref Parts parts = ref Fixed<Parts>(into);
        ref Parts other = ref Fixed<Parts>(from);
        if (parts.Count == 0 || other.Count == 0)
        {
            parts = parts.Count == 0 ? other : parts;
            return;
        }

        double count = parts.Count + other.Count;
        double delta = other.Mean - parts.Mean;
        parts.SquaredDeviations += other.SquaredDeviations + (delta * delta * (parts.Count * (other.Count / count)));
        parts.Mean += delta * (other.Count / count);
        parts.Count += other.Count;
    }

    public override void Write(WindowState state, ref StateWriter writer)
    {
        ref Parts parts = ref Fixed<Parts>(state);
        writer.WriteUnsigned((ulong)parts.Count);
        if (parts.Count > 0)
        {
            writer.WriteDouble(parts.Mean);
            writer.WriteDouble(parts.SquaredDeviations);
        }
    }

    public override void Read(WindowState state, ref StateReader reader)
    {
        ref Parts parts = ref Fixed<Parts>(state);
        parts.Count = (long)reader.ReadUnsigned();
        if (parts.Count > 0)
        {
            parts.Mean = reader.ReadDouble();
            parts.SquaredDeviations = reader.ReadDouble();
        }
    }

    public override FieldValue Result(WindowState state, ResultData data)
    {
        ref Parts parts = ref Fixed<Parts>(state);
        long divisor = isSample ? parts.Count - 1 : parts.Count;
        if (divisor <= 0)
        {
            return FieldValue.Null;
        }

        double variance = parts.SquaredDeviations / divisor;
        return FieldValue.FromDouble(isRoot ? Math.Sqrt(variance) : variance);
    }
}
