using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Registry;

namespace FeaturePipeline.Tests.Avro.Registry;

public sealed class RegistryTlsTests : IDisposable
{
    private static readonly ScriptedAnswer Found = new(200, """{"schema":"\"int\"","id":1,"version":1}""");
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("registry-tls");
    private readonly X509Certificate2 _ca = Authority("test authority");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_registry_whose_certificate_comes_from_the_given_authority_is_trusted()
    {
        await using var server = new ScriptedServer(_ => Found, Tls(Issue(_ca, "localhost")));
        using var registry = Registry(server.Url, options => options.CaLocation = Write("ca.pem", _ca.ExportCertificatePem()));
        Assert.Equal("\"int\"", (await registry.GetSchemaAsync(1)).SchemaString);
    }

    [Fact]
    public async Task A_registry_is_not_trusted_without_its_authority()
    {
        await using var server = new ScriptedServer(_ => Found, Tls(Issue(_ca, "localhost")));
        using var system = Registry(server.Url);
        Assert.True((await Assert.ThrowsAsync<HttpRequestException>(() => system.GetSchemaAsync(1))).IsRetriable());
        using var other = Registry(server.Url, options => options.CaLocation = Write("other.pem", Authority("another").ExportCertificatePem()));
        var fault = await Assert.ThrowsAsync<HttpRequestException>(() => other.GetSchemaAsync(1));
        Assert.Contains("certificate", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Check SchemaRegistry:CaLocation", fault.Message, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task A_certificate_for_another_host_is_not_trusted()
    {
        await using var server = new ScriptedServer(_ => Found, Tls(Issue(_ca, "registry.example")));
        using var registry = Registry(server.Url, options => options.CaLocation = Write("ca.pem", _ca.ExportCertificatePem()));
        await Assert.ThrowsAsync<HttpRequestException>(() => registry.GetSchemaAsync(1));
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Confluents_client_alone_takes_a_certificate_of_the_file_for_any_host()
    {
        X509Certificate2 other = Issue(Authority("nobody's"), "registry.example");
        string file = Write("pinned.pem", other.ExportCertificatePem());
        await using var server = new ScriptedServer(_ => Found, Tls(other));
        using var alone = new CachedSchemaRegistryClient(new SchemaRegistryConfig { Url = server.Url, SslCaLocation = file });
        Assert.Equal("\"int\"", (await alone.GetSchemaAsync(1)).SchemaString);
        using var ours = Registry(server.Url, options => options.CaLocation = file);
        await Assert.ThrowsAsync<HttpRequestException>(() => ours.GetSchemaAsync(1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_client_shows_its_certificate(bool keyInItsOwnFile)
    {
        var client = Issue(_ca, "pipeline");
        var key = client.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem();
        var certificate = client.ExportCertificatePem() + "\n" + _ca.ExportCertificatePem();
        await using var server = new ScriptedServer(_ => Found, Tls(Issue(_ca, "localhost"), askClient: true));
        using var registry = Registry(server.Url, options =>
        {
            options.CaLocation = Write("ca.pem", _ca.ExportCertificatePem());
            options.CertificateLocation = Write("client.pem", keyInItsOwnFile ? certificate : certificate + "\n" + key);
            options.KeyLocation = keyInItsOwnFile ? Write("client.key", key) : null;
        });
        await registry.GetSchemaAsync(1);
        Assert.Equal("CN=pipeline", Assert.Single(server.Clients)!.Subject);
    }

    [Fact]
    public async Task A_keystore_is_shown_looked_at_again_and_not_taken_beside_a_PEM_certificate()
    {
        const string Password = "changeit";
        string keystore = Path.Combine(_folder.FullName, "client.p12");
        await File.WriteAllBytesAsync(keystore, Issue(_ca, "before").Export(X509ContentType.Pkcs12, Password), TestContext.Current.CancellationToken);
        var client = new Dictionary<string, string>(ScriptedServer.FastRetries)
        {
            ["ssl.keystore.location"] = keystore,
            ["ssl.keystore.password"] = Password,
        };
        await using var server = new ScriptedServer(_ => Found, Tls(Issue(_ca, "localhost"), askClient: true));
        using var registry = Registry(server.Url, options =>
            (options.CaLocation, options.Client) = (Write("ca.pem", _ca.ExportCertificatePem()), client));
        await registry.GetLatestSchemaAsync("s");
        await File.WriteAllBytesAsync(keystore, Issue(_ca, "after").Export(X509ContentType.Pkcs12, Password), TestContext.Current.CancellationToken);
        await Task.Delay(TimeSpan.FromSeconds(0.7), TestContext.Current.CancellationToken); // 70 s on the client's clock
        await registry.GetLatestSchemaAsync("s");
        Assert.Equal(["CN=before", "CN=after"], server.Clients.Select(static client => client!.Subject));

        var both = new SchemaRegistryOptions { CertificateLocation = Write("client.pem", WithKey(Issue(_ca, "c"))), Client = client };
        Assert.Equal("SchemaRegistry:Client:ssl.keystore.location", Assert.Single(RegistryProperties.Validate(both)).Key);
        client["ssl.keystore.password"] = "wrong";
        RegistryOptionError wrong = Assert.Single(RegistryProperties.Validate(new SchemaRegistryOptions { Client = client }));
        Assert.Equal("SchemaRegistry:Client:ssl.keystore.location", wrong.Key);
        Assert.Contains("can't be opened as PKCS#12 with the password of SchemaRegistry:Client:ssl.keystore.password", wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("'wrong'", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_is_renewed_on_disk_is_shown_from_then_on_and_one_half_written_changes_nothing()
    {
        var ca = Write("ca.pem", _ca.ExportCertificatePem());
        var file = Write("client.pem", WithKey(Issue(_ca, "before")));
        await using var server = new ScriptedServer(_ => Found, Tls(Issue(_ca, "localhost"), askClient: true));
        using var registry = Registry(server.Url, options => (options.CaLocation, options.CertificateLocation) = (ca, file));
        await registry.GetLatestSchemaAsync("s");
        Write("client.pem", "-----BEGIN CERTIFICATE-----\nAAAA");
        await AfterTheNextLookAsync();
        Write("client.pem", WithKey(Issue(_ca, "after")));
        await AfterTheNextLookAsync();
        Assert.Equal(["CN=before", "CN=after"], server.Clients.Select(static client => client!.Subject));

        async Task AfterTheNextLookAsync()
        {
            await Task.Delay(TimeSpan.FromSeconds(0.7)); // 70 s on the client's clock
            await registry.GetLatestSchemaAsync("s");
            await registry.GetLatestSchemaAsync("s");
        }
    }

    [Fact]
    public void A_certificate_without_its_key_is_refused_by_name()
    {
        var file = Write("client.pem", Issue(_ca, "pipeline").ExportCertificatePem());
        Assert.Contains("KeyLocation", Assert.ThrowsAny<ArgumentException>(() => Registry("https://localhost", o => o.CertificateLocation = file)).Message, StringComparison.Ordinal);
        var empty = Write("empty.pem", "nothing");
        Assert.Contains("CaLocation", Assert.ThrowsAny<ArgumentException>(() => Registry("https://localhost", o => o.CaLocation = empty)).Message, StringComparison.Ordinal);
    }

    private static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
    }

    private static X509Certificate2 Issue(X509Certificate2 ca, string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var bare = request.Create(ca, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(8));
        return X509CertificateLoader.LoadPkcs12(bare.CopyWithPrivateKey(key).Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }

    private static string WithKey(X509Certificate2 certificate) =>
        certificate.ExportCertificatePem() + "\n" + certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem();

    private static SslServerAuthenticationOptions Tls(X509Certificate2 certificate, bool askClient = false) => new()
    {
        ServerCertificate = certificate,
        ClientCertificateRequired = askClient,
        RemoteCertificateValidationCallback = (_, _, _, _) => true,
    };

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static ISchemaRegistryClient Registry(string url, Action<SchemaRegistryOptions>? set = null)
    {
        var options = new SchemaRegistryOptions { Url = url, Client = ScriptedServer.FastRetries };
        set?.Invoke(options);
        return SchemaRegistries.Create(options, timeProvider: new FastTimeProvider());
    }
}
