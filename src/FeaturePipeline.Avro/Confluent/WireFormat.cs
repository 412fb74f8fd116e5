using System.Buffers.Binary;

namespace FeaturePipeline.Avro.Confluent;

/// <summary>How a framed payload names its schema: an id (prefix V0) or a GUID (prefix V1).</summary>
/// <param name="Version">0 for an id, 1 for a GUID.</param>
/// <param name="Id">The id where the version is 0.</param>
/// <param name="Guid">The GUID where the version is 1.</param>
public readonly record struct SchemaKey(byte Version, int Id, Guid Guid)
{
    /// <summary>A key by id.</summary>
    /// <param name="id">The registry's id.</param>
    /// <returns>The key.</returns>
    public static SchemaKey FromId(int id) => new(0, id, default);

    /// <summary>A key by GUID.</summary>
    /// <param name="guid">The registry's GUID.</param>
    /// <returns>The key.</returns>
    public static SchemaKey FromGuid(Guid guid) => new(1, 0, guid);

    /// <summary>The id or the GUID.</summary>
    /// <returns>Text.</returns>
    public override string ToString() => Version == 0 ? Id.ToString(System.Globalization.CultureInfo.InvariantCulture) : Guid.ToString();
}

/// <summary>Whether a payload's framing could be read.</summary>
public enum WireStatus : byte
{
    /// <summary>It could be: a schema key, and a body.</summary>
    Ok,

    /// <summary>There is no payload: a tombstone.</summary>
    Tombstone,

    /// <summary>The payload, or the header, ends inside the schema key.</summary>
    Short,

    /// <summary>The first byte, or the header's, is neither 0 nor 1.</summary>
    BadMagic,
}

/// <summary>
/// Confluent's framing. Prefix V0: byte 0, then the schema id as a big-endian int32. Prefix V1: byte 1, then the schema's GUID, big-endian as in its
/// text. Instead of a prefix, a header may carry the same bytes; then the payload is the body alone. Avro has no message indexes.
/// </summary>
public static class WireFormat
{
    /// <summary>The header that carries the schema key of a record's key.</summary>
    public const string KeyHeader = "__key_schema_id";

    /// <summary>The header that carries the schema key of a record's value.</summary>
    public const string ValueHeader = "__value_schema_id";

    /// <summary>Bytes of a V0 prefix.</summary>
    public const int PrefixSize = 5;

    /// <summary>Bytes of a V1 prefix.</summary>
    public const int GuidPrefixSize = 17;

    /// <summary>Reads the prefix of a payload.</summary>
    /// <param name="payload">The record's value or key.</param>
    /// <param name="key">The schema's id or GUID.</param>
    /// <param name="bodyOffset">Where the body starts.</param>
    /// <returns>False where there is no prefix; the other readers say why.</returns>
    public static bool TryRead(ReadOnlySpan<byte> payload, out SchemaKey key, out int bodyOffset) =>
        Read(payload, out key, out bodyOffset) == WireStatus.Ok;

    /// <summary>Reads the prefix of a payload, or the same bytes in a header.</summary>
    /// <param name="payload">The record's value or key, or the header's value. An empty one is <see cref="WireStatus.Short"/>: a tombstone is null, which the caller knows.</param>
    /// <param name="key">The schema's id or GUID.</param>
    /// <param name="bodyOffset">Bytes of the prefix.</param>
    /// <returns>Whether it could be read, or why not.</returns>
    public static WireStatus Read(ReadOnlySpan<byte> payload, out SchemaKey key, out int bodyOffset)
    {
        key = default;
        bodyOffset = 0;
        if (payload.Length == 0)
        {
            return WireStatus.Short;
        }

        if (payload[0] == 0)
        {
            if (payload.Length < PrefixSize)
            {
                return WireStatus.Short;
            }

            key = SchemaKey.FromId(BinaryPrimitives.ReadInt32BigEndian(payload[1..]));
            bodyOffset = PrefixSize;
            return WireStatus.Ok;
        }

        if (payload[0] != 1)
        {
            return WireStatus.BadMagic;
        }

        if (payload.Length < GuidPrefixSize)
        {
            return WireStatus.Short;
        }

        key = SchemaKey.FromGuid(new Guid(payload.Slice(1, 16), bigEndian: true));
        bodyOffset = GuidPrefixSize;
        return WireStatus.Ok;
    }

    /// <summary>Reads the framing of a record's key or value whose schema header has been looked for.</summary>
    /// <param name="payload">The record's key or value.</param>
    /// <param name="isNull">Whether there is none: a tombstone, whatever the header says.</param>
    /// <param name="header">The value of the last header named <see cref="KeyHeader"/> or <see cref="ValueHeader"/>, as the role asks.</param>
    /// <param name="hasHeader">Whether there is such a header; then the payload has no prefix.</param>
    /// <param name="key">The schema's id or GUID.</param>
    /// <param name="bodyOffset">Where the body starts.</param>
    /// <returns>Whether it could be read, or why not.</returns>
    public static WireStatus Read(
        ReadOnlySpan<byte> payload, bool isNull, ReadOnlySpan<byte> header, bool hasHeader, out SchemaKey key, out int bodyOffset)
    {
        if (isNull)
        {
            key = default;
            bodyOffset = 0;
            return WireStatus.Tombstone;
        }

        if (!hasHeader)
        {
            return Read(payload, out key, out bodyOffset);
        }

        WireStatus status = Read(header, out key, out _);
        bodyOffset = 0;
        return status;
    }

    /// <summary>Writes a V0 prefix: <see cref="PrefixSize"/> bytes.</summary>
    /// <param name="destination">At least <see cref="PrefixSize"/> bytes.</param>
    /// <param name="id">The registry's id.</param>
    public static void WritePrefix(Span<byte> destination, int id)
    {
        destination[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(destination[1..], id);
    }

    /// <summary>Writes a V1 prefix: <see cref="GuidPrefixSize"/> bytes.</summary>
    /// <param name="destination">At least <see cref="GuidPrefixSize"/> bytes.</param>
    /// <param name="guid">The registry's GUID.</param>
    public static void WritePrefix(Span<byte> destination, Guid guid)
    {
        destination[0] = 1;
        guid.TryWriteBytes(destination.Slice(1, 16), bigEndian: true, out _);
    }
}
