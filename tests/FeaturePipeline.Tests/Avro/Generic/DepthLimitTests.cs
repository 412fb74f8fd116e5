using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using FeaturePipeline.Avro;
using FeaturePipeline.Avro.Apache;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Files;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Generic;

/// <summary>How deep data may nest is the caller's to say, and no value of it ends the process, whatever stack the thread has.</summary>
public partial class DepthLimitTests
{
    private const int Highest = AvroReader.DepthMaxHighest;

    private static readonly AvroSchema Chain = AvroSchema.Parse(
        """{"type":"record","name":"Node","fields":[{"name":"id","type":"int"},{"name":"next","type":["null","Node"]}]}""");

    private static readonly AvroSchema Beside = AvroSchema.Parse(
        $$"""{"type":"record","name":"Top","fields":[{"name":"chain","type":{{Chain}}},{"name":"z","type":"int"}]}""");

    private static readonly AvroSchema Small = AvroSchema.Parse("""{"type":"record","name":"Top","fields":[{"name":"z","type":"int"}]}""");

    public static TheoryData<string> Readers => [.. ReadersBy(1).Keys];

    public static TheoryData<string> Writers => [.. WritersBy(1).Keys];

    [Theory]
    [MemberData(nameof(Readers))]
    public void A_list_of_65_nodes_is_read_where_the_caller_allows_it_and_one_node_more_than_is_allowed_is_not(string name)
    {
        foreach (int depthMax in (int[])[1, 5, 15, 16, 17, 65, 400])
        {
            Func<byte[], DecodeErrorKind> read = ReadersBy(depthMax)[name];
            Assert.Equal(DecodeErrorKind.None, read(Nodes(depthMax)));
            Assert.Equal(DecodeErrorKind.TooDeep, read(Nodes(depthMax + 1)));
        }
    }

