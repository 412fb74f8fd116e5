using System.Globalization;
using System.Text;
using FeaturePipeline.Streams.Clients;

namespace FeaturePipeline.Tests.Simulation;

/// <summary>The world that writes events: ordered by time but for one in eight, some of them bad, each key on one partition.</summary>
internal sealed class SimulationInput(SimulatedBroker broker, int partitions, bool isTransactional)
{
    private readonly Random _random = broker.Faults.Random;
    private long _number;
    private long _eventTimeMs = 1_000_000;

    /// <summary>Appends the event that ends a partition: so far behind all others that it closes their sessions.</summary>
    public void ProduceEnd(int partition, long distanceMs) => broker.Append(
        SimulationTopology.Source, partition, Encoding.UTF8.GetBytes($"end{partition}"), Encoding.UTF8.GetBytes($"{++_number}"),
        _eventTimeMs + distanceMs);

    /// <summary>Appends events; transactionally a part of them is aborted.</summary>
    public void Produce(int count)
    {
        SimulatedTransactionalProducer? producer = null;
        if (isTransactional && !broker.IsAway)
        {
            producer = (SimulatedTransactionalProducer)new SimulatedClients(broker, "none", "input").CreateProducer("input", "input");
        }

        bool wasEnabled = broker.Faults.Enabled;
        broker.Faults.Enabled = false;
        producer?.InitTransactions(TimeSpan.FromSeconds(1));
        producer?.BeginTransaction();
        for (int i = 0; i < count; i++)
        {
            ProduceOne(producer);
        }

        if (producer is not null && _random.Next(4) == 0)
        {
            producer.Flush(TimeSpan.FromSeconds(1));
            producer.AbortTransaction(TimeSpan.FromSeconds(1));
        }
        else
        {
            producer?.CommitTransaction(TimeSpan.FromSeconds(1));
        }

        producer?.Dispose();
        broker.Faults.Enabled = wasEnabled;
    }

    private void ProduceOne(SimulatedTransactionalProducer? producer)
    {
        int keyNumber = _random.Next(partitions * 3);
        int partition = keyNumber % partitions;
        byte[]? key = _random.Next(40) == 0 ? null : Encoding.UTF8.GetBytes($"key{keyNumber}");
        string value = _random.Next(30) == 0 ? "no number" : (++_number).ToString(CultureInfo.InvariantCulture);
        _eventTimeMs += _random.Next(4) == 0 ? _random.Next(1_500) : _random.Next(100);
        long timestampMs = _random.Next(8) == 0 ? _eventTimeMs - _random.Next(5_000) : _eventTimeMs;
        byte[] bytes = Encoding.UTF8.GetBytes(value);
        if (producer is null)
        {
            broker.Append(SimulationTopology.Source, partition, key, bytes, timestampMs, [new RecordHeader("trace", bytes)]);
        }
        else
        {
            producer.Send(SimulationTopology.Source, partition, key, bytes, timestampMs, key is null ? SendFlags.NullKey : SendFlags.None);
        }
    }
}
