using Confluent.Kafka;
using FeaturePipeline.IntegrationTests.Sessions;

namespace FeaturePipeline.IntegrationTests.Outages;

/// <summary>
/// A broker of one test's own, or three of them, which it may hang and kill. The command in FEATUREPIPELINE_TEST_KAFKA_COMMAND runs it:
/// <c>up [--secure] [--nodes 3]</c> (starts and prints the bootstrap servers), <c>down</c>; with KAFKA_LOG_RETENTION=default it deletes by age as Kafka does by itself; and for one node (1 to 3) <c>stop 1</c> and
/// <c>cont 1</c> (SIGSTOP, SIGCONT), <c>kill 1</c> and <c>start 1</c> (kill -9, and back with its data). KAFKA_PORT tells it the port, the
/// next nodes listen 10 and 20 above it; KAFKA_HOME_DIR the folder. A secure one has SASL_SSL (PLAIN, ACLs) two ports above, and the CA's
/// certificate in <c>ca.pem</c> of the folder.
/// </summary>
public sealed class OwnBroker : IDisposable
{
    private const string Variable = "FEATUREPIPELINE_TEST_KAFKA_COMMAND";

    private readonly string _folder = Path.Combine(Path.GetTempPath(), KafkaFixture.Unique("broker"));
    private readonly int _port = ServerCommand.FreePort(23); // of three nodes: clients, controller, secure clients
    private readonly ServerCommand _command;

    public OwnBroker(params string[] options)
        : this(keepsAll: true, options)
    {
    }

    private OwnBroker(bool keepsAll, string[] options)
    {
        _command = new ServerCommand(
            Variable, "a broker", ("KAFKA_PORT", $"{_port}"), ("KAFKA_HOME_DIR", _folder), ("KAFKA_LOG_RETENTION", keepsAll ? "" : "default"));
        BootstrapServers = Run(["up", .. options]).Trim();
        int nodes = BootstrapServers.Split(',').Length;
        Assert.True(GroupWatch.Await(() => Nodes() == nodes, TimeSpan.FromMinutes(1)), $"Only {Nodes()} of {nodes} brokers are there.");
    }

    /// <summary>One that deletes by age as Kafka does unless it is told otherwise: after 7 days.</summary>
    public static OwnBroker WithKafkasRetention() => new(keepsAll: false, []);

    public string BootstrapServers { get; }

    public string SecureBootstrapServers => $"localhost:{_port + 2}";

    public string CaFile => Path.Combine(_folder, "ca.pem");

    /// <summary>SIGSTOP: connections stay open, nothing is answered.</summary>
    public void Hang(int node = 1) => Run("stop", $"{node}");

    /// <summary>SIGCONT.</summary>
    public void GoOn(int node = 1) => Run("cont", $"{node}");

    /// <summary>kill -9.</summary>
    public void Kill(int node = 1) => Run("kill", $"{node}");

    /// <summary>Brings a killed broker back with its data.</summary>
    public void Start(int node = 1) => Run("start", $"{node}");

    public void Dispose() => Run("down");

    private int Nodes()
    {
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = BootstrapServers }).SetLogHandler((_, _) => { }).Build();
        return admin.GetMetadata(TimeSpan.FromSeconds(10)).Brokers.Count;
    }

    private string Run(params string[] arguments) => _command.Run(arguments);
}
