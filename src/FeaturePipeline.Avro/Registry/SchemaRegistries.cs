namespace FeaturePipeline.Avro.Registry;

/// <summary>Makes the registry that an address stands for.</summary>
public static class SchemaRegistries
{
    /// <summary>An <see cref="HttpSchemaRegistry"/>, or for <c>mock://NAME</c> the process's <see cref="MockSchemaRegistry"/> of that name.</summary>
    /// <param name="options">Address, credentials, time-outs.</param>
    /// <param name="timeProvider">Clock of time-outs, waits and cache expiry; null = the system's.</param>
    /// <exception cref="ArgumentException">An address, a credential or a certificate file can't be used; the message names the key.</exception>
    public static ISchemaRegistry Create(SchemaRegistryOptions options, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Url.StartsWith(SchemaRegistryOptions.MockScheme, StringComparison.OrdinalIgnoreCase)
            ? MockSchemaRegistry.Shared(options.Url[SchemaRegistryOptions.MockScheme.Length..].TrimEnd('/'))
            : new HttpSchemaRegistry(options, timeProvider);
    }
}
