using System.Text;
using FeaturePipeline.Kafka;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Errors;
using static FeaturePipeline.IntegrationTests.Kafka.ClientProbe;

namespace FeaturePipeline.IntegrationTests.Kafka;

public sealed class ConsumerTests(KafkaFixture kafka)
{
    [Fact]
    public void Records_come_back_exactly_with_null_and_empty_keys_and_values_headers_and_timestamps()
    {
        string topic = kafka.CreateTopic(1);
        KafkaClients clients = kafka.Clients("app");
        using IStreamsProducer producer = clients.CreateProducer("p", null);
        byte[] large = new byte[300_000];
        new Random(1).NextBytes(large);
        producer.Send(topic, 0, "k"u8, large, 1_700_000_000_123);
        producer.Send(topic, 0, default, default, 1);
        producer.Send(topic, 0, default, default, 2, SendFlags.NullKey | SendFlags.NullValue);
        producer.Send(topic, 0, "k"u8, default, 3, SendFlags.NullValue,
            [new RecordHeader("a", [1]), new RecordHeader("a", null), new RecordHeader("ü", [])]);
        producer.Flush(Wait);

        using IStreamsConsumer consumer = clients.CreateRestoreConsumer("c");
        consumer.Assign([At(topic, 0, 0)]);
        var seen = new List<string>();
        while (seen.Count < 4)
        {
            RecordBatch batch = consumer.Poll(Wait);
            foreach (ref readonly ConsumedRecord r in batch.Records)
            {
                string key = r.IsKeyNull ? "null" : Convert.ToHexString(r.Key);
                string value = r.IsValueNull ? "null" : r.Value.SequenceEqual(large) ? "large" : Convert.ToHexString(r.Value);
                string headers = string.Join(",", batch.ReadHeaders(r).Select(h => $"{h.Name}={(h.Value is null ? "null" : Convert.ToHexString(h.Value))}"));
                Assert.Equal(headers.Length > 0, r.HasHeaders);
                seen.Add($"{r.Offset} {r.TimestampMs} {key}:{value} [{headers}]");
            }
        }

        Assert.Equal(["0 1700000000123 6B:large []", "1 1 : []", "2 2 null:null []", "3 3 6B:null [a=01,a=null,ü=]"], seen);
    }

    [Fact]
    public void An_end_is_the_position_behind_the_control_records_of_transactions()
    {
        string topic = kafka.CreateTopic(1);
        KafkaClients clients = kafka.Clients("app");
        using IStreamsProducer producer = clients.CreateProducer("p", KafkaFixture.Unique("tx"));
        producer.InitTransactions(Wait);
        producer.BeginTransaction();
        producer.Send(topic, 0, "a");
        producer.CommitTransaction(Wait);
        Assert.Equal((["0@0=a"], 2), clients.ReadAll(topic), Compare);

        producer.BeginTransaction();
        producer.Send(topic, 0, "b");
        producer.Flush(Wait);
        producer.AbortTransaction(Wait);
        Assert.Equal((["0@0=a"], 4), clients.ReadAll(topic), Compare);
    }

    [Fact]
    public void Watermarks_tell_an_open_transaction_from_a_finished_one()
    {
        string topic = kafka.CreateTopic(1);
        KafkaClients clients = kafka.Clients("app");
        using IStreamsProducer producer = clients.CreateProducer("p", KafkaFixture.Unique("tx"));
        using IStreamsConsumer consumer = clients.CreateRestoreConsumer("c");
        var partition = new TopicPartition(topic, 0);
        Assert.Equal(new Watermarks(0, 0, 0), consumer.QueryWatermarks(partition, Wait));

        producer.InitTransactions(Wait);
        producer.BeginTransaction();
        producer.Send(topic, 0, "a");
        producer.Send(topic, 0, "b");
        producer.Flush(Wait);
        Assert.Equal(new Watermarks(0, 2, 0), consumer.QueryWatermarks(partition, Wait));

        producer.CommitTransaction(Wait);

        // The coordinator answers before its markers are in every partition.
        _ = SpinWait.SpinUntil(() => consumer.QueryWatermarks(partition, Wait).LastStable == 3, Wait);
        Assert.Equal(new Watermarks(0, 3, 3), consumer.QueryWatermarks(partition, Wait));
    }

