using System.Runtime.CompilerServices;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Features.Events;

namespace FeaturePipeline.Features.Aggregators;

/// <summary>One aggregate function over the events of a window. Immutable once placed; its state lives in a <see cref="WindowState"/>.</summary>
/// <remarks>
/// Laws (tests hold every subclass to them): adding and merging in any order gives the same result (doubles: to rounding); an empty state is
/// neutral; Read(Write(s)) = s; nulls change nothing.
/// </remarks>
internal abstract class Aggregator
{
    /// <summary>First byte of the fixed part in the state's area.</summary>
    protected int Offset { get; private set; }

    /// <summary>First of the variable parts.</summary>
    protected int Slot { get; private set; }

    /// <summary>Bytes of the fixed part; a multiple of 8, which keeps every part aligned.</summary>
    public abstract int Size { get; }

    /// <summary>Number of variable parts.</summary>
    public virtual int Slots => 0;

    /// <summary>What <see cref="Result"/> gives.</summary>
    public abstract FieldKind ResultKind { get; }

    /// <summary>Avro logical type of the result; null for none.</summary>
    public virtual string? ResultLogicalType => null;

    /// <summary>Whether nothing aggregated is 0 and not null, so that the feature is a long with default 0.</summary>
    public virtual bool IsCount => false;

    /// <summary>Adds one event.</summary>
    public abstract void Add(WindowState state, in EventRow row);

    /// <summary>Adds what another state holds; that state is not used after.</summary>
    public abstract void Merge(WindowState into, WindowState from);

    /// <summary>Appends the state's bytes.</summary>
    public abstract void Write(WindowState state, ref StateWriter writer);

    /// <summary>Reads into an empty state.</summary>
    public abstract void Read(WindowState state, ref StateReader reader);

    /// <summary>The value now; text is appended to <paramref name="data"/>, which the value then points into.</summary>
    public abstract FieldValue Result(WindowState state, ResultData data);

    /// <summary>Empties the variable parts, keeping their buffers; the fixed part is zeroed by the caller.</summary>
    public virtual void ClearSlots(WindowState state)
    {
    }

    /// <summary>Gives the aggregator its place in the states of a view.</summary>
    public void Place(ref int offset, ref int slot)
    {
        Offset = offset;
        Slot = slot;
        offset += Size;
        slot += Slots;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected ref T Fixed<T>(WindowState state)
        where T : unmanaged => ref state.At<T>(Offset);
}
