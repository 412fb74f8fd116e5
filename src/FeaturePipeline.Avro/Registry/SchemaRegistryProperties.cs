// Settings of the registry client under the names that Confluent's clients gave them.
namespace FeaturePipeline.Avro.Registry;

internal static class SchemaRegistryProperties
{
    private static readonly PropertyTable<SchemaRegistryOptions> Table = new(
        "schema.registry.",
        new()
        {
            ["url"] = static (options, property) => options.Url = property.Value,
            ["request.timeout.ms"] = static (options, property) => options.Timeout = property.Milliseconds(),
            ["max.retries"] = static (options, property) => options.MaxTries = property.Integer(0, 99) + 1,
            ["retries.wait.ms"] = static (options, property) => options.RetryDelay = property.Milliseconds(),
            ["retries.max.wait.ms"] = static (options, property) => options.MaxRetryDelay = property.Milliseconds(),
            ["basic.auth.credentials.source"] = static (options, property) => options.BasicAuthCredentialsSource = property.Value switch
            {
                "USER_INFO" => BasicAuthCredentialsSource.UserInfo,
                "URL" => BasicAuthCredentialsSource.Url,
                "SASL_INHERIT" => BasicAuthCredentialsSource.SaslInherit,
                _ => throw property.Wrong("USER_INFO, URL or SASL_INHERIT"),
            },
            ["basic.auth.user.info"] = static (options, property) => options.BasicAuthUserInfo = property.Value,
            ["bearer.auth.credentials.source"] = static (_, property) =>
            {
                if (property.Value != "STATIC_TOKEN")
                {
                    throw property.Wrong($"STATIC_TOKEN; for tokens that must be fetched set {nameof(SchemaRegistryOptions.BearerTokenSource)} in code");
                }
            },
            ["bearer.auth.token"] = static (options, property) => options.BearerToken = property.Value,
            ["ssl.ca.location"] = static (options, property) => options.CaLocation = property.Value,
            ["ssl.certificate.location"] = static (options, property) => options.CertificateLocation = property.Value,
            ["ssl.key.location"] = static (options, property) => options.KeyLocation = property.Value,
            ["ssl.keystore.location"] = static (_, property) =>
                throw property.Unsupported("Give the certificate and the key as PEM files: schema.registry.ssl.certificate.location and schema.registry.ssl.key.location"),
            ["enable.ssl.certificate.verification"] = static (_, property) =>
            {
                if (!property.Boolean())
                {
                    throw property.Wrong("true; trust a private authority with schema.registry.ssl.ca.location");
                }
            },
            ["max.cached.schemas"] = static (_, _) => { }, // what can't change is kept; ids of messages that the registry lacks are bounded
            ["max.connections.per.server"] = static (_, _) => { }, // one request per schema is under way at a time
            ["latest.cache.ttl.secs"] = static (_, _) => { }, // the serializers read it
        },
        aliases: new[] { "basic.auth.credentials.source", "basic.auth.user.info", "bearer.auth.credentials.source", "bearer.auth.token" }
            .ToDictionary(static name => name)); // Java's have no prefix

    public static SchemaRegistryOptions Read(IEnumerable<KeyValuePair<string, string>> properties)
    {
        ArgumentNullException.ThrowIfNull(properties);
        var all = properties.ToArray();
        var options = Table.Read(all, new SchemaRegistryOptions());
        if (options.BasicAuthCredentialsSource == BasicAuthCredentialsSource.SaslInherit)
        {
            options.SaslUsername = Find(all, "sasl.username");
            options.SaslPassword = Find(all, "sasl.password");
        }

        return options;
    }

    private static string? Find(KeyValuePair<string, string>[] properties, string name) =>
        Array.FindLast(properties, property => property.Key == name).Value;
}
