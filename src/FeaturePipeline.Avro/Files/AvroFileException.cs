using FeaturePipeline.Avro.Binary;

namespace FeaturePipeline.Avro.Files;

/// <summary>What is wrong with an object container file.</summary>
public enum AvroFileError : byte
{
    /// <summary>It does not start with "Obj" and 1.</summary>
    BadMagic,

    /// <summary>Its metadata are broken, or name no schema.</summary>
    BadHeader,

    /// <summary>Its schema is none.</summary>
    BadSchema,

    /// <summary>It is compressed by a codec that is not known here.</summary>
    UnknownCodec,

    /// <summary>It ends in the middle of a block.</summary>
    Truncated,

    /// <summary>A block does not end with the file's marker.</summary>
    BadSync,

    /// <summary>A block's count of objects is below zero, or more than its bytes can hold.</summary>
    BadCount,

    /// <summary>A block's size in bytes is below zero or beyond the limit.</summary>
    BadSize,

    /// <summary>A block's checksum is not that of its content.</summary>
    BadChecksum,

    /// <summary>A block cannot be decompressed.</summary>
    BadCompression,

    /// <summary>A block grows beyond the limit when it is decompressed.</summary>
    TooLarge,

    /// <summary>An object cannot be decoded; see <see cref="AvroFileException.Decode"/>.</summary>
    BadObject,
}

/// <summary>An object container file is broken: says how, and at which byte of the file.</summary>
public sealed class AvroFileException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="error">What is wrong.</param>
    /// <param name="offset">Bytes from the file's start to where it was noticed, or to the start of the block.</param>
    /// <param name="detail">What was found.</param>
    /// <param name="inner">What a codec said, or null.</param>
    public AvroFileException(AvroFileError error, long offset, string detail, Exception? inner = null)
        : base($"{detail} ({error} at byte {offset} of the file).", inner)
    {
        Error = error;
        Offset = offset;
    }

    /// <summary>What is wrong.</summary>
    public AvroFileError Error { get; }

    /// <summary>Bytes from the file's start.</summary>
    public long Offset { get; }

    /// <summary>Why an object could not be decoded, where <see cref="Error"/> is <see cref="AvroFileError.BadObject"/>; its offset is within the block.</summary>
    public DecodeResult Decode { get; init; }
}
