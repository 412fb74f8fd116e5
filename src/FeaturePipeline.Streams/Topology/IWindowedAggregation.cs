using System.Buffers;

namespace FeaturePipeline.Streams.Topology;

/// <summary>An aggregate over the rows of one window. One instance per task, used by one thread.</summary>
/// <typeparam name="TRow">Row type.</typeparam>
/// <typeparam name="TState">State of one window: a mutable object that the operator's store holds.</typeparam>
/// <remarks>
/// Laws that tests hold it to: the result of any sequence of Add and Merge depends on the multiset of rows only
/// (ties break by timestamp, partition, offset); Read(Write(s)) = s; a released state comes back empty.
/// </remarks>
public interface IWindowedAggregation<TRow, TState>
    where TRow : struct, IStreamRow, allows ref struct
    where TState : class
{
    /// <summary>An empty state, new or from the pool.</summary>
    TState Create();

    /// <summary>Adds one row.</summary>
    /// <param name="state">State to change.</param>
    /// <param name="row">The row.</param>
    void Add(TState state, in TRow row);

    /// <summary>Adds everything that <paramref name="other"/> holds to <paramref name="into"/>; <paramref name="other"/> is not used after.</summary>
    /// <param name="into">State to change.</param>
    /// <param name="other">State to take from.</param>
    void Merge(TState into, TState other);

    /// <summary>Appends the state's bytes.</summary>
    /// <param name="state">State to write.</param>
    /// <param name="output">Where to.</param>
    void Write(TState state, ArrayBufferWriter<byte> output);

    /// <summary>Reads into an empty state what <see cref="Write"/> wrote.</summary>
    /// <param name="state">A state from <see cref="Create"/>.</param>
    /// <param name="input">Exactly the bytes written.</param>
    /// <exception cref="Errors.StreamsException">The bytes were written by another definition of the aggregate.</exception>
    void Read(TState state, ReadOnlySpan<byte> input);

    /// <summary>Gives a state back to the pool.</summary>
    /// <param name="state">A state that nobody holds any more.</param>
    void Release(TState state);

    /// <summary>Identifies the layout that <see cref="Write"/> writes; differs when the definition differs.</summary>
    uint LayoutHash { get; }
}
