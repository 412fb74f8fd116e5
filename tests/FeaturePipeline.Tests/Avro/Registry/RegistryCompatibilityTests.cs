using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Registry;

/// <summary>Whether a schema may be registered, and why not: Confluent's client says yes or no, and compares with the latest version alone.</summary>
public class RegistryCompatibilityTests
{
    private const string Mismatch = "TYPE_MISMATCH at /: the reader has string, the writer int (the new schema reading version 3)";
    private static readonly AvroSchema Text = AvroSchema.Parse("\"string\"");

    [Theory]
    [InlineData(40401)]
    [InlineData(40402)]
    public async Task A_subject_without_versions_takes_every_schema(int code)
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(404, $$"""{"error_code":{{code}},"message":"not found"}"""));
        using var registry = Registry(server);
        Assert.Empty(await registry.TestAsync("a", Text));
        Assert.Empty(await new MockSchemaRegistry().TestAsync("a", Text));
    }

    [Fact]
    public async Task A_404_of_a_wrong_path_is_not_taken_for_a_subject_without_versions()
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(404, "<html>nothing here</html>", "text/html"));
        using var registry = Registry(server);
        var fault = await Assert.ThrowsAsync<SchemaRegistryException>(() => registry.TestAsync("a", Text));
        Assert.Contains("base path", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("BACKWARD", Mismatch)]
    [InlineData("FULL", Mismatch)]
    [InlineData("NONE", Mismatch)] // what Apicurio says of a subject without a level of its own
    [InlineData(null, Mismatch)] // may not be asked
    [InlineData("FORWARD", "TYPE_MISMATCH at /: the reader has int, the writer string (read by version 3)")]
    public async Task A_refusal_without_a_reason_is_explained_by_the_local_checker(string? level, string reason)
    {
        await using var server = new ScriptedServer(request => request.Target switch
        {
            "/compatibility/subjects/a/versions/latest" => new(200, """{"is_compatible":false}"""),
            "/config/a" when level is null => new(403, """{"error_code":40301,"message":"denied"}"""),
            "/config/a" => new(200, $$"""{"compatibilityLevel":"{{level}}"}"""),
            "/subjects/a/versions" => new(200, "[3]"),
            "/subjects/a/versions/3?deleted=False" => new(200, """{"subject":"a","version":3,"id":5,"schema":"\"int\""}"""),
            _ => new(404),
        });
        using var registry = Registry(server);
        Assert.Equal(reason, (await registry.TestAsync("a", Text))[0]);
    }

    [Fact]
    public async Task A_refusal_that_the_local_checker_does_not_understand_stays_one()
    {
        await using var server = new ScriptedServer(request => request.Target switch
        {
            "/compatibility/subjects/a/versions/latest" => new(200, """{"is_compatible":false}"""),
            "/config" => new(200, """{"compatibilityLevel":"BACKWARD"}"""),
            "/subjects/a/versions" => new(200, "[1]"),
            "/subjects/a/versions/1?deleted=False" => new(200, """{"subject":"a","version":1,"id":5,"schema":"\"string\""}"""),
            _ => new(404, """{"error_code":40408,"message":"no level of its own"}"""),
        });
        using var registry = Registry(server);
        Assert.Equal(["the registry gives no reason"], await registry.TestAsync("a", Text));
    }

    [Theory]
    [InlineData(Compatibility.BackwardTransitive, false)]
    [InlineData(Compatibility.FullTransitive, false)]
    [InlineData(Compatibility.Backward, true)]
    [InlineData(Compatibility.None, true)]
    public async Task A_transitive_level_is_judged_by_all_versions_as_registration_does(Compatibility level, bool isTaken)
    {
        using var registry = new MockSchemaRegistry();
        await registry.UpdateCompatibilityAsync(level, "a");
        await registry.RegisterSchemaAsync("a", new Schema(Record("""{"name":"x","type":"int","default":0}"""), SchemaType.Avro));
        await registry.RegisterSchemaAsync("a", new Schema(Record(""), SchemaType.Avro));
        AvroSchema candidate = AvroSchema.Parse(Record("""{"name":"x","type":"string","default":""}"""));
        Assert.True(await registry.IsCompatibleAsync("a", candidate.ToString()));

        IReadOnlyList<string> reasons = await registry.TestAsync("a", candidate);
        Assert.Equal(isTaken, reasons.Count == 0);
        Assert.All(reasons, static reason => Assert.Contains("version 1", reason, StringComparison.Ordinal));
        if (!isTaken)
        {
            var schema = new Schema(candidate.ToString(), SchemaType.Avro);
            Assert.True((await Assert.ThrowsAsync<SchemaRegistryException>(() => registry.RegisterSchemaAsync("a", schema))).IsIncompatible());
        }
    }

    private static string Record(string fields) => $$"""{"type":"record","name":"R","fields":[{{fields}}]}""";

    private static ISchemaRegistryClient Registry(ScriptedServer server) => SchemaRegistries.Create(new SchemaRegistryOptions { Url = server.Url });
}
