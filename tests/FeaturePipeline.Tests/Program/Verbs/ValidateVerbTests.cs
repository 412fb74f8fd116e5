using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Features.Events;
using FeaturePipeline.Tests.Avro.Registry;

namespace FeaturePipeline.Tests.Program.Verbs;

/// <summary>What <c>validate</c> says of schemas. Every incompatibility is a line with its place in both schemas, and the exit code 2.</summary>
public sealed class ValidateVerbTests : IDisposable
{
    private const string Extra = """, { "name": "country", "type": "string" } ]""";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("validate");
    private readonly string _registry = Guid.NewGuid().ToString("N");

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        MockSchemaRegistry.Drop(_registry);
    }

    [Fact]
    public async Task A_reader_schema_that_can_not_read_the_built_in_events_is_listed_with_the_places()
    {
        string reader = Write("reader.avsc", UserEventSchema.Json.Replace("\n  ]", Extra, StringComparison.Ordinal)
            .Replace("""["null", "string"]""", """["null", "long"]""", StringComparison.Ordinal));
        string[] errors = await RefusalsAsync("--set", $"Source:Schema={reader}");
        Assert.All(errors, line => Assert.StartsWith($"error: Source:Schema = '{reader}': can't read what the built-in com.company.events.UserEvent", line, StringComparison.Ordinal));
        Assert.Contains(errors, line => line.Contains("MISSING_UNION_BRANCH at /fields/3/type (writer: /fields/3/type/1): no branch of the reader's union reads string", StringComparison.Ordinal));
        Assert.Contains(errors, line => line.Contains("READER_FIELD_MISSING_DEFAULT_VALUE at /fields/4 (writer: /)", StringComparison.Ordinal) && line.Contains("'country'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_schema_of_those_who_write_comes_before_the_built_in_one()
    {
        string reader = Write("reader.avsc", "/* what is read */" + UserEventSchema.Json.Replace("\n  ]", Extra, StringComparison.Ordinal));
        string writer = Write("writer.avsc", "// what the app writes\n" + UserEventSchema.Json.Replace("\n  ]", Extra, StringComparison.Ordinal));
        Assert.Equal(0, (await CommandLineTests.RunAsync("validate", "--set", $"Source:Schema={reader}", "--against", writer)).Code);

        string[] errors = await RefusalsAsync("--set", $"Source:Schema={reader}", "--against", writer, "--against", Write("old.avsc", UserEventSchema.Json), "--against", "none.avsc");
        Assert.Equal(2, errors.Length);
        Assert.Contains("old.avsc' writes: READER_FIELD_MISSING_DEFAULT_VALUE", errors[0], StringComparison.Ordinal);
        Assert.Contains("--against = 'none.avsc'", errors[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_of_schemas_may_have_comments_and_the_writers_the_names_that_Java_takes()
    {
        string commented = "// read here\n" + UserEventSchema.Json.Replace("\n  ]", " /* no more */ ]", StringComparison.Ordinal);
        string reader = Write("commented.avsc", commented);
        string writer = Write("theirs.avsc", commented.Replace("com.company", "my-company", StringComparison.Ordinal));
        Assert.Equal((0, ""), await OutcomeAsync("--set", $"Source:Schema={reader}"));
        Assert.Equal((0, ""), await OutcomeAsync("--set", $"Source:Schema={reader}", "--against", writer));
        Assert.Equal((0, ""), await OutcomeAsync("--set", $"Source:Schema={writer}", "--against", writer));

        async Task<(int Code, string Error)> OutcomeAsync(params string[] args)
        {
            (int code, _, string error) = await CommandLineTests.RunAsync(["validate", .. args]);
            return (code, error);
        }
    }

    [Fact]
    public async Task Optional_fields_whose_times_no_feature_reads_may_count_in_other_units()
    {
        string reader = Write("reader.avsc", UserEventSchema.Json.Replace("\n  ]", Time("millis"), StringComparison.Ordinal));
        string writer = Write("writer.avsc", UserEventSchema.Json.Replace("\n  ]", Time("micros"), StringComparison.Ordinal));
        Assert.Equal(0, (await CommandLineTests.RunAsync("validate", "--set", $"Source:Schema={reader}", "--against", writer)).Code);

        static string Time(string unit) =>
            $$""", { "name": "seen", "type": ["null", { "type": "long", "logicalType": "timestamp-{{unit}}" }] } ]""";
    }

    [Fact]
    public async Task A_reader_schema_that_evolves_compatibly_or_is_of_another_record_is_valid()
    {
        string wider = Write("wider.avsc", UserEventSchema.Json.Replace(
            "\n  ]", """, { "name": "country", "type": "string", "default": "CH" } ]""", StringComparison.Ordinal));
        Assert.Equal(0, (await CommandLineTests.RunAsync("validate", "--set", $"Source:Schema={wider}")).Code);
        string others = Write("others.avsc", UserEventSchema.Json.Replace("UserEvent", "Click", StringComparison.Ordinal).Replace("\n  ]", Extra, StringComparison.Ordinal));
        Assert.Equal(0, (await CommandLineTests.RunAsync("validate", "--set", $"Source:Schema={others}")).Code);
    }

    [Fact]
    public async Task Online_the_latest_version_of_the_sources_subject_must_be_readable()
    {
        using ISchemaRegistryClient registry = MockSchemaRegistry.Shared(_registry);
        await registry.RegisterSchemaWithResponseAsync("user-events-value", new Schema(UserEventSchema.Json.Replace(
            """{ "name": "user_id", "type": "string" }""", """{ "name": "user", "type": "string", "default": "" }""", StringComparison.Ordinal), SchemaType.Avro));
        string[] errors = await RefusalsAsync("--online", "--set", "Kafka:BootstrapServers=embedded");
        string line = Assert.Single(errors, static line => line.Contains("Source:Schema", StringComparison.Ordinal));
        Assert.Contains("can't read what version 1 of subject 'user-events-value' writes: READER_FIELD_MISSING_DEFAULT_VALUE at /fields/0", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Online_a_view_whose_schema_may_not_be_registered_is_listed_with_every_reason()
    {
        using ISchemaRegistryClient registry = MockSchemaRegistry.Shared(_registry);
        await registry.UpdateCompatibilityAsync(Compatibility.Full);
        await registry.RegisterSchemaWithResponseAsync("user-session-features-value", new Schema(
            """{"type":"record","name":"UserSessions","namespace":"com.company.features","fields":[{"name":"user_id","type":"long"},{"name":"gone","type":"int"}]}""", SchemaType.Avro));
        string[] errors = await RefusalsAsync("--online", "--set", "Kafka:BootstrapServers=embedded");
        Assert.Contains(errors, static line => line.Contains("FeatureViews:user_sessions", StringComparison.Ordinal) && line.Contains("TYPE_MISMATCH at /fields/0/type", StringComparison.Ordinal));
        Assert.Contains(errors, static line => line.Contains("'gone'", StringComparison.Ordinal) && line.Contains("read by version 1", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("schema.registry.max.retries", "many", "'many' is no whole number")]
    [InlineData("MaxRetries", "0", "at least 1")]
    [InlineData("schema.registry.bearer.auth.credentials.source", "OAUTHBEARER", "must be specified")]
    [InlineData("schema.registry.ssl.certificate.location", "a.pem", "the nearest one is 'schema.registry.ssl.ca.location'")]
    [InlineData("schema.registry.basic.auth.user.info", "hunter2", "must be of the form 'username:password'")]
    public async Task What_the_registrys_client_refuses_is_a_mistake_of_the_configuration(string name, string value, string said)
    {
        string[] errors = await RefusalsAsync("--set", "SchemaRegistry:Url=http://localhost:1", "--set", $"SchemaRegistry:Client:{name}={value}");
        string line = Assert.Single(errors);
        Assert.Contains("SchemaRegistry:Client", line, StringComparison.Ordinal);
        Assert.Contains(said, line, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Online_a_registry_that_is_away_is_one_line()
    {
        var server = new ScriptedServer(ScriptedAnswer.HangUp);
        string url = server.Url;
        await server.DisposeAsync();
        string[] errors = await RefusalsAsync("--online", "--set", "Kafka:BootstrapServers=embedded", "--set", $"SchemaRegistry:Url={url}");
        Assert.Contains("can't be reached", Assert.Single(errors, static line => line.Contains("SchemaRegistry:Url", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    private async Task<string[]> RefusalsAsync(params string[] args)
    {
        (int code, string output, string error) = await CommandLineTests.RunAsync(["validate", "--set", $"SchemaRegistry:Url=mock://{_registry}", .. args]);
        Assert.Equal(2, code);
        Assert.Empty(output);
        string[] lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, static line => Assert.StartsWith("error: ", line, StringComparison.Ordinal));
        return lines;
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }
}
