using System.Text;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Registry;

namespace FeaturePipeline.Tests.Avro.Registry;

/// <summary>Settings of the registry's client: what is sent, and what is refused before any connection.</summary>
public class RegistryPropertiesTests
{
    private static readonly ScriptedAnswer Found = new(200, """{"schema":"\"int\""}""");

    [Theory]
    [InlineData("http://", "alice:s3cret", null, null, "Basic alice:s3cret")]
    [InlineData("http://bob:other@", "alice:s3cret", null, null, "Basic alice:s3cret")]
    [InlineData("http://bob:other@", null, null, null, "Basic bob:other")]
    [InlineData("http://alice:p%40ss%3A%2F%2C%23%25@", null, null, null, "Basic alice:p@ss:/,#%")]
    [InlineData("http://bob:other@", null, null, "URL", "Basic bob:other")]
    [InlineData("http://bob:other@", null, null, "SASL_INHERIT", "Basic carol:k4fka")]
    [InlineData("http://", null, "t0ken", null, "Bearer t0ken")]
    [InlineData("http://bob:other@", null, "t0ken", null, "Bearer t0ken")]
    [InlineData("http://", null, null, null, null)]
    public async Task Credentials_are_sent_as_the_settings_say(string beginning, string? userInfo, string? token, string? source, string? sent)
    {
        await using var server = new ScriptedServer(Found);
        var client = new Dictionary<string, string>();
        if (source is not null)
        {
            client["schema.registry.basic.auth.credentials.source"] = source;
        }

        if (source == "SASL_INHERIT")
        {
            (client["sasl.username"], client["sasl.password"]) = ("carol", "k4fka");
        }

        var options = new SchemaRegistryOptions { Url = server.Url.Replace("http://", beginning, StringComparison.Ordinal), BasicAuthUserInfo = userInfo, BearerToken = token, Client = client };
        Assert.Empty(RegistryProperties.Validate(options));
        using var registry = SchemaRegistries.Create(options);
        await registry.GetSchemaAsync(1);
        string? header = Assert.Single(server.Requests).Headers.GetValueOrDefault("Authorization");
        Assert.Equal(sent, header is not null && header.StartsWith("Basic ", StringComparison.Ordinal) ? "Basic " + Encoding.UTF8.GetString(Convert.FromBase64String(header[6..])) : header);
    }

    [Fact]
    public async Task Each_address_has_its_own_credentials()
    {
        await using var away = new ScriptedServer(new ScriptedAnswer(503));
        await using var there = new ScriptedServer(Found);
        string url = $"{away.Url.Replace("://", "://a:1@", StringComparison.Ordinal)},{there.Url.Replace("://", "://b:2@", StringComparison.Ordinal)}";
        using var registry = SchemaRegistries.Create(new SchemaRegistryOptions { Url = url, Client = ScriptedServer.FastRetries });
        await registry.GetSchemaAsync(1);
        Assert.Equal("Basic " + Convert.ToBase64String("a:1"u8), away.Requests.First().Headers["Authorization"]);
        Assert.Equal("Basic " + Convert.ToBase64String("b:2"u8), Assert.Single(there.Requests).Headers["Authorization"]);
    }

    [Fact]
    public async Task A_source_of_credentials_of_ones_own_is_asked_for_every_request()
    {
        await using var server = new ScriptedServer(Found);
        var source = new Counting();
        using var registry = SchemaRegistries.Create(new SchemaRegistryOptions { Url = server.Url }, source);
        await registry.GetSchemaAsync(1);
        await registry.GetSchemaAsync(2);
        Assert.Equal(["Bearer t1", "Bearer t2"], server.Requests.Select(static request => request.Headers["Authorization"]));
    }

