using System.Globalization;
using FeaturePipeline.Avro.Codecs;
using FeaturePipeline.Avro.Files;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Files;

/// <summary>What is lost of a damaged file: nothing beyond the block that is damaged, and its neighbour where the marker between them is.</summary>
public class AvroFileRecoveryTests
{
    private const int RowsPerBlock = 8;
    private const int Rows = 10 * RowsPerBlock;

    private static readonly RecordSchema Schema = (RecordSchema)AvroSchema.Parse("""{"type":"record","name":"Row","fields":[{"name":"Text","type":"string"},{"name":"Number","type":"int"}]}""");

    public static TheoryData<string> Codecs => new(BlockCodec.Names);

    [Theory]
    [MemberData(nameof(Codecs))]
    public void One_damaged_byte_costs_its_block_or_where_it_is_in_a_marker_two(string codec)
    {
        byte[] file = File(codec);
        List<int> ends = BlockEnds(file);
        foreach (byte damage in new byte[] { 0x80, 0xff })
        {
            for (int at = ends[0]; at < file.Length; at += Step(codec))
            {
                byte[] damaged = (byte[])file.Clone();
                damaged[at] ^= damage;
                int block = ends.FindLastIndex(end => end <= at);
                bool isMarker = at >= ends[block + 1] - 16;

                List<string> left = Read(damaged);
                IEnumerable<int> whole = Enumerable.Range(0, ends.Count - 1).Where(i => i != block && !(isMarker && i == block + 1));
                Assert.Superset(whole.SelectMany(RowsOf).ToHashSet(), left.ToHashSet());
            }
        }
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Bytes_that_are_cut_out_or_put_in_cost_the_blocks_that_they_touch(string codec)
    {
        byte[] file = File(codec);
        List<int> ends = BlockEnds(file);
        for (int at = ends[0]; at < file.Length - 40; at += 2 * Step(codec))
        {
            int first = ends.FindLastIndex(end => end <= at);
            int last = ends.FindLastIndex(end => end <= at + 39);
            HashSet<string> whole = Enumerable.Range(0, ends.Count - 1).Where(i => i < first || i > last + 1).SelectMany(RowsOf).ToHashSet();
            Assert.Superset(whole, Read([.. file[..at], .. file[(at + 40)..]]).ToHashSet());
            Assert.Superset(whole, Read([.. file[..at], .. Enumerable.Repeat((byte)0x7e, 40), .. file[at..]]).ToHashSet());
        }
    }

    [Fact]
    public void A_file_that_ends_anywhere_but_behind_a_block_is_an_error()
    {
        byte[] file = File("null");
        List<int> ends = BlockEnds(file);
        for (int length = 0; length < file.Length; length++)
        {
            byte[] cut = file[..length];
            if (ends.Contains(length))
            {
                using var whole = AvroFileReader.Open(new MemoryStream(cut));
                Assert.Equal(0, whole.ReadGeneric().Count() % RowsPerBlock);
            }
            else
            {
                Assert.Throws<AvroFileException>(() =>
                {
                    using var reader = AvroFileReader.Open(new MemoryStream(cut));
                    _ = reader.ReadGeneric().Count();
                });
            }
        }
    }

    [Fact]
    public void A_file_of_markers_and_false_sizes_is_passed_over_in_time_that_grows_with_it()
    {
        byte[] file = File("null");
        List<int> ends = BlockEnds(file);
        byte[] marker = file[(ends[0] - 16)..ends[0]];
        byte[] block = [0x02, 0xfe, 0xff, 0xff, 0x1f, .. marker];
        byte[] hostile = [.. file[..ends[0]], .. Enumerable.Repeat(block, 200_000).SelectMany(static bytes => bytes)];
        using var reader = AvroFileReader.Open(new MemoryStream(hostile), null, new AvroFileReaderOptions { SkipBrokenBlocks = true });
        Assert.Empty(reader.ReadGeneric());
        Assert.Equal(200_000, reader.BrokenBlocks);
    }

    [Fact]
    public void Rows_are_written_from_a_C_type_and_read_as_an_evolved_one()
    {
        var rows = MappedWriter<Row>.Compile();
        using var file = new MemoryStream();
        using (var writer = new AvroFileWriter(file, rows.Schema, new AvroFileWriterOptions { Codec = "zstandard", BlockSize = 100, LeaveOpen = true }))
        {
            for (int i = 0; i < 100; i++)
            {
                writer.Write(rows, new Row($"row {i}", i));
            }

            Assert.Throws<ArgumentException>(() => writer.Write(MappedWriter<Wider>.Compile(), new Wider("x", 1, null)));
            Assert.Throws<ArgumentException>(() => writer.Write(rows, new Row(null!, 1)));
            Assert.Equal(100, writer.Count);
        }

        file.Position = 0;
        using var reader = AvroFileReader.Open(file);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => new Wider($"row {i}", i, null)), reader.Read<Wider>());

