using FeaturePipeline.Configuration;

namespace FeaturePipeline.Tests.Program.Configuration;

public class RedactionTests
{
    [Theory]
    [InlineData("Kafka:Client:sasl.password")]
    [InlineData("Kafka:Client:SaslPassword")]
    [InlineData("Kafka:Client:ssl.key.password")]
    [InlineData("Kafka:Client:ssl.key.pem")]
    [InlineData("Kafka:Client:sasl.oauthbearer.client.secret")]
    [InlineData("SchemaRegistry:BasicAuthUserInfo")]
    [InlineData("SchemaRegistry:BearerToken")]
    [InlineData("SchemaRegistry:Client:schema.registry.basic.auth.user.info")]
    [InlineData("SchemaRegistry:Client:schema.registry.bearer.auth.token")]
    [InlineData("SchemaRegistry:Client:schema.registry.bearer.auth.client.secret")]
    [InlineData("SchemaRegistry:Client:schema.registry.ssl.keystore.password")]
    [InlineData("SchemaRegistry:Client:BearerAuthClientSecret")]
    [InlineData("SchemaRegistry:Client:BASIC_AUTH_USER_INFO")]
    [InlineData("SchemaRegistry:Client:SslKeystorePassword")]
    public void The_value_of_a_secret_is_masked(string key) => Assert.Equal("***", Redaction.Value(key, "hunter2"));

    [Theory]
    [InlineData("Sinks:Redis:Connection", "redis:6379,password=hunter2,ssl=true", "redis:6379,password=***,ssl=true")]
    [InlineData("SchemaRegistry:Url", "http://me:hunter2@a:1,http://you:hunter2@b:2", "http://***@a:1,http://***@b:2")]
    [InlineData("Telemetry:Otlp:Endpoint", "https://hunter2@host", "https://***@host")]
    [InlineData("SchemaRegistry:Url", "http://me:hunt@r2@a:1", "http://***@a:1")]
    public void A_password_inside_a_value_is_masked(string key, string value, string printed) => Assert.Equal(printed, Redaction.Value(key, value));

    [Theory]
    [InlineData("Kafka:BootstrapServers", "a:9092,b:9092")]
    [InlineData("FeatureViews:user_sessions:Entity", "user_id")]
    [InlineData("Source:KeyedBy", "user_id")]
    [InlineData("Kafka:Client:sasl.oauthbearer.token.endpoint.url", "https://idp/token")]
    [InlineData("SchemaRegistry:Client:schema.registry.bearer.auth.token.endpoint.url", "https://idp/token")]
    [InlineData("SchemaRegistry:Client:schema.registry.max.retries", "3")]
    public void What_is_no_secret_is_printed_as_it_is(string key, string value) => Assert.Equal(value, Redaction.Value(key, value));

    [Fact]
    public void The_effective_configuration_is_printed_sorted_and_without_secrets()
    {
        string[] lines = [.. EffectiveConfiguration.Lines(PipelineOptionsTests.Configuration(
            ("Source:Topic", "t"), ("Kafka:Client:sasl.password", "hunter2"), ("Kafka:ApplicationId", "app")))];

        Assert.Equal(["Kafka:ApplicationId=app", "Kafka:Client:sasl.password=***", "Source:Topic=t"], lines);
    }
}
