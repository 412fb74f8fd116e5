using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Codecs;
using FeaturePipeline.Avro.Files;
using FeaturePipeline.Avro.Schemas;
using ICSharpCode.SharpZipLib.Zip.Compression;

namespace FeaturePipeline.Tests.Avro.Files;

public class AvroFileWriterTests
{
    public static TheoryData<string> Codecs => new(BlockCodec.Names);

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Objects_without_bytes_are_counted_in_a_block_that_is_read_again(string codec)
    {
        using var reader = AvroFileReader.Open(new MemoryStream(Nulls(codec, 3)));

        Assert.Equal([null, null, null], reader.ReadGeneric());
    }

    [Fact]
    public void A_deflate_block_without_data_is_a_complete_stream()
    {
        byte[] file = Nulls("deflate", 3);
        using var reader = AvroFileReader.Open(new MemoryStream(file));
        int block = file.AsSpan().IndexOf(reader.SyncMarker) + 16;
        var fields = new AvroReader(file.AsSpan(block));
        Assert.True(fields.TryReadLong(out long count));
        Assert.True(fields.TryReadBytes(out ReadOnlySpan<byte> deflated));

        var inflater = new Inflater(noHeader: true);
        inflater.SetInput(deflated.ToArray());

        Assert.Equal(3, count);
        Assert.Equal(0, inflater.Inflate(new byte[1]));
        Assert.True(inflater.IsFinished);
    }

    private static byte[] Nulls(string codec, int count)
    {
        var stream = new MemoryStream();
        using (var writer = new AvroFileWriter(stream, AvroSchema.Parse("\"null\""), new AvroFileWriterOptions { Codec = codec, LeaveOpen = true }))
        {
            for (int i = 0; i < count; i++)
            {
                writer.WriteEncoded([]);
            }
        }

        return stream.ToArray();
    }
}
