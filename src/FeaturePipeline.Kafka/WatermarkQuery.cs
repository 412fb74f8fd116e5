using Confluent.Kafka;
using Confluent.Kafka.Admin;
using FeaturePipeline.Streams.Clients;
using TopicPartition = FeaturePipeline.Streams.Clients.TopicPartition;

namespace FeaturePipeline.Kafka;

/// <summary>Asks for low, high and last stable offset of a partition over a consumer's own connection.</summary>
/// <remarks>
/// librdkafka asks for the high end with the consumer's isolation level: a read_committed consumer is told the last stable
/// offset. The high watermark needs a ListOffsets request of its own with read_uncommitted.
/// It also keeps what it knows of a leader until the metadata of a topic that it reads is refreshed. A restore reads none yet: after
/// an election it would send the old leader epoch for ever.
/// </remarks>
internal sealed class WatermarkQuery(IConsumer<Ignore, Ignore> consumer, bool isEmbedded) : IDisposable
{
    private static readonly TimeSpan s_refreshTimeout = TimeSpan.FromSeconds(5);

    private IAdminClient? _admin;

    public void Dispose() => _admin?.Dispose();

    /// <exception cref="KafkaException">The broker did not answer in time or refused.</exception>
    /// <exception cref="Streams.Errors.StreamsException">The topic has no such partition.</exception>
    internal Watermarks Ask(TopicPartition partition, TimeSpan timeout)
    {
        var asked = new Confluent.Kafka.TopicPartition(partition.Topic, partition.Partition);
        try
        {
            return Ask(asked, timeout);
        }
        catch (KafkaException e) when (KafkaErrors.MeansOldMetadata(e))
        {
            TopicMetadata topic = Admin.GetMetadata(partition.Topic, s_refreshTimeout).Topics[0];
            if (topic.Partitions.Count > 0 && !topic.Partitions.Exists(p => p.PartitionId == partition.Partition))
            {
                throw KafkaErrors.NoSuchPartition(consumer.Name, partition.Topic, partition.Partition);
            }

            throw;
        }
    }

    private IAdminClient Admin => _admin ??= new DependentAdminClientBuilder(consumer.Handle).Build();

    private Watermarks Ask(Confluent.Kafka.TopicPartition asked, TimeSpan timeout)
    {
        // High before last stable: if nothing is written meanwhile, equal ends mean that no transaction is open.
        long? high = isEmbedded ? null : High(asked, timeout);
        WatermarkOffsets stable = consumer.QueryWatermarkOffsets(asked, timeout);
        return new Watermarks(stable.Low.Value, Math.Max(high ?? 0, stable.High.Value), stable.High.Value);
    }

    private long High(Confluent.Kafka.TopicPartition partition, TimeSpan timeout)
    {
        var spec = new TopicPartitionOffsetSpec { TopicPartition = partition, OffsetSpec = OffsetSpec.Latest() };
        var options = new ListOffsetsOptions { IsolationLevel = IsolationLevel.ReadUncommitted, RequestTimeout = timeout };
        ListOffsetsResult result = Admin.ListOffsetsAsync([spec], options).GetAwaiter().GetResult();
        return result.ResultInfos[0].TopicPartitionOffsetError.Offset.Value;
    }
}
