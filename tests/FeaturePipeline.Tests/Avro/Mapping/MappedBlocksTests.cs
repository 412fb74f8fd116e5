using CsCheck;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Mapping;

public class MappedBlocksTests
{
    private static readonly AvroSchema Longs = AvroSchema.Parse("""{"type":"array","items":"long"}""");
    private static readonly AvroSchema Map = AvroSchema.Parse("""{"type":"map","values":"long"}""");

    [Fact]
    public void An_array_in_blocks_of_any_size_with_and_without_their_bytes_is_one_collection() =>
        Gen.Select(Gen.Long.Array[0, 2500], Gen.Int[1, 1500], Gen.Bool).Sample(
            (numbers, blockMax, sized) =>
            {
                byte[] message = Blocks(numbers, blockMax, sized);
                Assert.True(MappedReader<long[]>.Compile(Longs).TryRead(message, out long[]? array).IsOk);
                Assert.True(MappedReader<List<long>>.Compile(Longs).TryRead(message, out List<long>? list).IsOk);
                Assert.Equal(numbers, array);
                Assert.Equal(numbers, list);
                for (int cut = Math.Max(0, message.Length - 20); cut < message.Length; cut++)
                {
                    Assert.False(MappedReader<long[]>.Compile(Longs).TryRead(message.AsSpan(0, cut), out _).IsOk);
                }
            },
            iter: 30);

    [Fact]
    public void A_block_whose_bytes_are_not_its_items_is_an_error_for_lists_and_maps()
    {
        Assert.Equal(DecodeErrorKind.BadBlockSize, MappedReader<List<long>>.Compile(Longs).TryRead([0x01, 0x04, 0x02, 0x02, 0x00], out _).Error);
        DecodeResult map = MappedReader<Dictionary<string, long>>.Compile(Map).TryRead([0x02, 0x02, 0xff, 0x02, 0x00], out _);
        Assert.Equal(DecodeErrorKind.InvalidUtf8, map.Error);
        Assert.Equal("[]", map.FieldPath);
    }

    [Fact]
    public void Collections_of_every_kind_are_written_alike()
    {
        long[] numbers = [3, -1, 1L << 40];
        byte[] expected = Blocks(numbers, 10, sized: false);
        Assert.Equal(expected, Write(numbers, Longs));
        Assert.Equal(expected, Write<List<long>>([.. numbers], Longs));
        Assert.Equal(expected, Write<IReadOnlyList<long>>(new List<long>(numbers), Longs));
        Assert.Equal(expected, Write<IList<long>>(numbers, Longs));
        Assert.Equal(expected, Write<IEnumerable<long>>(numbers.Where(_ => true), Longs));
        Assert.Equal(expected, Write(new LinkedList<long>(numbers), Longs));
        Assert.Equal([0x00], Write<List<long>>([], Longs));
        byte[] map = [0x04, 0x02, (byte)'a', 0x02, 0x02, (byte)'b', 0x04, 0x00];
        Assert.Equal(map, Write(new Dictionary<string, long> { ["a"] = 1, ["b"] = 2 }, Map));
        Assert.Equal(map, Write<IReadOnlyDictionary<string, long>>(new SortedDictionary<string, long> { ["a"] = 1, ["b"] = 2 }, Map));
    }

    [Fact]
    public void A_null_collection_and_a_symbol_that_the_enum_lacks_are_refused_by_the_field_s_name()
    {
        var schema = AvroSchema.Parse("""
            {"type":"record","name":"Bag","fields":[{"name":"numbers","type":{"type":"array","items":"long"}},{"name":"day","type":{"type":"enum","name":"D","symbols":["Sunday","Monday"]}}]}
            """);
        var writer = MappedWriter<Bag>.Compile(schema);
        Assert.Contains("'numbers' does not fit: null", Assert.Throws<ArgumentException>(() => writer.Write(new Bag(null!, DayOfWeek.Monday), new byte[9])).Message, StringComparison.Ordinal);
        Assert.Contains("'day' does not fit: the enum has no symbol 'Friday'", Assert.Throws<ArgumentException>(() => writer.Write(new Bag([], DayOfWeek.Friday), new byte[9])).Message, StringComparison.Ordinal);
        Assert.Contains("no symbol '-1'", Assert.Throws<ArgumentException>(() => writer.Write(new Bag([], (DayOfWeek)(-1)), new byte[9])).Message, StringComparison.Ordinal);
        var buffer = new byte[9];
        Assert.Equal(2, writer.Write(new Bag([], DayOfWeek.Monday), buffer));
        Assert.Equal([0x00, 0x02], buffer[..2]);
    }

    private static byte[] Write<T>(T value, AvroSchema schema)
    {
        var buffer = new byte[100];
        return buffer[..MappedWriter<T>.Compile(schema).Write(value, buffer)];
    }

    private static byte[] Blocks(long[] numbers, int blockMax, bool sized)
    {
        var message = new List<byte>();
        foreach (long[] block in numbers.Chunk(blockMax))
        {
            var body = new byte[block.Length * 10];
            var items = new AvroWriter(body);
            foreach (long number in block)
            {
                items.WriteLong(number);
            }

            var header = new byte[20];
            var writer = new AvroWriter(header);
            writer.WriteLong(sized ? -block.Length : block.Length);
            if (sized)
            {
                writer.WriteLong(items.Position);
            }

            message.AddRange(header[..writer.Position]);
            message.AddRange(body[..items.Position]);
        }

        return [.. message, 0];
    }

    private sealed record Bag(List<long> Numbers, DayOfWeek Day);
}
