using Confluent.SchemaRegistry;

namespace FeaturePipeline.Avro.Registry;

/// <summary>One address of a registry.</summary>
/// <param name="Url">Address with its base path, without credentials: it may be printed.</param>
/// <param name="UserInfo"><c>user:password</c> that stood in the address, decoded; null for none.</param>
internal sealed record RegistryAddress(string Url, string? UserInfo)
{
    private const string Key = "SchemaRegistry:Url";

    /// <summary>Reads comma-separated addresses. No message holds an address that might hold a password.</summary>
    /// <exception cref="ArgumentException">One is no address; the message says which.</exception>
    public static RegistryAddress[] Parse(string urls)
    {
        string[] addresses = urls.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return addresses.Length > 0
            ? [.. addresses.Select((address, index) => ParseOne(address, index, addresses.Length))]
            : throw new RegistryOptionException(Key, "is empty. Give http://host:port, several comma-separated, or mock://NAME.");
    }

    private static RegistryAddress ParseOne(string address, int index, int count)
    {
        string text = address.Contains("://", StringComparison.Ordinal) ? address : "http://" + address;
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri)
            || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps)
            || uri.Host.Length == 0
            || uri.Query.Length > 0
            || uri.Fragment.Length > 0)
        {
            throw new RegistryOptionException(
                Key,
                $"address {index + 1} of {count} is not an http or https address (http://host:port/base/path, no query). "
                + "In a user's name and password special characters are percent-encoded: @ is %40, / is %2F, # is %23, a comma %2C.");
        }

        string userInfo = Uri.UnescapeDataString(uri.UserInfo);
        return new RegistryAddress(
            new UriBuilder(uri.Scheme, uri.Host, uri.Port, uri.AbsolutePath).Uri.ToString().TrimEnd('/'), userInfo.Length > 0 ? userInfo : null);
    }
}

/// <summary>Where a registry client's registry is, for messages.</summary>
public static class RegistryAddresses
{
    /// <summary>The client's addresses without credentials, comma-separated.</summary>
    /// <param name="registry">A client.</param>
    public static string Address(this ISchemaRegistryClient registry)
    {
        ArgumentNullException.ThrowIfNull(registry);
        string? url = registry.Config?.FirstOrDefault(static property => property.Key == SchemaRegistryConfig.PropertyNames.SchemaRegistryUrl).Value;
        return url switch
        {
            null => "the schema registry",
            _ when url.StartsWith(SchemaRegistryOptions.MockScheme, StringComparison.OrdinalIgnoreCase) => url,
            _ => string.Join(',', RegistryAddress.Parse(url).Select(static address => address.Url)),
        };
    }
}
