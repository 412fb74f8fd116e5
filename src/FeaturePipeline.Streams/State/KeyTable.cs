// Hash table from UTF-8 key bytes to entries: open addressing, linear probing, deletion by backward shift.
// A look-up takes a span and allocates nothing; .NET's Dictionary would need a key object a look-up.
using System.IO.Hashing;
using System.Runtime.CompilerServices;

namespace FeaturePipeline.Streams.State;

/// <summary>An entry of a <see cref="KeyTable{TEntry}"/>: it carries its key.</summary>
internal abstract class KeyedEntry
{
    private byte[] _key = [];
    private int _keyLength;

    /// <summary>Hash of the key, by the table's seed.</summary>
    public uint Hash { get; private set; }

    /// <summary>The key's bytes.</summary>
    public ReadOnlySpan<byte> Key => _key.AsSpan(0, _keyLength);

    /// <summary>Copies a key into the entry, reusing its buffer.</summary>
    public void SetKey(ReadOnlySpan<byte> key, uint hash)
    {
        if (_key.Length < key.Length)
        {
            _key = new byte[key.Length];
        }

        key.CopyTo(_key);
        _keyLength = key.Length;
        Hash = hash;
    }
}

/// <summary>Entries by key.</summary>
/// <typeparam name="TEntry">Entry type.</typeparam>
internal sealed class KeyTable<TEntry>
    where TEntry : KeyedEntry
{
    private const int CapacityInitial = 64;

    // Seeded per process: keys are chosen by users, and nobody should be able to choose colliding ones.
    private static readonly long Seed = Random.Shared.NextInt64();

    private TEntry?[] _entries = new TEntry?[CapacityInitial];
    private uint[] _hashes = new uint[CapacityInitial];

    /// <summary>Number of entries.</summary>
    public int Count { get; private set; }

    /// <summary>Hash of a key.</summary>
    public static uint HashOf(ReadOnlySpan<byte> key) => (uint)XxHash3.HashToUInt64(key, Seed);

    /// <summary>The entry of a key, or null.</summary>
    public TEntry? Find(ReadOnlySpan<byte> key, uint hash)
    {
        TEntry?[] entries = _entries;
        uint[] hashes = _hashes;
        int mask = entries.Length - 1;
        for (int slot = (int)hash & mask; ; slot = (slot + 1) & mask)
        {
            TEntry? entry = entries[slot];
            if (entry is null)
            {
                return null;
            }

            if (hashes[slot] == hash && entry.Key.SequenceEqual(key))
            {
                return entry;
            }
        }
    }

    /// <summary>Adds an entry, or puts it in the place of the entry with the same key.</summary>
    public void Set(TEntry entry)
    {
        if ((Count + 1) * 4 > _entries.Length * 3)
        {
            Grow();
        }

        int mask = _entries.Length - 1;
        int slot = (int)entry.Hash & mask;
        while (_entries[slot] is { } other)
        {
            if (_hashes[slot] == entry.Hash && other.Key.SequenceEqual(entry.Key))
            {
                _entries[slot] = entry;
                return;
            }

            slot = (slot + 1) & mask;
        }

        _entries[slot] = entry;
        _hashes[slot] = entry.Hash;
        Count++;
    }

    /// <summary>Removes the entry of a key, if there is one.</summary>
    public void Remove(ReadOnlySpan<byte> key, uint hash)
    {
        int mask = _entries.Length - 1;
        int slot = (int)hash & mask;
        while (_entries[slot] is { } entry)
        {
            if (_hashes[slot] == hash && entry.Key.SequenceEqual(key))
            {
                Count--;
                CloseHole(slot, mask);
                return;
            }

            slot = (slot + 1) & mask;
        }
    }

    /// <summary>Every entry, in no order.</summary>
    public IEnumerable<TEntry> Entries()
    {
        foreach (TEntry? entry in _entries)
        {
            if (entry is not null)
            {
                yield return entry;
            }
        }
    }

    // Every later entry of the probe sequence that may move into the hole does (Knuth, volume 3, 6.4, algorithm R).
    private void CloseHole(int hole, int mask)
    {
        int slot = hole;
        while (true)
        {
            slot = (slot + 1) & mask;
            if (_entries[slot] is null)
            {
                break;
            }

            int home = (int)_hashes[slot] & mask;
            if (((slot - home) & mask) >= ((slot - hole) & mask))
            {
                _entries[hole] = _entries[slot];
                _hashes[hole] = _hashes[slot];
                hole = slot;
            }
        }

        _entries[hole] = null;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow()
    {
        TEntry?[] entries = _entries;
        _entries = new TEntry?[entries.Length * 2];
        _hashes = new uint[entries.Length * 2];
        int mask = _entries.Length - 1;
        foreach (TEntry? entry in entries)
        {
            if (entry is null)
            {
                continue;
            }

            int slot = (int)entry.Hash & mask;
            while (_entries[slot] is not null)
            {
                slot = (slot + 1) & mask;
            }

            _entries[slot] = entry;
            _hashes[slot] = entry.Hash;
        }
    }
}
