using System.Net.Http.Headers;
using System.Text;

namespace FeaturePipeline.Avro.Registry;

/// <summary>One address of a registry: where requests go, what credentials they carry, and what may be printed.</summary>
/// <param name="Base">Address with its base path, ending in a slash, without credentials.</param>
/// <param name="Authorization">Header of each request, or null.</param>
internal sealed record RegistryEndpoint(Uri Base, AuthenticationHeaderValue? Authorization)
{
    /// <summary>Reads the comma-separated addresses. No message holds an address that might hold a password.</summary>
    public static RegistryEndpoint[] Parse(SchemaRegistryOptions options)
    {
        CheckCredentials(options);
        var addresses = options.Url.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (addresses.Length == 0)
        {
            throw new ArgumentException("SchemaRegistry:Url is empty. Give http://host:port, several comma-separated, or mock://NAME.", nameof(options));
        }

        return [.. addresses.Select((address, index) => ParseOne(address, index, addresses.Length, options))];
    }

    private static RegistryEndpoint ParseOne(string address, int index, int count, SchemaRegistryOptions options)
    {
        var text = address.Contains("://", StringComparison.Ordinal) ? address : "http://" + address;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri)
            || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps)
            || uri.Host.Length == 0
            || uri.Query.Length > 0
            || uri.Fragment.Length > 0)
        {
            throw new ArgumentException(
                $"SchemaRegistry:Url: address {index + 1} of {count} is not an http or https address (http://host:port/base/path, no query). "
                + "In a user's name and password special characters are percent-encoded: @ is %40, / is %2F, # is %23, a comma %2C.", nameof(options));
        }

        var path = uri.AbsolutePath.EndsWith('/') ? uri.AbsolutePath : uri.AbsolutePath + "/";
        var bare = new UriBuilder(uri.Scheme, uri.Host, uri.Port, path).Uri;
        return new RegistryEndpoint(bare, Authorize(uri, options));
    }

    private static void CheckCredentials(SchemaRegistryOptions options)
    {
        bool hasUserInfo = options.BasicAuthUserInfo is { Length: > 0 };
        bool inherits = options.BasicAuthCredentialsSource == BasicAuthCredentialsSource.SaslInherit;
        bool hasToken = options.BearerToken is { Length: > 0 };
        Require(
            !hasToken || !(hasUserInfo || inherits),
            "SchemaRegistry:BearerToken and SchemaRegistry:BasicAuthUserInfo (or SASL_INHERIT) are both set. Keep one.");
        Require(
            options.BearerTokenSource is null || !(hasToken || hasUserInfo || inherits),
            "SchemaRegistry: a source of bearer tokens and other credentials are both set. Keep one.");
        Require(
            !hasUserInfo || options.BasicAuthUserInfo!.Contains(':', StringComparison.Ordinal), "SchemaRegistry:BasicAuthUserInfo is not of the form user:password.");
        Require(
            !hasUserInfo || options.BasicAuthCredentialsSource == BasicAuthCredentialsSource.UserInfo,
            "SchemaRegistry:BasicAuthUserInfo is set, but SchemaRegistry:BasicAuthCredentialsSource says that the credentials are elsewhere. Keep one.");
        Require(
            !inherits || (options.SaslUsername is { Length: > 0 } user && !user.Contains(':', StringComparison.Ordinal) && options.SaslPassword is not null),
            "SchemaRegistry:BasicAuthCredentialsSource is SASL_INHERIT, but sasl.username (without a colon) and sasl.password of the Kafka client are not both set.");
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new ArgumentException(otherwise);
        }
    }

    /// <summary>The header of a bearer token.</summary>
    /// <exception cref="ArgumentException">The token is empty, or no header can hold it; the message does not show it.</exception>
    public static AuthenticationHeaderValue Bearer(string? token) => token is { Length: > 0 } && token.All(static c => c is > ' ' and <= '~')
        ? new AuthenticationHeaderValue("Bearer", token)
        : throw new ArgumentException("SchemaRegistry: the bearer token is empty or holds a space, a line break or a character beyond ASCII. Was it read from a file with a line break at its end?");

    private static AuthenticationHeaderValue? Authorize(Uri uri, SchemaRegistryOptions options)
    {
        if (options.BearerToken is { Length: > 0 } token)
        {
            return Bearer(token);
        }

        var inAddress = Uri.UnescapeDataString(uri.UserInfo);
        var userInfo = options.BasicAuthCredentialsSource switch
        {
            BasicAuthCredentialsSource.SaslInherit => $"{options.SaslUsername}:{options.SaslPassword}",
            BasicAuthCredentialsSource.UserInfo when options.BasicAuthUserInfo is { Length: > 0 } given => given,
            _ => inAddress,
        };
        return userInfo.Length == 0 ? null : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(userInfo)));
    }
}
