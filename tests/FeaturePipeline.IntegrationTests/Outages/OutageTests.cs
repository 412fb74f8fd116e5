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

    [Fact]
    public void A_broker_that_hangs_and_one_that_is_killed_cost_nothing_but_time()
    {
        const int Events = 60_000;
        using var broker = new OwnBroker();
        using var job = new SessionScenario(broker.BootstrapServers, kafka.RegistryUrl, "outage")
        {
            Gap = TimeSpan.FromMilliseconds(200), // events come at the wall clock's pace
            Grace = TimeSpan.FromMilliseconds(500),
        };
        string health = $"http://127.0.0.1:{FreePort()}/health/";
        ProgramProcess worker;
        using (ProgramProcess producer = job.StartProducer(Events, "--rate", "3000"))
        {
            job.AwaitTopic();
            worker = job.StartWorker("one", $"Management:Port={new Uri(health).Port}");
            job.Await(() => job.Watch.Committed() > Events / 10, "a tenth committed");

            broker.Hang();
            Assert.True(GroupWatch.Await(() => BrokerStatus(health + "ready") == "down", TimeSpan.FromSeconds(60)), "The probe never said that the broker is down.\n" + worker.Log);
            Assert.Equal(HttpStatusCode.OK, Get(health + "live").StatusCode); // a restart of the worker would mend nothing
            broker.GoOn();
            long before = job.Watch.Committed();
            job.Await(() => job.Watch.Committed() > before + (Events / 10), "progress after the hang");
            Assert.Equal("up", BrokerStatus(health + "ready"));

            broker.Kill();
            Thread.Sleep(TimeSpan.FromSeconds(3));
            broker.Start();
            Assert.True(producer.WaitForExit() == 0, producer.Log);
        }

        job.Await(() => job.Watch.End() >= Events && job.Watch.IsAtEnd(), "the end");
        Assert.True(worker.Terminate() == 0, worker.Log);
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
