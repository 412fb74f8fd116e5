using System.Diagnostics;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Registry;

namespace FeaturePipeline.Tests.Avro.Registry;

/// <summary>What Confluent's client does otherwise than one might expect. docs/SERDE.md lists it; a new version of the client may end it.</summary>
public class RegistryLimitsTests
{
    private static readonly ScriptedAnswer Found = new(200, """{"schema":"\"int\"","id":7,"version":1,"subject":"s"}""");

    [Fact]
    public async Task A_registry_that_says_when_to_come_back_is_not_heard()
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(503, RetryAfter: "30"), Found);
        using var registry = Registry(server.Url);
        long began = Stopwatch.GetTimestamp();
        await registry.GetSchemaAsync(7);
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(20));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public async Task The_number_of_retries_is_the_number_of_tries_at_each_address(int retries)
    {
        await using var one = new ScriptedServer(new ScriptedAnswer(503));
        await using var two = new ScriptedServer(new ScriptedAnswer(500));
        using var registry = Registry($"{one.Url},{two.Url}", ("schema.registry.max.retries", $"{retries}"));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => registry.GetSchemaAsync(7));
        Assert.Equal((retries, retries), (one.Requests.Count, two.Requests.Count));
    }

    [Fact]
    public async Task A_redirection_is_followed_but_the_credentials_are_not_sent_on()
    {
        await using var target = new ScriptedServer(Found);
        await using var server = new ScriptedServer(new ScriptedAnswer(302, Location: target.Url + "/schemas/ids/7"));
        using var registry = SchemaRegistries.Create(new SchemaRegistryOptions { Url = server.Url, BasicAuthUserInfo = "alice:s3cret" });
        await registry.GetSchemaAsync(7);
        Assert.Contains("Authorization", Assert.Single(server.Requests).Headers.Keys);
        Assert.DoesNotContain("Authorization", Assert.Single(target.Requests).Headers.Keys);
    }

    [Fact]
    public async Task Whoever_gives_up_leaves_the_request_to_the_others()
    {
        using var isOpen = new ManualResetEventSlim();
        await using var server = new ScriptedServer(_ =>
        {
            isOpen.Wait();
            return Found;
        });
        using var registry = Registry(server.Url);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => registry.GetSchemaAsync(7).WaitAsync(new CancellationToken(canceled: true)));
        Task<Schema> other = registry.GetSchemaAsync(7);
        isOpen.Set();
        Assert.Equal("\"int\"", (await other).SchemaString);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_version_that_is_softly_deleted_is_not_found_by_those_that_refer_to_it()
    {
        await using var server = new ScriptedServer(request => request.Target switch
        {
            "/schemas/ids/9" => new(200, """{"schema":"\"Cart\"","references":[{"name":"Line","subject":"line","version":1}]}"""),
            "/subjects/line/versions/1?deleted=True" => new(200, """{"id":8,"version":1,"subject":"line","schema":"\"Line\""}"""),
            _ => new(404, """{"error_code":40401,"message":"Subject not found"}"""),
        });
        using var registry = Registry(server.Url);
        var cache = new SchemaCache<string>(registry, null, static schema => schema.Text, TimeProvider.System);
        Assert.Equal(SchemaStatus.Unknown, await cache.FindAsync(9));
        Assert.Contains("Schema id 9: Version 1 of subject 'line'", cache.Explain(9), StringComparison.Ordinal);
    }

    private static ISchemaRegistryClient Registry(string urls, params (string Name, string Value)[] properties) => SchemaRegistries.Create(new SchemaRegistryOptions
    {
        Url = urls,
        Client = new Dictionary<string, string>([.. ScriptedServer.FastRetries, .. properties.Select(static one => KeyValuePair.Create(one.Name, one.Value))]),
    });
}
