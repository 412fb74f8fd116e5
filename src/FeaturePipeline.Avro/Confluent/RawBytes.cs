// Confluent's serializers write a top-level "bytes" schema as it is, without Avro's length.
using FeaturePipeline.Avro.Binary;

namespace FeaturePipeline.Avro.Confluent;

internal static class RawBytes
{
    /// <summary>The body with the length that Avro would have written.</summary>
    public static byte[] AddLength(ReadOnlySpan<byte> body)
    {
        var buffer = new byte[10 + body.Length];
        var writer = new AvroWriter(buffer);
        writer.WriteBytes(body);
        return buffer[..writer.Position];
    }

    /// <summary>Where the bytes begin in what Avro wrote.</summary>
    public static int LengthOfLength(ReadOnlySpan<byte> body)
    {
        var length = 0;
        while ((body[length++] & 0x80) != 0)
        {
            // a varint's bytes but the last have their high bit set
        }

        return length;
    }
}
