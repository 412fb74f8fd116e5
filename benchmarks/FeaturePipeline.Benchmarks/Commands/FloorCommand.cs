using System.Diagnostics;
using System.Globalization;
using Confluent.Kafka;
using FeaturePipeline.Kafka;
using FeaturePipeline.Streams.Clients;
using Microsoft.Extensions.Logging.Abstractions;
using TopicPartition = FeaturePipeline.Streams.Clients.TopicPartition;
using TopicPartitionOffset = FeaturePipeline.Streams.Clients.TopicPartitionOffset;

namespace FeaturePipeline.Benchmarks.Commands;

/// <summary>The floor: reads a topic from its beginning to its end and only counts. What a pipeline does comes on top of it.</summary>
/// <remarks>CPU and allocations are the whole process's; 'steady' starts at a quarter of the topic, when the JIT compiler is done.</remarks>
internal static class FloorCommand
{
    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(30);

    private readonly record struct Sight(long Records, TimeSpan Time, TimeSpan Cpu, long Allocated);

    public static int Run(CommandOptions options)
    {
        string bootstrap = options.Text("bootstrap"), topic = options.Text("topic", "user-events"), client = options.Text("client", "native");
        string label = options.Text("label", $"floor-{client}");
        options.End();
        var clients = new KafkaClients(
            new KafkaClientOptions { BootstrapServers = bootstrap, ApplicationId = "floor" }, TimeProvider.System, NullLoggerFactory.Instance);
        List<TopicPartitionOffset> ends = Ends(clients, topic);
        var meter = new Meter(ends.Sum(static e => e.Offset));
        switch (client)
        {
            case "native":
                ReadBatches(clients, ends, meter);
                break;
            case "confluent":
                ReadOneByOne(bootstrap, ends, meter);
                break;
            default:
                throw new ArgumentException($"Option --client: '{client}' is neither native nor confluent.");
        }

        Console.WriteLine(meter.Line(label, client));
        return 0;
    }

    private static List<TopicPartitionOffset> Ends(KafkaClients clients, string topic)
    {
        using IAdmin admin = clients.CreateAdmin();
        int partitions = admin.PartitionCount(topic, _timeout) ?? throw new ArgumentException($"Option --topic: there is no topic '{topic}'.");
        using IStreamsConsumer consumer = clients.CreateRestoreConsumer("floor-ends");
        return [.. Enumerable.Range(0, partitions).Select(p => new TopicPartition(topic, p))
            .Select(p => new TopicPartitionOffset(p, consumer.QueryWatermarks(p, _timeout).LastStable))];
    }

    private static void ReadBatches(KafkaClients clients, List<TopicPartitionOffset> ends, Meter meter)
    {
        using IStreamsConsumer consumer = clients.CreateRestoreConsumer("floor");
        consumer.Assign([.. ends.Select(static e => e with { Offset = 0 })]);
        var open = ends.Where(static e => e.Offset > 0).ToDictionary(static e => e.TopicPartition, static e => e.Offset);
        while (open.Count > 0)
        {
            RecordBatch batch = consumer.Poll(TimeSpan.FromSeconds(1));
            long bytes = 0;
            foreach (ref readonly ConsumedRecord record in batch.Records)
            {
                bytes += record.Key.Length + record.Value.Length;
            }

            meter.Add(batch.Records.Length, bytes);
            foreach (TopicPartitionOffset end in batch.Ends)
            {
                if (open.TryGetValue(end.TopicPartition, out long wanted) && end.Offset >= wanted)
                {
                    open.Remove(end.TopicPartition);
                }
            }
        }

        meter.See();
    }

    // What most applications do: byte[] keys and values, headers and timestamps left out.
    private static void ReadOneByOne(string bootstrap, List<TopicPartitionOffset> ends, Meter meter)
    {
        using IConsumer<byte[], byte[]> consumer = new ConsumerBuilder<byte[], byte[]>(new Dictionary<string, string>
        {
            ["bootstrap.servers"] = bootstrap,
            ["group.id"] = "floor",
            ["enable.auto.commit"] = "false",
            ["enable.auto.offset.store"] = "false",
            ["enable.partition.eof"] = "true",
            ["fetch.queue.backoff.ms"] = "5",
            ["dotnet.consumer.consume.result.fields"] = "none",
        }).Build();
        consumer.Assign(ends.Select(static e =>
            new Confluent.Kafka.TopicPartitionOffset(e.TopicPartition.Topic, e.TopicPartition.Partition, 0)));
        int open = ends.Count;
        while (open > 0)
        {
            ConsumeResult<byte[], byte[]>? result = consumer.Consume(TimeSpan.FromSeconds(1));
            if (result is { IsPartitionEOF: true })
            {
                open--;
            }
            else if (result is not null)
            {
                meter.Add(1, (result.Message.Key?.Length ?? 0) + (result.Message.Value?.Length ?? 0));
            }
        }

        meter.See();
        consumer.Close();
    }

    /// <summary>Counts records, and looks at clock, CPU and heap at the first record, at a quarter and at the end.</summary>
    private sealed class Meter(long expected)
    {
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private readonly Process _process = Process.GetCurrentProcess();
        private long _records;
        private long _bytes;
        private Sight _first;
        private Sight _steady;
        private Sight _last;

        public void Add(int records, long bytes)
        {
            long before = _records;
            _records += records;
            _bytes += bytes;
            if (before == 0 && records > 0)
            {
                _first = Look();
            }

            if (before < expected / 4 && _records >= expected / 4)
            {
                _steady = Look();
            }
        }

        public void See() => _last = Look();

        public string Line(string label, string client)
        {
            static double Rate(Sight from, Sight to) => (to.Records - from.Records) / (to.Time - from.Time).TotalSeconds;
            static double Nanoseconds(Sight from, Sight to) => (to.Cpu - from.Cpu).TotalNanoseconds / (to.Records - from.Records);
            return string.Create(CultureInfo.InvariantCulture,
                $$"""{"label":"{{label}}","client":"{{client}}","allocator":"{{Allocator.Name}}","events":{{_records}},"bytes":{{_bytes}},"events_per_s":{{Rate(_first, _last):F0}},"steady_events_per_s":{{Rate(_steady, _last):F0}},"cpu_ns_per_event":{{Nanoseconds(_first, _last):F0}},"steady_cpu_ns_per_event":{{Nanoseconds(_steady, _last):F0}},"alloc_bytes_per_event":{{(double)(_last.Allocated - _steady.Allocated) / (_last.Records - _steady.Records):F2}}}""");
        }

        private Sight Look()
        {
            _process.Refresh();
            return new Sight(_records, _clock.Elapsed, _process.TotalProcessorTime, GC.GetTotalAllocatedBytes());
        }
    }
}
