using System.Text.Json;
using FeaturePipeline.Tests.Simulation;

namespace FeaturePipeline.Tests.Streams.Processors;

/// <summary>Events at most grace late give the same sessions in every order: tests/vectors/windows/permutations.jsonl, kind session.</summary>
public sealed class SessionPermutationVectorTests
{
    private const string File = "permutations.jsonl";

    public static TheoryData<string> Cases => new(WindowVectors.Ids(File).Select(row => row.Data)
        .Where(id => WindowVectors.Case(File, id).GetProperty("kind").GetString() == "session"));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_order_within_grace_gives_the_same_sessions(string id)
    {
        JsonElement vector = WindowVectors.Case(File, id);
        JsonElement config = vector.GetProperty("config");
        JsonElement[] arrivals = [.. vector.GetProperty("arrivals").EnumerateArray()];
        string[] expected = [.. vector.GetProperty("expected").GetProperty("finals_by_key_start").EnumerateArray().Select(Text).Order(StringComparer.Ordinal)];
        Assert.NotEmpty(expected);
        foreach (JsonElement order in vector.GetProperty("orders").EnumerateArray())
        {
            TopologyTestDriver driver = new(TextTopology.Sessions(
                config.GetProperty("gap_ms").GetInt64(), config.GetProperty("grace_ms").GetInt64()));
            foreach (JsonElement arrival in order.EnumerateArray().Select(i => arrivals[i.GetInt32()]).Append(vector.GetProperty("flush")))
            {
                driver.Pipe(arrival[0].GetString(), arrival[1].GetString()!, arrival[2].GetInt64());
            }

            string[] actual = [.. driver.Output.Where(r => r.Topic == TextTopology.SinkTopic)
                .Select(r => TextTopology.Parse(r.Value).ToString()).Order(StringComparer.Ordinal)];
            Assert.Equal(expected, actual);
            Assert.DoesNotContain(driver.Output, r => r.Topic == "late");
        }
    }

    [Fact]
    public void The_file_has_session_cases() => Assert.NotEmpty(Cases);

    private static string Text(JsonElement row) => new TextResult(
        row[0].GetString()!, row[1].GetInt64(), row[2].GetInt64(), row[3].GetInt64(), row[4].GetInt64(), row[5].GetInt64(),
        row[6].EnumerateObject().ToDictionary(t => t.Name, t => t.Value.GetInt64(), StringComparer.Ordinal)).ToString();
}
