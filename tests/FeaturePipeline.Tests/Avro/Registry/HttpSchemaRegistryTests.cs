using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas.Compatibility;

namespace FeaturePipeline.Tests.Avro.Registry;

public class HttpSchemaRegistryTests
{
    private const string Order = """{"type":"record","name":"Order","fields":[{"name":"id","type":"int"}]}""";
    private const string OrderAnswer = """{"schema":"{\"type\":\"record\",\"name\":\"Order\",\"fields\":[{\"name\":\"id\",\"type\":\"int\"}]}"}""";
    private static readonly ScriptedAnswer Found = new(200, OrderAnswer);
    private static readonly ScriptedAnswer NoSchema = new(404, """{"error_code":40403,"message":"Schema not found"}""");
    private readonly FastTimeProvider _time = new();

    [Fact]
    public async Task A_schema_is_asked_for_once_and_then_known()
    {
        await using var server = new ScriptedServer(Found);
        using var registry = Registry(server.Url);
        Assert.Equal((7, Order), ((await registry.GetByIdAsync(7)).Id, (await registry.GetByIdAsync(7)).Text));
        var request = Assert.Single(server.Requests);
        Assert.Equal(("GET", "/schemas/ids/7"), (request.Method, request.Target));
        Assert.StartsWith("application/vnd.schemaregistry.v1+json", request.Headers["Accept"], StringComparison.Ordinal);
        Assert.DoesNotContain("Authorization", request.Headers.Keys);
    }

