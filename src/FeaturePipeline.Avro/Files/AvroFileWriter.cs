using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Codecs;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Files;

/// <summary>Writes an object container file. Source: Avro specification, "Object Container Files".</summary>
public sealed class AvroFileWriter : IDisposable
{
    private readonly Stream _stream;
    private readonly AvroFileWriterOptions _options;
    private readonly ArrayBufferWriter<byte> _block = new();
    private readonly ArrayBufferWriter<byte> _object = new();
    private readonly GenericWriter _generic;
    private readonly byte[] _sync;
    private long _count;
    private bool _isDisposed;

    /// <summary>Writes the header.</summary>
    /// <param name="stream">Where to write.</param>
    /// <param name="schema">The objects' schema.</param>
    /// <param name="options">Codec, block size, metadata; null for the defaults.</param>
    /// <exception cref="ArgumentException">The codec is unknown, the metadata have a reserved name, or an option is out of its range.</exception>
    public AvroFileWriter(Stream stream, AvroSchema schema, AvroFileWriterOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(schema);
        _stream = stream;
        _options = options ?? new AvroFileWriterOptions();
        _generic = GenericWriter.Compile(schema, _options.DepthMax);
        Schema = schema;
        _sync = _options.SyncMarker ?? RandomNumberGenerator.GetBytes(16);
        if (!BlockCodec.Names.Contains(_options.Codec) || _sync.Length != 16)
        {
            throw new ArgumentException($"The codec is one of {string.Join(", ", BlockCodec.Names)}, and a sync marker has 16 bytes.", nameof(options));
        }

        WriteHeader();
    }

    /// <summary>The objects' schema.</summary>
    public AvroSchema Schema { get; }

    /// <summary>Objects written.</summary>
    public long Count { get; private set; }

    /// <summary>Writes one generic value (see <see cref="GenericReader"/>).</summary>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentException">The value is not one of the schema; then nothing of it is written.</exception>
    public void Write(object? value)
    {
        _object.ResetWrittenCount();
        _generic.Write(value, _object);
        WriteEncoded(_object.WrittenSpan);
    }

    /// <summary>Writes one value of a C# type.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <param name="writer">Its writer, compiled for the file's schema.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentException">The writer is of another schema, or the value is not one of it; then nothing of it is written.</exception>
    public void Write<T>(MappedWriter<T> writer, T value)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (!ReferenceEquals(writer.Schema, Schema) && !string.Equals(writer.Schema.CanonicalForm, Schema.CanonicalForm, StringComparison.Ordinal))
        {
            throw new ArgumentException("The writer is compiled for another schema than the file's.", nameof(writer));
        }

        _object.ResetWrittenCount();
        writer.Write(value, _object);
        WriteEncoded(_object.WrittenSpan);
    }

    /// <summary>Writes one object that is encoded already.</summary>
    /// <param name="body">Its bytes under the file's schema; they are not judged.</param>
    public void WriteEncoded(ReadOnlySpan<byte> body)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _block.Write(body);
        _count++;
        Count++;
        if (_block.WrittenCount >= _options.BlockSize)
        {
            EndBlock();
        }
    }

    /// <summary>Closes the block that is being filled, and flushes the stream.</summary>
    public void Flush()
    {
        EndBlock();
        _stream.Flush();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        try
        {
            Flush();
        }
        finally
        {
            if (!_options.LeaveOpen)
            {
                _stream.Dispose();
            }
        }
    }

    private void EndBlock()
    {
        if (_count == 0)
        {
            return;
        }

        ReadOnlyMemory<byte> data = BlockCodec.Compress(_options.Codec, _block.WrittenMemory);
        Span<byte> header = stackalloc byte[20];
        var writer = new AvroWriter(header);
        writer.WriteLong(_count);
        writer.WriteLong(data.Length);
        _stream.Write(header[..writer.Position]);
        _stream.Write(data.Span);
        _stream.Write(_sync);
        _block.ResetWrittenCount();
        _count = 0;
    }

    private void WriteHeader()
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new AvroWriter(output);
        writer.WriteRaw("Obj\u0001"u8);
        writer.WriteLong(_options.Metadata.Count + 2);
        writer.WriteBytes("avro.schema"u8);
        writer.WriteString(Schema.ToString());
        writer.WriteBytes("avro.codec"u8);
        writer.WriteBytes(Encoding.UTF8.GetBytes(_options.Codec));
        foreach ((string name, byte[] value) in _options.Metadata)
        {
            if (name.StartsWith("avro.", StringComparison.Ordinal))
            {
                throw new ArgumentException($"Metadata '{name}': names that start with 'avro.' are reserved.");
            }

            writer.WriteString(name);
            writer.WriteBytes(value);
        }

        writer.WriteLong(0);
        writer.WriteRaw(_sync);
        writer.Flush();
        _stream.Write(output.WrittenSpan);
    }
}
