using System.Buffers.Binary;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro;

/// <summary>Whether a single-object header could be read.</summary>
public enum SingleObjectStatus : byte
{
    /// <summary>It could be.</summary>
    Ok,

    /// <summary>The message ends inside it.</summary>
    Short,

    /// <summary>The message does not start with C3 01.</summary>
    BadMarker,
}

/// <summary>
/// Single-object encoding: the marker C3 01, the schema's CRC-64-AVRO fingerprint little-endian, then the body.
/// Source: Avro specification, "Single-object encoding".
/// </summary>
public static class SingleObject
{
    /// <summary>Bytes before the body.</summary>
    public const int HeaderSize = 10;

    /// <summary>Reads the header.</summary>
    /// <param name="message">The message; the body starts at <see cref="HeaderSize"/>.</param>
    /// <param name="fingerprint">The writer's schema's <see cref="AvroSchema.Fingerprint64"/>.</param>
    /// <returns>Whether it could be read.</returns>
    public static SingleObjectStatus Read(ReadOnlySpan<byte> message, out ulong fingerprint)
    {
        fingerprint = 0;
        if ((message.Length > 0 && message[0] != 0xc3) || (message.Length > 1 && message[1] != 0x01))
        {
            return SingleObjectStatus.BadMarker;
        }

        if (message.Length < HeaderSize)
        {
            return SingleObjectStatus.Short;
        }

        fingerprint = BinaryPrimitives.ReadUInt64LittleEndian(message[2..]);
        return SingleObjectStatus.Ok;
    }

    /// <summary>Writes the header: <see cref="HeaderSize"/> bytes.</summary>
    /// <param name="destination">At least <see cref="HeaderSize"/> bytes.</param>
    /// <param name="fingerprint">The schema's <see cref="AvroSchema.Fingerprint64"/>.</param>
    public static void WriteHeader(Span<byte> destination, ulong fingerprint)
    {
        destination[0] = 0xc3;
        destination[1] = 0x01;
        BinaryPrimitives.WriteUInt64LittleEndian(destination[2..], fingerprint);
    }
}
