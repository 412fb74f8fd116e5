using System.Collections.Concurrent;
using FeaturePipeline.Kafka;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Errors;
using static FeaturePipeline.IntegrationTests.Kafka.ClientProbe;

namespace FeaturePipeline.IntegrationTests.Kafka;

public sealed class GroupTests(KafkaFixture kafka)
{
    [Theory]
    [InlineData(GroupProtocol.Classic)]
    [InlineData(GroupProtocol.Consumer)]
    public void A_second_member_takes_over_from_what_the_first_commits_while_it_is_revoked(GroupProtocol protocol)
    {
        string topic = kafka.CreateTopic(4);
        KafkaClients clients = kafka.Clients(KafkaFixture.Unique("app"), o => o with
        {
            GroupProtocol = protocol,
            Consumer = protocol == GroupProtocol.Classic ? o.Consumer : new Dictionary<string, string>(),
        });
        using IStreamsProducer producer = clients.CreateProducer("p", null);
        using var first = new Member(clients, "c-1", topic);
        var all = new List<Member> { first };
        int sent = 0;
        void SendMore()
        {
            for (int i = 0; i < 40; i++, sent++)
            {
                producer.Send(topic, sent % 4, $"{sent}");
            }

            producer.Flush(Wait);
        }

        SendMore();
        PollAll(all, () => first.Owned.Count == 4 && first.Seen.Count == 40);
        using var second = new Member(clients, "c-2", topic);
        all.Add(second);
        PollAll(all, () => first.Owned.Count == 2 && second.Owned.Count == 2);
        SendMore();
        PollAll(all, () => first.Seen.Count + second.Seen.Count >= 80);
        first.Consumer.Close();
        all.Remove(first);
        PollAll(all, () => second.Owned.Count == 4);
        SendMore();
        PollAll(all, () => first.Seen.Count + second.Seen.Count >= 120);

        Assert.Empty(first.Lost.Concat(second.Lost));
        Assert.Equal(4, first.Revoked.Count); // two to the second member, two at the close
        Assert.Equal(
            Enumerable.Range(0, 120).Select(i => $"{i % 4}@{i / 4}={i}").Order(StringComparer.Ordinal),
            first.Seen.Concat(second.Seen).Order(StringComparer.Ordinal)); // each record once, none lost
    }

    [Fact]
    public void A_static_member_that_comes_back_gets_its_partitions_without_a_rebalance_of_the_others()
    {
        string topic = kafka.CreateTopic(4);
        string application = KafkaFixture.Unique("app");
        KafkaClients clients = kafka.Clients(application, o => o with { InstanceId = "pod" });
        using var stays = new Member(clients, "t-1-consumer", topic);
        var leaves = new Member(clients, "t-2-consumer", topic);
        PollAll([stays, leaves], () => stays.Owned.Count == 2 && leaves.Owned.Count == 2);

        // The cooperative rebalance may end with a callback that brings nothing more: let it come before callbacks are counted.
        DateTime settled = DateTime.UtcNow.AddSeconds(3);
        PollAll([stays, leaves], () => DateTime.UtcNow > settled);
        HashSet<TopicPartition> owned = [.. leaves.Owned];
        leaves.Consumer.Close();
        leaves.Dispose();
        int rebalances = stays.Rebalances;

        using var back = new Member(clients, "t-2-consumer", topic);
        PollAll([stays, back], () => back.Owned.Count == 2);
        Assert.Equal(owned, back.Owned);
        Assert.Equal(rebalances, stays.Rebalances);
    }

    [Fact]
    public void A_member_that_was_thrown_out_loses_its_partitions_and_can_commit_no_more()
    {
        string topic = kafka.CreateTopic(1);
        KafkaClients clients = kafka.Clients(KafkaFixture.Unique("app"), o => o with
        {
            Consumer = new Dictionary<string, string>
            {
                ["session.timeout.ms"] = "6000",
                ["heartbeat.interval.ms"] = "500",
                ["max.poll.interval.ms"] = "6000",
            },
        });
        using var slow = new Member(clients, "c-1", topic) { CommitsOnRevoke = false };
        PollAll([slow], () => slow.Owned.Count == 1);
        using var other = new Member(clients, "c-2", topic);

        // The slow member does not poll: after max.poll.interval.ms the other one gets the partition.
        PollAll([other], () => other.Owned.Count == 1);
        Assert.Throws<TaskMigratedException>(() => slow.Consumer.Commit([At(topic, 0, 0)]));
        PollAll([slow, other], () => slow.Lost.Count == 1);
    }

