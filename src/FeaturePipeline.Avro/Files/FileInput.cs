using System.Buffers.Binary;

namespace FeaturePipeline.Avro.Files;

/// <summary>A stream read through a buffer, with the position in the file. Never allocates for bytes that are not there.</summary>
internal sealed class FileInput(Stream stream)
{
    private const int ChunkSize = 64 << 10;

    private readonly byte[] _buffer = new byte[ChunkSize];
    private int _start;
    private int _end;

    /// <summary>Bytes read from the file's start.</summary>
    internal long Position { get; private set; }

    internal bool IsAtEnd() => _start == _end && !Fill();

    internal byte ReadByte()
    {
        if (IsAtEnd())
        {
            throw new AvroFileException(AvroFileError.Truncated, Position, "The file ends too early");
        }

        Position++;
        return _buffer[_start++];
    }

    internal long ReadLong(AvroFileError overflow)
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            byte next = ReadByte();
            if (shift == 63 && next > 1)
            {
                break;
            }

            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return Binary.Varint.Unzigzag(value);
            }
        }

        throw new AvroFileException(overflow, Position, "A number has more than 64 bits");
    }

    /// <summary>Reads so many bytes; memory grows with what the file really has.</summary>
    internal byte[] ReadBytes(int count)
    {
        var bytes = new byte[Math.Min(count, ChunkSize)];
        int filled = 0;
        while (filled < count)
        {
            if (IsAtEnd())
            {
                throw new AvroFileException(AvroFileError.Truncated, Position, $"The file ends {count - filled} bytes too early");
            }

            if (filled == bytes.Length)
            {
                Array.Resize(ref bytes, (int)Math.Min(count, bytes.Length * 2L));
            }

            int part = Math.Min(_end - _start, bytes.Length - filled);
            _buffer.AsSpan(_start, part).CopyTo(bytes.AsSpan(filled));
            _start += part;
            filled += part;
            Position += part;
        }

        return bytes;
    }

    /// <summary>Goes on to behind the next occurrence of the marker, from where the input stands.</summary>
    /// <returns>False where there is none.</returns>
    internal bool SkipBehind(ReadOnlySpan<byte> marker)
    {
        UInt128 wanted = BinaryPrimitives.ReadUInt128BigEndian(marker);
        UInt128 seen = 0;
        for (int count = 1; !IsAtEnd(); count++)
        {
            seen = (seen << 8) | ReadByte();
            if (count >= marker.Length && seen == wanted)
            {
                return true;
            }
        }

        return false;
    }

    private bool Fill()
    {
        _start = 0;
        _end = stream.Read(_buffer, 0, _buffer.Length);
        return _end > 0;
    }
}
