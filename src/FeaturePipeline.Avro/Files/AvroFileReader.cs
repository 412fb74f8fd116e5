using System.Text;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Codecs;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Resolution;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Files;

/// <summary>
/// Reads an object container file, block by block: memory is that of one block, whatever the file's size.
/// Source: Avro specification, "Object Container Files".
/// </summary>
public sealed class AvroFileReader : IDisposable
{
    // Objects without bytes that one block may claim: what keeps a file of 60 bytes from giving rows for ever.
    private const long EmptyObjectsMax = 1 << 20;

    private const int SyncSize = 16;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Stream _stream;
    private readonly FileInput _input;
    private readonly AvroFileReaderOptions _options;
    private readonly byte[] _sync;
    private readonly int _objectSizeMin;
    private readonly AvroSchema? _given;
    private long _blockStart;
    private bool _isBehindSync;

    private delegate bool ReadNext<T>(ref AvroReader reader, out T value);

    private AvroFileReader(Stream stream, AvroSchema? reader, AvroFileReaderOptions options)
    {
        _stream = stream;
        _input = new FileInput(stream);
        _options = options;
        AvroReader.CheckDepthMax(options.DepthMax);
        Metadata = ReadHeader();
        _sync = _input.ReadBytes(SyncSize);
        Codec = Metadata.TryGetValue("avro.codec", out byte[]? codec) ? Text(codec) : "null";
        if (!BlockCodec.Names.Contains(Codec))
        {
            throw new AvroFileException(AvroFileError.UnknownCodec, _input.Position, $"Codec '{Codec}' is not known; known are {string.Join(", ", BlockCodec.Names)}");
        }

        Schema = ParseSchema();
        ReaderSchema = reader ?? Schema;
        _given = reader;
        _objectSizeMin = MinimumSize.Of(Schema);
    }

    /// <summary>The schema that the file was written with.</summary>
    public AvroSchema Schema { get; }

    /// <summary>The schema that objects are read as.</summary>
    public AvroSchema ReaderSchema { get; }

    /// <summary>The codec of the blocks.</summary>
    public string Codec { get; }

    /// <summary>All metadata of the header, those that start with "avro." included.</summary>
    public IReadOnlyDictionary<string, byte[]> Metadata { get; }

    /// <summary>Blocks that were passed over because they were broken; see <see cref="AvroFileReaderOptions.SkipBrokenBlocks"/>.</summary>
    public long BrokenBlocks { get; private set; }

    /// <summary>The file's sync marker.</summary>
    public ReadOnlySpan<byte> SyncMarker => _sync;

    /// <summary>Opens a file and reads its header.</summary>
    /// <param name="stream">The file, at its start.</param>
    /// <param name="reader">The schema that the caller wants; null for the file's own.</param>
    /// <param name="options">Limits; null for the defaults.</param>
    /// <returns>The reader.</returns>
    /// <exception cref="AvroFileException">The header is broken.</exception>
    public static AvroFileReader Open(Stream stream, AvroSchema? reader = null, AvroFileReaderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return new AvroFileReader(stream, reader, options ?? new AvroFileReaderOptions());
    }

    /// <summary>Reads the next block, decompressed.</summary>
    /// <param name="block">Its objects, one after the other.</param>
    /// <returns>False at the file's end.</returns>
    /// <exception cref="AvroFileException">The block is broken, and broken blocks are not passed over.</exception>
    public bool TryReadBlock(out AvroFileBlock block)
    {
        while (true)
        {
            try
            {
                return TryReadOneBlock(out block);
            }
            catch (AvroFileException) when (_options.SkipBrokenBlocks)
            {
                BrokenBlocks++;
                if (!SkipBrokenBlock())
                {
                    block = default;
                    return false;
                }
            }
        }
    }

    /// <summary>Reads all objects as generic values (see <see cref="GenericReader"/>).</summary>
    /// <returns>The objects, as they are read.</returns>
    /// <exception cref="AvroFileException">A block or an object is broken; what came before it has been returned.</exception>
    /// <exception cref="SchemaResolutionException">The file's schema cannot be read as the caller's.</exception>
    public IEnumerable<object?> ReadGeneric() => ReadObjects<object?>(GenericReader.Compile(Schema, ReaderSchema).TryReadNext);

    /// <summary>Reads all objects as values of a C# type (see <see cref="MappedReader{T}"/>).</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <returns>The objects, as they are read.</returns>
    /// <exception cref="AvroFileException">A block or an object is broken; what came before it has been returned.</exception>
    /// <exception cref="SchemaResolutionException">The file's schema cannot be read as the caller's.</exception>
    /// <exception cref="ArgumentException">The type cannot hold a field.</exception>
    public IEnumerable<T> Read<T>() => ReadObjects<T>(MappedReader<T>.Compile(Schema, _given).TryReadNext);

