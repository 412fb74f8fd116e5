namespace FeaturePipeline.IntegrationTests.Outages;

/// <summary>
/// A schema registry of one test's own, which it may hang and take away. The command in FEATUREPIPELINE_TEST_REGISTRY_COMMAND runs it: <c>up</c>
/// (starts an empty one and prints its URL), <c>down</c> (ends it; what it held is gone), <c>stop</c> and <c>cont</c> (SIGSTOP, SIGCONT).
/// REGISTRY_PORT tells it the port, REGISTRY_DIR the folder.
/// </summary>
public sealed class OwnRegistry : IDisposable
{
    private const string Variable = "FEATUREPIPELINE_TEST_REGISTRY_COMMAND";

    private readonly ServerCommand _command = new(
        Variable,
        "a schema registry",
        ("REGISTRY_PORT", $"{ServerCommand.FreePort(1)}"),
        ("REGISTRY_DIR", Path.Combine(Path.GetTempPath(), KafkaFixture.Unique("registry"))));

    public OwnRegistry() => Url = _command.Run("up").Trim();

    public string Url { get; }

    /// <summary>SIGSTOP: connections are taken, nothing is answered.</summary>
    public void Hang() => _command.Run("stop");

    /// <summary>SIGCONT.</summary>
    public void GoOn() => _command.Run("cont");

    /// <summary>Ends it.</summary>
    public void TakeAway() => _command.Run("down");

    /// <summary>Brings it back at the same address, empty.</summary>
    public void BringBackEmpty() => Assert.Equal(Url, _command.Run("up").Trim());

    public void Dispose() => _command.Run("down");
}
