namespace FeaturePipeline.IntegrationTests.Sessions;

// Invariant: whatever happens to the workers, a read_committed consumer sees the features that a batch over the log computes, each once.
// The program runs as processes of its own on a real broker and registry. benchmarks/exactly-once.sh does the same at any size.
public sealed class ExactlyOnceTests(KafkaFixture kafka) : IDisposable
{
    private const int Events = 100_000;

    private readonly SessionScenario _job = new(kafka.BootstrapServers, kafka.RegistryUrl, "exactly-once");

    [Fact]
    public void Session_features_equal_a_batch_over_the_log()
    {
        _job.Produce(Events);
        ProgramProcess worker = _job.StartWorker("one");
        _job.AwaitEnd();
        Assert.True(worker.Terminate() == 0, worker.Log);
        _job.AssertExact();
    }

    [Fact]
    public void A_worker_killed_again_and_again_loses_and_repeats_nothing()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        _job.Produce(Events);
        for (int kill = 0; kill < 3; kill++)
        {
            int atLeast = 1 + (Events * kill / 3) + random.Next(Events / 3);
            ProgramProcess worker = _job.StartWorker("one");
            _job.Await(() => _job.Watch.Committed() >= atLeast, $"{atLeast} committed (seed {seed})");
            worker.Kill();
        }

        _ = _job.StartWorker("one");
        _job.AwaitEnd();
        _job.AssertExact();
    }

    [Fact]
    public void A_worker_takes_over_from_one_that_was_killed()
    {
        _job.Produce(0);
        ProgramProcess victim = _job.StartWorker("one");
        ProgramProcess heir = _job.StartWorker("two");
        _job.Await(() => _job.Watch.Members() == 2, "two members with partitions");
        using ProgramProcess producer = _job.StartProducer(Events);
        _job.Await(() => _job.Watch.Committed() >= Events / 3, "a third committed");
        victim.Kill();
        Assert.True(producer.WaitForExit() == 0, producer.Log);
        _job.AwaitEnd(Events);
        Assert.True(heir.Terminate() == 0, heir.Log);
        _job.AssertExact();
    }

    [Fact]
    public void A_signal_during_the_start_ends_the_worker_in_order()
    {
        const int EndedBySignal = 128 + 15;
        for (int delayMs = 100; delayMs <= 900; delayMs += 200)
        {
            ProgramProcess worker = _job.StartWorker("one");
            Thread.Sleep(delayMs);
            int code = worker.Terminate();

            // Before the program listens to signals, the signal ends the process by itself.
            Assert.True(code is 0 or EndedBySignal, $"Exit code {code} after {delayMs} ms.\n{worker.Log}");
        }
    }

    public void Dispose() => _job.Dispose();
}
