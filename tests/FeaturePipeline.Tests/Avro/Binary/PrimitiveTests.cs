using System.Runtime.InteropServices;
using CsCheck;
using FeaturePipeline.Avro.Binary;

namespace FeaturePipeline.Tests.Avro.Binary;

public class PrimitiveTests
{
    private static readonly Gen<long> Longs = Gen.Select(Gen.Long, Gen.Int[0, 63], (value, shift) => value >> shift);

    [Fact]
    public void Varints_read_what_was_written_wherever_they_lie_in_the_message() => Gen.Select(Longs, Gen.Int[0, 12], Gen.Int[0, 12]).Sample((value, before, after) =>
    {
        var buffer = new byte[40];
        var writer = new AvroWriter(buffer.AsSpan(before));
        Assert.True(writer.WriteLong(value));
        int length = writer.Position;
        buffer.AsSpan(before + length).Fill(0xff);
        int end = before + length + after;
        for (int cut = before; cut <= end; cut++)
        {
            int read = Varint.Read(ref buffer[0], before, cut, out ulong raw);
            Assert.Equal(cut < before + length ? 0 : length, read);
            if (read > 0)
            {
                Assert.Equal(value, Varint.Unzigzag(raw));
            }
        }
    });

    [Fact]
    public void Seven_bit_groups_packed_by_shifts_are_those_packed_by_PEXT() => Gen.ULong.Sample(bytes =>
    {
        ulong expected = 0;
        for (int i = 0; i < 8; i++)
        {
            expected |= ((bytes >> (i * 8)) & 0x7f) << (i * 7);
        }

        return Varint.PackByShifts(bytes) == expected;
    });

    [Fact]
    public void The_mask_has_the_high_bit_of_each_byte_in_its_window_and_none_beyond() => Gen.Select(Gen.Byte.Array[1, 200], Gen.Int[0, 200]).Sample((bytes, position) =>
    {
        position = Math.Min(position, bytes.Length);
        ulong expected = 0;
        for (int i = 0; i < 64 && position + i < bytes.Length; i++)
        {
            expected |= (ulong)(bytes[position + i] >> 7) << i;
        }

        return AsciiMask.Of(ref MemoryMarshal.GetArrayDataReference(bytes), position, bytes.Length) == expected;
    });

    [Fact]
    public void Random_bytes_never_read_outside_the_message() => Gen.Select(Gen.Byte.Array[0, 80], Gen.Int[0, 20]).Sample((bytes, cut) =>
    {
        var values = new FieldValue[4];
        var decoder = ProjectedDecoder.Compile(UserEvents.Schema, UserEvents.Schema, UserEvents.Fields);
        byte[] message = UserEvents.Message();
        bytes.AsSpan(0, Math.Min(bytes.Length, message.Length)).CopyTo(message.AsSpan(Math.Min(cut, message.Length - Math.Min(bytes.Length, message.Length))));
        DecodeResult result = decoder.TryDecode(message, values);
        foreach (FieldValue value in values.Where(value => result.IsOk && value.IsSlice))
        {
            Assert.Equal(value.Length, value.AsBytes(message, decoder.Constants).Length);
        }
    });
}
