using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Registry;

namespace FeaturePipeline.Tests.Avro.Registry;

public class SchemaCacheTests
{
    private const string Order = """{"type":"record","name":"Order","fields":[{"name":"id","type":"int"}]}""";
    private readonly MockSchemaRegistry _registry = new();
    private readonly SettableTimeProvider _time = new();

    [Fact]
    public async Task An_id_is_pending_until_its_plan_is_there_and_then_ready_without_asking_again()
    {
        var id = (await _registry.RegisterSchemaWithResponseAsync("s", new Schema(Order, SchemaType.Avro))).Id;
        var cache = Cache();
        var asked = _registry.Requests;

        Assert.False(cache.TryGet(id, out _));
        Assert.Equal(SchemaStatus.Pending, cache.Find(id, out var plan));
        Assert.Null(plan);
        Assert.Equal(SchemaStatus.Ready, await cache.FindAsync(id));
        Assert.True(cache.TryGet(id, out plan));
        Assert.Equal(Order, plan);
        Assert.Equal(SchemaStatus.Ready, cache.Find(id, out _));
        Assert.Null(cache.Explain(id));
        Assert.Equal(asked + 1, _registry.Requests);
    }

    [Fact]
    public async Task Many_questions_at_once_make_one_request()
    {
        var id = (await _registry.RegisterSchemaWithResponseAsync("s", new Schema(Order, SchemaType.Avro))).Id;
        var cache = Cache();
        var asked = _registry.Requests;
        await Parallel.ForAsync(0, 1000, async (_, token) => Assert.Equal(SchemaStatus.Ready, await cache.FindAsync(id, token)));
        Assert.Equal(asked + 1, _registry.Requests);
    }

    [Fact]
    public async Task Many_schemas_at_once_are_all_found_by_those_who_wait()
    {
        var ids = new List<int>();
        for (var i = 0; i < 200; i++)
        {
            ids.Add((await _registry.RegisterSchemaWithResponseAsync($"s{i}", new Schema($$"""{"type":"record","name":"R{{i}}","fields":[]}""", SchemaType.Avro))).Id);
        }

        var cache = Cache();
        var found = await Task.WhenAll(ids.Select(id => cache.FindAsync(id)));
        Assert.Equal([SchemaStatus.Ready], found.Distinct());
    }

    [Fact]
    public async Task Whoever_waits_is_not_given_an_expired_answer()
    {
        var cache = Cache();
        Assert.Equal(SchemaStatus.Unknown, await cache.FindAsync(1));
        await _registry.RegisterSchemaWithResponseAsync("s", new Schema(Order, SchemaType.Avro));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(SchemaStatus.Ready, await cache.FindAsync(1));
    }

    [Fact]
    public async Task An_id_that_the_registry_denies_is_unknown_until_the_answer_expires()
    {
        var cache = Cache();
        Assert.Equal(SchemaStatus.Unknown, await cache.FindAsync(1));
        Assert.Contains("Schema id 1", cache.Explain(1), StringComparison.Ordinal);
        await _registry.RegisterSchemaWithResponseAsync("s", new Schema(Order, SchemaType.Avro));
        Assert.Equal(SchemaStatus.Unknown, await cache.FindAsync(1));

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(SchemaStatus.Unknown, cache.Find(1, out _)); // still the old answer: the new question is under way
        await Eventually(() => cache.TryGet(1, out _));
        Assert.Null(cache.LastError);
    }

