using System.Buffers;
using CsCheck;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Features.Aggregators;
using FeaturePipeline.Features.Definitions;
using FeaturePipeline.Features.Events;
using FeaturePipeline.Streams.Errors;
using FeaturePipeline.Streams.Topology;
using FeaturePipeline.Tests.Features.Definitions;

namespace FeaturePipeline.Tests.Features.Aggregators;

/// <summary>The laws that the runtime relies on, for a view that has every function.</summary>
public sealed class FeatureAggregationTests
{
    private static readonly AvroSchema Source = AvroSchema.Parse(
        """
        {"type":"record","name":"E","fields":[{"name":"user_id","type":"string"},{"name":"timestamp","type":"long"},
          {"name":"text","type":["null","string"],"default":null},{"name":"whole","type":["null","long"],"default":null},
          {"name":"real","type":["null","double"],"default":null},{"name":"flag","type":["null","boolean"],"default":null}]}
        """);

    // Fields of rows in order of first use by features in name order: text, whole, real, flag.
    private static readonly FeatureView View = FeatureViewCompilerTests.Plan(
        """
        {"v":{"Entity":"user_id","Window":{"Type":"Session"},"Features":{
          "a1":{"Function":"count"},
          "a2":{"Function":"count","Of":"text"},
          "a3":{"Function":"sum","Of":"whole"},
          "a4":{"Function":"sum","Of":"real"},
          "a5":{"Function":"count","Of":"flag","Where":"text != 'a'"},
          "b1":{"Function":"mean","Of":"whole"}, "b2":{"Function":"mean","Of":"real"},
          "c1":{"Function":"min","Of":"whole"}, "c2":{"Function":"max","Of":"whole"}, "c3":{"Function":"min","Of":"real"}, "c4":{"Function":"max","Of":"real"},
          "d1":{"Function":"first","Of":"text"}, "d2":{"Function":"last","Of":"text"}, "d3":{"Function":"first","Of":"real"}, "d4":{"Function":"last","Of":"whole"}, "d5":{"Function":"last","Of":"flag"},
          "e1":{"Function":"count_distinct","Of":"text"}, "e2":{"Function":"count_distinct","Of":"real"}, "e3":{"Function":"count_distinct","Of":"whole"}, "e4":{"Function":"count_distinct","Of":"flag"},
          "f1":{"Function":"first","Of":"text","Where":"whole > 0"}, "f2":{"Function":"sum","Of":"whole * 2","Where":"flag"}}}}
        """,
        Source).Views[0];

    private sealed record Event(long TimestampMs, int Partition, string? Text, long? Whole, double? Real, bool? Flag);

    // Quarters, so that sums of doubles are exact whatever their order.
    private static readonly Gen<Event> GenEvent = Gen.Select(
        Gen.Long[0, 20],
        Gen.Int[0, 2],
        Gen.OneOf(Gen.Const((string?)null), OneOf<string?>("a", "b", "", "\uFFFD", "😀"), Gen.String[1, 40].Select(s => (string?)s.Replace("\ud800", "", StringComparison.Ordinal))),
        Gen.OneOf(Gen.Const((long?)null), Gen.Long[-3, 3].Select(v => (long?)v), Gen.Long.Select(v => (long?)v)),
        Gen.OneOf(Gen.Const((double?)null), Gen.Int[-100, 100].Select(v => (double?)(v * 0.25)), OneOf<double?>(double.NaN, double.PositiveInfinity, -0.0, 0.0)),
        Gen.OneOf(Gen.Const((bool?)null), Gen.Bool.Select(v => (bool?)v)),
        (ts, partition, text, whole, real, flag) => new Event(ts, partition, text, whole, real, flag));

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static EventRow Row(Event e, long offset) => TestRows.Row(e.TimestampMs, e.Partition, offset, "u", e.TimestampMs, e.Text, e.Whole, e.Real, e.Flag);

    private static WindowState Fold(FeatureAggregation aggregation, IEnumerable<(int Offset, Event Event)> events)
    {
        WindowState state = aggregation.Create();
        foreach ((int offset, Event e) in events)
        {
            aggregation.Add(state, Row(e, offset));
        }

        return state;
    }

    private static byte[] Bytes(FeatureAggregation aggregation, WindowState state)
    {
        var output = new ArrayBufferWriter<byte>();
        aggregation.Write(state, output);
        return output.WrittenSpan.ToArray();
    }

