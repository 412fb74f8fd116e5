using System.Buffers;
using System.Buffers.Binary;

namespace FeaturePipeline.Features.Aggregators;

/// <summary>Writes state: varints of 7 bits a byte, little-endian, and length-prefixed bytes. <see cref="Finish"/> must follow the last write.</summary>
/// <remarks>Works on one reservation of the output, because a session is written for the undo log, too, up to once for each event.</remarks>
internal ref struct StateWriter(ArrayBufferWriter<byte> output)
{
    private const int Reservation = 256;
    private const int VarintMax = 10;

    private Span<byte> _span = output.GetSpan(Reservation);
    private int _at;

    public void WriteUnsigned(ulong value)
    {
        Reserve(VarintMax);
        while (value >= 0x80)
        {
            _span[_at++] = (byte)(value | 0x80);
            value >>= 7;
        }

        _span[_at++] = (byte)value;
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
        Reserve(sizeof(double));
        BinaryPrimitives.WriteDoubleLittleEndian(_span[_at..], value);
        _at += sizeof(double);
    }

    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        WriteUnsigned((ulong)value.Length);
        Reserve(value.Length);
        value.CopyTo(_span[_at..]);
        _at += value.Length;
    }

    /// <summary>Hands what was written to the output.</summary>
    public void Finish()
    {
        output.Advance(_at);
        _span = default;
        _at = 0;
    }

    private void Reserve(int length)
    {
        if (_span.Length - _at < length)
        {
            Finish();
            _span = output.GetSpan(Math.Max(length, Reservation));
        }
    }
}
