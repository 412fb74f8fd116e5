using System.Globalization;
using System.Text.Json;
using FeaturePipeline.Streams.Topology;
using FeaturePipeline.Tests.Simulation;

namespace FeaturePipeline.Tests.Streams.Processors;

/// <summary>Session windows as Kafka Streams computes them: tests/vectors/windows/sessions-final.jsonl, through the TopologyTestDriver.</summary>
public sealed class SessionWindowVectorTests
{
    private const string File = "sessions-final.jsonl";

    public static TheoryData<string> Cases => WindowVectors.Ids(File);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Finals_late_events_and_stream_time_are_as_the_vector_says(string id) =>
        Check(WindowVectors.Case(File, id), static (_, _) => false);

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_commit_after_every_event_changes_nothing(string id) =>
        Check(WindowVectors.Case(File, id), static (driver, _) =>
        {
            driver.Commit();
            return false;
        });

    [Theory]
    [MemberData(nameof(Cases))]
    public void Aborts_and_crashes_in_between_change_nothing(string id) =>
        Check(WindowVectors.Case(File, id), static (driver, random) =>
        {
            switch (random.Next(6))
            {
                case 0:
                    driver.Commit();
                    return false;
                case 1:
                    driver.Rollback();
                    return true;
                case 2:
                    driver.CrashAndRestore();
                    return true;
                default:
                    return false;
            }
        });

    [Fact]
    public void The_file_of_cases_is_there() => Assert.NotEmpty(Cases);

    // The disturbance runs after each arrival and says whether it moved the position back.
    private static void Check(JsonElement vector, Func<TopologyTestDriver, Random, bool> disturb)
    {
        JsonElement config = vector.GetProperty("config");
        TopologyTestDriver driver = new(TextTopology.Sessions(
            config.GetProperty("gap_ms").GetInt64(), config.GetProperty("grace_ms").GetInt64()));
        JsonElement[] arrivals = [.. vector.GetProperty("arrivals").EnumerateArray()];
        Random random = new(vector.GetProperty("id").GetString()!.Sum(c => c));
        bool wasMovedBack = false;
        int budget = arrivals.Length * 20;
        for (long i = 0; i < arrivals.Length; i = driver.Task.Position)
        {
            JsonElement arrival = arrivals[i];
            driver.Pipe(arrival[0].GetString(), arrival[1].GetString()!, arrival[2].GetInt64());
            if (budget-- > 0)
            {
                wasMovedBack |= disturb(driver, random);
            }
        }

        JsonElement expected = vector.GetProperty("expected");
        Assert.Equal(expected.GetProperty("finals").EnumerateArray().Select(Final), Results(driver));
        string[] late = [.. driver.Output.Where(r => r.Topic == "late").Select(r => r.Header("dlq.offset")!)];
        Assert.Equal(expected.GetProperty("late").EnumerateArray().Select(l => l.GetInt32().ToString(CultureInfo.InvariantCulture)), late);
        Assert.Equal(expected.GetProperty("null_key_count").GetInt32(), driver.Output.Count(r => r.Header("dlq.reason") == "null_key"));
        Assert.Equal(expected.GetProperty("stream_time").GetInt64(), driver.Task.StreamTimeMs);
        Assert.Equal(expected.GetProperty("open").GetArrayLength(), driver.Task.Stores[0].Count);
        if (!wasMovedBack)
        {
            Assert.Equal(expected.GetProperty("late_count").GetInt64(), driver.Task.DroppedCount(DropReason.Late));
        }
    }

    private static IEnumerable<string> Results(TopologyTestDriver driver) =>
        driver.Output.Where(r => r.Topic == TextTopology.SinkTopic).Select(r => TextTopology.Parse(r.Value).ToString());

    private static string Final(JsonElement final) => new TextResult(
        final.GetProperty("key").GetString()!,
        final.GetProperty("start").GetInt64(),
        final.GetProperty("end").GetInt64(),
        final.GetProperty("count").GetInt64(),
        final.GetProperty("min_ts").GetInt64(),
        final.GetProperty("max_ts").GetInt64(),
        final.GetProperty("types").EnumerateObject().ToDictionary(t => t.Name, t => t.Value.GetInt64(), StringComparer.Ordinal)).ToString();
}
