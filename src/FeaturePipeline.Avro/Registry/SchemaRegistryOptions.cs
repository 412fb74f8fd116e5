using Confluent.SchemaRegistry;

namespace FeaturePipeline.Avro.Registry;

/// <summary>Configuration section <c>SchemaRegistry</c>: the settings that most need, and under <see cref="Client"/> all that Confluent's
/// client has.</summary>
public sealed class SchemaRegistryOptions
{
    /// <summary>Prefix of addresses that stand for a registry in memory, shared by name within the process.</summary>
    public const string MockScheme = "mock://";

    /// <summary>One address or several, comma-separated, for fail-over; a base path is kept; <c>mock://NAME</c> is in memory. An address
    /// may hold <c>user:password@</c>, percent-encoded.</summary>
    public string Url { get; set; } = "http://localhost:8081";

    /// <summary><c>user:password</c> for basic authentication; null = what the address holds, if anything.</summary>
    public string? BasicAuthUserInfo { get; set; }

    /// <summary>Token for bearer authentication, sent as it is. For tokens that must be fetched see Confluent's OAUTHBEARER under <see
    /// cref="Client"/>.</summary>
    public string? BearerToken { get; set; }

    /// <summary>PEM file with the certificate authorities that the registry's certificate must come from; null = the system's. This file
    /// and the next two are looked at again every minute: a certificate that was renewed on disk is used from then on.</summary>
    public string? CaLocation { get; set; }

    /// <summary>PEM file with the client's certificate and its chain, for mutual TLS.</summary>
    public string? CertificateLocation { get; set; }

    /// <summary>PEM file with the client's private key; null = it is in the file of <see cref="CertificateLocation"/>.</summary>
    public string? KeyLocation { get; set; }

    /// <summary>Longest time of one try at one address. Default 30 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Properties of <see cref="SchemaRegistryConfig"/> in their own spelling, <c>schema.registry.max.retries</c>, and for
    /// SASL_INHERIT <c>sasl.username</c> and <c>sasl.password</c>.</summary>
    public IReadOnlyDictionary<string, string> Client { get; set; } = new Dictionary<string, string>(StringComparer.Ordinal);
}
