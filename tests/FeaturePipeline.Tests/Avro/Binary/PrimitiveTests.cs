using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
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
    public void Varints_skipped_at_once_are_those_skipped_one_by_one() =>
        Gen.Select(Longs.Array[1, 80], Gen.Int[0, 12], Gen.Int[1, 64], Gen.Int[0, 900], Gen.Int[0, 60]).Sample((numbers, before, count, cut, shift) =>
        {
            var buffer = new byte[1000];
            var writer = new AvroWriter(buffer.AsSpan(before));
            foreach (long number in numbers)
            {
                writer.WriteLong(number >> shift);
            }

            int end = Math.Min(before + writer.Position, before + cut);
            int skipped = SkippedRightly(buffer, before, end, count);
            bool isEasy = shift > 10 && end - before >= 64 && numbers.Length >= count && Bmi2.X64.IsSupported;
            Assert.True(!isEasy || skipped > 0);
        });

    [Fact]
    public void A_varint_that_is_too_long_is_never_skipped_with_its_neighbours()
    {
        for (int before = 0; before < 60; before++)
        {
            for (int high = 8; high < 12; high++)
            {
                for (int last = 0; last < 3; last++)
                {
                    var buffer = new byte[130];
                    buffer.AsSpan(before, high).Fill(0x80);
                    buffer[before + high] = (byte)last;
                    for (int count = 1; count <= 64; count++)
                    {
                        SkippedRightly(buffer, 0, buffer.Length, count);
                    }
                }
            }
        }
    }

    private static int SkippedRightly(byte[] buffer, int start, int end, int count)
    {
        int run = Varint.SkipRun(ref buffer[0], start, end, count);
        int position = start;
        for (int i = 0; i < run >> 8; i++)
        {
            int length = Varint.Read(ref buffer[0], position, end, out _);
            Assert.True(length > 0);
            position += length;
        }

        Assert.Equal(run & 0xff, position - start);
        Assert.True(run >> 8 <= count);
        return run >> 8;
    }

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