    private IEnumerable<T> ReadObjects<T>(ReadNext<T> read)
    {
        while (TryReadBlock(out AvroFileBlock block))
        {
            int position = 0;
            for (long i = 0; i < block.Count; i++)
            {
                AvroFileException? broken = ReadObject(read, block, ref position, i == block.Count - 1, out T value);
                if (broken is not null)
                {
                    if (!_options.SkipBrokenBlocks)
                    {
                        throw broken;
                    }

                    BrokenBlocks++;
                    break;
                }

                yield return value;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_options.LeaveOpen)
        {
            _stream.Dispose();
        }
    }

    private AvroFileException? ReadObject<T>(ReadNext<T> read, AvroFileBlock block, ref int position, bool isLast, out T value)
    {
        var reader = new AvroReader(block.Data.Span, position, 0, _options.DepthMax);
        if (read(ref reader, out value) && (!isLast || reader.TryEnd()))
        {
            position = reader.Position;
            return null;
        }

        DecodeResult result = reader.Failure();
        return new AvroFileException(AvroFileError.BadObject, block.Offset, $"An object of the block cannot be decoded: {result}") { Decode = result };
    }

    private bool TryReadOneBlock(out AvroFileBlock block)
    {
        block = default;
        _isBehindSync = false;
        if (_input.IsAtEnd())
        {
            return false;
        }

        long offset = _blockStart = _input.Position;
        long count = _input.ReadLong(AvroFileError.BadCount);
        if (count < 0)
        {
            throw new AvroFileException(AvroFileError.BadCount, offset, $"A block claims {count} objects");
        }

        long size = _input.ReadLong(AvroFileError.BadSize);
        if (size < 0 || size > Math.Min(_options.BlockSizeMax, Array.MaxLength - SyncSize))
        {
            throw new AvroFileException(AvroFileError.BadSize, offset, $"A block claims {size} bytes; the limit is {_options.BlockSizeMax} (BlockSizeMax)");
        }

        byte[] data = _input.ReadBytes((int)size + SyncSize, _options.SkipBrokenBlocks ? _sync : default);
        _isBehindSync = data.AsSpan().EndsWith(_sync);
        if (data.Length != size + SyncSize || !_isBehindSync)
        {
            throw new AvroFileException(AvroFileError.BadSync, offset, "The block does not end with the file's sync marker");
        }

        ReadOnlyMemory<byte> content = BlockCodec.Decompress(Codec, new ArraySegment<byte>(data, 0, (int)size), _options.BlockSizeMax, offset);
        if (_objectSizeMin == 0 && count > EmptyObjectsMax + content.Length)
        {
            throw new AvroFileException(AvroFileError.BadCount, offset, $"A block of {content.Length} bytes claims {count} objects");
        }

        if (count == 0 && content.Length > 0)
        {
            throw new AvroFileException(AvroFileError.BadObject, offset, "A block without objects has bytes")
            {
                Decode = new DecodeResult(DecodeErrorKind.TrailingBytes, 0, null, 0),
            };
        }

        block = new AvroFileBlock(count, content, offset);
        return true;
    }

    // A block whose content is broken ends at its marker. Where the marker is not at its place, it is looked for: in all of a header, but of a whole
    // block only where the marker may have begun in its last bytes, because there is none before them.
    private bool SkipBrokenBlock()
    {
        if (_isBehindSync)
        {
            return true;
        }

        long read = _input.Position - _blockStart;
        _input.Unread(read <= FileInput.HistorySize ? (int)read : SyncSize - 1);
        return _input.SkipBehind(_sync);
    }

    private Dictionary<string, byte[]> ReadHeader()
    {
        foreach (byte expected in "Obj\u0001"u8)
        {
            if (_input.IsAtEnd() || _input.ReadByte() != expected)
            {
                throw new AvroFileException(AvroFileError.BadMagic, 0, "This is no Avro object container file: it does not start with 'Obj' and 1");
            }
        }

        var metadata = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        while (true)
        {
            long count = _input.ReadLong(AvroFileError.BadHeader);
            if (count == 0)
            {
                return metadata;
            }

            if (count < 0 && (count == long.MinValue || _input.ReadLong(AvroFileError.BadHeader) < 0))
            {
                throw new AvroFileException(AvroFileError.BadHeader, _input.Position, "The metadata's count or size is out of range");
            }

            for (long i = Math.Abs(count); i > 0; i--)
            {
                string key = Text(ReadSized());
                metadata[key] = ReadSized();
            }
        }
    }

    private byte[] ReadSized()
    {
        long length = _input.ReadLong(AvroFileError.BadHeader);
        return length >= 0 && length <= _options.HeaderSizeMax - _input.Position
            ? _input.ReadBytes((int)length)
            : throw new AvroFileException(AvroFileError.BadHeader, _input.Position, $"Metadata of {length} bytes; the limit is {_options.HeaderSizeMax} (HeaderSizeMax)");
    }

    private AvroSchema ParseSchema()
    {
        if (!Metadata.TryGetValue("avro.schema", out byte[]? text))
        {
            throw new AvroFileException(AvroFileError.BadHeader, _input.Position, "The header has no 'avro.schema'");
        }

        try
        {
            return AvroSchema.Parse(Text(text), null, SchemaValidation.Lenient);
        }
        catch (AvroSchemaException exception)
        {
            throw new AvroFileException(AvroFileError.BadSchema, _input.Position, $"The file's schema is none: {exception.Message}", exception);
        }
    }

    private string Text(byte[] bytes)
    {
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException exception)
        {
            throw new AvroFileException(AvroFileError.BadHeader, _input.Position, "The metadata have text that is not UTF-8", exception);
        }
    }
}

/// <summary>One block, decompressed.</summary>
/// <param name="Count">Objects.</param>
/// <param name="Data">The objects, one after the other.</param>
/// <param name="Offset">Where the block starts in the file.</param>
public readonly record struct AvroFileBlock(long Count, ReadOnlyMemory<byte> Data, long Offset);
