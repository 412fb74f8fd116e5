using FeaturePipeline.Avro.Binary;

namespace FeaturePipeline.Avro.Files;

/// <summary>How an object container file is read.</summary>
public sealed record AvroFileReaderOptions
{
    /// <summary>The most bytes of one block, compressed or not. Default 64 MiB; writers use 16 KiB to a few MiB.</summary>
    public int BlockSizeMax { get; init; } = 64 << 20;

    /// <summary>The most bytes of the header. Default 16 MiB.</summary>
    public int HeaderSizeMax { get; init; } = 16 << 20;

    /// <summary>How deep records, arrays and maps may nest in an object: 1 to <see cref="AvroReader.DepthMaxHighest"/>. Default 64.</summary>
    public int DepthMax { get; init; } = AvroReader.DepthMax;

    /// <summary>Whether a broken block is passed over, to the next sync marker, instead of ending with an error. Default false.</summary>
    public bool SkipBrokenBlocks { get; init; }

    /// <summary>Whether the stream stays open when the reader is disposed.</summary>
    public bool LeaveOpen { get; init; }
}

/// <summary>How an object container file is written.</summary>
public sealed record AvroFileWriterOptions
{
    /// <summary>The codec: one of <see cref="Codecs.BlockCodec.Names"/>. Default "null".</summary>
    public string Codec { get; init; } = "null";

    /// <summary>Bytes of objects after which a block is closed. Default 64,000.</summary>
    public int BlockSize { get; init; } = 64_000;

    /// <summary>How deep records, arrays and maps may nest in a generic value: 1 to <see cref="AvroReader.DepthMaxHighest"/>. Default 64.</summary>
    public int DepthMax { get; init; } = AvroReader.DepthMax;

    /// <summary>Metadata of the caller's own. Names that start with "avro." are reserved.</summary>
    public IReadOnlyDictionary<string, byte[]> Metadata { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<string, byte[]>.Empty;

    /// <summary>The sync marker, 16 bytes; null for a random one. Fix it only where the same input must give the same file.</summary>
    public byte[]? SyncMarker { get; init; }

    /// <summary>Whether the stream stays open when the writer is disposed.</summary>
    public bool LeaveOpen { get; init; }
}
