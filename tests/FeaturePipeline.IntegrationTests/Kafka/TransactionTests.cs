using FeaturePipeline.Kafka;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Errors;
using static FeaturePipeline.IntegrationTests.Kafka.ClientProbe;

namespace FeaturePipeline.IntegrationTests.Kafka;

public sealed class TransactionTests(KafkaFixture kafka)
{
    private readonly string _transactionalId = KafkaFixture.Unique("tx");
    private readonly KafkaClients _clients = kafka.Clients(KafkaFixture.Unique("app"), o => o with
    {
        // How long a topic may be unknown before its records fail.
        Producer = new Dictionary<string, string> { ["topic.metadata.propagation.max.ms"] = "500" },
    });

    [Fact]
    public void Records_and_offsets_of_a_transaction_appear_together_or_not_at_all()
    {
        string source = kafka.CreateTopic(1, "source");
        string target = kafka.CreateTopic(1, "target");
        using IStreamsConsumer consumer = Joined(source);
        using IStreamsProducer producer = Transactional();
        var partition = new TopicPartition(source, 0);

        producer.BeginTransaction();
        producer.Send(target, 0, "a");
        producer.SendOffsetsToTransaction([At(source, 0, 5)], consumer.GroupMetadata, Wait);
        producer.AbortTransaction(Wait);
        Assert.Null(consumer.Committed([partition], Wait)[partition]);
        Assert.Empty(_clients.ReadAll(target).Values);

        producer.BeginTransaction();
        producer.Send(target, 0, "b");
        producer.Flush(Wait);
        producer.SendOffsetsToTransaction([At(source, 0, 6)], consumer.GroupMetadata, Wait);
        producer.CommitTransaction(Wait);
        Assert.Equal(6, consumer.Committed([partition], Wait)[partition]);
        Assert.Equal(["b"], _clients.ReadAll(target).Values.Select(v => v.Split('=')[1]));
    }

    [Fact]
    public void A_producer_of_the_same_id_fences_the_older_one_whatever_that_does_next()
    {
        string topic = kafka.CreateTopic(1);
        using IStreamsProducer old = Transactional();
        old.BeginTransaction();
        old.Send(topic, 0, "old");
        old.Flush(Wait);
        using IStreamsProducer young = Transactional();
        young.BeginTransaction();
        young.Send(topic, 0, "young");
        young.CommitTransaction(Wait);

        Assert.Throws<TaskMigratedException>(() => old.CommitTransaction(Wait));
        Assert.Throws<TaskMigratedException>(() => old.AbortTransaction(Wait));
        Assert.Throws<TaskMigratedException>(() =>
        {
            old.BeginTransaction();
            old.Send(topic, 0, "zombie");
            old.CommitTransaction(Wait);
        });
        Assert.Equal(["0@2=young"], _clients.ReadAll(topic).Values);
    }

    [Fact]
    public void A_zombie_of_an_older_generation_can_not_commit_offsets()
    {
        string source = kafka.CreateTopic(2, "source");
        string target = kafka.CreateTopic(1, "target");
        using IStreamsConsumer first = Joined(source);
        GroupMetadata stale = first.GroupMetadata;
        using IStreamsProducer producer = Transactional();
        using IStreamsConsumer second = _clients.CreateConsumer("c-2");
        bool joined = false;
        second.Subscribe([source], Ignore with { Assigned = p => joined |= p.Count > 0 });
        for (int i = 0; i < 500 && !joined; i++)
        {
            first.Poll(TimeSpan.FromMilliseconds(20));
            second.Poll(TimeSpan.FromMilliseconds(20));
        }

        Assert.True(joined);
        producer.BeginTransaction();
        producer.Send(target, 0, "zombie");
        Assert.Throws<TaskMigratedException>(() => producer.SendOffsetsToTransaction([At(source, 0, 1)], stale, Wait));
        producer.AbortTransaction(Wait);

        // The same producer goes on with the generation of now.
        producer.BeginTransaction();
        producer.Send(target, 0, "alive");
        producer.SendOffsetsToTransaction([At(source, 0, 1)], first.GroupMetadata, Wait);
        producer.CommitTransaction(Wait);
        Assert.Equal(["alive"], _clients.ReadAll(target).Values.Select(v => v.Split('=')[1]));
    }

    [Fact]
    public void Offsets_under_a_killed_producers_transaction_are_unstable_until_its_id_is_initialised_again()
    {
        string source = kafka.CreateTopic(1, "source");
        string target = kafka.CreateTopic(1, "target");
        var partition = new TopicPartition(source, 0);
        using IStreamsConsumer consumer = Joined(source);
        IStreamsProducer killed = Transactional();
        killed.BeginTransaction();
        killed.Send(target, 0, "lost");
        killed.SendOffsetsToTransaction([At(source, 0, 5)], consumer.GroupMetadata, Wait);
        killed.Flush(Wait);
        killed.Dispose(); // neither commits nor aborts, as a killed process

        Assert.ThrowsAny<RetriableException>(() => consumer.Committed([partition], TimeSpan.FromSeconds(1)));
        Assert.Equal(0, consumer.QueryWatermarks(new TopicPartition(target, 0), Wait).LastStable);
        using IStreamsProducer next = Transactional();
        Assert.Null(consumer.Committed([partition], Wait)[partition]);
        Assert.Equal(new Watermarks(0, 2, 2), consumer.QueryWatermarks(new TopicPartition(target, 0), Wait));
        Assert.Empty(_clients.ReadAll(target).Values);
    }

