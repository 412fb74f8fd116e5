using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Text.Json;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Mapping;

public class MappedCollectionsTests
{
    [Fact]
    public void Every_kind_of_collection_is_read_as_it_was_written()
    {
        var value = new Collections
        {
            Enumerable = [1, 2],
            List = [3],
            Set = ["a", "b"],
            AnySet = new HashSet<int> { 4 },
            ReadOnlySet = new HashSet<int> { 5 },
            Sorted = [7, 6],
            Queue = new Queue<int>([8, 9]),
            Linked = new LinkedList<int>([1, 2, 3]),
            Observable = ["x"],
            Fixed = new ReadOnlyCollection<int>([1, 2]),
            Array = [1, 2, 3],
            ImmutableList = [4, 5],
            ImmutableSet = [6],
            SortedMap = new() { ["b"] = 1, ["a"] = 2 },
            Concurrent = new(new Dictionary<string, int> { ["k"] = 1 }),
            ImmutableMap = ImmutableDictionary<string, int>.Empty.Add("i", 3),
            Nested = [ImmutableArray.Create("n"), []],
        };
        var output = new ArrayBufferWriter<byte>();
        MappedWriter<Collections>.Compile().Write(value, output);
        Assert.True(MappedReader<Collections>.Compile(MappedSchema.Of<Collections>()).TryRead(output.WrittenSpan, out Collections? read).IsOk);
        Assert.Equal(JsonSerializer.Serialize(value), JsonSerializer.Serialize(read));
    }

    // The count stands before the items: what changes meanwhile would be a message that can't be read.
    [Fact]
    public void A_collection_that_grows_while_it_is_written_is_an_error()
    {
        var schema = AvroSchema.Parse("""{"type":"array","items":"long"}""");
        var output = new ArrayBufferWriter<byte>();
        Assert.Contains("it was changed", Assert.Throws<ArgumentException>(() => MappedWriter<Growing>.Compile(schema).Write(new Growing(), output)).Message, StringComparison.Ordinal);
    }

    private sealed class Growing : IReadOnlyList<long>
    {
        public int Count { get; private set; } = 2;

        public long this[int index] => Count = 3;

        public IEnumerator<long> GetEnumerator() => Enumerable.Repeat(1L, Count).GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }

    [Fact]
    public void Items_that_may_be_null_are_unions_with_null()
    {
        Assert.Contains(""" "Words","type":{"type":"array","items":["null","string"]}}""".Trim(), MappedSchema.Of<Holes>().ToString(), StringComparison.Ordinal);
        var value = new Holes
        {
            Words = ["a", null],
            Arrays = [[null, "b"], null],
            Map = new() { ["k"] = [null, "x"] },
            Shapes = [null, new Shape.Circle(1)],
            Ids = [null, Guid.Empty],
        };
        var output = new ArrayBufferWriter<byte>();
        MappedWriter<Holes>.Compile().Write(value, output);
        Assert.True(MappedReader<Holes>.Compile(MappedSchema.Of<Holes>()).TryRead(output.WrittenSpan, out Holes? read).IsOk);
        Assert.Equal(JsonSerializer.Serialize(value), JsonSerializer.Serialize(read));
        Assert.Equal(value.Shapes[1], read!.Shapes[1]);
    }

    [Fact]
    public void A_stack_which_would_come_back_turned_around_is_refused() =>
        Assert.Throws<ArgumentException>(() => MappedReader<Stack<int>>.Compile(AvroSchema.Parse("""{"type":"array","items":"int"}""")));

