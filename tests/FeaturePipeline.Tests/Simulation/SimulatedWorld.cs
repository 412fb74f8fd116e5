using System.Text;
using FeaturePipeline.Streams.Clients;

namespace FeaturePipeline.Tests.Simulation;

/// <summary>A clock, a broker and short names for what broker tests do with them.</summary>
internal sealed class SimulatedWorld
{
    public static readonly TimeSpan Brief = TimeSpan.FromSeconds(1);

    public SimulatedWorld(int seed = 1, SimulatedBrokerOptions? options = null)
    {
        Clock = new SimulationClock();
        Broker = new SimulatedBroker(Clock, seed, options);
    }

    public SimulationClock Clock { get; }

    public SimulatedBroker Broker { get; }

    public SimulatedClients Process(string name) => new(Broker, "app", name);

    public IStreamsProducer Producer(string transactionalId, string process = "p")
    {
        IStreamsProducer producer = Process(process).CreateProducer($"{process}-producer", transactionalId);
        producer.InitTransactions(Brief);
        return producer;
    }

    /// <summary>What a read_committed consumer reads of a partition from the start.</summary>
    public List<string> ReadCommitted(string topic, int partition = 0)
    {
        using IStreamsConsumer consumer = Process("reader").CreateRestoreConsumer("reader");
        consumer.Assign([new TopicPartitionOffset(new TopicPartition(topic, partition), 0)]);
        return Values(consumer.Poll(Brief));
    }

    public static List<string> Values(RecordBatch batch)
    {
        var values = new List<string>();
        foreach (ref readonly ConsumedRecord record in batch.Records)
        {
            values.Add(Encoding.UTF8.GetString(record.Value));
        }

        return values;
    }

    public void Append(string topic, int partition, string value) =>
        Broker.Append(topic, partition, null, Bytes(value), Clock.NowMs);

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static void Send(IStreamsProducer producer, string topic, string value, int partition = 0) =>
        producer.Send(topic, partition, default, Bytes(value), 0, SendFlags.NullKey);
}

/// <summary>A group member that records its callbacks.</summary>
internal sealed class RecordingMember
{
    public RecordingMember(SimulatedWorld world, string name, params string[] topics)
    {
        World = world;
        Clients = world.Process(name);
        Consumer = (SimulatedConsumer)Clients.CreateConsumer(name);
        Consumer.Subscribe(topics, new RebalanceCallbacks(
            partitions => Log.AddRange(partitions.Select(p => $"+{p}")),
            partitions =>
            {
                OnRevoked?.Invoke(partitions);
                Log.AddRange(partitions.Select(p => $"-{p}"));
            },
            partitions => Log.AddRange(partitions.Select(p => $"!{p}"))));
    }

    public SimulatedWorld World { get; }

    public SimulatedClients Clients { get; }

    public SimulatedConsumer Consumer { get; }

    public List<string> Log { get; } = [];

    public Action<IReadOnlyList<TopicPartition>>? OnRevoked { get; set; }

    /// <summary>Polls all members in turn until nobody's assignment moves any more.</summary>
    public static void Settle(params RecordingMember[] members)
    {
        int calm = 0;
        for (int i = 0; i < 200 && calm < 20; i++)
        {
            int before = members.Sum(m => m.Log.Count);
            foreach (RecordingMember member in members)
            {
                member.Consumer.Poll(TimeSpan.Zero);
            }

            members[0].World.Broker.Advance(TimeSpan.FromMilliseconds(10));
            calm = members.Sum(m => m.Log.Count) == before ? calm + 1 : 0;
        }
    }
}
