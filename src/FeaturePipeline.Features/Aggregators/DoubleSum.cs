using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Features.Events;
using FeaturePipeline.Features.Expressions;

namespace FeaturePipeline.Features.Aggregators;

/// <summary>Sum of doubles. 0 when nothing was added; NaN where a value was.</summary>
internal sealed class DoubleSum(DoubleExpression of) : Aggregator
{
    public override int Size => 16;

    public override FieldKind ResultKind => FieldKind.Double;

    public override void Add(WindowState state, in EventRow row)
    {
        if (of.TryGet(row, out double value))
        {
            Fixed<CompensatedSum>(state).Add(value);
        }
    }

    public override void Merge(WindowState into, WindowState from) => Fixed<CompensatedSum>(into).Add(Fixed<CompensatedSum>(from));

    public override void Write(WindowState state, ref StateWriter writer) => Fixed<CompensatedSum>(state).Write(ref writer);

    public override void Read(WindowState state, ref StateReader reader) => Fixed<CompensatedSum>(state) = CompensatedSum.Read(ref reader);

    public override FieldValue Result(WindowState state, ResultData data) => FieldValue.FromDouble(Fixed<CompensatedSum>(state).Value);
}
