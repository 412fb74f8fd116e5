namespace FeaturePipeline.IntegrationTests.Sessions;

// Invariant: whatever happens to the workers, a read_committed consumer sees the features that a batch over the log computes, each once.
// The program runs as processes of its own on a real broker and registry. benchmarks/exactly-once.sh does the same at any size.
public sealed class ExactlyOnceTests : IDisposable
{
    private const int Events = 100_000;
    private const int Users = 2_000;
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(3);

    private readonly KafkaFixture _kafka;
    private readonly string _run = KafkaFixture.Unique("exactly-once");
    private readonly string _folder = Directory.CreateTempSubdirectory("exactly-once").FullName;
    private readonly List<ProgramProcess> _workers = [];
    private readonly GroupWatch _watch;

    public ExactlyOnceTests(KafkaFixture kafka)
    {
        _kafka = kafka;
        _ = kafka.RegistryUrl;
        _watch = new GroupWatch(kafka.BootstrapServers, _run, SourceTopic);
    }

    private string SourceTopic => _run + "-events";

    private string FeatureTopic => _run + "-features";

    [Fact]
    public void Session_features_equal_a_batch_over_the_log()
    {
        Produce(Events);
        var worker = StartWorker("one");
        AwaitEnd();
        Assert.True(worker.Terminate() == 0, worker.Log);
        AssertExact();
    }

    [Fact]
    public void A_worker_killed_again_and_again_loses_and_repeats_nothing()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        Produce(Events);
        for (int kill = 0; kill < 3; kill++)
        {
            int atLeast = 1 + (Events * kill / 3) + random.Next(Events / 3);
            var worker = StartWorker("one");
            Await(() => _watch.Committed() >= atLeast, $"{atLeast} committed (seed {seed})");
            worker.Kill();
        }

        _ = StartWorker("one");
        AwaitEnd();
        AssertExact();
    }

    [Fact]
    public void A_worker_takes_over_from_one_that_was_killed()
    {
        Produce(0);
        var victim = StartWorker("one");
        var heir = StartWorker("two");
        Await(() => _watch.Members() == 2, "two members with partitions");
        using var producer = ProgramProcess.Start(["produce", "--events", $"{Events}", "--users", $"{Users}", "--seed", "7", "--late", "0.01", .. Settings("producer")]);
        Await(() => _watch.Committed() >= Events / 3, "a third committed");
        victim.Kill();
        Assert.True(producer.WaitForExit() == 0, producer.Log);
        Await(() => _watch.End() >= Events && _watch.IsAtEnd(), "the end");
        Assert.True(heir.Terminate() == 0, heir.Log);
        AssertExact();
    }

    [Fact]
    public void A_signal_during_the_start_ends_the_worker_in_order()
    {
        const int EndedBySignal = 128 + 15;
        for (int delayMs = 100; delayMs <= 900; delayMs += 200)
        {
            var worker = StartWorker("one");
            Thread.Sleep(delayMs);
            int code = worker.Terminate();

            // Before the program listens to signals, the signal ends the process by itself.
            Assert.True(code is 0 or EndedBySignal, $"Exit code {code} after {delayMs} ms.\n{worker.Log}");
        }
    }

    public void Dispose()
    {
        _workers.ForEach(w => w.Dispose());
        _watch.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Produce(int events)
    {
        using var producer = ProgramProcess.Start(
            ["produce", "--events", $"{events}", "--users", $"{Users}", "--seed", "7", "--late", "0.01", "--partitions", "4", .. Settings("producer")]);
        Assert.True(producer.WaitForExit() == 0, producer.Log);
    }

    private ProgramProcess StartWorker(string name)
    {
        var worker = ProgramProcess.Start(["run", .. Settings(name)]);
        _workers.Add(worker);
        return worker;
    }

    private List<string> Settings(string name)
    {
        string[] settings =
        [
            $"Kafka:BootstrapServers={_kafka.BootstrapServers}", $"Kafka:ApplicationId={_run}", "Kafka:Consumer:session.timeout.ms=6000",
            $"SchemaRegistry:Url={_kafka.RegistryUrl}", $"Source:Topic={SourceTopic}", "Source:IdleAfter=0", "Source:MaxFutureSkew=0",
            $"FeatureViews:user_sessions:Topic={FeatureTopic}", $"DeadLetter:Topic={_run}-dlq",
            $"Streams:StateDirectory={Path.Combine(_folder, name)}", "Management:Port=0", "Management:Address=127.0.0.1",
        ];
        return [.. settings.SelectMany(s => (string[])["--set", s])];
    }

    private void AwaitEnd() => Await(_watch.IsAtEnd, "the end");

    private void Await(Func<bool> isReached, string what)
    {
        bool isWell = GroupWatch.Await(() => isReached() || _workers[^1].HasExited, _patience) && isReached();
        Assert.True(isWell, $"Not reached: {what}; committed {_watch.Committed()} of {_watch.End()}.\n{string.Join("\n\n", _workers.Select(w => w.Log))}");
    }

    private void AssertExact()
    {
        var result = SessionVerification.Run(new VerificationRequest(
            _kafka.BootstrapServers, _kafka.RegistryUrl, SourceTopic, FeatureTopic, GapMs: 1_800_000, GraceMs: 300_000, SessionFeatures.UserSessions));
        Assert.True(result.Expected > Users / 2, $"Too few sessions to prove anything: {result}");
        Assert.True(result.Late > 0, $"No event was late: {result}");
        Assert.True(result.IsExact, $"{result}\n{string.Join('\n', result.Samples)}");
        TestContext.Current.SendDiagnosticMessage("{0}", result);
    }
}
