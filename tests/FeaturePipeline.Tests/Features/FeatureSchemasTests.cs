using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Features;
using FeaturePipeline.Features.Definitions;
using FeaturePipeline.Streams.Errors;
using FeaturePipeline.Streams.Topology;
using FeaturePipeline.Tests.Features.Definitions;

namespace FeaturePipeline.Tests.Features;

public sealed class FeatureSchemasTests
{
    private readonly MockSchemaRegistry _registry = new();

    private static FeaturePlan Plan(string features) =>
        FeatureViewCompilerTests.Plan($$$"""{"v":{"Topic":"t","Entity":"user_id","Window":{"Type":"Session"},"Features":{{{features}}}}}""");

    private Task<IReadOnlyDictionary<string, int>> Register(string features) => FeatureSchemas.RegisterAsync(Plan(features).Views, _registry);

    [Fact]
    public async Task The_schema_is_registered_under_the_topics_value_subject_once()
    {
        int id = (await Register("""{"n":{"Function":"count"}}"""))["v"];
        Assert.Equal(id, (await Register("""{"n":{"Function":"count"}}"""))["v"]);
        RegisteredSchema registered = await _registry.GetLatestSchemaAsync("t-value");
        Assert.Equal((id, 1), (registered.Id, registered.Version));
        Assert.Contains("\"name\":\"n\"", registered.SchemaString, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Adding_and_removing_features_is_a_compatible_change()
    {
        await Register("""{"n":{"Function":"count"},"first":{"Function":"first","Of":"event_type"}}""");
        await Register("""{"n":{"Function":"count"},"first":{"Function":"first","Of":"event_type"},"rate":{"Function":"ratio","Of":"n","To":"n"},"m":{"Function":"count"}}""");
        await Register("""{"n":{"Function":"count"}}""");
        Assert.Equal(3, (await _registry.GetLatestSchemaAsync("t-value")).Version);
    }

    [Fact]
    public async Task A_feature_that_changes_its_type_stops_the_start_with_reason_and_remedy()
    {
        await Register("""{"f":{"Function":"first","Of":"event_type"}}""");
        StreamsException e = await Assert.ThrowsAsync<StreamsException>(() => Register("""{"f":{"Function":"first","Of":"timestamp"}}"""));
        Assert.Contains("View 'v'", e.Message, StringComparison.Ordinal);
        Assert.Contains("subject 't-value'", e.Message, StringComparison.Ordinal);
        Assert.Contains("FeatureViews:v:Topic", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_registry_that_is_away_is_no_refusal()
    {
        _registry.IsAway = true;
        Assert.True((await Assert.ThrowsAsync<HttpRequestException>(() => Register("""{"n":{"Function":"count"}}"""))).IsRetriable());
    }

    [Fact]
    public void The_graph_is_described_without_a_registry()
    {
        TopologyDescription description = FeatureTopology.Describe(FeatureViewCompilerTests.Plan(FeatureViewCompilerTests.UserSessions));
        Assert.Equal(["user-events-source", "user_sessions", "user_sessions-sink"], description.Nodes.Select(n => n.Name));
        Assert.Equal(["user-events", null, "user-session-features"], description.Nodes.Select(n => n.Topic));
    }
}
