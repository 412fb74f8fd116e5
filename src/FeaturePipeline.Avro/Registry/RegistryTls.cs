// Whom Confluent's client trusts and who it says it is, from PEM files.
//
// Confluent.SchemaRegistry 2.16 takes the client's certificate as PKCS#12 alone, without its chain; and with a file of authorities it
// refuses servers that do not send their root, and trusts those that do for any host name and date. So its TLS options are set from here.
using System.Net.Http;
using System.Net.Security;
using System.Reflection;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Confluent.SchemaRegistry;

namespace FeaturePipeline.Avro.Registry;

/// <summary>Sets the TLS options of Confluent's client.</summary>
internal static class RegistryTls
{
    private const string CaKey = "SchemaRegistry:CaLocation";
    private const string CertificateKey = "SchemaRegistry:CertificateLocation";
    private const string KeyKey = "SchemaRegistry:KeyLocation";

    /// <summary>Sets what the options say; nothing where they say nothing.</summary>
    /// <exception cref="ArgumentException">A file can't be read or holds no certificate; the message names the key and the
    /// file.</exception>
    public static void Apply(CachedSchemaRegistryClient client, SchemaRegistryOptions options)
    {
        string? ca = RegistryProperties.CaLocation(options);
        bool hasCertificate = options.CertificateLocation is { Length: > 0 };
        if (!hasCertificate && options.KeyLocation is { Length: > 0 })
        {
            throw new RegistryOptionException(KeyKey, $"is set without {CertificateKey}.");
        }

        if (ca is not { Length: > 0 } && !hasCertificate)
        {
            return;
        }

        X509ChainPolicy? policy = ca is { Length: > 0 } ? ReadAuthorities(ca) : null;
        SslStreamCertificateContext? own = hasCertificate ? ReadClientCertificate(options.CertificateLocation!, options.KeyLocation) : null;
        foreach (SslClientAuthenticationOptions ssl in TlsOptions(client))
        {
            ssl.ClientCertificateContext = own ?? ssl.ClientCertificateContext;
            ssl.CertificateChainPolicy = policy ?? ssl.CertificateChainPolicy;
        }
    }

    /// <summary>The TLS options of a client's connections, before the first one is made.</summary>
    /// <exception cref="NotSupportedException">This version of Confluent's client keeps them elsewhere.</exception>
    internal static IEnumerable<SslClientAuthenticationOptions> TlsOptions(CachedSchemaRegistryClient client)
    {
        object rest = Field(typeof(CachedSchemaRegistryClient), "restService", client);
        var senders = (System.Collections.IEnumerable)Field(rest.GetType(), "clients", rest);
        foreach (object sender in senders)
        {
            object handler = Field(typeof(HttpMessageInvoker), "_handler", sender);
            yield return handler.GetType().GetProperty("SslOptions")?.GetValue(handler) as SslClientAuthenticationOptions
                ?? throw Unknown("SslOptions");
        }
    }

    private static object Field(Type type, string name, object owner) =>
        type.GetField(name, BindingFlags.Instance | BindingFlags.NonPublic)?.GetValue(owner) ?? throw Unknown(name);

    private static NotSupportedException Unknown(string name) => new(
        $"Confluent.SchemaRegistry {typeof(CachedSchemaRegistryClient).Assembly.GetName().Version} has no '{name}' where 2.16 has it, "
        + $"so {CaKey} and {CertificateKey} can't be applied. Use the version of this library's package list.");

    // The given authorities alone are trusted; host name and dates are checked as always.
    private static X509ChainPolicy ReadAuthorities(string path)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(ReadCertificates(path, CaKey));
        return policy;
    }

    private static X509Certificate2Collection ReadCertificates(string path, string key)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPemFile(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new RegistryOptionException(key, $"'{path}' can't be read as PEM: {exception.Message}", exception);
        }

        return certificates.Count > 0 ? certificates : throw new RegistryOptionException(key, $"'{path}' holds no certificate in PEM form.");
    }

    private static SslStreamCertificateContext ReadClientCertificate(string path, string? keyPath)
    {
        X509Certificate2Collection chain = ReadCertificates(path, CertificateKey);
        try
        {
            X509Certificate2 own = X509Certificate2.CreateFromPemFile(path, string.IsNullOrEmpty(keyPath) ? path : keyPath);
            if (OperatingSystem.IsWindows())
            {
                // SChannel takes no key that exists in memory only.
                own = X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pkcs12), password: null);
            }

            return SslStreamCertificateContext.Create(own, chain, offline: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new RegistryOptionException(
                KeyKey, $"the private key of {CertificateKey} can't be read. Give its unencrypted PEM file.", exception);
        }
    }
}
