using System.Text;
using FeaturePipeline.Kafka;
using FeaturePipeline.Streams.Clients;

namespace FeaturePipeline.IntegrationTests.Kafka;

/// <summary>Short forms that the tests of the adapters share.</summary>
internal static class ClientProbe
{
    public static readonly TimeSpan Wait = TimeSpan.FromSeconds(20);
    public static readonly RebalanceCallbacks Ignore = new(_ => { }, _ => { }, _ => { });

    public static TopicPartitionOffset At(string topic, int partition, long offset) => new(new TopicPartition(topic, partition), offset);

    public static void Send(this IStreamsProducer producer, string topic, int partition, string value) =>
        producer.Send(topic, partition, default, Encoding.UTF8.GetBytes(value), 1, SendFlags.NullKey);

    /// <summary>Polls until a condition holds; the values seen are collected as partition@offset=value.</summary>
    public static List<string> PollUntil(this IStreamsConsumer consumer, Func<List<string>, List<TopicPartitionOffset>, bool> isDone, TimeSpan? timeout = null)
    {
        var seen = new List<string>();
        var ends = new List<TopicPartitionOffset>();
        DateTime deadline = DateTime.UtcNow + (timeout ?? Wait);
        while (!isDone(seen, ends))
        {
            Assert.True(DateTime.UtcNow < deadline, $"not reached in time; records: {string.Join(" ", seen)}; ends: {string.Join(" ", ends)}");
            RecordBatch batch = consumer.Poll(TimeSpan.FromMilliseconds(100));
            foreach (ref readonly ConsumedRecord record in batch.Records)
            {
                seen.Add($"{record.Partition}@{record.Offset}={Encoding.UTF8.GetString(record.Value)}");
            }

            ends.AddRange(batch.Ends);
        }

        return seen;
    }

    /// <summary>Everything that a read_committed reader sees of one partition, and the position at its end.</summary>
    public static (List<string> Values, long End) ReadAll(this KafkaClients clients, string topic, int partition = 0)
    {
        using IStreamsConsumer consumer = clients.CreateRestoreConsumer("reader");
        consumer.Assign([At(topic, partition, 0)]);
        long end = -1;
        List<string> values = consumer.PollUntil((_, ends) =>
        {
            end = ends.Count > 0 ? ends[^1].Offset : -1;
            return end >= 0;
        });
        return (values, end);
    }
}
