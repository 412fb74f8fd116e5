using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace FeaturePipeline.IntegrationTests.Outages;

/// <summary>
/// A broker of one test's own, which it may hang and kill. The command in FEATUREPIPELINE_TEST_KAFKA_COMMAND runs it: <c>up [--secure]</c>
/// (starts and prints the bootstrap servers), <c>down</c>, and for node 1 <c>stop 1</c> and <c>cont 1</c> (SIGSTOP, SIGCONT),
/// <c>kill 1</c> and <c>start 1</c> (kill -9, and back with its data). KAFKA_PORT tells it the port, KAFKA_HOME_DIR the folder. A secure one
/// has SASL_SSL (PLAIN, ACLs) two ports above, and the CA's certificate in <c>ca.pem</c> of the folder.
/// </summary>
public sealed class OwnBroker : IDisposable
{
    private const string Variable = "FEATUREPIPELINE_TEST_KAFKA_COMMAND";
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    private readonly string _command;
    private readonly string _folder = Path.Combine(Path.GetTempPath(), KafkaFixture.Unique("broker"));
    private readonly int _port = FreePort();

    public OwnBroker(params string[] options)
    {
        string? command = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipWhen(string.IsNullOrEmpty(command), $"{Variable} is not set to a command that runs a broker.");
        _command = command!;
        BootstrapServers = Run(["up", .. options]).Trim();
    }

    public string BootstrapServers { get; }

    public string SecureBootstrapServers => $"localhost:{_port + 2}";

    public string CaFile => Path.Combine(_folder, "ca.pem");

    /// <summary>SIGSTOP: connections stay open, nothing is answered.</summary>
    public void Hang() => Run("stop", "1");

    /// <summary>SIGCONT.</summary>
    public void GoOn() => Run("cont", "1");

    /// <summary>kill -9.</summary>
    public void Kill() => Run("kill", "1");

    /// <summary>Brings a killed broker back with its data.</summary>
    public void Start() => Run("start", "1");

    public void Dispose() => Run("down");

    private string Run(params string[] arguments)
    {
        var start = new ProcessStartInfo(_command, arguments) { UseShellExecute = false, RedirectStandardOutput = true };
        start.Environment["KAFKA_PORT"] = $"{_port}";
        start.Environment["KAFKA_HOME_DIR"] = _folder;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Assert.True(process.WaitForExit(_patience) && process.ExitCode == 0, $"{_command} {string.Join(' ', arguments)} failed.");
        return output.GetAwaiter().GetResult();
    }

    // Three ports in a row: clients, controller, secure clients. Below the range of ports that the system gives to connections.
    private static int FreePort()
    {
        for (int tries = 0; tries < 100; tries++)
        {
            int port = Random.Shared.Next(15_000, 30_000);
            if (Enumerable.Range(port, 3).All(IsFree))
            {
                return port;
            }
        }

        throw new InvalidOperationException("No three free ports in a row.");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
