using System.Buffers;
using System.Diagnostics.Metrics;
using System.Text;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Features.Aggregators;
using FeaturePipeline.Features.Definitions;
using FeaturePipeline.Features.Events;
using FeaturePipeline.Streams.Topology;
using FeaturePipeline.Tests.Features.Definitions;

namespace FeaturePipeline.Tests.Features.Events;

public sealed class FeatureRecordEncoderTests
{
    private static readonly AvroSchema Source = AvroSchema.Parse(
        """
        {"type":"record","name":"E","fields":[{"name":"user_id","type":"string"},{"name":"timestamp","type":"long"},
          {"name":"event_type","type":["null","string"],"default":null},{"name":"amount","type":["null","double"],"default":null},{"name":"n","type":["null","long"],"default":null}]}
        """);

    private static FeatureView View(string features) => FeatureViewCompilerTests.Plan(
        $$$"""{"v":{"Entity":"user_id","Window":{"Type":"Session"},"Features":{{{features}}}}}""", Source).Views[0];

    /// <summary>Rows are (time, event_type, amount, n) in the order of the fields' first use.</summary>
    private static GenericRecord Encode(FeatureView view, params object?[][] rows)
    {
        var aggregation = new FeatureAggregation(view);
        WindowState state = aggregation.Create();
        for (int i = 0; i < rows.Length; i++)
        {
            aggregation.Add(state, TestRows.Row((long)rows[i][0]!, 0, i, ["ü1", rows[i][0], .. rows[i][1..]]));
        }

        var key = new ArrayBufferWriter<byte>();
        var value = new ArrayBufferWriter<byte>();
        var encoder = new FeatureRecordEncoder(view, 7);
        long start = rows.Min(r => (long)r[0]!);
        long end = rows.Max(r => (long)r[0]!);
        Assert.Equal(end, encoder.Encode(new WindowResult<WindowState>("ü1"u8, start, end, state, isFinal: true), 99, key, value));
        Assert.Equal("ü1", Encoding.UTF8.GetString(key.WrittenSpan));
        Assert.True(WireFormat.TryRead(value.WrittenSpan, out SchemaKey schema, out int offset));
        Assert.Equal(7, schema.Id);
        Assert.True(GenericReader.Compile(view.RecordSchema).TryRead(value.WrittenSpan[offset..], out object? record).IsOk);
        return (GenericRecord)record!;
    }

    [Fact]
    public void A_session_is_encoded_with_its_times_and_features_in_the_generated_schema()
    {
        FeatureView view = View(
            """
            {"count":{"Function":"count"},"types":{"Function":"count_distinct","Of":"event_type"},"entry":{"Function":"first","Of":"event_type"},
             "exit":{"Function":"last","Of":"event_type"},"duration":{"Function":"session_duration"},"buys":{"Function":"count","Where":"event_type == 'buy'"},
             "others":{"Function":"difference","Of":"count","To":"buys"},"rate":{"Function":"ratio","Of":"buys","To":"count"},"time_per_event":{"Function":"ratio","Of":"duration","To":"count"}}
            """);
        GenericRecord record = Encode(view, [2000L, "view"], [1000L, "home"], [5000L, "buy"], [3000L, "view"]);
        Assert.Equal(
            ["user_id", "event_timestamp", "created_timestamp", "window_start", "window_end", "buys", "count", "duration", "entry", "exit", "others", "rate", "time_per_event", "types"],
            record.Schema.Fields.Select(f => f.Name));
        Assert.Equal(
            ["ü1", 5000L, 99L, 1000L, 5000L, 1L, 4L, 4000L, "home", "buy", 3L, 0.25, 1000.0, 3L],
            record.Schema.Fields.Select(f => record[f.Name]));
    }