    [Fact]
    public void Leaving_and_joining_again_with_the_same_client_goes_on_from_the_committed_offset()
    {
        string topic = kafka.CreateTopic(1);
        KafkaClients clients = kafka.Clients(KafkaFixture.Unique("app"));
        using (IStreamsProducer producer = clients.CreateProducer("p", null))
        {
            producer.Send(topic, 0, "a");
            producer.Send(topic, 0, "b");
            producer.Flush(Wait);
        }

        using IStreamsConsumer consumer = clients.CreateConsumer("c-1");
        var revoked = new List<TopicPartition>();
        var callbacks = Ignore with { Revoked = revoked.AddRange };
        consumer.Subscribe([topic], callbacks);
        consumer.PollUntil((records, _) => records.Count == 2);
        consumer.Commit([At(topic, 0, 1)]);
        consumer.Unsubscribe();
        Assert.Equal([new TopicPartition(topic, 0)], revoked);
        consumer.Subscribe([topic], callbacks);
        Assert.Equal(["0@1=b"], consumer.PollUntil((records, _) => records.Count >= 1));
    }

    private static void PollAll(IEnumerable<Member> members, Func<bool> isDone)
    {
        DateTime deadline = DateTime.UtcNow.AddSeconds(40);
        while (!isDone())
        {
            Assert.True(DateTime.UtcNow < deadline, "not reached in time: " + string.Join("; ", members));
            foreach (Member member in members)
            {
                member.Poll();
            }
        }
    }

    /// <summary>A group member that commits what it has read when partitions are revoked.</summary>
    private sealed class Member : IDisposable
    {
        private readonly ConcurrentDictionary<TopicPartition, long> _positions = [];
        private readonly string _name;

        public Member(KafkaClients clients, string name, string topic)
        {
            _name = name;
            Consumer = clients.CreateConsumer(name);
            Consumer.Subscribe([topic], new RebalanceCallbacks(
                added =>
                {
                    Rebalances++;
                    Owned.UnionWith(added);
                },
                gone =>
                {
                    Rebalances++;
                    Revoked.AddRange(gone);
                    var positions = gone.Where(_positions.ContainsKey).Select(p => new TopicPartitionOffset(p, _positions[p])).ToList();
                    if (CommitsOnRevoke && positions.Count > 0)
                    {
                        Consumer.Commit(positions);
                    }

                    Owned.ExceptWith(gone);
                },
                lost =>
                {
                    Lost.AddRange(lost);
                    Owned.ExceptWith(lost);
                }));
        }

        public IStreamsConsumer Consumer { get; }
        public HashSet<TopicPartition> Owned { get; } = [];
        public List<TopicPartition> Revoked { get; } = [];
        public List<TopicPartition> Lost { get; } = [];
        public List<string> Seen { get; } = [];
        public int Rebalances { get; private set; }
        public bool CommitsOnRevoke { get; init; } = true;

        public void Poll()
        {
            RecordBatch batch = Consumer.Poll(TimeSpan.FromMilliseconds(20));
            foreach (ref readonly ConsumedRecord r in batch.Records)
            {
                Assert.Contains(r.TopicPartition, Owned);
                Seen.Add($"{r.Partition}@{r.Offset}={System.Text.Encoding.UTF8.GetString(r.Value)}");
                _positions[r.TopicPartition] = r.Offset + 1;
            }
        }

        public override string ToString() => $"{_name} owns {string.Join(",", Owned)}, has seen {Seen.Count}, lost {Lost.Count}";

        public void Dispose() => Consumer.Dispose();
    }
}