    [Fact]
    public async Task Tokens_are_fetched_by_Confluents_client_where_its_properties_say_so()
    {
        await using var identity = new ScriptedServer(new ScriptedAnswer(200, """{"access_token":"fetched","expires_in":3600,"token_type":"Bearer"}""", "application/json"));
        await using var server = new ScriptedServer(Found);
        using var registry = SchemaRegistries.Create(new SchemaRegistryOptions
        {
            Url = server.Url,
            Client = new Dictionary<string, string>
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
        await registry.GetSchemaAsync(1);
        ScriptedRequest request = Assert.Single(server.Requests);
        Assert.Equal(("Bearer fetched", "lsrc-1", "pool-1"), (request.Headers["Authorization"], request.Headers["target-sr-cluster"], request.Headers["Confluent-Identity-Pool-Id"]));
        Assert.Contains("grant_type=client_credentials", Assert.Single(identity.Requests).Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("schema.registry.max.retrys", "3", "SchemaRegistry:Client:schema.registry.max.retrys", "'schema.registry.max.retries'")]
    [InlineData("max.retrys", "3", "SchemaRegistry:Client:max.retrys", "'schema.registry.max.retries'")]
    [InlineData("sasl.mechanism", "PLAIN", "SchemaRegistry:Client:sasl.mechanism", "not a property of Confluent's registry client")]
    [InlineData("schema.registry.url", "http://b", "SchemaRegistry:Client:schema.registry.url", "set SchemaRegistry:Url instead")]
    [InlineData("schema.registry.max.retries", "0", "SchemaRegistry:Client:schema.registry.max.retries", "at least 1")]
    [InlineData("MaxRetries", "-1", "SchemaRegistry:Client:MaxRetries", "at least 1")]
    [InlineData("schema.registry.retries.wait.ms", "-1", "SchemaRegistry:Client:schema.registry.retries.wait.ms", "at least 0")]
    [InlineData("schema.registry.retries.max.wait.ms", "-1", "SchemaRegistry:Client:schema.registry.retries.max.wait.ms", "at least 0")]
    [InlineData("schema.registry.request.timeout.ms", "0", "SchemaRegistry:Client:schema.registry.request.timeout.ms", "at least 1")]
    [InlineData("schema.registry.request.timeout.ms", "3000000000", "SchemaRegistry:Client:schema.registry.request.timeout.ms", "'3000000000' is no whole number")]
    [InlineData("schema.registry.connections.max.per.server", "0", "SchemaRegistry:Client:schema.registry.connections.max.per.server", "at least 1")]
    [InlineData("schema.registry.max.retries", "many", "SchemaRegistry:Client:schema.registry.max.retries", "'many' is no whole number")]
    [InlineData("MaxCachedSchemas", "many", "SchemaRegistry:Client:MaxCachedSchemas", "must be an integer")]
    [InlineData("bearer.auth.token", "t", "SchemaRegistry:Client:bearer.auth.token", "has no effect without SchemaRegistry:Client:schema.registry.bearer.auth.credentials.source")]
    [InlineData("BearerAuthClientSecret", "s", "SchemaRegistry:Client:BearerAuthClientSecret", "has no effect without")]
    [InlineData("ssl.keystore.password", "p", "SchemaRegistry:Client:ssl.keystore.password", "has no effect without SchemaRegistry:Client:schema.registry.ssl.keystore.location")]
    [InlineData("sasl.username", "u", "SchemaRegistry:Client:sasl.username", "has no effect without")]
    [InlineData("schema.registry.basic.auth.credentials.source", "SASL_INHERIT", "SchemaRegistry:Client:schema.registry.basic.auth.credentials.source", "sasl.username")]
    [InlineData("schema.registry.basic.auth.credentials.source", "ELSEWHERE", "SchemaRegistry:Client:schema.registry.basic.auth.credentials.source", "ELSEWHERE")]
    [InlineData("basic.auth.user.info", "nocolon", "SchemaRegistry:Client:basic.auth.user.info", "'username:password'")]
    [InlineData("schema.registry.bearer.auth.credentials.source", "OAUTHBEARER", "SchemaRegistry:Client", "must be specified")]
    [InlineData("schema.registry.ssl.keystore.location", "/does/not/exist.p12", "SchemaRegistry:Client:schema.registry.ssl.keystore.location", "exist.p12")]
    [InlineData("schema.registry.ssl.ca.location", "/does/not/exist.pem", "SchemaRegistry:Client:schema.registry.ssl.ca.location", "exist.pem")]
    [InlineData("schema.registry.enable.ssl.certificate.verification", "perhaps", "SchemaRegistry:Client:schema.registry.enable.ssl.certificate.verification", "'perhaps' is neither true nor false")]
    public void A_property_that_can_not_be_used_is_refused_with_its_key(string name, string value, string key, string said)
    {
        var options = new SchemaRegistryOptions { Client = new Dictionary<string, string> { [name] = value } };
        RegistryOptionError error = Assert.Single(RegistryProperties.Validate(options));
        Assert.Equal(key, error.Key);
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
        Assert.Equal($"{key}: {error.Message}", Assert.ThrowsAny<ArgumentException>(() => SchemaRegistries.Create(options)).Message);
    }

    [Fact]
    public void All_mistakes_are_told_at_once()
    {
        var client = new Dictionary<string, string> { ["max.retries"] = "many", ["nonsense"] = "1", ["bearer.auth.token"] = "t", ["enable.ssl.certificate.verification"] = "no" };
        Assert.Equal(
            ["SchemaRegistry:Client:max.retries", "SchemaRegistry:Client:nonsense", "SchemaRegistry:Client:enable.ssl.certificate.verification", "SchemaRegistry:Client:bearer.auth.token"],
            RegistryProperties.Validate(new SchemaRegistryOptions { Client = client }).Select(static error => error.Key));
    }

    [Theory]
    [InlineData("mock://")]
    [InlineData("mock:///")]
    [InlineData("mock://a,mock://b")]
    public void A_registry_in_memory_is_one_and_has_a_name(string url)
    {
        RegistryOptionError error = Assert.Single(RegistryProperties.Validate(new SchemaRegistryOptions { Url = url }));
        Assert.Equal(("SchemaRegistry:Url", "a registry in memory is one, with a name: mock://NAME"), (error.Key, error.Message));
    }

    [Theory]
    [InlineData("schema.registry.max.retries")]
    [InlineData("max.retries")]
    [InlineData("MaxRetries")]
    [InlineData("SCHEMA_REGISTRY_MAX_RETRIES")]
    [InlineData("max_retries")]
    public async Task A_property_may_be_spelled_with_its_prefix_and_without_and_as_Confluents_member(string name)
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(503));
        var options = new SchemaRegistryOptions
        {
            Url = server.Url,
            Client = new Dictionary<string, string>(ScriptedServer.FastRetries) { [name] = "2" },
        };
        Assert.Empty(RegistryProperties.Validate(options));
        using var registry = SchemaRegistries.Create(options);
        await Assert.ThrowsAsync<SchemaRegistryException>(() => registry.GetSchemaAsync(1));
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public void Every_property_has_one_name_in_each_spelling()
    {
        foreach (System.Reflection.PropertyInfo member in typeof(SchemaRegistryConfig).GetProperties())
        {
            Assert.Contains(RegistryProperties.Spell(member.Name), RegistryProperties.All);
        }

        foreach (string name in RegistryProperties.All)
        {
            Assert.Equal(name, RegistryProperties.Spell(name));
            Assert.Equal(name, RegistryProperties.Spell(name["schema.registry.".Length..]));
        }
    }

    [Fact]
    public void One_property_in_two_spellings_is_refused()
    {
        var options = new SchemaRegistryOptions { Client = new Dictionary<string, string> { ["max.retries"] = "2", ["MaxRetries"] = "3" } };
        RegistryOptionError error = Assert.Single(RegistryProperties.Validate(options));
        Assert.Equal("SchemaRegistry:Client:max.retries", error.Key);
        Assert.Contains("given as 'max.retries' and as 'MaxRetries'; keep one", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("schema.registry.bearer.auth.token")]
    [InlineData("bearer.auth.credentials.source")]
    [InlineData("BasicAuthUserInfo")]
    public void A_token_beside_other_credentials_is_refused(string name)
    {
        var options = new SchemaRegistryOptions { BearerToken = "t", Client = new Dictionary<string, string> { [name] = "a:b" } };
        Assert.Equal("SchemaRegistry:BearerToken", Assert.Single(RegistryProperties.Validate(options)).Key);
    }

    [Fact]
    public void What_is_said_twice_is_refused()
    {
        var options = new SchemaRegistryOptions
        {
            BasicAuthUserInfo = "alice:s3cret",
            CaLocation = "ca.pem",
            Timeout = TimeSpan.FromSeconds(5),
            Client = new Dictionary<string, string>
            {
                ["schema.registry.basic.auth.user.info"] = "bob:0ther",
                ["schema.registry.ssl.ca.location"] = "other.pem",
                ["schema.registry.request.timeout.ms"] = "1000",
            },
        };
        IReadOnlyList<RegistryOptionError> errors = RegistryProperties.Validate(options);
        Assert.Equal(3, errors.Count(static error => error.Key.Contains(":Client:", StringComparison.Ordinal) && error.Message.Contains("keep one", StringComparison.Ordinal)));
        Assert.DoesNotContain("0ther", string.Join('\n', errors), StringComparison.Ordinal);
        Assert.Equal("SchemaRegistry:BearerToken", Assert.Single(RegistryProperties.Validate(new SchemaRegistryOptions { BasicAuthUserInfo = "a:b", BearerToken = "t" })).Key);
    }

    [Theory]
    [InlineData("s3cret\n")]
    [InlineData("s3 cret")]
    [InlineData("s3crét")]
    public void A_token_that_no_header_can_hold_is_refused_at_once(string token)
    {
        RegistryOptionError error = Assert.Single(RegistryProperties.Validate(new SchemaRegistryOptions { BearerToken = token }));
        Assert.Equal("SchemaRegistry:BearerToken", error.Key);
        Assert.DoesNotContain("s3", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://alice:s3@cret@localhost")]
    [InlineData("http://alice:s3/cret@localhost")]
    [InlineData("http://alice:s3#cret@localhost")]
    [InlineData("http://alice:s3,cret@localhost")]
    public void Special_characters_that_an_address_can_not_hold_as_they_are_are_refused_with_the_way_to_write_them(string url)
    {
        RegistryOptionError error = Assert.Single(RegistryProperties.Validate(new SchemaRegistryOptions { Url = url }));
        Assert.Equal("SchemaRegistry:Url", error.Key);
        Assert.Contains("@ is %40", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("cret", error.Message, StringComparison.Ordinal);
    }

    private sealed class Counting : IAuthenticationHeaderValueProvider
    {
        private int _asked;

        public System.Net.Http.Headers.AuthenticationHeaderValue GetAuthenticationHeader() => new("Bearer", FormattableString.Invariant($"t{++_asked}"));
    }
}
