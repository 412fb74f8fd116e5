using Confluent.Kafka;

namespace FeaturePipeline.IntegrationTests.Sessions;

/// <summary>
/// Topics, workers and producers of one run of the session job on a real broker and registry, and the comparison of its features with
/// a batch over the log.
/// </summary>
public sealed class SessionScenario : IDisposable
{
    public const int Users = 2_000;
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(3);

    private readonly string _bootstrapServers;
    private readonly string _registryUrl;
    private readonly string _run;
    private readonly string _folder;
    private readonly List<ProgramProcess> _workers = [];

    public SessionScenario(string bootstrapServers, string registryUrl, string name)
    {
        _bootstrapServers = bootstrapServers;
        _registryUrl = registryUrl;
        _run = KafkaFixture.Unique(name);
        _folder = Directory.CreateTempSubdirectory(name).FullName;
        Watch = new GroupWatch(bootstrapServers, _run, SourceTopic);
    }

    /// <summary>A scenario whose sessions are short enough to close while events come at the wall clock's pace.</summary>
    public static SessionScenario AtTheClocksPace(string bootstrapServers, string registryUrl, string name) =>
        new(bootstrapServers, registryUrl, name) { Gap = TimeSpan.FromMilliseconds(200), Grace = TimeSpan.FromMilliseconds(500) };

    /// <summary>How far the workers have come.</summary>
    public GroupWatch Watch { get; }

    /// <summary>Settings that workers and producers get beside the scenario's own, as Key=value; the last one wins.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>Gap of the sessions.</summary>
    public TimeSpan Gap { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Grace of the sessions.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The application's id, and the prefix of everything it owns on the broker.</summary>
    public string ApplicationId => _run;

    /// <summary>The user events' topic.</summary>
    public string SourceTopic => _run + "-events";

    /// <summary>The topic of the features.</summary>
    public string FeatureTopic => _run + "-features";

    /// <summary>Starts to write events, the same ones each time; the topic is made with 4 partitions.</summary>
    public ProgramProcess StartProducer(int events, params string[] more) => ProgramProcess.Start(
        ["produce", "--events", $"{events}", "--users", $"{Users}", "--seed", "7", "--late", "0.01", "--partitions", "4", .. more, .. Arguments("producer")]);

    /// <summary>Writes events and waits until they are written.</summary>
    public void Produce(int events)
    {
        using ProgramProcess producer = StartProducer(events);
        Assert.True(producer.WaitForExit() == 0, producer.Log);
    }

    /// <summary>Waits until a producer has made the topic.</summary>
    public void AwaitTopic(ProgramProcess producer)
    {
        bool hasTopic = false; // asked once: of several brokers one learns of it later
        _ = GroupWatch.Await(() => (hasTopic = Watch.HasTopic()) || producer.HasExited, _patience);
        Assert.True(hasTopic, $"No topic {SourceTopic}.\n{producer.Log}");
    }

    /// <summary>Starts a worker with a state directory of its own.</summary>
    public ProgramProcess StartWorker(string name, params string[] settings)
    {
        ProgramProcess worker = ProgramProcess.Start(["run", .. Arguments(name), .. settings.SelectMany(s => (string[])["--set", s])]);
        _workers.Add(worker);
        return worker;
    }

    /// <summary>Starts a worker that is to refuse; what it says.</summary>
    public string Refusal()
    {
        ProgramProcess worker = StartWorker(KafkaFixture.Unique("refused"));
        int code = worker.WaitForExit();
        Assert.True(code == 1, $"It ended with {code}.\n{worker.Log}");
        return worker.Log;
    }

    /// <summary>Runs a verb to its end.</summary>
    /// <returns>Its exit code, and what it printed.</returns>
    public (int Code, string Printed) Run(string verb, params string[] arguments)
    {
        using ProgramProcess program = ProgramProcess.Start([verb, .. Arguments(verb), .. arguments]);
        return (program.WaitForExit(), program.Log);
    }

    /// <summary>Runs a worker until it has committed all that was written, and stops it.</summary>
    public void RunToEnd(int events)
    {
        ProgramProcess worker = StartWorker(KafkaFixture.Unique("worker"));
        Await(() => worker.Log.Contains("Restoring -> Running", StringComparison.Ordinal), "a task that runs"); // the end may be committed already
        AwaitEnd(events);
        Assert.True(worker.Terminate() == 0, worker.Log);
    }

    /// <summary>Waits until the workers have committed all that was written.</summary>
    /// <param name="events">How many there are to be, where they may not all be written yet.</param>
    public void AwaitEnd(int events = 0) => Await(() => Watch.End() >= events && Watch.IsAtEnd(), "the end");

    /// <summary>Waits for something; fails when it does not come, or when the worker started last ends meanwhile.</summary>
    public void Await(Func<bool> isReached, string what)
    {
        string trouble = "";
        bool isWell = false;
        _ = GroupWatch.Await(() => (isWell = IsReached()) || _workers[^1].HasExited, _patience);
        Assert.True(isWell || IsReached(), $"Not reached: {what}. {trouble}\n{Logs}");

        bool IsReached()
        {
            try
            {
                trouble = "";
                return isReached();
            }
            catch (KafkaException e)
            {
                trouble = $"The broker did not say: {e.Message}."; // it is just coming back
                return false;
            }
        }
    }

    /// <summary>Fails unless the features are those of the batch, each once.</summary>
    public void AssertExact()
    {
        VerificationResult result = Verify();
        Assert.True(result.Expected > Users / 2, $"Too few sessions to prove anything: {result}");
        Assert.True(result.Late > 0, $"No event was late: {result}");
        if (!result.IsExact)
        {
            // Read twice: what is wrong on the broker is wrong again, what went wrong in reading is not.
            Assert.Fail($"{result}\n{string.Join('\n', result.Samples)}\nRead again: {Verify()}\n{Logs}");
        }

        TestContext.Current.SendDiagnosticMessage("{0}", result);
    }

    public void Dispose()
    {
        _workers.ForEach(w => w.Dispose());
        Watch.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Compares the features with those of the batch.</summary>
    public VerificationResult Verify() => SessionVerification.Run(new VerificationRequest(
        _bootstrapServers, _registryUrl, SourceTopic, FeatureTopic, (long)Gap.TotalMilliseconds, (long)Grace.TotalMilliseconds, SessionFeatures.UserSessions));

    private string Logs => string.Join("\n\n", _workers.Select(w => w.Log));

    private List<string> Arguments(string name)
    {
        string[] settings =
        [
            $"Kafka:BootstrapServers={_bootstrapServers}", $"Kafka:ApplicationId={_run}", "Kafka:Consumer:session.timeout.ms=6000",
            $"SchemaRegistry:Url={_registryUrl}", $"Source:Topic={SourceTopic}", "Source:IdleAfter=0", "Source:MaxFutureSkew=0",
            $"FeatureViews:user_sessions:Topic={FeatureTopic}", $"DeadLetter:Topic={_run}-dlq",
            $"FeatureViews:user_sessions:Window:Gap={Gap}", $"FeatureViews:user_sessions:Window:Grace={Grace}",
            $"Streams:StateDirectory={Path.Combine(_folder, name)}", "Management:Port=0", "Management:Address=127.0.0.1",
            .. Settings,
        ];
        return [.. settings.SelectMany(s => (string[])["--set", s])];
    }
}