    [Fact]
    public void Members_that_only_the_type_itself_can_set_are_set()
    {
        var output = new ArrayBufferWriter<byte>();
        MappedWriter<Guarded>.Compile().Write(new Guarded(5), output);
        Assert.True(MappedReader<Guarded>.Compile(MappedSchema.Of<Guarded>()).TryRead(output.WrittenSpan, out Guarded? read).IsOk);
        Assert.Equal(5, read!.Value);

        output.ResetWrittenCount();
        MappedWriter<Mixed>.Compile().Write(new Mixed(1) { Extra = "e" }, output);
        Assert.True(MappedReader<Mixed>.Compile(MappedSchema.Of<Mixed>()).TryRead(output.WrittenSpan, out Mixed? mixed).IsOk);
        Assert.Equal(new Mixed(1) { Extra = "e" }, mixed);
        var less = AvroSchema.Parse("""{"type":"record","name":"Mixed","fields":[{"name":"A","type":"int"}]}""");
        Assert.Contains("Mixed.Extra is required", Assert.Throws<ArgumentException>(() => MappedReader<Mixed>.Compile(less)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Times_keep_what_they_stand_for_whatever_their_kind()
    {
        var moment = new DateTime(2026, 11, 23, 1, 2, 3, DateTimeKind.Utc);
        byte[] utc = Write("timestamp-millis", moment);
        Assert.Equal(utc, Write("timestamp-millis", moment.ToLocalTime()));
        Assert.Equal(utc, Write("timestamp-millis", DateTime.SpecifyKind(moment, DateTimeKind.Unspecified)));
        Assert.Equal(utc, Write("timestamp-millis", new DateTimeOffset(moment).ToOffset(TimeSpan.FromHours(5))));

        // A local timestamp is what the clock on the wall shows.
        Assert.Equal(utc, Write("local-timestamp-millis", DateTime.SpecifyKind(moment, DateTimeKind.Local)));
        var local = AvroSchema.Parse("""{"type":"long","logicalType":"local-timestamp-millis"}""");
        Assert.True(MappedReader<DateTime>.Compile(local).TryRead(utc, out DateTime read).IsOk);
        Assert.Equal(DateTimeKind.Unspecified, read.Kind);
        Assert.Throws<ArgumentException>(() => MappedReader<DateTimeOffset>.Compile(local));
    }

    [Fact]
    public void A_guid_on_a_fixed_is_written_as_its_text_reads()
    {
        var schema = AvroSchema.Parse("""{"type":"fixed","name":"U","size":16,"logicalType":"uuid"}""");
        var output = new ArrayBufferWriter<byte>();
        MappedWriter<Guid>.Compile(schema).Write(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), output);
        Assert.Equal("00112233445566778899aabbccddeeff", Convert.ToHexStringLower(output.WrittenSpan));
    }

    private static byte[] Write<T>(string logical, T value)
    {
        var output = new ArrayBufferWriter<byte>();
        MappedWriter<T>.Compile(AvroSchema.Parse($$"""{"type":"long","logicalType":"{{logical}}"}""")).Write(value, output);
        return output.WrittenSpan.ToArray();
    }

    public sealed class Collections
    {
        public IEnumerable<int> Enumerable { get; set; } = [];

        public IList<int> List { get; set; } = [];

        public HashSet<string> Set { get; set; } = [];

        public ISet<int> AnySet { get; set; } = new HashSet<int>();

        public IReadOnlySet<int> ReadOnlySet { get; set; } = new HashSet<int>();

        public SortedSet<int> Sorted { get; set; } = [];

        public Queue<int> Queue { get; set; } = new();

        public LinkedList<int> Linked { get; set; } = new();

        public ObservableCollection<string> Observable { get; set; } = [];

        public ReadOnlyCollection<int> Fixed { get; set; } = new([]);

        public ImmutableArray<int> Array { get; set; } = [];

        public ImmutableList<int> ImmutableList { get; set; } = [];

        public ImmutableHashSet<int> ImmutableSet { get; set; } = [];

        public SortedDictionary<string, int> SortedMap { get; set; } = [];

        public ConcurrentDictionary<string, int> Concurrent { get; set; } = new();

        public ImmutableDictionary<string, int> ImmutableMap { get; set; } = ImmutableDictionary<string, int>.Empty;

        public List<ImmutableArray<string>> Nested { get; set; } = [];
    }

    public sealed class Holes
    {
        public List<string?> Words { get; set; } = [];

        public string?[]?[] Arrays { get; set; } = [];

        public Dictionary<string, List<string?>> Map { get; set; } = [];

        public IReadOnlyList<Shape?> Shapes { get; set; } = [];

        public List<Guid?> Ids { get; set; } = [];
    }

    public sealed class Guarded
    {
        public Guarded(int value) => Value = value;

        private Guarded()
        {
        }

        public int Value { get; private set; }
    }

    public sealed record Mixed(int A, string? B = "default")
    {
        public required string Extra { get; init; }
    }
}
