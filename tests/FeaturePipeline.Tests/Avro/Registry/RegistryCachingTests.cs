using FeaturePipeline.Avro.Registry;

namespace FeaturePipeline.Tests.Avro.Registry;

public class RegistryCachingTests
{
    private static readonly ScriptedAnswer Found = new(200, """{"schema":"\"int\""}""");
    private static readonly ScriptedAnswer NotFound = new(404, """{"error_code":40403,"message":"Schema not found"}""");

    [Fact]
    public async Task A_caller_that_gives_up_takes_nothing_from_the_others_and_makes_no_second_request()
    {
        using var answer = new ManualResetEventSlim();
        await using var server = new ScriptedServer(_ =>
        {
            answer.Wait();
            return Found;
        });
        using var registry = Registry(server.Url);
        using var patience = new CancellationTokenSource();
        var impatient = registry.GetByIdAsync(7, patience.Token);
        var patient = registry.GetByIdAsync(7);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        var late = registry.GetByIdAsync(7);
        answer.Set();
        Assert.Equal("\"int\"", (await patient).Text);
        Assert.Equal("\"int\"", (await late).Text);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(401)]
    [InlineData(200)]
    [InlineData(404)]
    public async Task A_failure_is_not_kept(int status)
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(status, "no"), Found);
        using var registry = Registry(server.Url, options => options.MaxTries = 1);
        await Assert.ThrowsAsync<SchemaRegistryException>(() => registry.GetByIdAsync(7));
        Assert.Equal("\"int\"", (await registry.GetByIdAsync(7)).Text);
        await registry.GetByIdAsync(7);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task Failed_registrations_are_not_kept_and_good_ones_are()
    {
        await using var server = new ScriptedServer(
            new ScriptedAnswer(409, """{"error_code":409,"message":"incompatible"}"""), new ScriptedAnswer(200, """{"id":3}"""));
        using var registry = Registry(server.Url);
        await Assert.ThrowsAsync<SchemaRegistryException>(() => registry.RegisterAsync("s", new SchemaDefinition("\"int\"")));
        Assert.Equal(3, (await registry.RegisterAsync("s", new SchemaDefinition("\"int\""))).Id);
        Assert.Equal(3, (await registry.RegisterAsync("s", new SchemaDefinition("\"int\""))).Id);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task A_registration_ends_the_belief_in_a_lookup_that_found_nothing_and_so_does_one_that_comes_while_it_is_under_way()
    {
        var asked = new TaskCompletionSource();
        using var answer = new ManualResetEventSlim();
        var registered = false;
        await using var server = new ScriptedServer(request =>
        {
            if (request.Target == "/subjects/s/versions")
            {
                registered = true;
                return new(200, """{"id":7}""");
            }

            if (registered)
            {
                return new(200, """{"id":7,"subject":"s","version":1,"schema":"\"int\""}""");
            }

            asked.SetResult();
            answer.Wait();
            return NotFound;
        });
        using var registry = Registry(server.Url);
        var early = registry.LookupAsync("s", new SchemaDefinition("\"int\""));
        await asked.Task;
        await registry.RegisterAsync("s", new SchemaDefinition("\"int\""));
        answer.Set();
        Assert.True((await Assert.ThrowsAsync<SchemaRegistryException>(() => early)).IsNotFound);
        Assert.Equal(7, (await registry.LookupAsync("s", new SchemaDefinition("\"int\""))).Id);
    }

    [Fact]
    public async Task A_deletion_ends_what_is_known_of_the_subject_but_not_what_its_ids_mean()
    {
        await using var server = new ScriptedServer(request => (request.Method, request.Target) switch
        {
            ("POST", "/subjects/s/versions") => new(200, """{"id":7}"""),
            ("GET", "/subjects/s/versions/1") => new(200, """{"id":7,"subject":"s","version":1,"schema":"\"int\""}"""),
            ("GET", "/schemas/ids/7") => Found,
            ("DELETE", "/subjects/s?permanent=true" or "/subjects/s") => new(200, "[1]"),
            ("DELETE", "/subjects/s/versions/1?permanent=true" or "/subjects/s/versions/1") => new(200, "1"),
            _ => NotFound,
        });
        using var registry = Registry(server.Url);
        await AskAsync();
        await AskAsync();
        Assert.Equal(3, server.Requests.Count);
        Assert.Equal([1], await registry.DeleteSubjectAsync("s"));
        await AskAsync();
        Assert.Equal(3 + 1 + 2, server.Requests.Count);
        Assert.Equal(1, await registry.DeleteVersionAsync("s", 1));
        Assert.Equal(1, await registry.DeleteVersionAsync("s", 1, permanently: true));
        Assert.Equal([1], await registry.DeleteSubjectAsync("s", permanently: true));
        await AskAsync();
        Assert.Equal(3 + 1 + 2 + 3 + 2, server.Requests.Count);

        async Task AskAsync()
        {
            await registry.RegisterAsync("s", new SchemaDefinition("\"int\""));
            await registry.GetVersionAsync("s", 1);
            await registry.GetByIdAsync(7);
        }
    }

    [Theory]
    [InlineData("""{"schema":"\"int\"","id":7,"version":1,"ruleSet":{"migrationRules":[{"name":"up"}]}}""", false)]
    [InlineData("""{"schema":"\"int\"","id":7,"version":1,"ruleSet":{"encodingRules":[{"name":"encrypt"}]}}""", false)]
    [InlineData("""{"schema":"\"int\"","id":7,"version":1,"ruleSet":[]}""", false)]
    [InlineData("""{"schema":"\"int\"","id":7,"version":1,"ruleSet":"something new"}""", false)]
    [InlineData("""{"schema":"\"int\"","id":7,"version":1,"ruleSet":null,"metadata":{"properties":{"owner":"me"},"tags":{"a":["PII"]}}}""", true)]
    public async Task Rules_are_refused_however_the_schema_was_found_and_metadata_alone_is_fine(string answer, bool isFine)
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(200, answer));
        using var registry = Registry(server.Url);
        Func<Task<RegisteredSchema>>[] ways =
        [
            () => registry.GetByIdAsync(7),
            () => registry.GetByGuidAsync(Guid.NewGuid()),
            () => registry.GetVersionAsync("s", 1),
            () => registry.GetLatestAsync("s"),
            () => registry.LookupAsync("s", new SchemaDefinition("\"int\"")),
            () => registry.RegisterAsync("s", new SchemaDefinition("\"int\"")),
        ];
        foreach (var way in ways)
        {
            if (isFine)
            {
                Assert.Equal("\"int\"", (await way()).Text);
            }
            else
            {
                Assert.Equal(SchemaRegistryException.Unsupported, (await Assert.ThrowsAsync<SchemaRegistryException>(way)).ErrorCode);
            }
        }
    }

    private static HttpSchemaRegistry Registry(string url, Action<SchemaRegistryOptions>? set = null)
    {
        var options = new SchemaRegistryOptions { Url = url, Timeout = TimeSpan.FromMinutes(10) };
        set?.Invoke(options);
        return new HttpSchemaRegistry(options, new FastTimeProvider());
    }
}
