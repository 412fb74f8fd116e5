using System.Diagnostics;
using System.Net;
using System.Text.Json;
using FeaturePipeline.IntegrationTests.Sessions;
using FeaturePipeline.Kafka;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Errors;

namespace FeaturePipeline.IntegrationTests.Outages;

// Invariant: a broker that is away, hung or restarted costs time and nothing else; the probes say what the worker waits for.
public sealed class OutageTests(KafkaFixture kafka) : IDisposable
{
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };

    // While it works, the broker hangs for less than the 9 s after which it counts as dead (broker.session.timeout.ms): Kafka 4.3 ends
    // a transaction without its markers while its partitions have no leader at all (docs/ARCHITECTURE.md). So the worker's patience is short.
    [Fact]
    public void A_broker_that_hangs_and_one_that_is_killed_cost_nothing_but_time()
    {
        const int Events = 60_000;
        using var broker = new OwnBroker();
        using var job = SessionScenario.AtTheClocksPace(broker.BootstrapServers, kafka.RegistryUrl, "outage");
        string health = $"http://127.0.0.1:{FreePort()}/health/";
        ProgramProcess worker;
        using (ProgramProcess producer = job.StartProducer(Events, "--rate", "3000"))
        {
            job.AwaitTopic(producer);
            worker = job.StartWorker("one", $"Management:Port={new Uri(health).Port}", "Kafka:Client:socket.timeout.ms=2000");
            job.Await(() => job.Watch.Committed() > Events / 10, "a tenth committed");

            long before = job.Watch.Committed();
            broker.Hang();
            Thread.Sleep(TimeSpan.FromSeconds(6));
            broker.GoOn();
            job.Await(() => job.Watch.Committed() > before + (Events / 10), "progress after the hang");

            broker.Kill();
            AwaitProbe("down");
            broker.Start();
            Assert.True(producer.WaitForExit() == 0, producer.Log);
        }

        job.AwaitEnd(Events);
        AwaitProbe("up");

        // An idle worker notices a hang, too.
        broker.Hang();
        AwaitProbe("down");
        broker.GoOn();
        AwaitProbe("up");
        Assert.True(worker.Terminate() == 0, worker.Log);
        job.AssertExact();

        void AwaitProbe(string status)
        {
            Assert.True(GroupWatch.Await(() => BrokerStatus(health + "ready") == status, TimeSpan.FromSeconds(60)), $"The probe never said that the broker is {status}.\n{worker.Log}");
            Assert.Equal(HttpStatusCode.OK, Get(health + "live").StatusCode); // a restart of the worker would mend nothing
        }
    }

    [Fact]
    public void One_broker_of_three_may_hang_and_another_be_killed_and_the_work_goes_on()
    {
        const int Rate = 1_500;
        const int TenSeconds = 10 * Rate; // far more than what was on its way when a broker stopped
        const int Events = 60 * Rate;
        using var brokers = new OwnBroker("--nodes", "3");
        using var job = SessionScenario.AtTheClocksPace(brokers.BootstrapServers, kafka.RegistryUrl, "three");
        ProgramProcess worker;
        using (ProgramProcess producer = job.StartProducer(Events, "--rate", $"{Rate}"))
        {
            job.AwaitTopic(producer);
            worker = job.StartWorker("one");
            job.Await(() => job.Watch.Committed() > Events / 100, "a hundredth committed");

            long before = job.Watch.Committed();
            brokers.Hang(1); // for longer than the others wait for it: they take its partitions over
            Thread.Sleep(TimeSpan.FromSeconds(12));
            job.Await(() => job.Watch.Committed() > before + TenSeconds, "progress while one hangs");
            brokers.GoOn(1);

            before = job.Watch.Committed();
            brokers.Kill(2);
            job.Await(() => job.Watch.Committed() >= Math.Min(before + TenSeconds, Events), "progress with one dead");
            brokers.Start(2);
            Assert.True(producer.WaitForExit() == 0, producer.Log);
        }

        job.AwaitEnd(Events);
        Assert.True(worker.Terminate() == 0, worker.Log);
        job.AssertExact();
    }

    [Fact]
    public void A_worker_that_is_told_to_stop_while_the_broker_is_dead_ends_in_time_and_the_next_one_goes_on()
    {
        const int Events = 20_000;
        using var broker = new OwnBroker();
        using var job = SessionScenario.AtTheClocksPace(broker.BootstrapServers, kafka.RegistryUrl, "stop");
        using (ProgramProcess producer = job.StartProducer(Events, "--rate", "1000"))
        {
            job.AwaitTopic(producer);

            // Killed within a transaction and not while one is ended: a broker alone then forgets to end it on some partitions (docs/ARCHITECTURE.md).
            ProgramProcess worker = job.StartWorker("one", "Streams:CommitInterval=5s");
            job.Await(() => job.Watch.Committed() > Events / 10, "a tenth committed");
            Thread.Sleep(TimeSpan.FromSeconds(2));

            broker.Kill();
            var clock = Stopwatch.StartNew();
            Assert.True(worker.Terminate() == 0, worker.Log);
            Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(60)); // the chart gives it 120 s
            broker.Start();
            Assert.True(producer.WaitForExit() == 0, producer.Log);
        }

        ProgramProcess next = job.StartWorker("two");
        job.AwaitEnd(Events);
        Assert.True(next.Terminate() == 0, next.Log);
        job.AssertExact();
    }

    // A client keeps the leader epoch that it knew when it first asked; a broker that refuses an old one answers nothing else.
    [Fact]
    public void The_ends_of_a_partition_are_known_again_after_its_leader_was_elected_anew()
    {
        using var broker = new OwnBroker();
        KafkaClients clients = kafka.Clients("ends", options => options with { BootstrapServers = broker.BootstrapServers });
        using (IAdmin admin = clients.CreateAdmin())
        {
            admin.CreateMissingTopics([new TopicSpec("ends", 1, -1, new Dictionary<string, string>())], TimeSpan.FromSeconds(30));
        }

        using IStreamsConsumer consumer = clients.CreateRestoreConsumer("c");
        var partition = new TopicPartition("ends", 0);
        Assert.Equal(new Watermarks(0, 0, 0), consumer.QueryWatermarks(partition, TimeSpan.FromSeconds(20)));

        broker.Kill();
        broker.Start();
        Assert.True(GroupWatch.Await(IsAnswered, TimeSpan.FromSeconds(20)), "Not known for 20 s.");

        bool IsAnswered()
        {
            try
            {
                return consumer.QueryWatermarks(partition, TimeSpan.FromSeconds(5)) == new Watermarks(0, 0, 0);
            }
            catch (RetriableException)
            {
                return false;
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private string? BrokerStatus(string url)
    {
        using var body = JsonDocument.Parse(Get(url).Content.ReadAsStringAsync().GetAwaiter().GetResult());
        return body.RootElement.GetProperty("broker").GetProperty("status").GetString();
    }

    private HttpResponseMessage Get(string url) => _http.GetAsync(new Uri(url)).GetAwaiter().GetResult();
}
