using System.Buffers;
using System.Buffers.Binary;

namespace FeaturePipeline.Features.Aggregators;

/// <summary>Writes state: varints of 7 bits a byte, little-endian, and length-prefixed bytes.</summary>
internal readonly struct StateWriter(ArrayBufferWriter<byte> output)
{
    public void WriteUnsigned(ulong value)
    {
        Span<byte> span = output.GetSpan(10);
        int length = 0;
        while (value >= 0x80)
        {
            span[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[length++] = (byte)value;
        output.Advance(length);
    }

    public void WriteSigned(long value) => WriteUnsigned((ulong)((value << 1) ^ (value >> 63)));

    /// <summary>A zigzag number in two halves, the upper one first: one byte of it for what fits 63 bits.</summary>
    public void WriteInt128(Int128 value)
    {
        var zigzag = (UInt128)((value << 1) ^ (value >> 127));
        WriteUnsigned((ulong)(zigzag >> 64));
        WriteUnsigned((ulong)zigzag);
    }

    public void WriteDouble(double value)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(output.GetSpan(8), value);
        output.Advance(8);
    }

    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        WriteUnsigned((ulong)value.Length);
        output.Write(value);
    }
}