    private static string Results(WindowState state)
    {
        var key = new ArrayBufferWriter<byte>();
        var value = new ArrayBufferWriter<byte>();
        new FeatureRecordEncoder(View, 1).Encode(new WindowResult<WindowState>("u"u8, 0, 0, state, isFinal: true), 0, key, value);
        return Convert.ToHexString(value.WrittenSpan);
    }

    [Fact]
    public void The_result_depends_on_the_multiset_of_events_only() =>
        Gen.Select(GenEvent.Array[0, 30], Gen.Int).Sample((events, seed) =>
        {
            var aggregation = new FeatureAggregation(View);
            (int Offset, Event Event)[] inOrder = [.. events.Index()];
            string expected = Results(Fold(aggregation, inOrder));
            var random = new Random(seed);
            random.Shuffle(inOrder);

            // Any tree of merges: parts of random size, merged into one another in random order, sometimes through their bytes.
            var parts = new List<WindowState>();
            for (int at = 0; at < inOrder.Length || parts.Count == 0;)
            {
                int length = random.Next(0, 6);
                parts.Add(Fold(aggregation, inOrder.Skip(at).Take(length)));
                at += length;
            }

            while (parts.Count > 1)
            {
                WindowState other = parts[random.Next(1, parts.Count)];
                parts.Remove(other);
                WindowState into = parts[random.Next(parts.Count)];
                aggregation.Merge(into, other);
                aggregation.Release(other);
                if (random.Next(3) == 0)
                {
                    byte[] bytes = Bytes(aggregation, into);
                    parts.Remove(into);
                    aggregation.Release(into);
                    into = aggregation.Create();
                    aggregation.Read(into, bytes);
                    parts.Add(into);
                }
            }

            Assert.Equal(expected, Results(parts[0]));
        });

    [Fact]
    public void Reading_what_was_written_gives_the_same_state_and_an_empty_state_is_neutral() =>
        GenEvent.Array[0, 20].Sample(events =>
        {
            var aggregation = new FeatureAggregation(View);
            WindowState state = Fold(aggregation, events.Index());
            byte[] bytes = Bytes(aggregation, state);
            WindowState copy = aggregation.Create();
            aggregation.Read(copy, bytes);
            Assert.Equal(bytes, Bytes(aggregation, copy));
            aggregation.Merge(copy, aggregation.Create());
            Assert.Equal(bytes, Bytes(aggregation, copy));
            WindowState empty = aggregation.Create();
            aggregation.Merge(empty, copy);
            Assert.Equal(Results(state), Results(empty));
        });

    [Fact]
    public void A_released_state_comes_back_empty() =>
        GenEvent.Array[0, 20].Sample(events =>
        {
            var aggregation = new FeatureAggregation(View);
            byte[] empty = Bytes(aggregation, aggregation.Create());
            WindowState used = Fold(aggregation, events.Index());
            aggregation.Release(used);
            WindowState again = aggregation.Create();
            Assert.Same(used, again);
            Assert.Equal(empty, Bytes(aggregation, again));
        });

    [Fact]
    public void Bytes_that_are_cut_short_or_too_long_are_refused_and_never_misread()
    {
        var aggregation = new FeatureAggregation(View);
        byte[] bytes = Bytes(aggregation, Fold(aggregation, [(0, new Event(1, 0, "text", 5, 2.5, true))]));
        for (int length = 0; length < bytes.Length; length++)
        {
            byte[] cut = bytes[..length];
            Assert.Throws<StreamsException>(() => aggregation.Read(aggregation.Create(), cut));
        }

        Assert.Throws<StreamsException>(() => aggregation.Read(aggregation.Create(), [.. bytes, 0]));
    }

    [Fact]
    public void Adding_events_to_an_open_window_does_not_allocate()
    {
        var aggregation = new FeatureAggregation(View);
        WindowState state = aggregation.Create();
        Assert.Equal(0, Allocations.Least(AddAll));

        long AddAll()
        {
            // The rows are made outside of what is measured.
            EventRow first = Row(new Event(1, 0, "view", 1, 0.25, true), 1);
            EventRow second = Row(new Event(2, 0, "purchase of something", 2, 0.5, false), 2);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 1000; i++)
            {
                aggregation.Add(state, first);
                aggregation.Add(state, second);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }
}
