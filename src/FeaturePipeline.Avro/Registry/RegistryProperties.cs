// The properties that Confluent's client is made with: ours in its spelling, then those that are given raw.
using System.Globalization;
using System.Reflection;
using Confluent.SchemaRegistry;
using Names = Confluent.SchemaRegistry.SchemaRegistryConfig.PropertyNames;

namespace FeaturePipeline.Avro.Registry;

/// <summary>One mistake in a registry's settings.</summary>
/// <param name="Key">Full configuration key, for example <c>SchemaRegistry:Client:schema.registry.max.retries</c>.</param>
/// <param name="Message">What is wrong, and the remedy. Never a secret's value.</param>
public sealed record RegistryOptionError(string Key, string Message);

/// <summary>Properties of Confluent's client from <see cref="SchemaRegistryOptions"/>.</summary>
public static class RegistryProperties
{
    private const string Section = "SchemaRegistry:";
    private const string Prefix = "schema.registry.";

    // What SASL_INHERIT takes from the Kafka client's properties.
    private static readonly string[] Inherited = ["sasl.username", "sasl.password"];

    /// <summary>Names of the properties that Confluent's client has.</summary>
    public static IReadOnlyList<string> All { get; } =
        [.. typeof(Names).GetFields(BindingFlags.Public | BindingFlags.Static).Select(static field => (string)field.GetRawConstantValue()!)];

    /// <summary>Every mistake that can be found without a connection; empty when there is none.</summary>
    public static IReadOnlyList<RegistryOptionError> Validate(SchemaRegistryOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var errors = new List<RegistryOptionError>();
        foreach (string name in options.Client.Keys.Where(static name => !All.Contains(name) && !Inherited.Contains(name)))
        {
            string nearest = All.Contains(Prefix + name) ? Prefix + name : NearestName.Find(name, All, changesMax: int.MaxValue) ?? "";
            errors.Add(new RegistryOptionError($"{Section}Client:{name}", $"not a property of Confluent's registry client; the nearest one is '{nearest}'"));
        }

        foreach (var (key, name, _) in Own(options).Where(own => options.Client.ContainsKey(own.Name)))
        {
            errors.Add(new RegistryOptionError($"{Section}Client:{name}", $"given together with {Section}{key}, which says the same; keep one"));
        }

        foreach (string name in (string[])[Names.SslKeystoreLocation, Names.SslCaLocation])
        {
            if (options.Client.TryGetValue(name, out string? path) && !File.Exists(path))
            {
                errors.Add(new RegistryOptionError($"{Section}Client:{name}", $"there is no file '{path}'"));
            }
        }

        if (options.BearerToken is { Length: > 0 } && (options.BasicAuthUserInfo is { Length: > 0 } || options.Client.Keys.Any(static name => name.Contains(".auth.credentials.source", StringComparison.Ordinal))))
        {
            errors.Add(new RegistryOptionError($"{Section}{nameof(options.BearerToken)}", "given together with other credentials; only one can be sent"));
        }

        if (errors.Count == 0 && !options.Url.StartsWith(SchemaRegistryOptions.MockScheme, StringComparison.OrdinalIgnoreCase))
        {
            try
            {
                SchemaRegistries.Create(options).Dispose();
            }
            catch (ArgumentException exception)
            {
                errors.Add(new RegistryOptionError(exception.ParamName is { } key && key.StartsWith(Section, StringComparison.Ordinal) ? key : $"{Section}Client", exception.Message));
            }
        }

        return errors;
    }

    /// <summary>The properties of a client of one address, without what is done for it: the authorities and the PEM certificate.</summary>
    internal static Dictionary<string, string> Of(SchemaRegistryOptions options, RegistryAddress address)
    {
        var properties = new Dictionary<string, string>(options.Client, StringComparer.Ordinal);
        foreach (var (_, name, value) in Own(options))
        {
            properties[name] = value;
        }

        properties[Names.SchemaRegistryUrl] = address.Url;
        _ = properties.Remove(Names.SslCaLocation);
        string source = properties.GetValueOrDefault(Names.SchemaRegistryBasicAuthCredentialsSource, "");
        if (source == "URL")
        {
            // Confluent's client for .NET does not know it; Java's does.
            _ = properties.Remove(Names.SchemaRegistryBasicAuthCredentialsSource);
        }

        bool hasCredentials = properties.ContainsKey(Names.SchemaRegistryBasicAuthUserInfo) || source == "SASL_INHERIT"
            || options.BearerToken is not null || properties.ContainsKey(Names.SchemaRegistryBearerAuthCredentialsSource);
        if (!hasCredentials && address.UserInfo is { } userInfo)
        {
            properties[Names.SchemaRegistryBasicAuthUserInfo] = userInfo;
        }

        return properties;
    }

    /// <summary>The file of the authorities that are trusted, or null for the system's.</summary>
    internal static string? CaLocation(SchemaRegistryOptions options) =>
        options.CaLocation is { Length: > 0 } own ? own : options.Client.GetValueOrDefault(Names.SslCaLocation);

    private static IEnumerable<(string Key, string Name, string Value)> Own(SchemaRegistryOptions options)
    {
        if (options.BasicAuthUserInfo is { Length: > 0 } userInfo)
        {
            yield return (nameof(options.BasicAuthUserInfo), Names.SchemaRegistryBasicAuthUserInfo, userInfo);
        }

        if (options.CaLocation is { Length: > 0 } ca)
        {
            yield return (nameof(options.CaLocation), Names.SslCaLocation, ca);
        }

        if (options.Timeout != new SchemaRegistryOptions().Timeout)
        {
            yield return (nameof(options.Timeout), Names.SchemaRegistryRequestTimeoutMs, ((int)options.Timeout.TotalMilliseconds).ToString(CultureInfo.InvariantCulture));
        }
    }
}
