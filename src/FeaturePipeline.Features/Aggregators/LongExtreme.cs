using System.Runtime.CompilerServices;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Features.Events;
using FeaturePipeline.Features.Expressions;

namespace FeaturePipeline.Features.Aggregators;

/// <summary>Least or greatest of longs, and of the dates and times on them.</summary>
internal sealed class LongExtreme(LongExpression of, bool isMax) : Aggregator
{
    private struct Parts
    {
        public long Value;
        public long HasValue;
    }

    public override int Size => Unsafe.SizeOf<Parts>();

    public override FieldKind ResultKind => FieldKind.Long;

    public override string? ResultLogicalType => of.LogicalType;

    public override void Add(WindowState state, in EventRow row)
    {
        if (of.TryGet(row, out long value))
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
            writer.WriteSigned(parts.Value);
        }
    }

    public override void Read(WindowState state, ref StateReader reader)
    {
        if (reader.ReadUnsigned() != 0)
        {
            Add(ref Fixed<Parts>(state), reader.ReadSigned());
        }
    }

    public override FieldValue Result(WindowState state, ResultData data) =>
        Fixed<Parts>(state).HasValue == 0 ? FieldValue.Null : FieldValue.FromLong(Fixed<Parts>(state).Value);

    private void Add(ref Parts parts, long value)
    {
        if (parts.HasValue == 0 || (isMax ? value > parts.Value : value < parts.Value))
        {
            parts.Value = value;
            parts.HasValue = 1;
        }
    }
}
