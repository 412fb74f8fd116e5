using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FeaturePipeline.Avro.Binary;

// What lies in one another: records, and the blocks of arrays and maps.
public ref partial struct AvroReader
{
    /// <summary>
    /// Records, arrays and maps may nest so deep where nobody says otherwise: more than events have, and what .NET's JSON reader takes, while a message
    /// of a few hundred bytes that nests without end is refused before it costs anything.
    /// </summary>
    public const int DepthMax = 64;

    /// <summary>The most that a caller may allow: as deep as .NET's JSON writer and Java's Jackson go, and what fits the 1.5 MB that a thread's stack has.</summary>
    public const int DepthMaxHighest = 1000;

    /// <summary>Array items and map values without bytes that one message may have.</summary>
    public const int EmptyItemsMax = 1024;

    // So deep nobody asks whether the stack has room: the usual message pays nothing, and few frames of any size fit any stack.
    internal const int UnaskedDepth = 16;

    internal const string NestsTooDeep = "it nests deeper than depthMax allows: 64 unless it is set, at most 1000";

    internal const string StackTooSmall = "it nests too deep for this thread's stack";

    /// <summary>Reads a block's header.</summary>
    /// <param name="itemSizeMin">The fewest bytes of an item.</param>
    /// <param name="count">Items of the block; 0 at the end of the array or map.</param>
    /// <param name="size">Bytes of the block where the writer says so, or -1.</param>
    /// <returns>Whether it could be read.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadBlock(int itemSizeMin, out int count, out int size)
    {
        // Up to 63 items without the block's size have a header of one byte: even, and twice the count. Room for itemSizeMin x count has no overflow.
        int position = _position;
        if (position < _body.Length && Unsafe.Add(ref MemoryMarshal.GetReference(_body), position) is var twice && (twice & 0x81) == 0
            && itemSizeMin > 0 && (long)(twice >> 1) * itemSizeMin < _body.Length - position)
        {
            count = twice >> 1;
            size = -1;
            _position = position + 1;
            return true;
        }

        return TryReadLongBlock(itemSizeMin, out count, out size);
    }

    /// <summary>Checks that a block's items have filled the size that its header gave: else one who skips and one who reads would part ways.</summary>
    /// <param name="start">The position behind the header.</param>
    /// <param name="size">The size, or -1.</param>
    /// <returns>Whether they have.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryEndBlock(int start, int size) => size < 0 || _position - start == size || Fail(DecodeErrorKind.BadBlockSize);

    /// <summary>Enters a record, array or map.</summary>
    /// <param name="fields">Fields of the writer's record; 1 for an array or map.</param>
    /// <returns>False where that is too deep, or the message has far more fields than bytes.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryEnter(int fields = 1)
    {
        _fields -= fields;
        return (++_depth <= _unaskedDepth && _fields >= 0) || TryEnterDeep();
    }

    /// <summary>Leaves a record, array or map.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Leave() => _depth--;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryReadLongBlock(int itemSizeMin, out int count, out int size)
    {
        size = -1;
        count = 0;
        int before = _position;
        if (!TryReadLong(out long items))
        {
            return false;
        }

        DecodeErrorKind error = items == long.MinValue ? DecodeErrorKind.BadBlockCount : DecodeErrorKind.None;
        if (items < 0 && error == DecodeErrorKind.None)
        {
            items = -items;
            if (!TryReadLong(out long bytes))
            {
                return false;
            }

            size = (int)Math.Clamp(bytes, -1, int.MaxValue);
            error = bytes < 0 ? DecodeErrorKind.BadBlockSize : bytes > Remaining ? DecodeErrorKind.Truncated : DecodeErrorKind.None;
        }

        if (error == DecodeErrorKind.None && !FitsItems(items, itemSizeMin))
        {
            error = DecodeErrorKind.TooManyItems;
        }

        if (error != DecodeErrorKind.None)
        {
            _position = before;
            return Fail(error);
        }

        count = (int)items;
        return true;
    }

    /// <summary>Judges a limit that a caller wishes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is below 1 or above <see cref="DepthMaxHighest"/>.</exception>
    internal static int CheckDepthMax(int depthMax)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(depthMax, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(depthMax, DepthMaxHighest);
        return depthMax;
    }

    // Texts that are there already: a hostile message costs no memory.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryEnterDeep() =>
        _depth > _depthMax ? Fail(DecodeErrorKind.TooDeep, NestsTooDeep)
        : _fields < 0 ? Fail(DecodeErrorKind.TooManyItems)
        : RuntimeHelpers.TryEnsureSufficientExecutionStack() || Fail(DecodeErrorKind.TooDeep, StackTooSmall);

    private bool FitsItems(long items, int itemSizeMin)
    {
        if (itemSizeMin > 0)
        {
            return items <= Remaining / itemSizeMin;
        }

        if (items > _emptyItems)
        {
            return false;
        }

        _emptyItems -= (int)items;
        return true;
    }
}