    [Fact]
    public void Nothing_aggregated_is_zero_for_counts_and_sums_and_null_for_the_rest()
    {
        FeatureView view = View(
            """
            {"c":{"Function":"count","Of":"event_type"},"d":{"Function":"count_distinct","Of":"amount"},"s":{"Function":"sum","Of":"n"},"t":{"Function":"sum","Of":"amount"},
             "m":{"Function":"mean","Of":"n"},"x":{"Function":"max","Of":"amount"},"f":{"Function":"first","Of":"event_type"},"r":{"Function":"ratio","Of":"c","To":"d"},"q":{"Function":"ratio","Of":"x","To":"c"},"z":{"Function":"difference","Of":"x","To":"c"}}
            """);
        GenericRecord record = Encode(view, [1L, null, null, null]);
        Assert.Equal([0L, 0L, null, null, null, null, 0L, 0.0, null, null], view.Features.Select(f => record[f.Name]));
    }

    [Fact]
    public void A_sum_that_does_not_fit_a_long_is_null_and_counted()
    {
        FeatureView view = FeatureViewCompilerTests.Plan(
            """{"overflowing":{"Entity":"user_id","Window":{"Type":"Session"},"Features":{"s":{"Function":"sum","Of":"n"}}}}""", Source).Views[0];
        var aggregation = new FeatureAggregation(view);
        WindowState state = aggregation.Create();
        aggregation.Add(state, TestRows.Row(1, 0, 0, "u", 1L, long.MaxValue));
        aggregation.Add(state, TestRows.Row(2, 0, 1, "u", 2L, 1L));
        using var overflows = new MetricCollector("featurepipeline.features.overflow", "overflowing");
        var encoder = new FeatureRecordEncoder(view, 1);
        var value = new ArrayBufferWriter<byte>();
        encoder.Encode(new WindowResult<WindowState>("u"u8, 1, 2, state, isFinal: true), 0, new ArrayBufferWriter<byte>(), value);
        Assert.Equal(1, encoder.Overflows);
        aggregation.Add(state, TestRows.Row(3, 0, 2, "u", 3L, -1L));
        encoder.Encode(new WindowResult<WindowState>("u"u8, 1, 3, state, isFinal: true), 0, new ArrayBufferWriter<byte>(), value);
        Assert.Equal(1, encoder.Overflows);
        Assert.Equal(1, overflows.Sum);
    }

    private sealed class MetricCollector : IDisposable
    {
        private readonly MeterListener _listener = new();
        private long _sum;

        public MetricCollector(string instrument, string view)
        {
            _listener.InstrumentPublished = (published, listener) =>
            {
                if (published.Name == instrument)
                {
                    listener.EnableMeasurementEvents(published);
                }
            };
            _listener.SetMeasurementEventCallback<long>((_, value, tags, _) => Interlocked.Add(ref _sum, Equals(tags[0].Value, view) ? value : 0));
            _listener.Start();
        }

        public long Sum => Volatile.Read(ref _sum);

        public void Dispose() => _listener.Dispose();
    }

    [Fact]
    public void Every_type_of_a_carried_value_is_encoded()
    {
        AvroSchema schema = AvroSchema.Parse(
            """
            {"type":"record","name":"E","fields":[{"name":"user_id","type":"string"},{"name":"timestamp","type":"long"},
              {"name":"a","type":"boolean"},{"name":"b","type":{"type":"int","logicalType":"date"}},{"name":"c","type":"bytes"},{"name":"d","type":"float"},{"name":"e","type":{"type":"string","logicalType":"uuid"}}]}
            """);
        FeatureView view = FeatureViewCompilerTests.Plan(
            """
            {"v":{"Entity":"user_id","Window":{"Type":"Session"},"Features":{"a":{"Function":"last","Of":"a"},"b":{"Function":"last","Of":"b"},
              "c":{"Function":"last","Of":"c"},"d":{"Function":"last","Of":"d"},"e":{"Function":"last","Of":"e"}}}}
            """,
            schema).Views[0];
        GenericRecord record = Encode(view, [1L, true, 20000, new byte[] { 1, 2 }, 2.5, "6f2b3a52-8a5b-4c9d-9f3e-0a1b2c3d4e5f"]);
        Assert.Equal(true, record["a"]);
        Assert.Equal(20000, Convert.ToInt32(record["b"], System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(new byte[] { 1, 2 }, (byte[])record["c"]!);
        Assert.Equal(2.5, record["d"]);
        Assert.Equal("6f2b3a52-8a5b-4c9d-9f3e-0a1b2c3d4e5f", record["e"]!.ToString());
    }
}
