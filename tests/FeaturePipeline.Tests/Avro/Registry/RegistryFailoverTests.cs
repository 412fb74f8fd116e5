using System.Net;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Registry;

namespace FeaturePipeline.Tests.Avro.Registry;

/// <summary>What a client does beyond Confluent's: which of several addresses is asked, what is said when none can answer, and what is no registry's answer.</summary>
public class RegistryFailoverTests
{
    private static readonly ScriptedAnswer Found = new(200, """{"schema":"\"int\"","id":7,"version":1,"subject":"s"}""");
    private static readonly ScriptedAnswer NoSchema = new(404, """{"error_code":40403,"message":"Schema not found"}""");

    [Fact]
    public async Task Another_address_is_asked_and_stays_the_first_choice()
    {
        await using var broken = new ScriptedServer(new ScriptedAnswer(503));
        await using var sound = new ScriptedServer(Found);
        using var registry = Registry($"{broken.Url}, {sound.Url}");
        await registry.GetSchemaAsync(7);
        await registry.GetSchemaAsync(8);
        Assert.Equal((3, 2), (broken.Requests.Count, sound.Requests.Count)); // Confluent's client tries an address three times
    }

    [Fact]
    public async Task A_final_answer_of_the_first_address_is_not_asked_for_elsewhere()
    {
        await using var first = new ScriptedServer(NoSchema);
        await using var second = new ScriptedServer(Found);
        using var registry = Registry($"{first.Url},{second.Url}");
        var fault = await Assert.ThrowsAsync<SchemaRegistryException>(() => registry.GetSchemaAsync(7));
        Assert.Equal((RegistryErrors.SchemaNotFound, true, false), (fault.ErrorCode, fault.IsNotFound(), fault.IsRetriable()));
        Assert.StartsWith(
            $"Schema id 7: {first.Url} answered 404, code 40403: Schema not found. Check SchemaRegistry:Url, or whether the schema or its subject was deleted.",
            fault.Message,
            StringComparison.Ordinal);
        Assert.Empty(second.Requests);
    }

