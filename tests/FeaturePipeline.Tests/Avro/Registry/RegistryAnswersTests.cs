using System.Text;
using Confluent.Kafka;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Registry;

/// <summary>Which answers are a registry's, and what those that are not become: only a registry may say that a schema is not there.</summary>
public class RegistryAnswersTests
{
    private static readonly ScriptedAnswer Found = new(200, """{"schema":"\"int\"","id":7,"version":1,"subject":"s"}""");

    /// <summary>404 of gateways and of a registry's own server at a wrong path.</summary>
    public static TheoryData<string> NobodysNotFound { get; } =
    [
        "<html>nginx</html>",
        "",
        "[]",
        """{"message":"no Route matched with those values"}""",
        """{"timestamp":"2026-01-31T08:00:00Z","status":404,"error":"Not Found","path":"/schemas/ids/7"}""",
        """{"error_code":404,"message":"HTTP 404 Not Found"}""",
        """{"error_code":null,"message":"?"}""",
        """{"error_code":0,"message":"?"}""",
        """{"error_code":"none","message":"?"}""",
    ];

    [Theory]
    [MemberData(nameof(NobodysNotFound))]
    public async Task A_404_without_the_protocols_code_says_nothing_of_a_schema(string body)
    {
        await using var wrong = new ScriptedServer(new ScriptedAnswer(404, body));
        await using var right = new ScriptedServer(Found);
        using var both = Registry($"{wrong.Url},{right.Url}");
        Assert.Equal("\"int\"", (await both.GetSchemaAsync(7)).SchemaString);

        using var alone = Registry(wrong.Url);
        using var bare = new CachedSchemaRegistryClient(new SchemaRegistryConfig { Url = wrong.Url });
        foreach (ISchemaRegistryClient registry in (ISchemaRegistryClient[])[alone, bare])
        {
            var fault = await Assert.ThrowsAsync<SchemaRegistryException>(() => registry.GetSchemaAsync(7));
            Assert.False(fault.IsNotFound());
            var cache = new SchemaCache<string>(registry, null, static schema => schema.Text, TimeProvider.System);
            Assert.Equal(SchemaStatus.Pending, await cache.FindAsync(7));
            Assert.Equal(SchemaStatus.Unknown, await cache.FindAsync(Guid.NewGuid())); // Apicurio has no such path
        }

        var said = await Assert.ThrowsAsync<SchemaRegistryException>(() => alone.GetSchemaAsync(7));
        Assert.False(said.IsRetriable());
        Assert.Contains("Check SchemaRegistry:Url; a base path such as /apis/ccompat/v7 may be missing.", said.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(40401)]
    [InlineData(40402)]
    [InlineData(40403)]
    [InlineData(40408)]
    public async Task A_404_with_the_protocols_code_is_believed(int code)
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(404, $$"""{"error_code":{{code}},"message":"no"}"""));
        using var registry = Registry(server.Url);
        var fault = await Assert.ThrowsAsync<SchemaRegistryException>(() => registry.GetSchemaAsync(7));
        Assert.Equal((code, true, false), (fault.ErrorCode, fault.IsNotFound(), fault.IsRetriable()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"id\":0,")]
    [InlineData("\"id\":-5,")]
    public async Task A_version_without_an_id_is_no_answer_and_nothing_is_written_with_it(string id)
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(200, "{\"schema\":\"\\\"string\\\"\"," + id + "\"version\":1,\"subject\":\"s-value\"}"));
        using var registry = Registry(server.Url);
        await Assert.ThrowsAsync<HttpRequestException>(() => registry.GetRegisteredSchemaAsync("s-value", 1));
        await Assert.ThrowsAsync<HttpRequestException>(() => registry.GetLatestSchemaAsync("s-value"));
        await Assert.ThrowsAsync<HttpRequestException>(() => registry.GetLatestWithMetadataAsync("s-value", new Dictionary<string, string> { ["a"] = "b" }, ignoreDeletedSchemas: true));
        var serializer = new AvroSerializer<string>(
            registry, new AvroSerializerConfig { UseLatestVersion = true, AutoRegisterSchemas = false, SubjectNameStrategy = SubjectNameStrategy.Topic });
        await Assert.ThrowsAsync<HttpRequestException>(() => serializer.SerializeAsync("A", new SerializationContext(MessageComponentType.Value, "s", [])));
    }

    [Theory]
    [InlineData(404, 40403, "half a pair: \\ud800", "utf-8")]
    [InlineData(404, 40403, "halves in the wrong order: \\udc00\\ud800", "utf-8")]
    [InlineData(404, 40403, "not UTF-8: ÿþ", "latin1")]
    [InlineData(409, 409, "half a pair: \\ud800", "utf-8")]
    [InlineData(422, 42201, "not UTF-8: ÿþ", "latin1")]
    [InlineData(403, 40301, "half a pair: \\udfff", "utf-8")]
    public async Task A_refusal_whose_text_is_not_valid_is_the_refusal_that_it_is(int status, int code, string message, string encoding)
    {
        var answer = new ScriptedAnswer(status, $$"""{"error_code":{{code}},"message":"{{message}}"}""") { Encoding = Encoding.GetEncoding(encoding) };
        await using var server = new ScriptedServer(answer);
        using var registry = Registry(server.Url);
        var fault = await Assert.ThrowsAsync<SchemaRegistryException>(() => registry.GetSchemaAsync(7));
        Assert.Equal((status, code, false), ((int)fault.Status, fault.ErrorCode, fault.IsRetriable()));
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData(401, "SchemaRegistry:BasicAuthUserInfo")]
    [InlineData(403, "SchemaRegistry:BasicAuthUserInfo")]
    [InlineData(409, "Make the schema compatible")]
    [InlineData(422, "Correct the schema")]
    public async Task A_refusal_is_final_and_says_what_to_do_also_where_a_proxy_wrote_its_page(int status, string remedy)
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(status, "<html>no</html>", "text/html"));
        await using var other = new ScriptedServer(Found);
        using var registry = Registry($"{server.Url},{other.Url}");
        var fault = await Assert.ThrowsAsync<SchemaRegistryException>(() => registry.GetSchemaAsync(7));
        Assert.Equal((status, false, false), ((int)fault.Status, fault.IsRetriable(), fault.IsNotFound()));
        Assert.Contains(remedy, fault.Message, StringComparison.Ordinal);
        Assert.Empty(other.Requests);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"schema":["int"]}""")]
    [InlineData("""{"schema":"\"int\"","references":[{"name":"a"}]}""")]
    [InlineData("""{"schema":"\"int\"","references":[null]}""")]
    [InlineData("""{"schema":"\"int\"","references":[{"name":"a","subject":"a","version":"first"}]}""")]
    public async Task What_is_not_the_protocol_is_a_clear_error(string body)
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(200, body));
        using var registry = Registry(server.Url);
        var fault = await Assert.ThrowsAsync<HttpRequestException>(() => registry.GetSchemaAsync(7));
        Assert.False(fault.IsRetriable() || fault.IsNotFound());
        Assert.Contains("not the registry's protocol", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"record","name":"R","doc":"\\ud800","fields":[]}""")]
    [InlineData("""{"type":"enum","name":"E","symbols":["\\ud800"]}""")]
    [InlineData("""{"type":"enum","name":"E","symbols":["\udc00"]}""")]
    public async Task A_schema_with_half_a_surrogate_pair_is_no_schema_and_no_fault_of_the_registry(string schema)
    {
        string body = $$"""{"schema":"{{schema.Replace("\"", "\\\"", StringComparison.Ordinal)}}"}""";
        await using var server = new ScriptedServer(new ScriptedAnswer(200, body));
        using var registry = Registry(server.Url);
        string text = (await registry.GetSchemaAsync(7)).SchemaString;
        Assert.Throws<AvroSchemaException>(() => AvroSchema.Parse(text));
        var cache = new SchemaCache<AvroSchema>(registry, null, static resolved => resolved.Parse(), TimeProvider.System);
        Assert.Equal(SchemaStatus.Incompatible, await cache.FindAsync(7));
        Assert.Null(cache.LastError);
    }

    [Theory]
    [InlineData(401, false, "401")]
    [InlineData(400, false, "400")]
    [InlineData(503, true, "503")]
    [InlineData(429, true, "429")]
    [InlineData(200, true, "")]
    [InlineData(0, true, "")]
    public async Task A_token_that_is_not_given_is_the_identity_providers_fault_and_is_told_as_such(int status, bool mayPass, string said)
    {
        await using var identity = new ScriptedServer(new ScriptedAnswer(status, "<html>", "text/html"));
        await using var server = new ScriptedServer(Found);
        using var registry = SchemaRegistries.Create(new SchemaRegistryOptions
        {
            Url = server.Url,
            Client = new Dictionary<string, string>(ScriptedServer.FastRetries)
            {
                ["schema.registry.bearer.auth.credentials.source"] = "OAUTHBEARER",
                ["schema.registry.bearer.auth.client.id"] = "me",
                ["schema.registry.bearer.auth.client.secret"] = "s3cret",
                ["schema.registry.bearer.auth.scope"] = "schemas",
                ["schema.registry.bearer.auth.token.endpoint.url"] = identity.Url + "/token",
                ["schema.registry.bearer.auth.logical.cluster"] = "lsrc-1",
                ["schema.registry.bearer.auth.identity.pool.id"] = "pool-1",
            },
        });
        var fault = await Assert.ThrowsAnyAsync<HttpRequestException>(() => registry.GetSchemaAsync(1));
        Assert.Equal(mayPass, fault.IsRetriable());
        Assert.Contains($"{server.Url} was not asked: the identity provider gave no token", fault.Message, StringComparison.Ordinal);
        Assert.Contains(said, fault.Message, StringComparison.Ordinal);
        Assert.Contains("Check schema.registry.bearer.auth.* under SchemaRegistry:Client", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", fault.ToString(), StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    private static ISchemaRegistryClient Registry(string urls) =>
        SchemaRegistries.Create(new SchemaRegistryOptions { Url = urls, Client = ScriptedServer.FastRetries });
}
