using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Features.Events;
using FeaturePipeline.Features.Expressions;

namespace FeaturePipeline.Features.Aggregators;

/// <summary>Sum of longs, exact: 2^63 events of the largest value fit 128 bits. 0 when nothing was added; null where the result does not fit 64 bits.</summary>
internal sealed class LongSum(LongExpression of) : Aggregator
{
    public override int Size => 16;

    public override FieldKind ResultKind => FieldKind.Long;

    public override void Add(WindowState state, in EventRow row)
    {
        if (of.TryGet(row, out long value))
        {
            Fixed<Int128>(state) += value;
        }
    }

    public override void Merge(WindowState into, WindowState from) => Fixed<Int128>(into) += Fixed<Int128>(from);

    public override void Write(WindowState state, ref StateWriter writer) => writer.WriteInt128(Fixed<Int128>(state));

    public override void Read(WindowState state, ref StateReader reader) => Fixed<Int128>(state) = reader.ReadInt128();

    public override FieldValue Result(WindowState state, ResultData data) => data.ToLong(Fixed<Int128>(state));
}
