using System.Text;
using FeaturePipeline.Kafka;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Errors;
using Microsoft.Extensions.Logging.Abstractions;

namespace FeaturePipeline.Tests.Kafka;

public sealed class EmbeddedBrokerTests : IDisposable
{
    private static readonly TimeSpan s_wait = TimeSpan.FromSeconds(10);
    private readonly EmbeddedBroker _broker = new();
    private readonly KafkaClients _clients;

    public EmbeddedBrokerTests()
    {
        _clients = new KafkaClients(
            new KafkaClientOptions { BootstrapServers = _broker.BootstrapServers, ApplicationId = "app" },
            TimeProvider.System,
            NullLoggerFactory.Instance);
    }

    public void Dispose() => _broker.Dispose();

    [Fact]
    public void Records_come_back_exactly_with_null_and_empty_keys_and_values_headers_and_timestamps()
    {
        _broker.CreateTopic("t", 1);
        using IStreamsProducer producer = _clients.CreateProducer("p", null);
        producer.Send("t", 0, "k"u8, "v"u8, 1_700_000_000_123);
        producer.Send("t", 0, default, default, 1);
        producer.Send("t", 0, default, default, 2, SendFlags.NullKey | SendFlags.NullValue);
        producer.Send("t", 0, "k"u8, default, 3, SendFlags.NullValue,
            [new RecordHeader("a", "1"u8.ToArray()), new RecordHeader("a", null), new RecordHeader("b", [])]);
        producer.Flush(s_wait);

        using IStreamsConsumer consumer = _clients.CreateRestoreConsumer("c");
        consumer.Assign([new TopicPartitionOffset(new TopicPartition("t", 0), 0)]);
        var seen = new List<string>();
        while (seen.Count < 4)
        {
            RecordBatch batch = consumer.Poll(s_wait);
            foreach (ref readonly ConsumedRecord r in batch.Records)
            {
                string headers = string.Join(",", batch.ReadHeaders(r).Select(h => $"{h.Name}={(h.Value is null ? "null" : Encoding.UTF8.GetString(h.Value))}"));
                seen.Add($"{r.TopicPartition}@{r.Offset} {r.TimestampMs} {(r.IsKeyNull ? "null" : Encoding.UTF8.GetString(r.Key))}:{(r.IsValueNull ? "null" : Encoding.UTF8.GetString(r.Value))} [{headers}]");
            }
        }

        Assert.Equal(["t-0@0 1700000000123 k:v []", "t-0@1 1 : []", "t-0@2 2 null:null []", "t-0@3 3 k:null [a=1,a=null,b=]"], seen);
    }

    [Fact]
    public void A_member_gets_its_partitions_commits_and_the_next_one_goes_on_from_there()
    {
        _broker.CreateTopic("t", 2);
        using IAdmin admin = _clients.CreateAdmin();
        Assert.Equal(2, admin.PartitionCount("t", s_wait));
        Assert.Null(admin.PartitionCount("nothing", s_wait));
        admin.CreateMissingTopics([new TopicSpec("u", 3, -1, new Dictionary<string, string>())], s_wait);
        Assert.Equal(3, admin.PartitionCount("u", s_wait));

        using IStreamsProducer producer = _clients.CreateProducer("p", null);
        for (int i = 0; i < 10; i++)
        {
            producer.Send("t", i % 2, default, [(byte)i], i);
        }

        producer.Flush(s_wait);
        using (IStreamsConsumer first = _clients.CreateConsumer("app-1"))
        {
            var assigned = new List<TopicPartition>();
            var revoked = new List<TopicPartition>();
            first.Subscribe(["t"], new RebalanceCallbacks(assigned.AddRange, p =>
            {
                revoked.AddRange(p);
                first.Commit([new TopicPartitionOffset(new TopicPartition("t", 1), 4)]);
            }, _ => Assert.Fail("lost")));
            int count = 0;
            var ends = new HashSet<TopicPartitionOffset>();
            while (count < 10 || ends.Count < 2)
            {
                RecordBatch batch = first.Poll(s_wait);
                count += batch.Records.Length;
                ends.UnionWith(batch.Ends);
            }

            Assert.Equal(10, count);
            Assert.Equal([new(new TopicPartition("t", 0), 5), new(new TopicPartition("t", 1), 5)], ends.OrderBy(e => e.TopicPartition.Partition));
            Assert.Equal(2, assigned.Count);
            first.Commit([new TopicPartitionOffset(new TopicPartition("t", 0), 3)]);
            Assert.Equal(5, first.LastSeenEnd(new TopicPartition("t", 0)));
            Assert.Equal(new Watermarks(0, 5, 5), first.QueryWatermarks(new TopicPartition("t", 0), s_wait));
            first.Close();
            Assert.Equal(2, revoked.Count);
        }

        using IStreamsConsumer second = _clients.CreateConsumer("app-1");
        var t = new TopicPartition[] { new("t", 0), new("t", 1) };
        Assert.Equal([3L, 4L], second.Committed(t, s_wait).OrderBy(p => p.Key.Partition).Select(p => p.Value!.Value));
        second.Subscribe(["t"], new RebalanceCallbacks(_ => { }, _ => { }, _ => { }));
        var offsets = new List<string>();
        while (offsets.Count < 3)
        {
            foreach (ref readonly ConsumedRecord r in second.Poll(s_wait).Records)
            {
                offsets.Add($"{r.Partition}@{r.Offset}");
            }
        }

        offsets.Sort(StringComparer.Ordinal);
        Assert.Equal(["0@3", "0@4", "1@4"], offsets);
    }

    [Fact]
    public void An_end_that_records_follow_in_the_same_batch_is_not_reported()
    {
        _broker.CreateTopic("t", 1);
        using IStreamsConsumer consumer = _clients.CreateRestoreConsumer("c");
        var partition = new TopicPartition("t", 0);
        consumer.Assign([new TopicPartitionOffset(partition, 0)]);
        using IStreamsProducer producer = _clients.CreateProducer("p", null);
        AwaitFetch(0); // the end at offset 0 is in the consumer's queue now
        producer.Send("t", 0, default, "a"u8, 1);
        producer.Flush(s_wait);
        AwaitFetch(1); // and behind it the record, and the end at offset 1, or soon
        RecordBatch batch = consumer.Poll(s_wait);
        Assert.Equal(1, batch.Records.Length);
        Assert.True(SpinWait.SpinUntil(() => batch.Ends.Count > 0 || (batch = consumer.Poll(s_wait)).Ends.Count > 0, s_wait));
        Assert.Equal([new TopicPartitionOffset(partition, 1)], batch.Ends);

        void AwaitFetch(long end)
        {
            Assert.True(SpinWait.SpinUntil(() => consumer.LastSeenEnd(partition) == end, s_wait));
            Thread.Sleep(1000); // what was fetched is in the queue a moment later
        }
    }

    [Fact]
    public void Transactions_are_refused_with_a_remedy()
    {
        StreamsException e = Assert.Throws<StreamsException>(() => _clients.CreateProducer("p", "tx"));
        Assert.Contains("AtLeastOnce", e.Message, StringComparison.Ordinal);
    }
}
