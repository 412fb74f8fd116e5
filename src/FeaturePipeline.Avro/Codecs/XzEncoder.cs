using System.Buffers.Binary;
using System.IO.Hashing;
using SharpCompress.Compressors.LZMA;

namespace FeaturePipeline.Avro.Codecs;

// One .xz stream of one block, whose LZMA2 chunks are compressed each for itself by SharpCompress (which reads .xz but does not write it).
// Source: "The .xz File Format", 1.2.1, and the LZMA2 chunk headers of XZ Embedded. A chunk of at most 64 KiB that does not shrink is stored.
internal static class XzEncoder
{
    private const int ChunkSize = 64 << 10;
    private const byte Crc32Check = 0x01;

    internal static byte[] Compress(ReadOnlySpan<byte> data)
    {
        using var output = new MemoryStream();
        output.Write([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]);
        byte[] flags = [0x00, Crc32Check];
        output.Write(flags);
        WriteCrc(output, flags);

        // Block header: 12 bytes, one filter (LZMA2, dictionary of 64 KiB: 2 << (8 / 2 + 11)), padding, CRC.
        int blockStart = (int)output.Length;
        byte[] header = [0x02, 0x00, 0x21, 0x01, 0x08, 0x00, 0x00, 0x00];
        output.Write(header);
        WriteCrc(output, header);
        for (int position = 0; position < data.Length; position += ChunkSize)
        {
            WriteChunk(output, data.Slice(position, Math.Min(ChunkSize, data.Length - position)));
        }

        output.WriteByte(0x00);
        int unpadded = (int)output.Length - blockStart + 4;
        Pad(output);
        WriteCrc(output, data);
        WriteIndexAndFooter(output, flags, unpadded, data.Length);
        return output.ToArray();
    }

    private static void WriteChunk(MemoryStream output, ReadOnlySpan<byte> chunk)
    {
        using var compressed = new MemoryStream();
        byte properties;
        using (LzmaStream lzma = LzmaStream.Create(new LzmaEncoderProperties(eos: false, dictionary: ChunkSize), isLzma2: false, compressed))
        {
            properties = lzma.Properties[0];
            lzma.Write(chunk);
        }

        Span<byte> header = stackalloc byte[6];
        if (compressed.Length < chunk.Length)
        {
            // 0xe0: dictionary and state are reset, new properties follow.
            header[0] = 0xe0;
            BinaryPrimitives.WriteUInt16BigEndian(header[1..], (ushort)(chunk.Length - 1));
            BinaryPrimitives.WriteUInt16BigEndian(header[3..], (ushort)(compressed.Length - 1));
            header[5] = properties;
            output.Write(header);
            compressed.WriteTo(output);
            return;
        }

        // 0x01: dictionary reset, stored.
        header[0] = 0x01;
        BinaryPrimitives.WriteUInt16BigEndian(header[1..], (ushort)(chunk.Length - 1));
        output.Write(header[..3]);
        output.Write(chunk);
    }

    private static void WriteIndexAndFooter(MemoryStream output, byte[] flags, int unpadded, int uncompressed)
    {
        using var index = new MemoryStream();
        index.WriteByte(0x00);
        WriteVarint(index, 1);
        WriteVarint(index, (uint)unpadded);
        WriteVarint(index, (uint)uncompressed);
        Pad(index);
        WriteCrc(index, index.ToArray());
        index.WriteTo(output);

        var footer = new byte[6];
        BinaryPrimitives.WriteUInt32LittleEndian(footer, (uint)(index.Length / 4) - 1);
        flags.CopyTo(footer, 4);
        WriteCrc(output, footer);
        output.Write(footer);
        output.Write("YZ"u8);
    }

    private static void WriteVarint(MemoryStream output, uint value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            output.WriteByte((byte)(value | 0x80));
        }

        output.WriteByte((byte)value);
    }

    private static void Pad(MemoryStream output)
    {
        while (output.Length % 4 != 0)
        {
            output.WriteByte(0x00);
        }
    }

    private static void WriteCrc(MemoryStream output, ReadOnlySpan<byte> data)
    {
        Span<byte> crc = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(crc, Crc32.HashToUInt32(data));
        output.Write(crc);
    }
}
