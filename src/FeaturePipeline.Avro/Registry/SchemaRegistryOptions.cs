namespace FeaturePipeline.Avro.Registry;

/// <summary>Configuration section <c>SchemaRegistry</c>.</summary>
public sealed class SchemaRegistryOptions
{
    /// <summary>Prefix of addresses that stand for a registry in memory, shared by name within the process.</summary>
    public const string MockScheme = "mock://";

    /// <summary>One address or several, comma-separated, for fail-over; a base path is kept; <c>mock://NAME</c> is in memory.</summary>
    public string Url { get; set; } = "http://localhost:8081";

    /// <summary>Where the credentials of basic authentication are. Default <see cref="BasicAuthCredentialsSource.UserInfo"/>.</summary>
    public BasicAuthCredentialsSource BasicAuthCredentialsSource { get; set; }

    /// <summary><c>user:password</c> for basic authentication; null = what the address holds, if anything.</summary>
    public string? BasicAuthUserInfo { get; set; }

    /// <summary>The Kafka client's <c>sasl.username</c>, for <see cref="BasicAuthCredentialsSource.SaslInherit"/>.</summary>
    public string? SaslUsername { get; set; }

    /// <summary>The Kafka client's <c>sasl.password</c>, for <see cref="BasicAuthCredentialsSource.SaslInherit"/>.</summary>
    public string? SaslPassword { get; set; }

    /// <summary>Token for bearer authentication, sent as it is.</summary>
    public string? BearerToken { get; set; }

    /// <summary>Gives the token of each request instead of <see cref="BearerToken"/>, for tokens that expire. It is asked for every request and
    /// keeps a token itself for as long as that is good.</summary>
    public Func<CancellationToken, ValueTask<string>>? BearerTokenSource { get; set; }

    /// <summary>PEM file with the certificate authorities that the registry's certificate must come from; null = the system's. This file and
    /// the next two are looked at again every minute: a certificate that was renewed on disk is used from then on.</summary>
    public string? CaLocation { get; set; }

    /// <summary>PEM file with the client's certificate and its chain, for mutual TLS.</summary>
    public string? CertificateLocation { get; set; }

    /// <summary>PEM file with the client's private key; null = it is in the file of <see cref="CertificateLocation"/>.</summary>
    public string? KeyLocation { get; set; }

    /// <summary>Longest time of one try at one address. Default 30 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an answer "not found" is believed. Default 1 min.</summary>
    public TimeSpan NegativeCacheTtl { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Tries of one call before it fails, each through every address. Default 3.</summary>
    public int MaxTries { get; set; } = 3;

    /// <summary>Median wait after the first failed try; it doubles each time, with jitter. A <c>Retry-After</c> header of the registry's comes
    /// before it. Default 1 s.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait between tries, also where the registry asks for a longer one. Default 20 s.</summary>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Longest time of one call at that number of addresses: all tries at all addresses until their time-out, and the waits.</summary>
    /// <param name="addresses">How many addresses <see cref="Url"/> has.</param>
    /// <returns>With the defaults and one address 130 s.</returns>
    public TimeSpan LongestCall(int addresses = 1) => (Timeout * addresses * MaxTries) + (MaxRetryDelay * (MaxTries - 1));

    /// <summary>Reads settings under the names of Confluent's clients: <c>schema.registry.url</c>, <c>schema.registry.basic.auth.user.info</c> and
    /// so on, and <c>sasl.username</c> and <c>sasl.password</c> for SASL_INHERIT; other settings are passed over.</summary>
    /// <param name="properties">For example a producer's whole configuration.</param>
    /// <exception cref="ArgumentException">A value can't be read, or a name that begins with <c>schema.registry.</c> is not known or stands for
    /// what this client does not do; the message names it.</exception>
    public static SchemaRegistryOptions From(IEnumerable<KeyValuePair<string, string>> properties) => SchemaRegistryProperties.Read(properties);

    /// <exception cref="ArgumentException">A value is out of range; the message names the key.</exception>
    internal SchemaRegistryOptions Validated()
    {
        Require(Timeout > TimeSpan.Zero, nameof(Timeout), "a time above 0");
        Require(MaxTries is >= 1 and <= 100, nameof(MaxTries), "1 to 100");
        Require(RetryDelay >= TimeSpan.Zero && RetryDelay <= MaxRetryDelay, nameof(RetryDelay), $"0 to {nameof(MaxRetryDelay)}");
        Require(MaxRetryDelay <= TimeSpan.FromHours(1), nameof(MaxRetryDelay), "at most 1 h");
        return this;
    }

    private static void Require(bool holds, string key, string allowed)
    {
        if (!holds)
        {
            throw new ArgumentException($"SchemaRegistry:{key} is out of range; it takes {allowed}.", key);
        }
    }
}

/// <summary>Where the credentials of basic authentication are. The names of Confluent's clients are USER_INFO, URL and SASL_INHERIT.</summary>
public enum BasicAuthCredentialsSource
{
    /// <summary><see cref="SchemaRegistryOptions.BasicAuthUserInfo"/>, else the address, else none are sent.</summary>
    UserInfo,

    /// <summary>The address (<c>http://user:password@host</c>).</summary>
    Url,

    /// <summary>The Kafka client's <see cref="SchemaRegistryOptions.SaslUsername"/> and <see cref="SchemaRegistryOptions.SaslPassword"/>.</summary>
    SaslInherit,
}
