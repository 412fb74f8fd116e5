using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Features.Events;
using FeaturePipeline.Features.Expressions;

namespace FeaturePipeline.Features.Aggregators;

/// <summary>Number of events, or of values that are not null.</summary>
internal sealed class Count(Expression? of) : Aggregator
{
    public override int Size => sizeof(long);

    public override FieldKind ResultKind => FieldKind.Long;

    public override bool IsCount => true;

    public override void Add(WindowState state, in EventRow row)
    {
        if (of is null || !of.IsNull(row))
        {
            Fixed<long>(state)++;
        }
    }

    public override void Merge(WindowState into, WindowState from) => Fixed<long>(into) += Fixed<long>(from);

    public override void Write(WindowState state, ref StateWriter writer) => writer.WriteUnsigned((ulong)Fixed<long>(state));

    public override void Read(WindowState state, ref StateReader reader) => Fixed<long>(state) = (long)reader.ReadUnsigned();

    public override FieldValue Result(WindowState state, ResultData data) => FieldValue.FromLong(Fixed<long>(state));
}