        file.Position = 0;
        var evolved = AvroSchema.Parse("""{"type":"record","name":"Row","fields":[{"name":"Number","type":"long"},{"name":"Text","type":"string"},{"name":"Note","type":"string","default":"none"}]}""");
        using var again = AvroFileReader.Open(file, evolved);
        Assert.Equal(new Wider("row 0", 0, "none"), again.Read<Wider>().First());
    }

    [Fact]
    public void A_writer_is_disposed_of_once_and_its_stream_even_where_the_last_block_cannot_be_written()
    {
        var broken = new BrokenStream();
        var writer = new AvroFileWriter(broken, Schema);
        writer.Write(new GenericRecord(Schema) { [0] = "a", [1] = 1 });
        broken.IsBroken = true;
        Assert.Throws<IOException>(writer.Dispose);
        Assert.True(broken.IsDisposed);
        writer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => writer.Write(new GenericRecord(Schema) { [0] = "b", [1] = 2 }));
    }

    // These two take a thousand times longer to start a block; the steps still meet every byte of a block's header and marker, in one block or another.
    private static int Step(string codec) => codec is "bzip2" or "xz" ? 13 : 1;

    private static IEnumerable<string> RowsOf(int block) =>
        Enumerable.Range(block * RowsPerBlock, RowsPerBlock).Select(i => i.ToString("d6", CultureInfo.InvariantCulture));

    private static List<string> Read(byte[] file)
    {
        using var reader = AvroFileReader.Open(new MemoryStream(file), null, new AvroFileReaderOptions { SkipBrokenBlocks = true, BlockSizeMax = 1 << 20 });
        return reader.ReadGeneric().Select(row => (string)((GenericRecord)row!)[0]!).ToList();
    }

    // The header's end, then the end of each block.
    private static List<int> BlockEnds(byte[] file)
    {
        using var reader = AvroFileReader.Open(new MemoryStream(file));
        var ends = new List<int>();
        for (int at = file.AsSpan().IndexOf(reader.SyncMarker); at >= 0;)
        {
            ends.Add(at + 16);
            int next = file.AsSpan(at + 16).IndexOf(reader.SyncMarker);
            at = next < 0 ? -1 : at + 16 + next;
        }

        return ends;
    }

    private static byte[] File(string codec)
    {
        using var file = new MemoryStream();
        using var writer = new AvroFileWriter(file, Schema, new AvroFileWriterOptions { Codec = codec, SyncMarker = Convert.FromHexString("a1b2c3d4e5f60718293a4b5c6d7e8f90") });
        for (int i = 0; i < Rows; i++)
        {
            writer.Write(new GenericRecord(Schema) { [0] = i.ToString("d6", CultureInfo.InvariantCulture), [1] = i });
            if ((i + 1) % RowsPerBlock == 0)
            {
                writer.Flush();
            }
        }

        return file.ToArray();
    }

    public sealed record Row(string Text, int Number);

    public sealed record Wider(string Text, long Number, string? Note);

    private sealed class BrokenStream : MemoryStream
    {
        internal bool IsBroken { get; set; }

        internal bool IsDisposed { get; private set; }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (IsBroken)
            {
                throw new IOException("The disk is full.");
            }

            base.Write(buffer);
        }

        protected override void Dispose(bool disposing)
        {
            IsDisposed = true;
            base.Dispose(disposing);
        }
    }
}
