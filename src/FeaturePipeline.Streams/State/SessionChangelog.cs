// Records of a session changelog. Keys: 0x00 = the reserved record (ProgressRecord); 0x01 + entity + start (8 bytes, big-endian)
// = one session. Values: format version, layout of the aggregate (4 bytes), end (8 bytes), the aggregate's own bytes.
using System.Buffers;
using System.Buffers.Binary;
using FeaturePipeline.Streams.Errors;
using FeaturePipeline.Streams.Resets;

namespace FeaturePipeline.Streams.State;

/// <summary>Encoding of a session store's changelog records. Integers in values are little-endian.</summary>
internal static class SessionChangelog
{
    private const byte SessionTag = 1;
    private const byte FormatVersion = 1;
    private const int HeaderLength = 1 + sizeof(uint) + sizeof(long);

    /// <summary>Writes the key of a session into an emptied buffer.</summary>
    public static void WriteKey(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> entity, long startMs)
    {
        output.ResetWrittenCount();
        int length = 1 + entity.Length + sizeof(long);
        Span<byte> span = output.GetSpan(length);
        span[0] = SessionTag;
        entity.CopyTo(span[1..]);
        BinaryPrimitives.WriteInt64BigEndian(span[(1 + entity.Length)..], startMs);
        output.Advance(length);
    }

    /// <summary>Writes what stands before the aggregate's bytes into an emptied buffer.</summary>
    public static void WriteHeader(ArrayBufferWriter<byte> output, uint layoutHash, long endMs)
    {
        output.ResetWrittenCount();
        Span<byte> span = output.GetSpan(HeaderLength);
        span[0] = FormatVersion;
        BinaryPrimitives.WriteUInt32LittleEndian(span[1..], layoutHash);
        BinaryPrimitives.WriteInt64LittleEndian(span[5..], endMs);
        output.Advance(HeaderLength);
    }

    /// <summary>Splits the key of a session.</summary>
    public static void ReadKey(ReadOnlySpan<byte> key, string store, out ReadOnlySpan<byte> entity, out long startMs)
    {
        if (key.Length < 1 + sizeof(long) || key[0] != SessionTag)
        {
            throw Foreign(store, "a record's key is not a session's");
        }

        entity = key[1..^sizeof(long)];
        startMs = BinaryPrimitives.ReadInt64BigEndian(key[^sizeof(long)..]);
    }

    /// <summary>Reads the header of a session and returns the aggregate's bytes.</summary>
    public static ReadOnlySpan<byte> ReadHeader(ReadOnlySpan<byte> value, uint layoutHash, string store, out long endMs)
    {
        if (value.Length < HeaderLength || value[0] != FormatVersion)
        {
            throw Foreign(store, "a session is not in this version's format");
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(value[1..]) != layoutHash)
        {
            throw Foreign(store, "it was written by another definition of the view's features");
        }

        endMs = BinaryPrimitives.ReadInt64LittleEndian(value[5..]);
        return value[HeaderLength..];
    }

    private static StreamsException Foreign(string store, string what) => new(
        $"The changelog of store '{store}' can't be restored: {what}. Go back to what wrote it. {Remedies.Views(store)}");
}
