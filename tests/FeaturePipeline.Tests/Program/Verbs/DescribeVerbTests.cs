using System.Text.Json;

namespace FeaturePipeline.Tests.Program.Verbs;

public class DescribeVerbTests
{
    [Fact]
    public async Task Text_has_the_form_of_Kafka_Streams_and_every_topic()
    {
        string text = await DescribeAsync("--format", "text");

        Assert.StartsWith("Topologies:\n   Sub-topology: 0\n", text, StringComparison.Ordinal);
        Assert.All(
            ["user-events", "user-session-features", "ml-feature-pipeline-user_sessions-changelog", "user-events-dlq"],
            topic => Assert.Contains(topic, text, StringComparison.Ordinal));
        Assert.Contains("gap 30m, grace 5m", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mermaid_is_a_flow_chart_whose_arrows_lead_to_declared_nodes()
    {
        string[] lines = (await DescribeAsync("--format", "mermaid")).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal("flowchart LR", lines[0]);
        string[] declared = [.. lines.Where(line => line.Contains('[', StringComparison.Ordinal)).Select(line => line.Trim().Split('[')[0])];
        string[] ends = [.. lines.Where(line => line.Contains("> ", StringComparison.Ordinal)).SelectMany(line => new[] { line.Trim().Split(' ')[0], line.Trim().Split(' ')[^1] })];
        Assert.NotEmpty(ends);
        Assert.All(ends, end => Assert.Contains(end, declared));
    }

    [Fact]
    public async Task Json_holds_nodes_topics_stores_and_the_schema_of_each_view()
    {
        using var document = JsonDocument.Parse(await DescribeAsync("--format", "json"));

        Assert.Equal(3, document.RootElement.GetProperty("nodes").GetArrayLength());
        Assert.Equal("user_sessions", document.RootElement.GetProperty("stores")[0].GetProperty("name").GetString());
        JsonElement view = document.RootElement.GetProperty("views")[0];
        Assert.Equal("com.company.features", view.GetProperty("schema").GetProperty("namespace").GetString());
    }

    [Fact]
    public async Task Schema_prints_nothing_but_the_views_schema()
    {
        using var schema = JsonDocument.Parse(await DescribeAsync("--schema", "user_sessions"));

        Assert.Equal("UserSessions", schema.RootElement.GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_misspelt_view_is_bad_usage_and_the_nearest_one_is_named()
    {
        (int code, _, string error) = await CommandLineTests.RunAsync("describe", "--schema", "user_session");

        Assert.Equal(2, code);
        Assert.Contains("did you mean 'user_sessions'?", error, StringComparison.Ordinal);
    }

    private static async Task<string> DescribeAsync(params string[] args)
    {
        (int code, string output, string error) = await CommandLineTests.RunAsync(["describe", .. args]);
        Assert.True(code == 0, error);
        return output.ReplaceLineEndings("\n");
    }
}
