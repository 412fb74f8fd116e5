// The properties that Confluent's client is made with: ours in its spelling, then those that are given raw.
using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
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

    /// <summary>What SASL_INHERIT takes from the Kafka client's properties.</summary>
    public static IReadOnlyList<string> Inherited { get; } = ["sasl.username", "sasl.password"];

    // Below these Confluent's client does nothing at all, or fails at the first call: its "retries" are tries.
    private static readonly (string Name, int Least)[] Minima =
    [
        (Names.SchemaRegistryMaxRetries, 1),
        (Names.SchemaRegistryRetriesWaitMs, 0),
        (Names.SchemaRegistryRetriesMaxWaitMs, 0),
        (Names.SchemaRegistryRequestTimeoutMs, 1),
        (Names.SchemaRegistryMaxConnectionsPerServer, 1),
        (Names.SchemaRegistryLatestCacheTtlSecs, -1), // for ever
    ];

    // What Confluent's client reads only where another property says so, and otherwise passes over without a word.
    private static readonly (string Name, string Needs, Func<string, bool> IsGiven)[] Needs =
    [
        (Names.SslKeystorePassword, Names.SslKeystoreLocation, static location => location.Length > 0),
        .. new[]
        {
            Names.SchemaRegistryBearerAuthToken, Names.SchemaRegistryBearerAuthClientId, Names.SchemaRegistryBearerAuthClientSecret,
            Names.SchemaRegistryBearerAuthScope, Names.SchemaRegistryBearerAuthTokenEndpointUrl, Names.SchemaRegistryBearerAuthTokenEndpointQuery,
            Names.SchemaRegistryBearerAuthLogicalCluster, Names.SchemaRegistryBearerAuthIdentityPoolId,
        }.Select(static name => (
            name, Names.SchemaRegistryBearerAuthCredentialsSource, (Func<string, bool>)(static source => source.Length > 0))),
        .. Inherited.Select(static name => (
            name, Names.SchemaRegistryBasicAuthCredentialsSource, (Func<string, bool>)(static source => source == "SASL_INHERIT"))),
    ];

    private static readonly FieldInfo[] Fields = typeof(Names).GetFields(BindingFlags.Public | BindingFlags.Static);

    // Every spelling, without what separates words: the name, and that of SchemaRegistryConfig's member, with the prefix or without.
    private static readonly Dictionary<string, string> Spellings = Fields
        .SelectMany(static field => new[] { field.Name, ValueOf(field) }.Select(name => (Word: Word(name), Name: ValueOf(field))))
        .SelectMany(static one => new[] { one, (Word: one.Word.Replace("schemaregistry", "", StringComparison.Ordinal), one.Name) })
        .DistinctBy(static one => one.Word)
        .ToDictionary(static one => one.Word, static one => one.Name, StringComparer.Ordinal);

    /// <summary>Names of the properties that Confluent's client has.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Fields.Select(ValueOf)];

    /// <summary>The name of a property that is spelled without <c>schema.registry.</c> or as <see cref="SchemaRegistryConfig"/>'s member;
    /// what is no property stays as it is.</summary>
    /// <param name="name">A name: <c>max.retries</c>, <c>MaxRetries</c>.</param>
    public static string Spell(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string word = Word(name);
        return Spellings.GetValueOrDefault(word) ?? Inherited.FirstOrDefault(inherited => Word(inherited) == word) ?? name;
    }

    /// <summary>Every mistake that can be found without a connection; empty when there is none.</summary>
    public static IReadOnlyList<RegistryOptionError> Validate(SchemaRegistryOptions options)
    {
        List<RegistryOptionError> errors = Check(options);
        if (errors.Count == 0)
        {
            try
            {
                SchemaRegistries.Create(options).Dispose();
            }
            catch (RegistryOptionException exception)
            {
                errors.Add(exception.Error);
            }
        }

        return errors;
    }

    /// <summary>What Confluent's client has refused, with the key of the property that it names, as that is spelled in the options.</summary>
    internal static RegistryOptionException Refused(SchemaRegistryOptions options, Exception refusal)
    {
        string? keystore = Raw(options, Names.SslKeystoreLocation);
        if (refusal is CryptographicException or IOException && keystore is not null)
        {
            return new RegistryOptionException(
                Key(options, Names.SslKeystoreLocation),
                $"'{keystore}' can't be opened as PKCS#12 with the password of {Key(options, Names.SslKeystorePassword)}: {refusal.Message}",
                refusal);
        }

        string? named = All.Concat(Inherited)
            .Where(name => refusal.Message.Contains(name, StringComparison.Ordinal))
            .MaxBy(static name => name.Length);
        return new RegistryOptionException(named is null ? $"{Section}Client" : Key(options, named), refusal.Message, refusal);
    }

    /// <summary>The mistakes that Confluent's client does not find, or finds too late.</summary>
    internal static List<RegistryOptionError> Check(SchemaRegistryOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var errors = new List<RegistryOptionError>();
        foreach (var same in options.Client.GroupBy(static property => Spell(property.Key), StringComparer.Ordinal))
        {
            string key = $"{Section}Client:{same.First().Key}";
            string? wrong = same.Count() > 1
                ? $"given as {string.Join(" and as ", same.Select(static property => $"'{property.Key}'"))}; keep one"
                : Wrong(options, same.Key, same.First().Value);
            if (wrong is not null)
            {
                errors.Add(new RegistryOptionError(key, wrong));
            }
        }

        bool hasOther = options.BasicAuthUserInfo is { Length: > 0 }
            || options.Client.Keys.Any(static name => Spell(name).Contains(".auth.", StringComparison.Ordinal));
        if (options.BearerToken is { Length: > 0 } && hasOther)
        {
            errors.Add(new RegistryOptionError(
                $"{Section}{nameof(options.BearerToken)}", "given together with other credentials; only one can be sent"));
            return errors;
        }

        foreach (var (name, needs, isGiven) in Needs)
        {
            if (Raw(options, name) is { Length: > 0 } && !isGiven(Raw(options, needs) ?? ""))
            {
                errors.Add(new RegistryOptionError(Key(options, name), $"has no effect without {Key(options, needs)}"));
            }
        }

        return errors;
    }

    /// <summary>The properties of a client of one address, without what is done for it: the authorities and the PEM certificate.</summary>
    internal static Dictionary<string, string> Of(SchemaRegistryOptions options, RegistryAddress address)
    {
        var properties = options.Client.ToDictionary(
            static property => Spell(property.Key), static property => property.Value, StringComparer.Ordinal);
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
        options.CaLocation is { Length: > 0 } own ? own : Raw(options, Names.SslCaLocation);

    /// <summary>The files that the client's TLS is made of.</summary>
    internal static string[] Files(SchemaRegistryOptions options) =>
    [
        .. new[] { CaLocation(options), options.CertificateLocation, options.KeyLocation, Raw(options, Names.SslKeystoreLocation) }
            .OfType<string>()
            .Where(static file => file.Length > 0),
    ];

    private static string? Raw(SchemaRegistryOptions options, string name) =>
        options.Client.Where(property => Spell(property.Key) == name).Select(static property => property.Value).FirstOrDefault();

    private static string? Wrong(SchemaRegistryOptions options, string name, string value)
    {
        if (!All.Contains(name) && !Inherited.Contains(name))
        {
            IEnumerable<string> known = All.Concat(All.Select(static full => full[Prefix.Length..]));
            string nearest = Spell(NearestName.Find(name, known, changesMax: int.MaxValue) ?? "");
            return $"not a property of Confluent's registry client; the nearest one is '{nearest}'";
        }

        if (name == Names.SchemaRegistryUrl)
        {
            return $"set {Section}{nameof(options.Url)} instead";
        }

        foreach (var own in Own(options).Where(own => own.Name == name))
        {
            return $"given together with {Section}{own.Key}, which says the same; keep one";
        }

        if (name == Names.SslKeystoreLocation && options.CertificateLocation is { Length: > 0 })
        {
            return $"given together with {Section}{nameof(options.CertificateLocation)}; a client shows one certificate";
        }

        if (name is Names.SslKeystoreLocation or Names.SslCaLocation && !File.Exists(value))
        {
            return $"there is no file '{value}'";
        }

        if (name == Names.EnableSslCertificateVerification && !bool.TryParse(value, out _))
        {
            return $"'{value}' is neither true nor false";
        }

        foreach (var (_, least) in Minima.Where(minimum => minimum.Name == name))
        {
            return !int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
                ? $"'{value}' is no whole number up to {int.MaxValue}"
                : number < least ? string.Create(CultureInfo.InvariantCulture, $"{number} is too little; at least {least}") : null;
        }

        return null;
    }

    private static string Key(SchemaRegistryOptions options, string name) =>
        $"{Section}Client:{options.Client.Keys.FirstOrDefault(key => Spell(key) == name) ?? name}";

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
            string milliseconds = ((long)options.Timeout.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
            yield return (nameof(options.Timeout), Names.SchemaRegistryRequestTimeoutMs, milliseconds);
        }
    }

    private static string ValueOf(FieldInfo field) => (string)field.GetRawConstantValue()!;

    private static string Word(string name) =>
        name.Replace(".", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
}