    [Fact]
    public void A_record_that_could_not_be_written_fails_the_flush_or_the_commit_and_the_next_transaction_is_clean()
    {
        string topic = kafka.CreateTopic(1);
        using IStreamsProducer producer = Transactional();
        producer.BeginTransaction();
        producer.Send(topic, 0, "a");
        string missing = KafkaFixture.Unique("missing");
        producer.Send(missing, 0, "no such topic");
        TransactionAbortedException e = Assert.Throws<TransactionAbortedException>(() => producer.Flush(Wait));
        Assert.Contains(missing, e.Message, StringComparison.Ordinal);
        Assert.Throws<TransactionAbortedException>(() => producer.CommitTransaction(Wait));
        producer.AbortTransaction(Wait);
        Assert.Empty(_clients.ReadAll(topic).Values);

        // Without the flush the commit alone refuses it, too: no delivery callback is needed for that.
        producer.BeginTransaction();
        producer.Send(KafkaFixture.Unique("missing"), 0, "no such topic");
        Assert.Throws<TransactionAbortedException>(() => producer.CommitTransaction(Wait));
        producer.AbortTransaction(Wait);

        producer.BeginTransaction();
        producer.Send(topic, 0, "b");
        producer.Flush(Wait);
        producer.CommitTransaction(Wait);
        Assert.Equal(["b"], _clients.ReadAll(topic).Values.Select(v => v.Split('=')[1]));

        // Once the topic's partitions are known, a wrong one is refused at once.
        producer.BeginTransaction();
        StreamsException wrong = Assert.Throws<StreamsException>(() => producer.Send(topic, 99, "no such partition"));
        Assert.Contains("has no partition 99", wrong.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_record_that_would_be_refused_again_stops_the_application_with_a_remedy(bool isTransactional)
    {
        string narrow = KafkaFixture.Unique("narrow");
        using (IAdmin admin = _clients.CreateAdmin())
        {
            admin.CreateMissingTopics([new TopicSpec(narrow, 1, -1, new Dictionary<string, string> { ["max.message.bytes"] = "500" })], Wait);
        }

        using IStreamsProducer producer = isTransactional ? Transactional() : _clients.CreateProducer("p", null);
        if (isTransactional)
        {
            producer.BeginTransaction();
        }

        producer.Send(narrow, 0, new string('x', 5000));
        StreamsException e = Assert.Throws<RecordTooLargeException>(() => producer.Flush(Wait));
        Assert.Contains("max.message.bytes", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_that_could_not_be_written_fails_the_flush_outside_a_transaction_too()
    {
        string topic = kafka.CreateTopic(1);
        using IStreamsProducer producer = _clients.CreateProducer("p", null);
        producer.Send(KafkaFixture.Unique("missing"), 0, "no such topic");
        producer.Send(topic, 0, "fits");
        Assert.Throws<TransactionAbortedException>(() => producer.Flush(Wait));
        producer.Flush(Wait);
        Assert.Equal(["0@0=fits"], _clients.ReadAll(topic).Values);
    }

    [Fact]
    public void A_record_without_a_partition_goes_where_Javas_default_partitioner_sends_its_key()
    {
        string topic = kafka.CreateTopic(7);
        using IStreamsProducer producer = _clients.CreateProducer("p", null);
        producer.Send(topic, -1, "user-1"u8, "v"u8, 1);
        producer.Flush(Wait);
        using IStreamsConsumer consumer = _clients.CreateRestoreConsumer("c");

        // org.apache.kafka.common.utils.Utils: toPositive(murmur2("user-1")) % 7
        int expected = (int)((Murmur2("user-1"u8) & 0x7fffffff) % 7);
        Assert.Equal(1, consumer.QueryWatermarks(new TopicPartition(topic, expected), Wait).High);
    }

    private static uint Murmur2(ReadOnlySpan<byte> data)
    {
        const uint m = 0x5bd1e995;
        uint h = 0x9747b28c ^ (uint)data.Length;
        int whole = data.Length & ~3;
        for (int i = 0; i < whole; i += 4)
        {
            uint k = BitConverter.ToUInt32(data[i..]) * m;
            h = (h * m) ^ ((k ^ (k >> 24)) * m);
        }

        for (int i = data.Length - 1; i >= whole; i--)
        {
            h ^= (uint)data[i] << (8 * (i - whole));
        }

        h = data.Length > whole ? h * m : h;
        h = (h ^ (h >> 13)) * m;
        return h ^ (h >> 15);
    }

    private IStreamsProducer Transactional()
    {
        IStreamsProducer producer = _clients.CreateProducer("p", _transactionalId);
        producer.InitTransactions(Wait);
        return producer;
    }

    private IStreamsConsumer Joined(string topic)
    {
        IStreamsConsumer consumer = _clients.CreateConsumer("c-1");
        bool isAssigned = false;
        consumer.Subscribe([topic], Ignore with { Assigned = p => isAssigned |= p.Count > 0 });
        consumer.PollUntil((_, _) => isAssigned);
        return consumer;
    }
}
