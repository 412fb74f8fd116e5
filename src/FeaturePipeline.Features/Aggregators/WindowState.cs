using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FeaturePipeline.Features.Aggregators;

/// <summary>The state of one window: the fixed parts of all aggregators of a view side by side, and their variable parts (strings, sets).</summary>
/// <remarks>All zero bytes are the empty state of every aggregator.</remarks>
public sealed class WindowState
{
    private readonly byte[] _fixed;
    private readonly object?[] _variable;

    internal WindowState(int fixedSize, int slots)
    {
        _fixed = new byte[fixedSize];
        _variable = slots == 0 ? [] : new object?[slots];
    }

    /// <summary>A part of the fixed area. The caller owns the bytes from <paramref name="offset"/> on, by the layout of its view.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref T At<T>(int offset)
        where T : unmanaged =>
        ref Unsafe.As<byte, T>(ref Unsafe.AddByteOffset(ref MemoryMarshal.GetArrayDataReference(_fixed), offset));

    /// <summary>A variable part; it stays with the state when that is pooled, so that its buffers are reused.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref object? Slot(int slot) => ref _variable[slot];

    internal void ClearFixed() => Array.Clear(_fixed);
}
