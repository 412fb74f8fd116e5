using System.Buffers;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;
using Apache = global::Avro;

namespace FeaturePipeline.Tests.Avro.Mapping;

/// <summary>Classes as Apache's avrogen makes them are read and written as they are, to the bytes that Apache writes.</summary>
public class ApacheSpecificTests
{
    [Fact]
    public void A_generated_class_is_written_to_Apache_s_bytes_and_read_from_them()
    {
        var order = new test.Order
        {
            id = 7,
            at = new DateTime(2026, 11, 23, 1, 2, 3, DateTimeKind.Utc),
            price = new Apache.AvroDecimal(-1250, 2),
            colour = test.Paint.GREEN,
            digest = new test.Digest { Value = [1, 2, 3] },
            tags = ["a", "b"],
            counts = new Dictionary<string, long> { ["x"] = 1 },
            note = null,
            parent = new test.Order { at = DateTime.UnixEpoch, price = new Apache.AvroDecimal(0, 2), digest = new test.Digest { Value = [0, 0, 0] }, tags = [], counts = new Dictionary<string, long>(), note = "n" },
        };
        byte[] theirs = WriteApache(order);
        var output = new ArrayBufferWriter<byte>();
        MappedWriter<test.Order>.Compile().Write(order, output);
        Assert.Equal(theirs, output.WrittenSpan.ToArray());

        var schema = AvroSchema.Parse(test.Order._SCHEMA.ToString());
        Assert.True(MappedReader<test.Order>.Compile(schema).TryRead(theirs, out test.Order? read).IsOk);
        Assert.Equal(theirs, WriteApache(read!));
        Assert.Equal("n", read!.parent!.note);
    }

    private static byte[] WriteApache(test.Order order)
    {
        using var stream = new MemoryStream();
        new Apache.Specific.SpecificDatumWriter<test.Order>(test.Order._SCHEMA).Write(order, new Apache.IO.BinaryEncoder(stream));
        return stream.ToArray();
    }
}
