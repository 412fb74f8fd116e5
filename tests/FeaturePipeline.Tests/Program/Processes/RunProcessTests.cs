using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using FeaturePipeline.Tests.Avro.Registry;

namespace FeaturePipeline.Tests.Program.Processes;

public partial class RunProcessTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task With_broker_and_registry_away_the_worker_waits_shows_it_and_a_signal_ends_it_with_0(string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signals.");
        int port = FreePort();
        using ProgramProcess worker = ProgramProcess.Start(
            "run", "--set", "Kafka:BootstrapServers=127.0.0.1:1", "--set", "SchemaRegistry:Url=http://127.0.0.1:1", "--set", $"Management:Port={port}",
            "--set", "Management:Address=localhost");
        await worker.WaitForAsync(p => p.Error.Contains("Waiting for the schema registry", StringComparison.Ordinal), s_patience);

        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health/live")).StatusCode);
        using HttpResponseMessage ready = await client.GetAsync("/health/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Contains("\"status\":\"down\"", await ready.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync("/health/startup")).StatusCode);

        worker.Signal(signal);

        Assert.Equal(0, await worker.ExitCodeAsync(s_patience));
        Assert.Empty(worker.Output);
    }

    // Whoever stops a process group and forwards the signal, too, tells it twice.
    [Fact]
    public async Task A_signal_that_comes_twice_at_once_ends_the_worker_with_0()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signals.");
        using ProgramProcess worker = ProgramProcess.Start(
            "run", "--set", "Kafka:BootstrapServers=127.0.0.1:1", "--set", "SchemaRegistry:Url=http://127.0.0.1:1", "--set", "Management:Port=0");
        await worker.WaitForAsync(p => p.Error.Contains("Waiting for the schema registry", StringComparison.Ordinal), s_patience);

        worker.Signal("TERM");
        worker.Signal("TERM");

        Assert.Equal(0, await worker.ExitCodeAsync(s_patience));
    }

    [Fact]
    public async Task A_registry_behind_a_proxy_is_reached_by_the_environments_variables()
    {
        await using var proxy = new ScriptedServer(new ScriptedAnswer(403, """{"error_code":40301,"message":"asked by proxy"}"""));
        using ProgramProcess program = ProgramProcess.StartWith(
            new Dictionary<string, string> { ["http_proxy"] = proxy.Url },
            "validate", "--online", "--set", "SchemaRegistry:Url=http://registry.invalid:8081", "--set", "Kafka:BootstrapServers=embedded");

        Assert.Equal(2, await program.ExitCodeAsync(s_patience));
        Assert.Contains("asked by proxy", program.Error, StringComparison.Ordinal);
        Assert.StartsWith("http://registry.invalid:8081/", proxy.Requests.First().Target, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Configuration_is_logged_at_start_without_secrets()
    {
        string keystore = Path.Combine(Path.GetTempPath(), Guid.NewGuid() + ".p12");
        using var key = RSA.Create();
        using X509Certificate2 certificate = new CertificateRequest("CN=worker", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
        await File.WriteAllBytesAsync(keystore, certificate.Export(X509ContentType.Pkcs12, "hunter2"), TestContext.Current.CancellationToken);
        using ProgramProcess worker = ProgramProcess.Start(
            "--set", "SchemaRegistry:Url=http://127.0.0.1:1", "--set", "SchemaRegistry:BearerToken=hunter2", "--set", "Management:Port=0",
            "--set", "Kafka:Client:sasl.password=hunter2", "--set", $"SchemaRegistry:Client:schema.registry.ssl.keystore.location={keystore}",
            "--set", "SchemaRegistry:Client:schema.registry.ssl.keystore.password=hunter2");
        await worker.WaitForAsync(p => p.Error.Contains("Waiting for", StringComparison.Ordinal), s_patience);

        Assert.Contains("SchemaRegistry:BearerToken=***", worker.Error, StringComparison.Ordinal);
        Assert.Contains("SchemaRegistry:Client:schema.registry.ssl.keystore.password=***", worker.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", worker.Error, StringComparison.Ordinal);
        File.Delete(keystore);
    }

    [Fact]
    public async Task A_port_in_use_ends_the_worker_with_1_and_one_line_that_names_the_setting()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;
        using ProgramProcess worker = ProgramProcess.Start("run", "--set", $"Management:Port={port}", "--set", "Management:Address=127.0.0.1");

        Assert.Equal(1, await worker.ExitCodeAsync(s_patience));
        Assert.Matches(ErrorLine(), worker.Error);
        Assert.DoesNotContain("   at ", worker.Error, StringComparison.Ordinal);
        Assert.Contains("Management:Port", worker.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mistakes_in_the_configuration_end_the_program_with_2_before_anything_listens()
    {
        using ProgramProcess worker = ProgramProcess.Start("run", "--set", "Streams:Threads=0", "--set", "Nonsense:Key=1");

        Assert.Equal(2, await worker.ExitCodeAsync(s_patience));
        Assert.Equal(2, worker.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [GeneratedRegex("^error: .*can't listen", RegexOptions.Multiline)]
    private static partial Regex ErrorLine();
}
