using System.Text;
using FeaturePipeline.Avro.Registry;

namespace FeaturePipeline.Tests.Avro.Registry;

public class RegistryCredentialsTests
{
    private static readonly ScriptedAnswer Found = new(200, """{"schema":"\"int\""}""");

    [Fact]
    public async Task Credentials_are_sent_as_the_settings_say()
    {
        await using var server = new ScriptedServer(Found);
        using (var registry = Registry(server.Url, options => options.BasicAuthUserInfo = "user:pass:word"))
        {
            await registry.GetByIdAsync(7);
        }

        using (var registry = Registry(server.Url.Replace("://", "://us%40er:p%3Ass@", StringComparison.Ordinal)))
        {
            await registry.GetByIdAsync(7);
        }

        using (var registry = Registry(server.Url, options => options.BearerToken = "token-1"))
        {
            await registry.GetByIdAsync(7);
        }

        Assert.Equal(
            ["Basic " + Base64("user:pass:word"), "Basic " + Base64("us@er:p:ss"), "Bearer token-1"],
            server.Requests.Select(request => request.Headers["Authorization"]));
    }

    [Fact]
    public async Task Credentials_of_the_Kafka_client_are_inherited_where_that_is_asked_for()
    {
        await using var server = new ScriptedServer(Found);
        using var registry = new HttpSchemaRegistry(SchemaRegistryOptions.From(new Dictionary<string, string>
        {
            ["schema.registry.url"] = server.Url,
            ["schema.registry.basic.auth.credentials.source"] = "SASL_INHERIT",
            ["sasl.username"] = "alice",
            ["sasl.password"] = "s3:cret",
            ["sasl.mechanism"] = "PLAIN",
        }));
        await registry.GetByIdAsync(7);
        Assert.Equal("Basic " + Base64("alice:s3:cret"), Assert.Single(server.Requests).Headers["Authorization"]);
    }

    [Fact]
    public async Task Credentials_of_the_address_are_used_where_that_is_asked_for_and_each_address_has_its_own()
    {
        await using var first = new ScriptedServer(new ScriptedAnswer(503));
        await using var second = new ScriptedServer(Found);
        var urls = $"{first.Url.Replace("://", "://a:1@", StringComparison.Ordinal)},{second.Url.Replace("://", "://b:2@", StringComparison.Ordinal)}";
        using var registry = Registry(urls, options => options.BasicAuthCredentialsSource = BasicAuthCredentialsSource.Url);
        await registry.GetByIdAsync(7);
        Assert.Equal("Basic " + Base64("a:1"), Assert.Single(first.Requests).Headers["Authorization"]);
        Assert.Equal("Basic " + Base64("b:2"), Assert.Single(second.Requests).Headers["Authorization"]);
    }

    [Fact]
    public async Task A_source_of_tokens_is_asked_for_every_request()
    {
        await using var server = new ScriptedServer(Found);
        var token = 0;
        using var registry = Registry(server.Url, options => options.BearerTokenSource = _ => ValueTask.FromResult($"t{++token}"));
        await registry.GetByIdAsync(7);
        await registry.GetByIdAsync(8);
        Assert.Equal(["Bearer t1", "Bearer t2"], server.Requests.Select(request => request.Headers["Authorization"]));
    }

