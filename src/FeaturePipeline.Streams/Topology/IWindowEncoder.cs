using System.Buffers;

namespace FeaturePipeline.Streams.Topology;

/// <summary>The result of one window, as an operator hands it to its sink.</summary>
/// <typeparam name="TState">State of the window.</typeparam>
/// <param name="key">Key of the window.</param>
/// <param name="startMs">Window start, ms since the epoch; a session's first event time.</param>
/// <param name="endMs">Window end, ms since the epoch; a session's last event time, otherwise exclusive.</param>
/// <param name="state">The aggregate; the sink must not keep it.</param>
/// <param name="isFinal">Whether the window is closed.</param>
public readonly ref struct WindowResult<TState>(ReadOnlySpan<byte> key, long startMs, long endMs, TState state, bool isFinal)
    where TState : class
{
    /// <summary>Key of the window.</summary>
    public ReadOnlySpan<byte> Key { get; } = key;

    /// <summary>Window start, ms since the epoch.</summary>
    public long StartMs { get; } = startMs;

    /// <summary>Window end, ms since the epoch.</summary>
    public long EndMs { get; } = endMs;

    /// <summary>The aggregate.</summary>
    public TState State { get; } = state;

    /// <summary>Whether the window is closed.</summary>
    public bool IsFinal { get; } = isFinal;
}

/// <summary>Encodes window results as output records. One instance per task, used by one thread.</summary>
/// <typeparam name="TState">State of the window.</typeparam>
public interface IWindowEncoder<TState>
    where TState : class
{
    /// <summary>Appends the record's key and value.</summary>
    /// <param name="result">The window.</param>
    /// <param name="nowMs">Wall clock, ms since the epoch, for <c>created_timestamp</c>.</param>
    /// <param name="key">Empty buffer for the key.</param>
    /// <param name="value">Empty buffer for the value.</param>
    /// <returns>The record's timestamp, ms since the epoch.</returns>
    long Encode(in WindowResult<TState> result, long nowMs, ArrayBufferWriter<byte> key, ArrayBufferWriter<byte> value);
}