    // As of the changelog's after its source has grown: waiting for the partition would be for ever.
    [Fact]
    public void The_ends_of_a_partition_that_its_topic_does_not_have_are_an_error_with_a_remedy()
    {
        string topic = kafka.CreateTopic(2);
        using IStreamsConsumer consumer = kafka.Clients("app").CreateRestoreConsumer("c");
        Assert.Equal(new Watermarks(0, 0, 0), consumer.QueryWatermarks(new TopicPartition(topic, 1), Wait));
        StreamsException e = Assert.Throws<StreamsException>(() => consumer.QueryWatermarks(new TopicPartition(topic, 2), Wait));
        Assert.Contains($"topic '{topic}' has no partition 2", e.Message, StringComparison.Ordinal);
        Assert.Contains("feature-pipeline reset.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_member_seeks_pauses_and_resumes_in_the_callback_and_right_after_it()
    {
        string topic = kafka.CreateTopic(3);
        KafkaClients clients = kafka.Clients(KafkaFixture.Unique("app"));
        Fill(clients, topic, partitions: 3, perPartition: 10);
        using IStreamsConsumer consumer = clients.CreateConsumer("c-1");
        bool isAssigned = false;
        consumer.Subscribe([topic], new RebalanceCallbacks(
            _ =>
            {
                consumer.Seek(At(topic, 0, 7));
                consumer.Pause([new TopicPartition(topic, 1)]);
                isAssigned = true;
            },
            _ => { },
            _ => { }));
        List<string> seen = consumer.PollUntil((_, _) => isAssigned);

        // Partition 2 at once, whether librdkafka has started it or not; partition 1 while it is paused.
        consumer.Seek(At(topic, 2, 8));
        consumer.Seek(At(topic, 1, 5));
        int before = seen.Count;
        seen.AddRange(consumer.PollUntil((records, _) => seen.Concat(records).Any(r => r == "0@9=9") && records.Contains("2@9=9")));
        seen.AddRange(consumer.PollUntil((_, _) => true));
        Assert.DoesNotContain(seen, r => r[0] == '1');
        Assert.Equal(["0@7=7", "0@8=8", "0@9=9"], seen.Where(r => r[0] == '0'));
        Assert.Equal(["2@8=8", "2@9=9"], seen.Skip(before).Where(r => r[0] == '2'));

        consumer.Resume([new TopicPartition(topic, 1)]);
        Assert.Equal(["1@5=5", "1@6=6", "1@7=7", "1@8=8", "1@9=9"], consumer.PollUntil((records, _) => records.Count >= 5));

        consumer.Seek(At(topic, 1, 9));
        Assert.Equal(["1@9=9"], consumer.PollUntil((records, ends) => records.Count >= 1 && ends.Count >= 1));
    }

    [Fact]
    public void A_pause_in_the_callback_loses_nothing_that_was_fetched_meanwhile()
    {
        string topic = kafka.CreateTopic(1);
        KafkaClients clients = kafka.Clients(KafkaFixture.Unique("app"));
        Fill(clients, topic, partitions: 1, perPartition: 10);
        using IStreamsConsumer consumer = clients.CreateConsumer("c-1");
        consumer.Subscribe([topic], Ignore with { Assigned = consumer.Pause });

        // A long poll: the callback runs inside it, and the first records arrive inside it, too.
        Assert.Equal(0, consumer.Poll(TimeSpan.FromSeconds(3)).Records.Length);
        Assert.Equal(0, consumer.Poll(TimeSpan.FromMilliseconds(500)).Records.Length);

        consumer.Resume([new TopicPartition(topic, 0)]);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"0@{i}={i}"), consumer.PollUntil((records, _) => records.Count >= 10));
    }

