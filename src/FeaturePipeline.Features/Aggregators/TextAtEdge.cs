using System.Runtime.CompilerServices;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Features.Events;
using FeaturePipeline.Features.Expressions;

namespace FeaturePipeline.Features.Aggregators;

/// <summary>First or last string or bytes; the value is copied into a buffer that is reused in place.</summary>
internal sealed class TextAtEdge(TextExpression of, bool isLast) : Aggregator
{
    private const int BufferSizeMin = 16;

    // One long value must not stay for ever in the pool.
    private const int BufferSizeKept = 1024;

    private struct Parts
    {
        public EventPosition Position;
        public long Length;
    }

    public override int Size => Unsafe.SizeOf<Parts>();

    public override int Slots => 1;

    public override FieldKind ResultKind => of.Kind;

    public override string? ResultLogicalType => of.LogicalType;

    public override void Add(WindowState state, in EventRow row)
    {
        // The position decides first: most events are after the first one, and their value is not even looked at.
        ref Parts parts = ref Fixed<Parts>(state);
        var position = new EventPosition(row);
        if (parts.Position.YieldsTo(position, isLast) && of.TryGet(row, out ReadOnlySpan<byte> value))
        {
            parts.Position = position;
            Store(state, ref parts, value);
        }
    }

    public override void Merge(WindowState into, WindowState from)
    {
        ref Parts parts = ref Fixed<Parts>(into);
        ref Parts other = ref Fixed<Parts>(from);
        if (other.Position.IsSet && parts.Position.YieldsTo(other.Position, isLast))
        {
            // Buffers are exchanged, not copied: the other state goes back to the pool with ours.
            (into.Slot(Slot), from.Slot(Slot)) = (from.Slot(Slot), into.Slot(Slot));
            parts = other;
        }
    }

    public override void Write(WindowState state, ref StateWriter writer)
    {
        ref Parts parts = ref Fixed<Parts>(state);
        parts.Position.Write(ref writer);
        if (parts.Position.IsSet)
        {
            writer.WriteBytes(Text(state));
        }
    }

    public override void Read(WindowState state, ref StateReader reader)
    {
        ref Parts parts = ref Fixed<Parts>(state);
        parts.Position = EventPosition.Read(ref reader);
        if (parts.Position.IsSet)
        {
            Store(state, ref parts, reader.ReadBytes());
        }
    }

    public override FieldValue Result(WindowState state, ResultData data) =>
        Fixed<Parts>(state).Position.IsSet ? data.Add(Text(state)) : FieldValue.Null;

    public override void ClearSlots(WindowState state)
    {
        ref object? slot = ref state.Slot(Slot);
        slot = slot is byte[] { Length: > BufferSizeKept } ? null : slot;
    }

    private ReadOnlySpan<byte> Text(WindowState state) =>
        ((byte[]?)state.Slot(Slot)).AsSpan(0, (int)Fixed<Parts>(state).Length);

    private void Store(WindowState state, ref Parts parts, ReadOnlySpan<byte> value)
    {
        byte[]? buffer = Unsafe.As<byte[]?>(state.Slot(Slot));
        if (buffer is null || buffer.Length < value.Length)
        {
            buffer = new byte[Math.Max(BufferSizeMin, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)value.Length))];
            state.Slot(Slot) = buffer;
        }

        value.CopyTo(buffer);
        parts.Length = value.Length;
    }
}
