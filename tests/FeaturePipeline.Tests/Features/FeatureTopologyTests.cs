using System.Text;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Features;
using FeaturePipeline.Features.Definitions;
using FeaturePipeline.Features.Events;
using FeaturePipeline.Streams.Tasks;
using FeaturePipeline.Tests.Features.Definitions;
using FeaturePipeline.Tests.Features.Events;
using FeaturePipeline.Tests.Simulation;

namespace FeaturePipeline.Tests.Features;

/// <summary>Avro events in, Avro features out, through the whole graph of a task.</summary>
public sealed class FeatureTopologyTests
{
    private const string Views =
        """
        {"all":{"Entity":"user_id","Window":{"Type":"Session","Gap":"10ms"},
                "Features":{"n":{"Function":"count"},"entry":{"Function":"first","Of":"event_type"},"duration":{"Function":"session_duration"}}},
         "buyers":{"Entity":"user_id","Where":"event_type == 'buy'","Window":{"Type":"Session","Gap":"10ms"},"Features":{"n":{"Function":"count"}}}}
        """;

    private readonly FeaturePlan _plan = FeatureViewCompilerTests.Plan(Views);
    private readonly MockSchemaRegistry _registry = new();

    private async Task<(TopologyTestDriver Driver, int WriterId)> Start(FeaturePlan? plan = null)
    {
        plan ??= _plan;
        IReadOnlyDictionary<string, int> ids = await FeatureSchemas.RegisterAsync(plan.Views, _registry);
        int writerId = (await _registry.RegisterSchemaWithResponseAsync("user-events-value", new Schema(UserEventSchema.Json, SchemaType.Avro))).Id;
        var driver = new TopologyTestDriver(FeatureTopology.Build(plan, _registry, ids, TimeProvider.System));
        return (driver, writerId);
    }

    private static async Task Pipe(TopologyTestDriver driver, int writerId, string user, string type, long timestampMs)
    {
        byte[] body = UserEventDecoderTests.Body(UserEventSchema.Schema, ("user_id", user), ("event_type", type), ("timestamp", timestampMs), ("session_id", null));
        byte[] value = new byte[WireFormat.PrefixSize + body.Length];
        WireFormat.WritePrefix(value, writerId);
        body.CopyTo(value, WireFormat.PrefixSize);
        long position = driver.Task.Position;
        driver.Pipe(Encoding.UTF8.GetBytes(user), value, timestampMs);

        // The first record of a writer waits for the schema, with its task parked.
        for (int i = 0; driver.Task.Position == position && i < 1000; i++)
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
            driver.Task.Unpark();
            driver.SeekTo(position);
            driver.Pipe(Encoding.UTF8.GetBytes(user), value, timestampMs);
        }

        Assert.NotEqual(position, driver.Task.Position);
    }

    private string Describe(DrivenRecord record)
    {
        FeatureView? view = _plan.Views.FirstOrDefault(v => v.Topic == record.Topic);
        if (view is null)
        {
            return $"{record.Topic}: {record.Header("dlq.reason")}";
        }

        Assert.True(GenericReader.Compile(view.RecordSchema).TryRead(record.Value.AsSpan(WireFormat.PrefixSize), out object? value) is { Error: DecodeErrorKind.None });
        var features = (GenericRecord)value!;
        return $"{view.Name}: {string.Join(" ", features.Schema.Fields.Where(f => f.Name != "created_timestamp").Select(f => features[f.Name]))}";
    }

    [Fact]
    public async Task Sessions_close_and_their_features_are_sent_to_each_views_topic()
    {
        (TopologyTestDriver driver, int id) = await Start();
        await Pipe(driver, id, "ann", "view", 100);
        await Pipe(driver, id, "bob", "view", 101);
        await Pipe(driver, id, "ann", "buy", 107);
        await Pipe(driver, id, "ann", "exit", 108);
        await Pipe(driver, id, "zoe", "view", 200);
        driver.Commit();
        Assert.Equal(
            ["all: bob 101 101 101 0 view 1", "all: ann 108 100 108 8 view 3", "buyers: ann 107 107 107 1"],
            driver.Output.Select(Describe));
        Assert.All(driver.Output, r => Assert.Equal(r.TimestampMs, r.KeyText == "bob" ? 101 : r.Topic == "all" ? 108 : 107));
    }

    [Fact]
    public async Task Late_and_bad_events_go_to_their_topics()
    {
        (TopologyTestDriver driver, int id) = await Start();
        await Pipe(driver, id, "ann", "buy", 100);
        driver.Pipe("ann", "not avro", 101);
        driver.Pipe("ann", null, 102);
        await Pipe(driver, id, "ann", "view", 5);
        await Pipe(driver, id, "ann", "view", -5);
        driver.Commit();
        Assert.Equal(["dead: not_avro", "dead: tombstone", "late: late", "dead: invalid_timestamp"], driver.Output.Select(Describe));
    }

    [Fact]
    public async Task An_event_that_the_views_filter_refuses_opens_no_session_moves_stream_time_and_is_never_late()
    {
        FeaturePlan buyers = FeatureViewCompilerTests.Plan(
            """{"buyers":{"Entity":"user_id","Where":"event_type == 'buy'","Window":{"Type":"Session","Gap":"10ms"},"Features":{"n":{"Function":"count"}}}}""");
        (TopologyTestDriver driver, int id) = await Start(buyers);
        await Pipe(driver, id, "ann", "buy", 100);
        await Pipe(driver, id, "ann", "view", 111);
        await Pipe(driver, id, "ann", "view", 5);
        driver.Commit();
        Assert.Equal(["buyers: ann 100 100 100 1"], driver.Output.Select(Describe));
        Assert.Equal(0, driver.Task.Stores.Sum(s => s.Count));
    }

    [Fact]
    public async Task An_event_for_an_open_session_allocates_nothing_between_decoding_and_the_changed_state()
    {
        (TopologyTestDriver driver, int id) = await Start();
        async Task Commits(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                await Pipe(driver, id, $"user{i % 7}", i % 2 == 0 ? "buy" : "view", 100 + (i / 7));
                if (i % 50 == 0)
                {
                    driver.Commit();
                }
            }
        }

        await Commits(0, 700);
        long before = driver.AllocatedBytes;
        await Commits(700, 7_000);
        Assert.True(before > 0, "sessions themselves take memory");
        Assert.Equal(before, driver.AllocatedBytes);
        Assert.Equal(14, driver.Task.Stores.Sum(s => s.Count));
    }

    [Fact]
    public async Task State_survives_a_crash_through_the_changelog()
    {
        (TopologyTestDriver driver, int id) = await Start();
        await Pipe(driver, id, "ann", "view", 100);
        await Pipe(driver, id, "ann", "buy", 105);
        driver.Commit();
        await Pipe(driver, id, "ann", "exit", 110);
        driver.CrashAndRestore();
        Assert.Equal(TaskState.Running, driver.Task.State);
        await Pipe(driver, id, "ann", "exit", 112);
        await Pipe(driver, id, "zoe", "view", 300);
        driver.Commit();
        Assert.Contains("all: ann 112 100 112 12 view 3", driver.Output.Select(Describe));
    }
}