    [Fact]
    public async Task A_registry_that_does_not_answer_keeps_an_id_pending_and_is_asked_again_after_growing_waits()
    {
        var id = (await _registry.RegisterSchemaWithResponseAsync("s", new Schema(Order, SchemaType.Avro))).Id;
        var cache = Cache();
        _registry.IsAway = true;
        Assert.Equal(SchemaStatus.Pending, await cache.FindAsync(id));
        Assert.True(cache.LastError!.IsRetriable());

        var asked = _registry.Requests;
        Assert.Equal(SchemaStatus.Pending, await cache.FindAsync(id));
        Assert.Equal(asked, _registry.Requests);

        int[] waits = [1, 2, 4, 8, 16, 20, 20];
        foreach (var seconds in waits)
        {
            _time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1));
            await cache.FindAsync(id);
            Assert.Equal(asked, _registry.Requests);
            _time.Advance(TimeSpan.FromTicks(1));
            await cache.FindAsync(id);
            Assert.Equal(++asked, _registry.Requests);
        }

        _registry.IsAway = false;
        _time.Advance(TimeSpan.FromSeconds(20));
        await cache.FindAsync(id);
        Assert.True(cache.TryGet(id, out _));
        Assert.Null(cache.LastError);
    }

    [Fact]
    public async Task A_schema_of_which_no_plan_can_be_made_is_incompatible_for_the_reason_given()
    {
        var id = (await _registry.RegisterSchemaWithResponseAsync("s", new Schema(Order, SchemaType.Avro))).Id;
        var cache = new SchemaCache<string>(_registry, null, static _ => throw new InvalidOperationException("field 'user_id' is missing"), _time);
        Assert.Equal(SchemaStatus.Incompatible, await cache.FindAsync(id));
        Assert.Contains("field 'user_id' is missing", cache.Explain(id), StringComparison.Ordinal);
        var asked = _registry.Requests;
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(SchemaStatus.Incompatible, await cache.FindAsync(id));
        Assert.Equal(asked, _registry.Requests);
    }

    [Fact]
    public async Task A_guid_is_found_like_an_id()
    {
        var guid = Guid.Parse((await _registry.RegisterSchemaWithResponseAsync("s", new Schema(Order, SchemaType.Avro))).Guid);
        var cache = Cache();
        Assert.Equal(SchemaStatus.Pending, cache.Find(guid, out _));
        Assert.Equal(SchemaStatus.Ready, await cache.FindAsync(guid));
        Assert.True(cache.TryGet(guid, out _));
        Assert.Equal(SchemaStatus.Unknown, await cache.FindAsync(Guid.NewGuid()));
    }

    [Fact]
    public async Task A_bare_404_is_a_wrong_address_and_no_reason_to_throw_messages_away()
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(404, "<html>nothing here</html>", "text/html"));
        using var registry = SchemaRegistries.Create(new SchemaRegistryOptions { Url = server.Url, Client = ScriptedServer.FastRetries });
        var cache = new SchemaCache<string>(registry, null, static schema => schema.Text, _time);
        Assert.Equal(SchemaStatus.Pending, await cache.FindAsync(7));
        Assert.Contains("base path", cache.LastError!.Message, StringComparison.Ordinal);
        Assert.Equal(SchemaStatus.Unknown, await cache.FindAsync(Guid.NewGuid())); // Apicurio has no such path
    }

    [Theory]
    [InlineData("""{"schema":"\"int\"","ruleSet":{"domainRules":[{"name":"mask"}]}}""", SchemaStatus.Incompatible)]
    [InlineData("""{"schema":"message X {}","schemaType":"PROTOBUF"}""", SchemaStatus.Incompatible)]
    [InlineData("<html>a proxy's page</html>", SchemaStatus.Pending)]
    public async Task What_can_not_be_honoured_is_incompatible_and_what_is_no_answer_is_pending(string answer, SchemaStatus expected)
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(200, answer));
        using var registry = SchemaRegistries.Create(new SchemaRegistryOptions { Url = server.Url, Client = ScriptedServer.FastRetries });
        var cache = new SchemaCache<string>(registry, null, static schema => schema.Text, _time);
        Assert.Equal(expected, await cache.FindAsync(7));
        Assert.Equal(expected == SchemaStatus.Pending, cache.LastError is not null);
        Assert.NotNull(cache.Explain(7));
    }

    [Fact]
    public async Task An_id_is_that_of_the_subjects_context()
    {
        await _registry.RegisterSchemaAsync("orders-value", new Schema("\"int\"", SchemaType.Avro));
        await _registry.RegisterSchemaAsync(":.prod:orders-value", new Schema("\"string\"", SchemaType.Avro));
        Assert.Equal("\"int\"", await FindAsync(_registry, "orders-value"));
        Assert.Equal("\"string\"", await FindAsync(_registry, ":.prod:orders-value"));

        // The same through HTTP: Confluent's client alone would keep the first answer under the id.
        await using var server = new ScriptedServer(request => new ScriptedAnswer(
            200, request.Target.Contains("subject=%3A.prod%3A", StringComparison.Ordinal) ? """{"schema":"\"string\""}""" : """{"schema":"\"int\""}"""));
        using var client = SchemaRegistries.Create(new SchemaRegistryOptions { Url = server.Url });
        Assert.Equal("\"int\"", await FindAsync(client, "orders-value"));
        Assert.Equal("\"string\"", await FindAsync(client, ":.prod:orders-value"));

        using var bare = new CachedSchemaRegistryClient(new SchemaRegistryConfig { Url = server.Url });
        Assert.Equal("\"int\"", await FindAsync(bare, "orders-value"));
        var refused = await Assert.ThrowsAsync<ArgumentException>(() => FindAsync(bare, ":.prod:orders-value"));
        Assert.Contains("SchemaRegistries.Create", refused.Message, StringComparison.Ordinal);

        async Task<string?> FindAsync(ISchemaRegistryClient registry, string subject)
        {
            var cache = new SchemaCache<string>(registry, subject, static schema => schema.Text, _time);
            await cache.FindAsync(1);
            return cache.TryGet(1, out string? text) ? text : null;
        }
    }

    [Fact]
    public void A_negative_id_is_unknown_without_asking()
    {
        var cache = Cache();
        Assert.Equal(SchemaStatus.Unknown, cache.Find(-1, out _));
        Assert.Equal(0, _registry.Requests);
        Assert.NotNull(cache.Explain(-1));
    }

    [Fact]
    public async Task Looking_up_plans_that_are_there_allocates_nothing_even_when_ids_alternate()
    {
        var one = (await _registry.RegisterSchemaWithResponseAsync("s", new Schema("\"int\"", SchemaType.Avro))).Id;
        var two = (await _registry.RegisterSchemaWithResponseAsync("t", new Schema("\"string\"", SchemaType.Avro))).Id;
        var cache = Cache();
        await cache.FindAsync(one);
        await cache.FindAsync(two);
        var found = 0;
        Assert.Equal(0, Allocations.Of(() => found = Spin(cache, one, two)));
        Assert.Equal(20_000, found);
    }

    [Fact]
    public async Task Made_up_ids_do_not_fill_the_memory()
    {
        var cache = Cache();
        for (var id = 1; id <= 20_000; id++)
        {
            await cache.FindAsync(id);
        }

        Assert.Equal(SchemaStatus.Unknown, await cache.FindAsync(20_000));
        Assert.Null(cache.Explain(1)); // forgotten to make room
    }

    private static int Spin(SchemaCache<string> cache, int one, int two)
    {
        var found = 0;
        for (var i = 0; i < 10_000; i++)
        {
            found += cache.TryGet(one, out _) ? 1 : 0;
            found += cache.TryGet(two, out _) ? 1 : 0;
        }

        return found;
    }

    private static async Task Eventually(Func<bool> condition)
    {
        for (var i = 0; i < 1000 && !condition(); i++)
        {
            await Task.Delay(5);
        }

        Assert.True(condition());
    }

    private SchemaCache<string> Cache() => new(_registry, null, static schema => schema.Text, _time);
}