    [Fact]
    public void An_exception_in_a_callback_reaches_the_caller_of_Poll_and_records_come_again()
    {
        string topic = kafka.CreateTopic(1);
        KafkaClients clients = kafka.Clients(KafkaFixture.Unique("app"));
        Fill(clients, topic, partitions: 1, perPartition: 3);
        using IStreamsConsumer consumer = clients.CreateConsumer("c-1");
        consumer.Subscribe([topic], Ignore with { Assigned = _ => throw new TaskMigratedException("from the callback") });
        Exception? thrown = null;
        for (int i = 0; i < 10 && thrown is null; i++)
        {
            // A long poll: the callback runs inside it, and the first records arrive inside it, too.
            thrown = Record.Exception(() => Assert.Equal(0, consumer.Poll(TimeSpan.FromSeconds(3)).Records.Length));
        }

        Assert.Equal("from the callback", Assert.IsType<TaskMigratedException>(thrown).Message);
        Assert.Equal(["0@0=0", "0@1=1", "0@2=2"], consumer.PollUntil((records, _) => records.Count >= 3));
    }

    [Fact]
    public void A_topic_that_does_not_exist_yet_is_shown_and_read_once_it_exists()
    {
        string topic = KafkaFixture.Unique("later");
        KafkaClients clients = kafka.Clients(KafkaFixture.Unique("app"), o => o with
        {
            Client = new Dictionary<string, string> { ["topic.metadata.refresh.interval.ms"] = "500" },
        });
        using IStreamsConsumer consumer = clients.CreateConsumer("c-1");
        consumer.Subscribe([topic], Ignore);
        consumer.PollUntil((_, _) => clients.Errors.Current is not null);
        Assert.Equal("UnknownTopicOrPart", clients.Errors.Current!.Code);
        Assert.Contains(topic, clients.Errors.Current.Reason, StringComparison.Ordinal);

        using (IAdmin admin = clients.CreateAdmin())
        {
            admin.CreateMissingTopics([new TopicSpec(topic, 1, -1, new Dictionary<string, string>())], Wait);
        }

        Fill(clients, topic, partitions: 1, perPartition: 1);
        Assert.Equal(["0@0=0"], consumer.PollUntil((records, _) => records.Count >= 1));
        Assert.Null(clients.Errors.Current);
    }

    [Fact]
    public void The_admin_creates_missing_topics_with_their_configuration_and_leaves_existing_ones()
    {
        string topic = kafka.CreateTopic(2);
        string other = KafkaFixture.Unique("compacted");
        KafkaClients clients = kafka.Clients("app");
        using IAdmin admin = clients.CreateAdmin();
        var compact = new Dictionary<string, string> { ["cleanup.policy"] = "compact" };
        TopicSpec[] wanted = [new(topic, 5, -1, compact), new(other, 3, -1, compact)];
        admin.CreateMissingTopics(wanted, Wait);
        admin.CreateMissingTopics(wanted, Wait);
        Assert.Equal((2, 3), (admin.PartitionCount(topic, Wait), admin.PartitionCount(other, Wait)));
        Assert.Null(admin.PartitionCount(KafkaFixture.Unique("nothing"), Wait));

        StreamsException e = Assert.Throws<StreamsException>(() => admin.CreateMissingTopics(
            [new(KafkaFixture.Unique("bad"), 1, 99, new Dictionary<string, string>())], Wait));
        Assert.Contains("Streams:ReplicationFactor", e.Message, StringComparison.Ordinal);
    }

    private static void Fill(KafkaClients clients, string topic, int partitions, int perPartition)
    {
        using IStreamsProducer producer = clients.CreateProducer("filler", null);
        for (int i = 0; i < partitions * perPartition; i++)
        {
            producer.Send(topic, i % partitions, $"{i / partitions}");
        }

        producer.Flush(Wait);
    }

    private static bool Compare((List<string> Values, long End) a, (List<string> Values, long End) b) =>
        a.End == b.End && a.Values.SequenceEqual(b.Values);
}
