using Confluent.SchemaRegistry;

namespace FeaturePipeline.Avro.Registry;

/// <summary>Makes the registry that an address stands for.</summary>
public static class SchemaRegistries
{
    /// <summary>Confluent's client, or for <c>mock://NAME</c> the process's <see cref="MockSchemaRegistry"/> of that name.</summary>
    /// <param name="options">Address, credentials, time-outs.</param>
    /// <param name="credentials">Gives the header of each request instead of the options' credentials, for schemes of one's own; null = the
    /// options'.</param>
    /// <param name="timeProvider">Clock of the look at certificate files; null = the system's.</param>
    /// <returns>A client that goes past addresses where no registry answers, keeps contexts apart, and looks at certificate files
    /// again.</returns>
    /// <exception cref="ArgumentException">An address, a credential, a property or a certificate file can't be used; the message names the
    /// key.</exception>
    public static ISchemaRegistryClient Create(
        SchemaRegistryOptions options, IAuthenticationHeaderValueProvider? credentials = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!options.Url.StartsWith(SchemaRegistryOptions.MockScheme, StringComparison.OrdinalIgnoreCase))
        {
            return new FailoverRegistryClient(options, credentials, timeProvider ?? TimeProvider.System);
        }

        string name = options.Url[SchemaRegistryOptions.MockScheme.Length..].TrimEnd('/');
        return name.Length > 0 && !name.Contains(',', StringComparison.Ordinal)
            ? MockSchemaRegistry.Shared(name)
            : throw new RegistryOptionException("SchemaRegistry:Url", "a registry in memory is one, with a name: mock://NAME");
    }
}
