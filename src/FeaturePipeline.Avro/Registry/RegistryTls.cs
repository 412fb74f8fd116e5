using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FeaturePipeline.Avro.Registry;

/// <summary>TLS settings from PEM files: whom the client trusts and who it says it is.</summary>
internal static class RegistryTls
{
    /// <exception cref="ArgumentException">A file can't be read or holds no certificate; the message names the key and the file.</exception>
    public static void Apply(SslClientAuthenticationOptions ssl, SchemaRegistryOptions options)
    {
        if (options.CaLocation is { Length: > 0 } ca)
        {
            // The given authorities alone are trusted; host name and dates are checked as always.
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(ReadCertificates(ca, nameof(options.CaLocation)));
            ssl.CertificateChainPolicy = policy;
        }

        if (options.CertificateLocation is { Length: > 0 } certificate)
        {
            ssl.ClientCertificateContext = ReadClientCertificate(certificate, options.KeyLocation);
        }
        else if (options.KeyLocation is { Length: > 0 })
        {
            throw new ArgumentException("SchemaRegistry:KeyLocation is set without SchemaRegistry:CertificateLocation.", nameof(options));
        }
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
            throw new ArgumentException($"SchemaRegistry:{key}: '{path}' can't be read as PEM: {exception.Message}", nameof(path), exception);
        }

        return certificates.Count > 0
            ? certificates
            : throw new ArgumentException($"SchemaRegistry:{key}: '{path}' holds no certificate in PEM form.", nameof(path));
    }

    private static SslStreamCertificateContext ReadClientCertificate(string path, string? keyPath)
    {
        var chain = ReadCertificates(path, nameof(SchemaRegistryOptions.CertificateLocation));
        try
        {
            var own = X509Certificate2.CreateFromPemFile(path, string.IsNullOrEmpty(keyPath) ? path : keyPath);
            if (OperatingSystem.IsWindows())
            {
                // SChannel takes no key that exists in memory only.
                own = X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pkcs12), password: null);
            }

            return SslStreamCertificateContext.Create(own, chain, offline: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new ArgumentException(
                "SchemaRegistry:KeyLocation: the private key of SchemaRegistry:CertificateLocation can't be read. Give its unencrypted PEM file.",
                nameof(keyPath),
                exception);
        }
    }
}
