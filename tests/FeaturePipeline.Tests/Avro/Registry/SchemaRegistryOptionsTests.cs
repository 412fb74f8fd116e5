using FeaturePipeline.Avro.Registry;

namespace FeaturePipeline.Tests.Avro.Registry;

public class SchemaRegistryOptionsTests
{
    [Fact]
    public void Settings_are_read_under_the_names_of_Confluents_clients()
    {
        var options = SchemaRegistryOptions.From(new Dictionary<string, string>
        {
            ["bootstrap.servers"] = "localhost",
            ["schema.registry.url"] = "https://a,https://b",
            ["schema.registry.request.timeout.ms"] = "1500",
            ["schema.registry.max.retries"] = "4",
            ["schema.registry.retries.wait.ms"] = "10",
            ["schema.registry.retries.max.wait.ms"] = "500",
            ["schema.registry.basic.auth.credentials.source"] = "USER_INFO",
            ["schema.registry.basic.auth.user.info"] = "u:p",
            ["schema.registry.ssl.ca.location"] = "ca.pem",
            ["schema.registry.ssl.certificate.location"] = "client.pem",
            ["schema.registry.ssl.key.location"] = "client.key",
            ["schema.registry.max.cached.schemas"] = "10",
            ["schema.registry.latest.cache.ttl.secs"] = "60",
            ["schema.registry.enable.ssl.certificate.verification"] = "true",
            ["avro.serializer.auto.register.schemas"] = "false",
        });
        Assert.Equal(
            ("https://a,https://b", TimeSpan.FromSeconds(1.5), 5, TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(500)),
            (options.Url, options.Timeout, options.MaxTries, options.RetryDelay, options.MaxRetryDelay));
        Assert.Equal(
            (BasicAuthCredentialsSource.UserInfo, "u:p", "ca.pem", "client.pem", "client.key"),
            (options.BasicAuthCredentialsSource, options.BasicAuthUserInfo, options.CaLocation, options.CertificateLocation, options.KeyLocation));
    }

    [Fact]
    public void Javas_names_without_a_prefix_are_known_too()
    {
        var basic = SchemaRegistryOptions.From(new Dictionary<string, string> { ["basic.auth.credentials.source"] = "URL" });
        Assert.Equal(BasicAuthCredentialsSource.Url, basic.BasicAuthCredentialsSource);
        var bearer = SchemaRegistryOptions.From(new Dictionary<string, string> { ["bearer.auth.credentials.source"] = "STATIC_TOKEN", ["bearer.auth.token"] = "t" });
        Assert.Equal("t", bearer.BearerToken);
        Assert.Null(SchemaRegistryOptions.From(new Dictionary<string, string> { ["sasl.username"] = "u", ["sasl.password"] = "p" }).SaslUsername);
    }

    [Theory]
    [InlineData("schema.registry.request.timeout.ms", "soon", "a number")]
    [InlineData("schema.registry.basic.auth.credentials.source", "SASL", "SASL_INHERIT")]
    [InlineData("schema.registry.bearer.auth.credentials.source", "OAUTHBEARER", "BearerTokenSource")]
    [InlineData("schema.registry.ssl.keystore.location", "a.p12", "PEM")]
    [InlineData("schema.registry.enable.ssl.certificate.verification", "false", "ca.location")]
    [InlineData("schema.registry.urls", "http://a", "schema.registry.url")]
    public void What_is_not_known_or_not_done_is_refused_by_name_with_the_remedy(string name, string value, string remedy)
    {
        var refused = Assert.Throws<ArgumentException>(() => SchemaRegistryOptions.From(new Dictionary<string, string> { [name] = value }));
        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, refused.Message, StringComparison.Ordinal);
    }
}