    [Fact]
    public async Task A_source_that_gives_no_token_is_what_the_error_tells_of()
    {
        await using var server = new ScriptedServer(Found);
        using var away = Registry(server.Url, o => (o.MaxTries, o.BearerTokenSource) = (1, _ => throw new HttpRequestException("the provider is away")));
        var fault = await Fault(away.GetByIdAsync(7));
        Assert.True(fault.IsRetriable);
        Assert.Contains("BearerTokenSource gave no token (the provider is away)", fault.Message, StringComparison.Ordinal);
        foreach (string? token in new[] { null, "", "s3cret\n" })
        {
            using var wrong = Registry(server.Url, o => (o.MaxTries, o.BearerTokenSource) = (1, _ => ValueTask.FromResult(token!)));
            fault = await Fault(wrong.GetByIdAsync(7));
            Assert.Contains("the bearer token is empty or holds", fault.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("s3cret", fault.ToString(), StringComparison.Ordinal);
        }

        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData("s3cret\n")]
    [InlineData("s3 cret")]
    [InlineData("s3crét")]
    public void A_token_that_no_header_can_hold_is_refused_at_once(string token)
    {
        var refusal = Assert.Throws<ArgumentException>(() => Registry("localhost", o => o.BearerToken = token));
        Assert.Contains("bearer token", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(token, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://alice:p%40ss%3A%2F%2C%23%25@", "alice:p@ss:/,#%")]
    [InlineData("http://alice:pä+ß@", "alice:pä+ß")]
    [InlineData("http://al%C3%AFce:p%20w@", "alïce:p w")]
    public async Task Special_characters_of_the_addresses_credentials_are_sent_decoded(string beginning, string credentials)
    {
        await using var server = new ScriptedServer(Found);
        using var registry = Registry(server.Url.Replace("http://", beginning, StringComparison.Ordinal));
        await registry.GetByIdAsync(7);
        Assert.Equal("Basic " + Base64(credentials), Assert.Single(server.Requests).Headers["Authorization"]);
    }

    [Theory]
    [InlineData("http://alice:s3@cret@localhost")]
    [InlineData("http://alice:s3/cret@localhost")]
    [InlineData("http://alice:s3#cret@localhost")]
    [InlineData("http://alice:s3,cret@localhost")]
    public void Special_characters_that_an_address_can_not_hold_as_they_are_are_refused_with_the_way_to_write_them(string url)
    {
        var refusal = Assert.Throws<ArgumentException>(() => Registry(url));
        Assert.Contains("percent-encoded", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("cret", refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_message_and_no_address_shows_a_secret()
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(401, """{"error_code":401,"message":"Unauthorized"}"""));
        using var registry = Registry(server.Url.Replace("://", "://alice:s3cret@", StringComparison.Ordinal));
        Assert.DoesNotContain("s3cret", registry.Address, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", (await Fault(registry.GetByIdAsync(7))).ToString(), StringComparison.Ordinal);
        var wrong = Assert.Throws<ArgumentException>(() => Registry("http://alice:s3cret@ho st:80"));
        Assert.DoesNotContain("s3cret", wrong.ToString(), StringComparison.Ordinal);
        Assert.Contains("SchemaRegistry:Url", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_that_contradict_each_other_are_refused()
    {
        Assert.Contains("BearerToken", Assert.Throws<ArgumentException>(() => Registry("localhost", o => (o.BearerToken, o.BasicAuthUserInfo) = ("t", "u:p"))).Message, StringComparison.Ordinal);
        Assert.Contains("user:password", Assert.Throws<ArgumentException>(() => Registry("localhost", o => o.BasicAuthUserInfo = "s3cret")).Message, StringComparison.Ordinal);
        Assert.Contains("sasl.username", Assert.Throws<ArgumentException>(() => Registry("localhost", o => o.BasicAuthCredentialsSource = BasicAuthCredentialsSource.SaslInherit)).Message, StringComparison.Ordinal);
        Assert.Contains("CredentialsSource", Assert.Throws<ArgumentException>(() => Registry("localhost", o => (o.BasicAuthCredentialsSource, o.BasicAuthUserInfo) = (BasicAuthCredentialsSource.Url, "u:p"))).Message, StringComparison.Ordinal);
        Assert.Contains("bearer tokens", Assert.Throws<ArgumentException>(() => Registry("localhost", o => (o.BearerTokenSource, o.BearerToken) = (_ => ValueTask.FromResult("a"), "b"))).Message, StringComparison.Ordinal);
        Assert.Contains("Url", Assert.Throws<ArgumentException>(() => Registry(" , ")).Message, StringComparison.Ordinal);
        Assert.Contains("Url", Assert.Throws<ArgumentException>(() => Registry("ftp://host")).Message, StringComparison.Ordinal);
        Assert.Contains("CertificateLocation", Assert.Throws<ArgumentException>(() => Registry("localhost", o => o.KeyLocation = "key.pem")).Message, StringComparison.Ordinal);
        Assert.Contains("CaLocation", Assert.Throws<ArgumentException>(() => Registry("localhost", o => o.CaLocation = "/none/ca.pem")).Message, StringComparison.Ordinal);
    }

    private static Task<SchemaRegistryException> Fault(Task call) => Assert.ThrowsAsync<SchemaRegistryException>(() => call);

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static HttpSchemaRegistry Registry(string url, Action<SchemaRegistryOptions>? set = null)
    {
        var options = new SchemaRegistryOptions { Url = url };
        set?.Invoke(options);
        return new HttpSchemaRegistry(options);
    }
}
