using System.Buffers.Binary;
using FeaturePipeline.Streams.Errors;

namespace FeaturePipeline.Features.Aggregators;

/// <summary>Reads what <see cref="StateWriter"/> wrote.</summary>
internal ref struct StateReader(ReadOnlySpan<byte> input)
{
    private ReadOnlySpan<byte> _rest = input;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public ulong ReadUnsigned()
    {
        ulong value = 0;
        for (int i = 0; i < 10 && i < _rest.Length; i++)
        {
            byte b = _rest[i];
            value |= (ulong)(b & 0x7F) << (7 * i);
            if (b < 0x80)
            {
                _rest = _rest[(i + 1)..];
                return value;
            }
        }

        throw Broken();
    }

    public long ReadSigned()
    {
        ulong zigzag = ReadUnsigned();
        return (long)(zigzag >> 1) ^ -(long)(zigzag & 1);
    }

    public int ReadCount()
    {
        ulong value = ReadUnsigned();
        return value <= int.MaxValue ? (int)value : throw Broken();
    }

    public Int128 ReadInt128()
    {
        ulong upper = ReadUnsigned();
        var zigzag = new UInt128(upper, ReadUnsigned());
        return (Int128)(zigzag >> 1) ^ -(Int128)(zigzag & 1);
    }

    public double ReadDouble() => BinaryPrimitives.ReadDoubleLittleEndian(Take(8));

    public ReadOnlySpan<byte> ReadBytes() => Take(ReadCount());

    public ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length)
        {
            throw Broken();
        }

        ReadOnlySpan<byte> taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }

    public static StreamsException Broken() => new(
        "The state of a window can't be read: its changelog was written by another definition of the view, or is damaged. "
        + "Reset the application (verb reset), or give the view another name.");
}
