using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Files;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Generic;

/// <summary>What fuzzing found, kept as cases.</summary>
public class GenericReaderTests
{
    [Theory]
    [InlineData("""{"type":"array","items":"int"}""", "0306020400")]
    [InlineData("""{"type":"array","items":"int"}""", "0302020400")]
    [InlineData("""{"type":"map","values":"int"}""", "0108026102" + "00")]
    public void A_block_whose_items_do_not_fill_its_size_is_an_error_as_one_who_skips_would_part_ways(string schema, string hex)
    {
        var parsed = AvroSchema.Parse(schema);
        byte[] body = Convert.FromHexString(hex);
        Assert.Equal(DecodeErrorKind.BadBlockSize, GenericReader.Compile(parsed).TryRead(body, out _).Error);
        Assert.Equal(DecodeErrorKind.BadBlockSize, parsed is ArraySchema
            ? MappedReader<int[]>.Compile(parsed).TryRead(body, out _).Error
            : MappedReader<Dictionary<string, int>>.Compile(parsed).TryRead(body, out _).Error);
    }

    [Fact]
    public void A_file_s_metadata_of_the_largest_length_is_a_broken_header()
    {
        byte[] file = [.. "Obj\u0001"u8, 0x02, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        Assert.Equal(AvroFileError.BadHeader, Assert.Throws<AvroFileException>(() => AvroFileReader.Open(new MemoryStream(file))).Error);
    }
}