    [Fact]
    public async Task Callers_at_the_same_time_share_one_request()
    {
        await using var server = new ScriptedServer(_ =>
        {
            Thread.Sleep(50);
            return Found;
        });
        using var registry = Registry(server.Url);
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => registry.GetByIdAsync(7)));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_base_path_in_the_address_is_kept()
    {
        await using var server = new ScriptedServer(Found);
        using var registry = Registry(server.Url + "/apis/ccompat/v7");
        await registry.GetByIdAsync(7);
        Assert.Equal("/apis/ccompat/v7/schemas/ids/7", Assert.Single(server.Requests).Target);
    }

    [Theory]
    [InlineData(408)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task A_passing_fault_is_tried_again_after_a_growing_wait(int status)
    {
        var fault = new ScriptedAnswer(status, """{"error_code":50001,"message":"Error in the backend data store"}""");
        await using var server = new ScriptedServer(fault, fault, Found);
        using var registry = Registry(server.Url);
        Assert.Equal(Order, (await registry.GetByIdAsync(7)).Text);
        Assert.Equal(3, server.Requests.Count);
        var waits = _time.Asked.Where(due => due < TimeSpan.FromSeconds(30)).ToArray();
        Assert.Equal(2, waits.Length);
        Assert.All(waits, wait => Assert.InRange(wait, TimeSpan.Zero, TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task A_connection_that_breaks_before_the_answer_is_tried_again()
    {
        await using var server = new ScriptedServer(ScriptedAnswer.HangUp, ScriptedAnswer.HangUp, Found);
        using var registry = Registry(server.Url);
        Assert.Equal(Order, (await registry.GetByIdAsync(7)).Text);
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task After_three_tries_the_fault_is_told_with_its_code_and_may_be_tried_again()
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(500, """{"error_code":50002,"message":"Operation timed out"}"""));
        using var registry = Registry(server.Url);
        var fault = await Fault(registry.GetByIdAsync(7));
        Assert.Equal((50002, true), (fault.ErrorCode, fault.IsRetriable));
        Assert.Contains("Schema id 7", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Operation timed out", fault.Message, StringComparison.Ordinal);
        Assert.Equal(3, server.Requests.Count);
    }

    [Theory]
    [InlineData(401, "BasicAuthUserInfo")]
    [InlineData(403, "BasicAuthUserInfo")]
    [InlineData(422, "Correct the schema")]
    public async Task A_refusal_is_final_and_says_what_to_do(int status, string remedy)
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(status, "<html>no</html>", "text/html"));
        using var registry = Registry(server.Url);
        var fault = await Fault(registry.GetByIdAsync(7));
        Assert.Equal((status, false), (fault.ErrorCode, fault.IsRetriable));
        Assert.Contains(remedy, fault.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Nobody_at_the_address_is_a_fault_that_may_pass()
    {
        var server = new ScriptedServer(Found);
        var url = server.Url;
        await server.DisposeAsync();
        using var registry = Registry(url);
        var fault = await Fault(registry.GetByIdAsync(7));
        Assert.Equal((0, true), (fault.ErrorCode, fault.IsRetriable));
        Assert.Contains("refused", fault.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_silent_registry_is_given_up_after_the_time_out_of_each_try()
    {
        await using var server = new ScriptedServer(ScriptedAnswer.Silence);
        using var registry = Registry(server.Url, options => options.Timeout = TimeSpan.FromSeconds(30));
        var fault = await Fault(registry.GetByIdAsync(7));
        Assert.True(fault.IsRetriable);
        Assert.Contains("did not answer within 30 s", fault.Message, StringComparison.Ordinal);
        Assert.Equal(3, _time.Asked.Count(static due => due == TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task A_caller_that_gives_up_is_not_kept_waiting()
    {
        await using var server = new ScriptedServer(ScriptedAnswer.Silence);
        using var registry = Registry(server.Url, time: TimeProvider.System);
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => registry.GetByIdAsync(7, patience.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => registry.GetLatestAsync("s", patience.Token));
    }

    [Fact]
    public async Task Not_found_is_believed_for_a_while_and_then_asked_again()
    {
        await using var server = new ScriptedServer(NoSchema, Found);
        using var registry = Registry(server.Url, options => options.NegativeCacheTtl = TimeSpan.FromSeconds(200));
        var fault = await Fault(registry.GetByIdAsync(7));
        Assert.True(fault.IsNotFound);
        Assert.Contains("Check SchemaRegistry:Url, or whether the schema or its subject was deleted", fault.Message, StringComparison.Ordinal);
        Assert.True((await Fault(registry.GetByIdAsync(7))).IsNotFound);
        Assert.Single(server.Requests);
        await Task.Delay(TimeSpan.FromSeconds(2.2));
        Assert.Equal(Order, (await registry.GetByIdAsync(7)).Text);
    }

    [Fact]
    public async Task A_registration_makes_the_client_forget_what_was_not_found()
    {
        var registered = false;
        await using var server = new ScriptedServer(request =>
        {
            registered |= request.Method == "POST";
            return !registered ? NoSchema : request.Method == "POST" ? new(200, """{"id":7}""") : Found;
        });
        using var registry = Registry(server.Url);
        Assert.True((await Fault(registry.GetByIdAsync(7))).IsNotFound);
        await registry.RegisterAsync("s", new SchemaDefinition(Order));
        Assert.Equal(Order, (await registry.GetByIdAsync(7)).Text);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"schema":3}""")]
    [InlineData("""{"schema":"\"int\"","references":[{"name":"a"}]}""")]
    [InlineData("")]
    public async Task What_is_not_the_protocol_is_a_clear_error(string body)
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(200, body));
        using var registry = Registry(server.Url);
        var fault = await Fault(registry.GetByIdAsync(7));
        Assert.False(fault.IsRetriable || fault.IsNotFound);
        Assert.Contains("not the registry's protocol", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Registration_sends_the_text_as_it_is_without_a_type_and_is_remembered()
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(200, """{"id":3}"""));
        using var registry = Registry(server.Url);
        var registered = await registry.RegisterAsync("orders/value", new SchemaDefinition("\"int\""), normalize: true);
        Assert.Equal((3, "orders/value", null), (registered.Id, registered.Subject, registered.Version));
        await registry.RegisterAsync("orders/value", new SchemaDefinition("\"int\""), normalize: true);
        var request = Assert.Single(server.Requests);
        Assert.Equal(("POST", "/subjects/orders%2Fvalue/versions?normalize=true"), (request.Method, request.Target));
        Assert.Equal("""{"schema":"\u0022int\u0022"}""", request.Body);
        Assert.Equal("application/vnd.schemaregistry.v1+json", request.Headers["Content-Type"]);
    }

    [Fact]
    public async Task Incompatibility_is_told_with_the_registrys_reason()
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(409, """{"error_code":409,"message":"Schema being registered is incompatible: field 'a'"}"""));
        using var registry = Registry(server.Url);
        var fault = await Fault(registry.RegisterAsync("orders-value", new SchemaDefinition(Order)));
        Assert.True(fault.IsIncompatible);
        Assert.False(fault.IsRetriable);
        Assert.Contains("incompatible: field 'a'", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task References_are_fetched_recursively_and_each_once()
    {
        await using var server = new ScriptedServer(request => request.Target switch
        {
            "/schemas/ids/9" => new(200, """{"schema":"\"Cart\"","references":[{"name":"Line","subject":"line","version":1},{"name":"Money","subject":"money","version":2}]}"""),
            "/subjects/line/versions/1?deleted=true" => new(200, """{"id":8,"version":1,"schema":"\"Line\"","references":[{"name":"Money","subject":"money","version":2}]}"""),
            "/subjects/money/versions/2?deleted=true" => new(200, """{"id":5,"version":2,"schema":"\"Money\""}"""),
            _ => new(404),
        });
        using var registry = Registry(server.Url);
        Assert.Equal(["\"Money\"", "\"Line\""], (await registry.GetByIdAsync(9)).Dependencies);
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task References_that_go_round_come_to_an_end()
    {
        await using var server = new ScriptedServer(
            new ScriptedAnswer(200, """{"id":1,"schema":"\"A\"","references":[{"name":"A","subject":"a","version":1}]}"""));
        using var registry = Registry(server.Url);
        Assert.Single((await registry.GetByIdAsync(1)).Dependencies);
    }

    [Theory]
    [InlineData("""{"schema":"\"int\"","ruleSet":{"domainRules":[{"name":"mask"}]}}""", "rule set")]
    [InlineData("""{"schema":"message X {}","schemaType":"PROTOBUF"}""", "PROTOBUF")]
    public async Task What_can_not_be_honoured_is_not_read(string answer, string said)
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(200, answer));
        using var registry = Registry(server.Url);
        var fault = await Fault(registry.GetByIdAsync(7));
        Assert.Equal((SchemaRegistryException.Unsupported, false), (fault.ErrorCode, fault.IsRetriable));
        Assert.Contains(said, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_rule_set_is_none()
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(200, """{"schema":"\"int\"","ruleSet":{"domainRules":[],"migrationRules":null}}"""));
        using var registry = Registry(server.Url);
        Assert.Equal("\"int\"", (await registry.GetByIdAsync(7)).Text);
    }

    [Fact]
    public async Task A_schema_is_found_by_guid()
    {
        await using var server = new ScriptedServer(Found);
        using var registry = Registry(server.Url);
        var guid = Guid.Parse("6b29fc40-ca47-1067-b31d-00dd010662da");
        Assert.Equal(guid, (await registry.GetByGuidAsync(guid)).Guid);
        Assert.Equal("/schemas/guids/6b29fc40-ca47-1067-b31d-00dd010662da", Assert.Single(server.Requests).Target);
    }

    [Fact]
    public async Task Versions_subjects_and_levels_are_read_and_written()
    {
        await using var server = new ScriptedServer(request => (request.Method, request.Target) switch
        {
            ("GET", "/subjects") => new(200, """["a","b"]"""),
            ("GET", "/subjects/a/versions") => new(200, "[1,2]"),
            ("GET", "/subjects/a/versions/latest") => new(200, """{"subject":"a","version":2,"id":5,"schema":"\"int\"","guid":"6b29fc40-ca47-1067-b31d-00dd010662da"}"""),
            ("POST", "/subjects/a") => new(200, """{"subject":"a","version":1,"id":4,"schema":"\"int\""}"""),
            ("GET", "/config/a?defaultToGlobal=true") => new(404, """{"error_code":40408,"message":"Subject 'a' does not have subject-level compatibility configured"}"""),
            ("GET", "/config") => new(200, """{"compatibilityLevel":"FULL_TRANSITIVE"}"""),
            ("PUT", "/config/a") => new(200, """{"compatibility":"FORWARD"}"""),
            _ => new(404),
        });
        using var registry = Registry(server.Url);
        Assert.Equal(["a", "b"], await registry.GetSubjectsAsync());
        Assert.Equal([1, 2], await registry.GetVersionsAsync("a"));
        var latest = await registry.GetLatestAsync("a");
        Assert.Equal((2, 5, Guid.Parse("6b29fc40-ca47-1067-b31d-00dd010662da")), (latest.Version, latest.Id, latest.Guid));
        Assert.Equal((4, 1), ((await registry.LookupAsync("a", new SchemaDefinition("\"int\""))).Id, (await registry.LookupAsync("a", new SchemaDefinition("\"int\""))).Version));
        Assert.Equal(CompatibilityLevel.FullTransitive, await registry.GetConfigAsync("a"));
        await registry.SetConfigAsync(CompatibilityLevel.Forward, "a");
        Assert.Equal("""{"compatibility":"FORWARD"}""", server.Requests.Last().Body);
    }

    [Theory]
    [InlineData(200, """{"is_compatible":false,"messages":["x is missing"]}""", false, "x is missing")]
    [InlineData(200, """{"is_compatible":false}""", false, null)]
    [InlineData(200, """{"is_compatible":true}""", true, null)]
    [InlineData(404, """{"error_code":40401,"message":"Subject not found"}""", true, null)]
    public async Task Compatibility_is_asked_for_with_reasons_and_a_new_subject_takes_everything(int status, string answer, bool compatible, string? reason)
    {
        await using var server = new ScriptedServer(request => IsConfig(request) ? Level("BACKWARD") : new(status, answer));
        using var registry = Registry(server.Url);
        var verdict = await registry.TestCompatibilityAsync("a", new SchemaDefinition("\"int\""));
        Assert.Equal((compatible, reason), (verdict.IsCompatible, verdict.Messages.SingleOrDefault()));
        Assert.Equal("/compatibility/subjects/a/versions/latest?verbose=true", server.Requests.ElementAt(1).Target);
    }

    [Theory]
    [InlineData("BACKWARD", "/latest")]
    [InlineData("FULL", "/latest")]
    [InlineData("FORWARD_TRANSITIVE", "")]
    [InlineData("FULL_TRANSITIVE", "")]
    [InlineData(null, "")]
    public async Task Without_a_version_the_level_says_whether_the_latest_or_all_are_compared_with(string? level, string path)
    {
        await using var server = new ScriptedServer(request =>
            !IsConfig(request) ? new(200, """{"is_compatible":true}""") : level is null ? new(403) : Level(level));
        using var registry = Registry(server.Url);
        Assert.True((await registry.TestCompatibilityAsync("a", new SchemaDefinition("\"int\""))).IsCompatible);
        Assert.Equal($"/compatibility/subjects/a/versions{path}?verbose=true", server.Requests.Last().Target);
        await registry.TestCompatibilityAsync("a", new SchemaDefinition("\"int\""), version: 3);
        Assert.Equal("/compatibility/subjects/a/versions/3?verbose=true", server.Requests.Last().Target);
    }

    [Theory]
    [InlineData(404)]
    [InlineData(405)]
    public async Task A_registry_that_can_not_compare_with_all_versions_compares_with_the_latest(int status)
    {
        await using var server = new ScriptedServer(request => IsConfig(request) ? Level("FULL_TRANSITIVE")
            : request.Target.Contains("latest", StringComparison.Ordinal) ? new(200, """{"is_compatible":false,"messages":["no"]}""")
            : new(status, "<html>", "text/html"));
        using var registry = Registry(server.Url);
        Assert.Equal(["no"], (await registry.TestCompatibilityAsync("a", new SchemaDefinition("\"int\""))).Messages);
    }

    [Fact]
    public async Task A_registry_that_says_no_without_a_reason_is_explained_by_the_local_checker()
    {
        await using var server = new ScriptedServer(request => request.Target switch
        {
            "/compatibility/subjects/a/versions/latest?verbose=true" => new(200, """{"is_compatible":false}"""),
            "/config/a?defaultToGlobal=true" => new(200, """{"compatibilityLevel":"BACKWARD"}"""),
            "/subjects/a/versions" => new(200, "[1,3]"),
            "/subjects/a/versions/3" => new(200, """{"subject":"a","version":3,"id":5,"schema":"\"int\""}"""),
            _ => new(404),
        });
        using var registry = Registry(server.Url);
        var answer = await registry.TestCompatibilityAsync("a", new SchemaDefinition("\"string\""));
        Assert.False(answer.IsCompatible);
        Assert.Equal("TYPE_MISMATCH at /: the reader has string, the writer int (the new schema reading version 3)", Assert.Single(answer.Messages));
    }

    [Fact]
    public async Task Compatibility_with_a_version_that_is_not_there_is_an_error()
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(404, """{"error_code":40402,"message":"Version not found"}"""));
        using var registry = Registry(server.Url);
        Assert.Equal(SchemaRegistryException.VersionNotFound, (await Fault(registry.TestCompatibilityAsync("a", new SchemaDefinition("\"int\""), version: 3))).ErrorCode);
    }

    private static bool IsConfig(ScriptedRequest request) => request.Target.StartsWith("/config", StringComparison.Ordinal);

    private static ScriptedAnswer Level(string level) => new(200, $$"""{"compatibilityLevel":"{{level}}"}""");

    private static Task<SchemaRegistryException> Fault(Task call) => Assert.ThrowsAsync<SchemaRegistryException>(() => call);

    private HttpSchemaRegistry Registry(string url, Action<SchemaRegistryOptions>? set = null, TimeProvider? time = null)
    {
        // Ten minutes are six seconds on this clock: a busy machine may be slow to answer.
        var options = new SchemaRegistryOptions { Url = url, Timeout = TimeSpan.FromMinutes(10) };
        set?.Invoke(options);
        return new HttpSchemaRegistry(options, time ?? _time);
    }
}