    [Theory]
    [InlineData(200, "<html>Welcome</html>", "text/html")]
    [InlineData(200, "{}", "application/json")]
    [InlineData(200, "[]", "application/json")]
    [InlineData(200, "", "text/html")]
    [InlineData(200, "x", "text/plain; charset=nonsense")]
    [InlineData(404, "<html>nginx</html>", "text/html")]
    [InlineData(302, "", "text/html")]
    public async Task An_address_at_which_no_registry_answers_is_passed_over(int status, string body, string type)
    {
        await using var wrong = new ScriptedServer(new ScriptedAnswer(status, body, type));
        await using var right = new ScriptedServer(Found);
        using var registry = Registry($"{wrong.Url},{right.Url}");
        Assert.Equal("\"int\"", (await registry.GetSchemaAsync(7)).SchemaString);
        Assert.Equal("\"int\"", (await registry.GetSchemaAsync(8)).SchemaString);
        Assert.Equal((1, 2), (wrong.Requests.Count, right.Requests.Count));

        using var alone = Registry(wrong.Url);
        var fault = await Assert.ThrowsAnyAsync<HttpRequestException>(() => alone.GetSchemaAsync(7));
        Assert.False(fault.IsRetriable());
        Assert.False(fault.IsNotFound());
        Assert.Contains("Check SchemaRegistry:Url; a base path", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"id":0}""")]
    [InlineData("{}")]
    public async Task A_registration_that_is_answered_without_an_id_is_none(string answer)
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(200, answer), new ScriptedAnswer(200, """{"id":3}"""));
        using var registry = Registry(server.Url);
        await Assert.ThrowsAsync<HttpRequestException>(() => registry.RegisterSchemaAsync("s", new Schema("\"int\"", SchemaType.Avro)));
        Assert.Equal(3, await registry.RegisterSchemaAsync("s", new Schema("\"int\"", SchemaType.Avro)));
    }

    [Fact]
    public async Task An_address_that_says_no_has_answered_and_is_asked_first_from_then_on()
    {
        await using var away = new ScriptedServer(new ScriptedAnswer(503));
        await using var other = new ScriptedServer(NoSchema);
        using var registry = Registry($"{away.Url},{other.Url}");
        Assert.True((await Assert.ThrowsAsync<SchemaRegistryException>(() => registry.GetSchemaAsync(7))).IsNotFound());
        Assert.True((await Assert.ThrowsAsync<SchemaRegistryException>(() => registry.GetSchemaAsync(8))).IsNotFound());
        Assert.Equal((3, 2), (away.Requests.Count, other.Requests.Count));
    }

    [Fact]
    public async Task When_all_addresses_fail_the_error_names_each_with_its_fault_and_no_credentials()
    {
        var away = new ScriptedServer(Found);
        var awayUrl = away.Url;
        await away.DisposeAsync();
        await using var broken = new ScriptedServer(new ScriptedAnswer(500, """{"error_code":50001,"message":"Error in the backend"}"""));
        await using var busy = new ScriptedServer(new ScriptedAnswer(503));
        using var registry = Registry(string.Join(',', new[] { awayUrl, broken.Url, busy.Url }.Select(url => url.Replace("://", "://alice:s3cret@", StringComparison.Ordinal))));
        var fault = await Assert.ThrowsAsync<SchemaRegistryException>(() => registry.GetSchemaAsync(7));
        Assert.True(fault.IsRetriable());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, fault.Status);
        Assert.Contains("none of 3 addresses could answer", fault.Message, StringComparison.Ordinal);
        Assert.Contains($"{awayUrl} can't be reached", fault.Message, StringComparison.Ordinal);
        Assert.Contains($"{broken.Url} answered 500, code 50001", fault.Message, StringComparison.Ordinal);
        Assert.Contains($"{busy.Url} answered 503", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", fault + registry.Address(), StringComparison.Ordinal);
        Assert.DoesNotContain("alice", fault + registry.Address(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401, "<html>who are you</html>")]
    [InlineData(401, """{"error_code":401,"message":"Unauthorized"}""")]
    [InlineData(403, """{"error_code":40301,"message":"User is denied operation Read"}""")]
    public async Task A_refusal_of_credentials_is_final_and_names_the_settings(int status, string body)
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(status, body));
        using var registry = Registry(server.Url);
        var fault = await Assert.ThrowsAsync<SchemaRegistryException>(() => registry.GetSchemaAsync(7));
        Assert.Equal((status, false), ((int)fault.Status, fault.IsRetriable()));
        Assert.Contains("Check SchemaRegistry:BasicAuthUserInfo", fault.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData("""{"error_code":50001,"message":"half a pair: \ud800"}""", "application/json")]
    [InlineData("""{"error_code":"many","message":{}}""", "application/json")]
    [InlineData("not JSON", "text/plain; charset=nonsense")]
    public async Task An_error_whose_body_is_not_valid_text_is_tried_again_like_any_other(string body, string type)
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(500, body, type), new ScriptedAnswer(500, body, type), Found);
        using var registry = Registry(server.Url);
        Assert.Equal("\"int\"", (await registry.GetSchemaAsync(7)).SchemaString);
        await using var always = new ScriptedServer(new ScriptedAnswer(500, body, type));
        using var broken = Registry(always.Url);
        var fault = await Assert.ThrowsAsync<SchemaRegistryException>(() => broken.GetSchemaAsync(7));
        Assert.True(fault.IsRetriable());
        Assert.Equal(3, always.Requests.Count);
    }

    [Fact]
    public async Task A_silent_registry_is_given_up_after_the_time_out_of_each_try_and_may_be_asked_again()
    {
        await using var server = new ScriptedServer(ScriptedAnswer.Silence);
        using var registry = SchemaRegistries.Create(new SchemaRegistryOptions { Url = server.Url, Timeout = TimeSpan.FromMilliseconds(100), Client = ScriptedServer.FastRetries });
        var fault = await Assert.ThrowsAsync<HttpRequestException>(() => registry.GetSchemaAsync(7));
        Assert.True(fault.IsRetriable());
        Assert.Contains("did not answer in time", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_a_failure_the_address_that_answered_last_is_asked_first()
    {
        var isFirstUp = false;
        await using var first = new ScriptedServer(_ => isFirstUp ? Found : new ScriptedAnswer(503));
        var isSecondUp = true;
        await using var second = new ScriptedServer(_ => isSecondUp ? Found : new ScriptedAnswer(503));
        using var registry = Registry($"{first.Url},{second.Url}");
        await registry.GetSchemaAsync(1);
        await registry.GetSchemaAsync(2);
        Assert.Equal((3, 2), (first.Requests.Count, second.Requests.Count));
        (isFirstUp, isSecondUp) = (true, false);
        await registry.GetSchemaAsync(3);
        await registry.GetSchemaAsync(4);
        Assert.Equal((5, 5), (first.Requests.Count, second.Requests.Count));
    }

    [Fact]
    public async Task Callers_at_the_same_time_share_one_request()
    {
        using var isOpen = new ManualResetEventSlim();
        await using var server = new ScriptedServer(_ =>
        {
            isOpen.Wait();
            return Found;
        });
        using var registry = Registry(server.Url);
        var calls = Enumerable.Range(0, 100).Select(_ => registry.GetSchemaAsync(7)).ToArray();
        isOpen.Set();
        await Task.WhenAll(calls);
        Assert.Single(server.Requests);
    }

    private static ISchemaRegistryClient Registry(string urls) => SchemaRegistries.Create(new SchemaRegistryOptions { Url = urls, Client = ScriptedServer.FastRetries });
}
