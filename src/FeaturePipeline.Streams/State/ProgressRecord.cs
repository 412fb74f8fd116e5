// The reserved record of a changelog partition (key: the one byte 0x00): what the state beside it holds. It is written last of a
// commit, into the changelog of every store of the task, so that a start can compare each of them with the group's offset.
// Value, version 2: version (1 byte), flags (1 byte; bit 0: written in a transaction), stream time (8 bytes), entries of this
// store (4 bytes), number of sources (1 byte) and of each: topic (string), partition (4 bytes), next offset (8 bytes), the group's
// offset before this commit (8 bytes, -1: none); number of the task's stores (2 bytes) and their names (strings). Integers are
// little-endian, a string is UTF-8 behind its length in bytes as BinaryWriter writes it (LEB128).
// Version 1, still read, no longer written: version (1 byte), stream time (8 bytes).
using System.Buffers.Binary;
using System.Text;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Errors;
using FeaturePipeline.Streams.Resets;

namespace FeaturePipeline.Streams.State;

/// <summary>How far a source partition of a task was when a changelog was written.</summary>
/// <param name="Partition">The source partition.</param>
/// <param name="Next">Offset of the first record whose effects are not in the state.</param>
/// <param name="CommittedBefore">
/// The group's offset before the commit that wrote this, or null: without transactions, a crash in the middle of that commit leaves it.
/// </param>
internal readonly record struct SourcePosition(TopicPartition Partition, long Next, long? CommittedBefore);

/// <summary>What a store's changelog says of itself.</summary>
/// <param name="StreamTimeMs">The task's stream time, ms since the epoch; -1 before the first event.</param>
/// <param name="Sources">Positions of the task's sources; empty in what earlier versions wrote, which say nothing but the time.</param>
/// <param name="IsTransactional">Whether state, position and the group's offset became visible at once.</param>
/// <param name="EntryCount">Entries of the store.</param>
/// <param name="Stores">Names of all stores of the task.</param>
internal sealed record ProgressRecord(
    long StreamTimeMs, IReadOnlyList<SourcePosition> Sources, bool IsTransactional, int EntryCount, IReadOnlyList<string> Stores)
{
    private const byte TimeOnlyVersion = 1;
    private const byte Version = 2;

    /// <summary>The reserved key.</summary>
    public static ReadOnlySpan<byte> Key => [0];

    /// <summary>Whether a key is the reserved one.</summary>
    public static bool IsKey(ReadOnlySpan<byte> key) => key.SequenceEqual(Key);

    /// <summary>Writes the value into an emptied stream.</summary>
    public void Write(MemoryStream output)
    {
        output.SetLength(0);
        using BinaryWriter writer = new(output, Encoding.UTF8, leaveOpen: true);
        writer.Write(Version);
        writer.Write((byte)(IsTransactional ? 1 : 0));
        writer.Write(StreamTimeMs);
        writer.Write(EntryCount);
        writer.Write(checked((byte)Sources.Count));
        foreach (SourcePosition source in Sources)
        {
            writer.Write(source.Partition.Topic);
            writer.Write(source.Partition.Partition);
            writer.Write(source.Next);
            writer.Write(source.CommittedBefore ?? -1);
        }

        writer.Write(checked((ushort)Stores.Count));
        foreach (string store in Stores)
        {
            writer.Write(store);
        }
    }

    /// <summary>Reads a value.</summary>
    /// <param name="value">The record's value.</param>
    /// <param name="changelog">Where it stood, for the message.</param>
    /// <exception cref="StreamsException">It is of a later version, or damaged.</exception>
    public static ProgressRecord Read(byte[] value, string changelog)
    {
        try
        {
            if (value.Length == 1 + sizeof(long) && value[0] == TimeOnlyVersion)
            {
                return new ProgressRecord(BinaryPrimitives.ReadInt64LittleEndian(value.AsSpan(1)), [], false, -1, []);
            }

            using BinaryReader reader = new(new MemoryStream(value), Encoding.UTF8);
            if (reader.ReadByte() == Version)
            {
                bool isTransactional = (reader.ReadByte() & 1) != 0;
                long streamTimeMs = reader.ReadInt64();
                int entries = reader.ReadInt32();
                SourcePosition[] sources = new SourcePosition[reader.ReadByte()];
                for (int i = 0; i < sources.Length; i++)
                {
                    TopicPartition partition = new(reader.ReadString(), reader.ReadInt32());
                    long next = reader.ReadInt64();
                    long before = reader.ReadInt64();
                    sources[i] = new SourcePosition(partition, next, before < 0 ? null : before);
                }

                string[] stores = new string[reader.ReadUInt16()];
                for (int i = 0; i < stores.Length; i++)
                {
                    stores[i] = reader.ReadString();
                }

                return new ProgressRecord(streamTimeMs, sources, isTransactional, entries, stores);
            }
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException)
        {
            // Damaged: as unreadable as a version that is not known.
        }

        throw new StreamsException(
            $"The position record of changelog '{changelog}' is not in a format that this version reads. "
            + $"Run the version that wrote it. {Remedies.Everything()}");
    }
}
