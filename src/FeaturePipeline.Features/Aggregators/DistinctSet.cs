// A set of byte strings in two arrays: the entries one after another (length, bytes), and an open-addressed table of
// (32 bits of hash, position + 1), so that a look-up touches one table slot and, only where the hash agrees, one entry.
namespace FeaturePipeline.Features.Aggregators;

/// <summary>A compact set of byte strings. Clearing keeps small buffers.</summary>
internal sealed class DistinctSet
{
    private const int TableSizeMin = 8;
    private const int TableSizeKept = 64;
    private const int ArenaSizeMin = 64;
    private const int ArenaSizeKept = 1024;

    private long[] _table = new long[TableSizeMin];
    private byte[] _arena = new byte[ArenaSizeMin];
    private int _used;

    public int Count { get; private set; }

    /// <summary>The entries: length as a varint, then the bytes, in order of insertion.</summary>
    public ReadOnlySpan<byte> Entries => _arena.AsSpan(0, _used);

    /// <summary>Adds a value unless it is there.</summary>
    /// <param name="value">The value.</param>
    /// <param name="hash">Its hash by <see cref="DistinctValues.Hash"/>.</param>
    public void Add(ReadOnlySpan<byte> value, ulong hash)
    {
        int mask = _table.Length - 1;
        uint tag = (uint)(hash >> 32);
        int slot = (int)hash & mask;
        while (_table[slot] is var entry && entry != 0)
        {
            if ((uint)(entry >> 32) == tag && Value((int)entry - 1).SequenceEqual(value))
            {
                return;
            }

            slot = (slot + 1) & mask;
        }

        _table[slot] = ((long)tag << 32) | (uint)(Append(value) + 1);
        Count++;
        if (Count * 4 > _table.Length * 3)
        {
            Grow();
        }
    }

    public void Clear()
    {
        if (_table.Length > TableSizeKept)
        {
            _table = new long[TableSizeMin];
        }
        else
        {
            Array.Clear(_table);
        }

        if (_arena.Length > ArenaSizeKept)
        {
            _arena = new byte[ArenaSizeMin];
        }

        _used = 0;
        Count = 0;
    }

    /// <summary>Reads the entry at the start of <paramref name="entries"/> and cuts it off; false at the end.</summary>
    /// <remarks>Made for entries of our own and of changelogs: false, too, for an entry that is cut short.</remarks>
    public static bool TryTake(scoped ref ReadOnlySpan<byte> entries, out ReadOnlySpan<byte> value)
    {
        uint length = 0;
        for (int i = 0; i < 5 && i < entries.Length; i++)
        {
            length |= (uint)(entries[i] & 0x7F) << (7 * i);
            if (entries[i] < 0x80)
            {
                if (length > entries.Length - i - 1)
                {
                    break;
                }

                value = entries.Slice(i + 1, (int)length);
                entries = entries[(i + 1 + (int)length)..];
                return true;
            }
        }

        value = default;
        return false;
    }

    private ReadOnlySpan<byte> Value(int position)
    {
        ReadOnlySpan<byte> entries = _arena.AsSpan(position, _used - position);
        return TryTake(ref entries, out ReadOnlySpan<byte> value) ? value : default;
    }

    private int Append(ReadOnlySpan<byte> value)
    {
        int needed = _used + value.Length + 5;
        if (needed > _arena.Length)
        {
            Array.Resize(ref _arena, Math.Max(needed, _arena.Length * 2));
        }

        int position = _used;
        uint length = (uint)value.Length;
        while (length >= 0x80)
        {
            _arena[_used++] = (byte)(length | 0x80);
            length >>= 7;
        }

        _arena[_used++] = (byte)length;
        value.CopyTo(_arena.AsSpan(_used));
        _used += value.Length;
        return position;
    }

    private void Grow()
    {
        var table = new long[_table.Length * 2];
        ReadOnlySpan<byte> rest = Entries;
        while (TryTake(ref rest, out ReadOnlySpan<byte> value))
        {
            ulong hash = DistinctValues.Hash(value);
            int slot = (int)hash & (table.Length - 1);
            while (table[slot] != 0)
            {
                slot = (slot + 1) & (table.Length - 1);
            }

            int position = _used - rest.Length - value.Length;
            position -= value.Length < 0x80 ? 1 : (BitWidth(value.Length) + 6) / 7;
            table[slot] = ((long)(uint)(hash >> 32) << 32) | (uint)(position + 1);
        }

        _table = table;
    }

    private static int BitWidth(int value) => 32 - System.Numerics.BitOperations.LeadingZeroCount((uint)value);
}
