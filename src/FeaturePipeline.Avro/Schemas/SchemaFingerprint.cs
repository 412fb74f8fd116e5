using System.Security.Cryptography;
using System.Text;

namespace FeaturePipeline.Avro.Schemas;

/// <summary>Fingerprints of a schema's parsing canonical form. Source: Avro specification, "Schema Fingerprints".</summary>
public static class SchemaFingerprint
{
    private const ulong Empty = 0xc15d213aa4d7a795;

    private static readonly ulong[] Table = BuildTable();

    /// <summary>CRC-64-AVRO (the Rabin fingerprint).</summary>
    /// <param name="canonicalForm">A schema's <see cref="AvroSchema.CanonicalForm"/>.</param>
    /// <returns>The 64-bit fingerprint; single-object encoding writes it little-endian.</returns>
    public static ulong Crc64(string canonicalForm)
    {
        ulong crc = Empty;
        foreach (byte b in Encoding.UTF8.GetBytes(canonicalForm))
        {
            crc = (crc >> 8) ^ Table[(byte)(crc ^ b)];
        }

        return crc;
    }

    /// <summary>The MD5 fingerprint, which object container files and Java's tools use as an identity, not for security.</summary>
    /// <param name="schema">The schema.</param>
    /// <returns>16 bytes.</returns>
    public static byte[] Md5(AvroSchema schema) => MD5.HashData(Encoding.UTF8.GetBytes(schema.CanonicalForm));

    /// <summary>The SHA-256 fingerprint.</summary>
    /// <param name="schema">The schema.</param>
    /// <returns>32 bytes.</returns>
    public static byte[] Sha256(AvroSchema schema) => SHA256.HashData(Encoding.UTF8.GetBytes(schema.CanonicalForm));

    private static ulong[] BuildTable()
    {
        var table = new ulong[256];
        for (int i = 0; i < table.Length; i++)
        {
            ulong crc = (ulong)i;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ (Empty & (0 - (crc & 1)));
            }

            table[i] = crc;
        }

        return table;
    }
}
