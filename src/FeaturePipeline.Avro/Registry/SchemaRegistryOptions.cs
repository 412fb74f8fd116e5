namespace FeaturePipeline.Avro.Registry;

/// <summary>Configuration section <c>SchemaRegistry</c>.</summary>
public sealed class SchemaRegistryOptions
{
    /// <summary>Prefix of addresses that stand for a registry in memory, shared by name within the process.</summary>
    public const string MockScheme = "mock://";

    /// <summary>One address or several, comma-separated, for fail-over; a base path is kept; <c>mock://NAME</c> is in memory.</summary>
    public string Url { get; set; } = "http://localhost:8081";

    /// <summary><c>user:password</c> for basic authentication; null = what the address holds, if anything.</summary>
    public string? BasicAuthUserInfo { get; set; }

    /// <summary>Token for bearer authentication.</summary>
    public string? BearerToken { get; set; }

    /// <summary>PEM file with the certificate authorities that the registry's certificate must come from; null = the system's.</summary>
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

    /// <summary>Shortest wait after a failed try; it doubles each time, with jitter. Default 1 s.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait between tries. Default 20 s.</summary>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(20);
}
