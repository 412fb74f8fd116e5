using System.Buffers.Binary;
using System.Collections.Frozen;
using System.IO.Compression;
using FeaturePipeline.Avro.Files;
using ICSharpCode.SharpZipLib.BZip2;
using SharpCompress.Compressors.Xz;
using Snappier;
using ZstdSharp;
using Crc32 = System.IO.Hashing.Crc32;

namespace FeaturePipeline.Avro.Codecs;

/// <summary>The codecs of object container files. Source: Avro specification, "Required Codecs" and "Optional Codecs".</summary>
public static class BlockCodec
{
    /// <summary>The codecs' names: null, deflate, snappy, bzip2, zstandard, xz.</summary>
    public static FrozenSet<string> Names { get; } = new[] { "null", "deflate", "snappy", "bzip2", "zstandard", "xz" }.ToFrozenSet(StringComparer.Ordinal);

    // DeflateStream writes nothing at all for no data, which no inflater takes: the stream needs its last block, here one of no symbols (RFC 1951, 3.2.6).
    private static readonly byte[] EmptyDeflate = [0x03, 0x00];

    internal static ReadOnlyMemory<byte> Compress(string codec, ReadOnlyMemory<byte> data)
    {
        switch (codec)
        {
            case "null":
                return data;
            case "deflate" when data.IsEmpty:
                return EmptyDeflate;
            case "snappy":
                byte[] compressed = Snappy.CompressToArray(data.Span);
                Array.Resize(ref compressed, compressed.Length + 4);
                BinaryPrimitives.WriteUInt32BigEndian(compressed.AsSpan(compressed.Length - 4), Crc32.HashToUInt32(data.Span));
                return compressed;
            case "xz":
                return XzEncoder.Compress(data.Span);
        }

        var output = new MemoryStream();
        using (Stream stream = codec switch
        {
            "deflate" => new DeflateStream(output, CompressionLevel.Optimal, leaveOpen: true),
            "bzip2" => new BZip2OutputStream(output) { IsStreamOwner = false },
            _ => new CompressionStream(output, leaveOpen: true),
        })
        {
            stream.Write(data.Span);
        }

        return output.ToArray();
    }

    internal static ReadOnlyMemory<byte> Decompress(string codec, ArraySegment<byte> block, int sizeMax, long offset)
    {
        try
        {
            return codec switch
            {
                "null" => block,
                "snappy" => DecompressSnappy(block, sizeMax, offset),
                _ => DecompressStream(codec, block, sizeMax, offset),
            };
        }
        catch (Exception exception) when (exception is not AvroFileException and not OutOfMemoryException)
        {
            // Whatever a codec throws on bytes that it did not write.
            throw new AvroFileException(AvroFileError.BadCompression, offset, $"A block cannot be decompressed by {codec}", exception);
        }
    }

    private static byte[] DecompressSnappy(ArraySegment<byte> block, int sizeMax, long offset)
    {
        if (block.Count < 4)
        {
            throw new AvroFileException(AvroFileError.BadCompression, offset, "A snappy block has no checksum");
        }

        ReadOnlySpan<byte> compressed = block.AsSpan(0, block.Count - 4);
        int size = Snappy.GetUncompressedLength(compressed);

        // Snappy copies at most 64 bytes by 3: a claim beyond that is none.
        if (size > sizeMax || size / 32 > compressed.Length)
        {
            throw new AvroFileException(AvroFileError.TooLarge, offset, $"A snappy block of {block.Count} bytes claims to hold {size}");
        }

        byte[] data = Snappy.DecompressToArray(compressed);
        return Crc32.HashToUInt32(data) == BinaryPrimitives.ReadUInt32BigEndian(block.AsSpan(block.Count - 4))
            ? data
            : throw new AvroFileException(AvroFileError.BadChecksum, offset, "A snappy block's checksum is not that of its content");
    }

    private static ReadOnlyMemory<byte> DecompressStream(string codec, ArraySegment<byte> block, int sizeMax, long offset)
    {
        using var input = new MemoryStream(block.Array!, block.Offset, block.Count, writable: false);
        using Stream stream = codec switch
        {
            "deflate" => new DeflateStream(input, CompressionMode.Decompress),
            "bzip2" => new BZip2InputStream(input),
            "xz" => new XZStream(input),
            _ => new DecompressionStream(input),
        };
        var output = new MemoryStream((int)Math.Min(block.Count * 4L, sizeMax));
        var buffer = new byte[16 << 10];
        int read;
        while ((read = stream.Read(buffer, 0, buffer.Length)) > 0)
        {
            if (output.Length + read > sizeMax)
            {
                throw new AvroFileException(AvroFileError.TooLarge, offset, $"A block grows beyond {sizeMax} bytes (BlockSizeMax)");
            }

            output.Write(buffer, 0, read);
        }

        return output.GetBuffer().AsMemory(0, (int)output.Length);
    }
}