    [Theory]
    [MemberData(nameof(Writers))]
    public void A_list_of_65_nodes_is_written_where_the_caller_allows_it_and_one_node_more_than_is_allowed_is_not(string name)
    {
        foreach (int depthMax in (int[])[1, 5, 15, 16, 17, 65, 400])
        {
            Func<int, byte[]> write = WritersBy(depthMax)[name];
            Assert.Equal(Nodes(depthMax), write(depthMax));
            string message = Assert.Throws<ArgumentException>(() => write(depthMax + 1)).Message;
            Assert.Contains($"nests more than {depthMax} deep (depthMax, at most 1000), or holds itself", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_message_of_a_value_that_is_too_deep_says_what_the_limit_is_and_how_far_it_goes()
    {
        Assert.True(GenericReader.Compile(Chain).TryRead(Nodes(64), out _).IsOk);
        string generic = GenericReader.Compile(Chain).TryRead(Nodes(65), out _).ToString();
        Assert.Contains("TooDeep at byte 128", generic, StringComparison.Ordinal);
        Assert.EndsWith(".next': it nests deeper than depthMax allows: 64 unless it is set, at most 1000", generic, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(Highest + 1)]
    public void A_limit_that_no_stack_is_known_to_bear_is_refused(int depthMax)
    {
        foreach (Action compile in new Action[]
        {
            () => GenericReader.Compile(Chain, null, depthMax), () => GenericWriter.Compile(Chain, depthMax),
            () => MappedReader<Node>.Compile(Chain, null, depthMax), () => MappedWriter<Node>.Compile(Chain, depthMax),
            () => ApacheReader.Compile(Chain, null, depthMax), () => ApacheWriter.Compile(Chain, depthMax),
            () => ProjectedDecoder.Compile(Beside, Small, ["z"], null, depthMax), () => Json([], depthMax),
            () => new AvroFileWriter(new MemoryStream(), Chain, new AvroFileWriterOptions { DepthMax = depthMax }),
            () => AvroFileReader.Open(FileOf(1, 1), null, new AvroFileReaderOptions { DepthMax = depthMax }),
        })
        {
            Assert.Throws<ArgumentOutOfRangeException>(compile);
        }
    }

    [Theory]
    [InlineData(8 << 20)]
    [InlineData(0)]
    public void A_list_of_1000_nodes_is_read_and_written_on_a_thread_with_a_usual_stack(int stackSize) => OnThread(stackSize, () =>
    {
        byte[] body = Nodes(Highest);
        foreach ((string name, Func<byte[], DecodeErrorKind> read) in ReadersBy(Highest).Where(static pair => !pair.Key.StartsWith("JSON", StringComparison.Ordinal)))
        {
            // What is skipped lies in a record.
            byte[] fitting = name.StartsWith("skipped", StringComparison.Ordinal) ? Nodes(Highest - 1) : body;
            Assert.Equal((name, DecodeErrorKind.None), (name, read(fitting)));
        }

        foreach ((string name, Func<int, byte[]> write) in WritersBy(Highest))
        {
            Assert.Equal((name, Convert.ToHexString(body)), (name, Convert.ToHexString(write(Highest))));
        }
    });

    [Fact]
    public void What_was_read_is_the_list_of_1000_nodes_in_its_order()
    {
        byte[] body = Nodes(Highest);
        Assert.True(MappedReader<Node>.Compile(Chain, null, Highest).TryRead(body, out Node? mapped).IsOk);
        Assert.True(GenericReader.Compile(Chain, null, Highest).TryRead(body, out object? generic).IsOk);
        int count = 0;
        for (var record = (GenericRecord?)generic; record is not null; record = (GenericRecord?)record["next"], mapped = mapped.Next, count++)
        {
            Assert.Equal((count % 50, count % 50), ((int)record["id"]!, mapped!.Id));
        }

        Assert.Equal((Highest, true), (count, mapped is null));
    }

    [Theory]
    [InlineData(256 << 10)]
    [InlineData(512 << 10)]
    [InlineData(0)]
    public void No_depth_overflows_a_stack_and_what_has_no_room_is_an_error_of_the_value(int stackSize)
    {
        foreach (int left in (int[])[0, 1, 2, 3])
        {
            OnThread(stackSize, () => Descend(left, () =>
            {
                foreach ((_, Func<byte[], DecodeErrorKind> read) in ReadersBy(Highest))
                {
                    Assert.True(read(Nodes(Highest)) is DecodeErrorKind.None or DecodeErrorKind.TooDeep);
                    Assert.Equal(DecodeErrorKind.TooDeep, read(Nodes(100_000)));
                }

                foreach ((_, Func<int, byte[]> write) in WritersBy(Highest))
                {
                    Exception? refused = Record.Exception(() => write(Highest));
                    Assert.True(refused is null || refused.Message.Contains("too deep for this thread's stack, or holds itself", StringComparison.Ordinal), refused?.ToString());
                    Assert.ThrowsAny<ArgumentException>(() => write(100_000));
                }
            }));
        }
    }

    [Fact]
    public void A_small_stack_is_named_as_the_reason() => OnThread(256 << 10, () =>
    {
        DecodeResult result = GenericReader.Compile(Chain, null, Highest).TryRead(Nodes(Highest), out _);
        Assert.EndsWith("it nests too deep for this thread's stack", result.ToString(), StringComparison.Ordinal);
    });

    // Frames of several kilobytes: few levels take a whole stack.
    [Theory]
    [InlineData(256 << 10)]
    [InlineData(0)]
    public void A_type_of_many_large_members_overflows_no_stack(int stackSize)
    {
        AvroSchema schema = MappedSchema.Of<Wide>();
        var writer = MappedWriter<Wide>.Compile(schema, Highest);
        var reader = MappedReader<Wide>.Compile(schema, null, Highest);
        Wide? wide = null;
        for (int i = 1; i < Highest; i++)
        {
            wide = new Wide { Next = wide };
        }

        var output = new ArrayBufferWriter<byte>();
        OnThread(64 << 20, () => writer.Write(wide!, output));
        OnThread(stackSize, () =>
        {
            Assert.True(reader.TryRead(output.WrittenSpan, out _).Error is DecodeErrorKind.None or DecodeErrorKind.TooDeep);
            Assert.True(Record.Exception(() => writer.Write(wide!, new ArrayBufferWriter<byte>())) is null or ArgumentException);
        });
        OnThread(64 << 20, () => Assert.True(reader.TryRead(output.WrittenSpan, out _).IsOk));
    }

    [Fact]
    public void As_JSON_a_message_is_as_deep_as_the_JSON_writer_allows_and_nothing_is_written_of_one_that_is_deeper()
    {
        Assert.Equal(DecodeErrorKind.None, Json(Nodes(499), Highest));
        Assert.Equal(DecodeErrorKind.TooDeep, Json(Nodes(500), Highest));
        OnThread(8 << 20, () => Assert.Equal(DecodeErrorKind.None, Json(Nodes(Highest), Highest, (2 * Highest) + 1)));

        // Two levels of JSON for each of the value: a branch of two types has its name.
        var lists = AvroSchema.Parse("""{"type":"record","name":"Lists","fields":[{"name":"x","type":["null","int",{"type":"array","items":"Lists"}]}]}""");
        byte[] body = [.. Enumerable.Repeat<byte[]>([4, 2], 40).SelectMany(static level => level), 0, .. Enumerable.Repeat((byte)0, 40)];
        Assert.Equal(DecodeErrorKind.None, Json(body, 81, 163, lists));
        Assert.Equal(DecodeErrorKind.TooDeep, Json(body, 81, 160, lists));
    }

    [Fact]
    public void A_generic_value_that_holds_itself_is_no_JSON_and_ends_no_thread()
    {
        var record = new GenericRecord((RecordSchema)Chain) { [0] = 1 };
        record[1] = record;
        Assert.Throws<InvalidOperationException>(() => AvroJson.Write(new Utf8JsonWriter(new MemoryStream()), Chain, record));
        OnThread(256 << 10, () => Assert.Throws<InsufficientExecutionStackException>(
            () => AvroJson.Write(new Utf8JsonWriter(new MemoryStream(), new JsonWriterOptions { MaxDepth = 1_000_000 }), Chain, record)));
    }

    [Fact]
    public void A_path_of_any_length_is_a_plan_or_an_error_on_a_small_stack()
    {
        var chain = AvroSchema.Parse("""{"type":"record","name":"Node","fields":[{"name":"id","type":"int"},{"name":"next","type":["null","Node"]}]}""");
        string Path(int depth) => string.Concat(Enumerable.Repeat("next.", depth - 1)) + "id";
        var values = new FieldValue[1];
        Assert.True(ProjectedDecoder.Compile(chain, chain, [Path(300)], null, 300).TryDecode(Nodes(300), values).IsOk);
        Assert.Equal(299 % 50, values[0].AsLong);
        Assert.Equal(DecodeErrorKind.TooDeep, ProjectedDecoder.Compile(chain, chain, [Path(300)], null, 299).TryDecode(Nodes(300), values).Error);
        Assert.Equal(DecodeErrorKind.TooDeep, ProjectedDecoder.Compile(chain, chain, [Path(65)]).TryDecode(Nodes(65), values).Error);
        OnThread(256 << 10, () => Assert.True(
            Record.Exception(() => ProjectedDecoder.Compile(chain, chain, [Path(20_000)], null, Highest)) is null or SchemaResolutionException));
    }

    [Fact]
    public void A_type_that_nests_as_deep_as_it_may_is_compiled_on_a_small_stack_or_refused()
    {
        string text = "\"int\"";
        for (int i = 0; i < 150; i++)
        {
            text = $$"""{"type":"record","name":"R{{i}}","fields":[{"name":"Next","type":{{text}}}]}""";
        }

        var schema = AvroSchema.Parse(text);
        OnThread(256 << 10, () =>
        {
            foreach (Action compile in new Action[]
            {
                () => MappedReader<Nested>.Compile(schema), () => MappedWriter<Nested>.Compile(schema), () => GenericReader.Compile(schema), () => AvroSchema.Parse(text),
                () => AvroSchema.Parse($$"""{"type":"record","name":"T","fields":[{"name":"d","type":{{text}},"default":{{string.Concat(Enumerable.Repeat("{\"Next\":", 150))}}0{{new string('}', 150)}}}]}"""),
            })
            {
                Exception? refused = Record.Exception(compile);
                Assert.True(
                    refused is null or InsufficientExecutionStackException or ArgumentException or SchemaResolutionException or AvroSchemaException, refused?.ToString());
            }
        });
    }
}
