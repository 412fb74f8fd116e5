using System.Buffers.Binary;

namespace FeaturePipeline.Avro.Files;

/// <summary>A stream read through a buffer, with the position in the file. Never allocates for bytes that are not there.</summary>
internal sealed class FileInput(Stream stream)
{
    /// <summary>Bytes that can be unread, at least.</summary>
    internal const int HistorySize = 64;

    private const int ChunkSize = 64 << 10;

    private readonly byte[] _buffer = new byte[HistorySize + ChunkSize];
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
    /// <param name="count">Bytes.</param>
    /// <param name="stop">Where these occur, the bytes end with them and what follows is left: the block's size was wrong. Empty for nothing.</param>
    internal byte[] ReadBytes(int count, ReadOnlySpan<byte> stop = default)
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
            int from = Math.Max(0, filled - stop.Length);
            _start += part;
            filled += part;
            Position += part;
            if (stop.Length > 0 && bytes.AsSpan(from, filled - from).IndexOf(stop) is >= 0 and var at)
            {
                int end = from + at + stop.Length;
                Unread(filled - end);
                return bytes.AsSpan(0, end).ToArray();
            }
        }

        return bytes;
    }

    /// <summary>Goes back by bytes that were read last: by as many as are there of the last <see cref="HistorySize"/>, at least.</summary>
    internal void Unread(int count)
    {
        count = Math.Min(count, _start);
        _start -= count;
        Position -= count;
    }

    /// <summary>Goes on to behind the next occurrence of the marker, from where the input stands.</summary>
    /// <returns>False where there is none.</returns>
    internal bool SkipBehind(ReadOnlySpan<byte> marker)
    {
        UInt128 wanted = BinaryPrimitives.ReadUInt128BigEndian(marker);
        UInt128 seen = 0;
        for (long count = 1; !IsAtEnd(); count++)
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
        int kept = Math.Min(_start, HistorySize);
        _buffer.AsSpan(_start - kept, kept).CopyTo(_buffer);
        int read = stream.Read(_buffer, kept, ChunkSize);
        (_start, _end) = (kept, kept + read);
        return read > 0;
    }
}
