using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Errors;
using static FeaturePipeline.Tests.Simulation.SimulatedWorld;

namespace FeaturePipeline.Tests.Simulation;

public sealed class SimulatedBrokerGroupTests
{
    private static readonly TopicPartition In0 = new("in", 0);

    [Fact]
    public void A_partition_that_moves_is_revoked_in_one_generation_and_assigned_in_the_next()
    {
        SimulatedWorld world = WorldWithTopic(partitions: 4);
        var a = new RecordingMember(world, "a", "in");
        RecordingMember.Settle(a);
        Assert.Equal(4, a.Consumer.Assignment.Count);

        var generations = new List<(int Number, Dictionary<string, TopicPartition[]> Owners)>();
        world.Broker.Group("app").GenerationCompleted = (number, owners) =>
            generations.Add((number, owners.ToDictionary(o => o.Key, o => o.Value.ToArray())));
        var b = new RecordingMember(world, "b", "in");
        RecordingMember.Settle(a, b);

        Assert.Equal(2, a.Consumer.Assignment.Count);
        Assert.Equal(2, b.Consumer.Assignment.Count);
        Assert.Empty(a.Consumer.Assignment.Intersect(b.Consumer.Assignment));
        Assert.Equal(2, generations.Count);
        Assert.Equal(2, generations[0].Owners.Sum(o => o.Value.Length));
        Assert.Equal(4, generations[1].Owners.Sum(o => o.Value.Length));
        Assert.Equal(2, a.Log.Count(l => l[0] == '-'));
    }

    [Fact]
    public void No_partition_has_two_owners_in_any_generation_whatever_happens()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            SimulatedWorld world = WorldWithTopic(partitions: 5, seed);
            world.Broker.Faults[FaultKind.ForcedRebalance] = 0.02;
            world.Broker.Faults[FaultKind.BrokerAway] = 0.005;
            world.Broker.Group("app").GenerationCompleted = (_, owners) =>
                Assert.Equal(owners.Sum(o => o.Value.Count), owners.SelectMany(o => o.Value).Distinct().Count());
            var random = new Random(seed);
            var members = new List<RecordingMember>();
            for (int i = 0; i < 300; i++)
            {
                if (members.Count < 3 && random.Next(10) == 0)
                {
                    members.Add(new RecordingMember(world, $"m{i}", "in"));
                }
                else if (members.Count > 0)
                {
                    RecordingMember member = members[random.Next(members.Count)];
                    if (random.Next(60) == 0)
                    {
                        member.Clients.Crash();
                        members.Remove(member);
                    }
                    else if (random.Next(60) == 0)
                    {
                        member.Consumer.Close();
                        members.Remove(member);
                    }
                    else
                    {
                        member.Consumer.Poll(TimeSpan.Zero);
                    }
                }

                world.Broker.Advance(TimeSpan.FromMilliseconds(random.Next(200)));
            }

            world.Broker.Faults.Enabled = false;
            members.Add(new RecordingMember(world, "last", "in"));
            for (int i = 0; i < 200; i++)
            {
                members.ForEach(m => m.Consumer.Poll(TimeSpan.Zero));
                world.Broker.Advance(TimeSpan.FromMilliseconds(100));
            }

            Assert.Equal(5, members.SelectMany(m => m.Consumer.Assignment).Distinct().Count());
            Assert.Equal(5, members.Sum(m => m.Consumer.Assignment.Count));
        }
    }

    [Fact]
    public void A_member_that_stops_beating_loses_its_partitions_and_finds_out_at_its_next_poll()
    {
        SimulatedWorld world = WorldWithTopic(partitions: 2);
        var a = new RecordingMember(world, "a", "in");
        var b = new RecordingMember(world, "b", "in");
        RecordingMember.Settle(a, b);
        TopicPartition owned = Assert.Single(a.Consumer.Assignment);
        a.Clients.Freeze();
        GroupMetadata stale = a.Consumer.GroupMetadata;
        for (int i = 0; i < 10; i++)
        {
            world.Broker.Advance(TimeSpan.FromSeconds(1));
            RecordingMember.Settle(b);
        }

        Assert.Equal(2, b.Consumer.Assignment.Count);
        a.Clients.Thaw();
        IStreamsProducer producer = world.Producer("a");
        producer.BeginTransaction();
        Assert.Throws<TaskMigratedException>(() =>
            producer.SendOffsetsToTransaction([new TopicPartitionOffset(owned, 1)], stale, Brief));
        RecordingMember.Settle(a, b);
        Assert.Contains($"!{owned}", a.Log);
        Assert.Single(a.Consumer.Assignment);
    }

    [Fact]
    public void Offsets_of_an_older_generation_are_refused_in_and_outside_a_transaction()
    {
        SimulatedWorld world = WorldWithTopic(partitions: 2);
        var a = new RecordingMember(world, "a", "in");
        RecordingMember.Settle(a);
        GroupMetadata stale = a.Consumer.GroupMetadata;
        var b = new RecordingMember(world, "b", "in");
        RecordingMember.Settle(a, b);
        IStreamsProducer producer = world.Producer("a");
        producer.BeginTransaction();
        Assert.Throws<TaskMigratedException>(() =>
            producer.SendOffsetsToTransaction([new TopicPartitionOffset(In0, 1)], stale, Brief));
        producer.AbortTransaction(Brief);
        Assert.Null(a.Consumer.Committed([In0], Brief)[In0]);
        a.Consumer.Commit([new TopicPartitionOffset(In0, 3)]);
        Assert.Equal(3, b.Consumer.Committed([In0], Brief)[In0]);
    }

    [Fact]
    public void Offsets_that_name_neither_member_nor_generation_are_not_fenced_so_a_lost_member_has_no_identity()
    {
        SimulatedWorld world = WorldWithTopic(partitions: 1);
        var a = new RecordingMember(world, "a", "in");
        var b = new RecordingMember(world, "b", "in");
        RecordingMember.Settle(a, b);
        a.Clients.Freeze();
        world.Broker.Advance(TimeSpan.FromSeconds(10));
        a.Clients.Thaw();
        world.Broker.Advance(TimeSpan.FromSeconds(1)); // The heartbeat's answer says it; no poll has.
        Assert.Throws<TaskMigratedException>(() => a.Consumer.GroupMetadata);
        var nobody = new GroupMetadata(new SimulatedGroupMetadata(world.Broker.Group("app"), "", -1));
        IStreamsProducer producer = world.Producer("a");
        producer.BeginTransaction();
        producer.SendOffsetsToTransaction([new TopicPartitionOffset(In0, 1)], nobody, Brief);
        producer.CommitTransaction(Brief);
        Assert.Equal(1, b.Consumer.Committed([In0], Brief)[In0]);
    }

    [Fact]
    public void The_revoked_handler_can_commit_and_the_next_owner_starts_there()
    {
        SimulatedWorld world = WorldWithTopic(partitions: 2);
        for (int i = 0; i < 4; i++)
        {
            world.Append("in", i % 2, $"{i}");
        }

        var a = new RecordingMember(world, "a", "in");
        IStreamsProducer producer = world.Producer("a");
        a.OnRevoked = partitions =>
        {
            producer.BeginTransaction();
            producer.SendOffsetsToTransaction(
                [.. partitions.Select(p => new TopicPartitionOffset(p, 1))], a.Consumer.GroupMetadata, Brief);
            producer.CommitTransaction(Brief);
        };
        RecordingMember.Settle(a);
        var b = new RecordingMember(world, "b", "in");
        var read = new List<string>();
        for (int i = 0; i < 50; i++)
        {
            a.Consumer.Poll(TimeSpan.Zero);
            read.AddRange(Values(b.Consumer.Poll(TimeSpan.Zero)));
            world.Broker.Advance(TimeSpan.FromMilliseconds(10));
        }

        TopicPartition moved = Assert.Single(b.Consumer.Assignment);
        Assert.Equal([$"{2 + moved.Partition}"], read);
    }

    [Fact]
    public void Paused_partitions_stay_assigned_and_silent_and_Seek_reads_again()
    {
        SimulatedWorld world = WorldWithTopic(partitions: 1);
        world.Append("in", 0, "1");
        var a = new RecordingMember(world, "a", "in");
        RecordingMember.Settle(a);
        a.Consumer.Pause([In0]);
        a.Consumer.Seek(new TopicPartitionOffset(In0, 0));
        Assert.Empty(Values(a.Consumer.Poll(Brief)));
        a.Consumer.Resume([In0]);
        Assert.Equal(["1"], Values(a.Consumer.Poll(Brief)));
        Assert.Equal(1, a.Consumer.LastSeenEnd(In0));
        Assert.Throws<SimulationContractException>(() => a.Consumer.Seek(new TopicPartitionOffset(new TopicPartition("in", 1), 0)));
    }

    [Fact]
    public void A_released_batch_refuses_every_use_and_its_memory_is_garbage()
    {
        SimulatedWorld world = WorldWithTopic(partitions: 1);
        world.Append("in", 0, "precious");
        using IStreamsConsumer reader = world.Process("r").CreateRestoreConsumer("r");
        reader.Assign([new TopicPartitionOffset(In0, 0)]);
        RecordBatch batch = reader.Poll(Brief);
        ConsumedRecord record = batch.Records[0];
        Assert.Equal(Bytes("precious"), record.Value.ToArray());
        reader.Poll(Brief);
        Assert.All(record.Value.ToArray(), b => Assert.Equal(0xDB, b));
        Assert.Throws<SimulationContractException>(() => batch.Records.Length);
    }

    [Fact]
    public void One_seed_gives_one_history()
    {
        static string History(int seed)
        {
            SimulatedWorld world = WorldWithTopic(partitions: 3, seed);
            world.Broker.Faults[FaultKind.ForcedRebalance] = 0.05;
            world.Broker.Faults[FaultKind.BrokerAway] = 0.02;
            var a = new RecordingMember(world, "a", "in");
            var b = new RecordingMember(world, "b", "in");
            RecordingMember.Settle(a, b);
            return world.Broker.Faults.Describe();
        }

        Assert.Equal(History(5), History(5));
        Assert.NotEqual(History(5), History(6));
    }

    [Fact]
    public void A_broker_that_is_away_answers_nothing_and_loses_nothing()
    {
        SimulatedWorld world = WorldWithTopic(partitions: 1);
        world.Append("in", 0, "1");
        var a = new RecordingMember(world, "a", "in");
        RecordingMember.Settle(a);
        a.Consumer.Seek(new TopicPartitionOffset(In0, 0));
        world.Broker.GoAway(TimeSpan.FromSeconds(30));
        Assert.Empty(Values(a.Consumer.Poll(Brief)));
        Assert.Throws<RetriableException>(() => a.Consumer.Committed([In0], Brief));
        Assert.Throws<RetriableException>(() => a.Clients.CreateAdmin().PartitionCount("in", Brief));
        world.Broker.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(["1"], Values(a.Consumer.Poll(Brief)));
        Assert.DoesNotContain($"!{In0}", a.Log);
    }

    private static SimulatedWorld WorldWithTopic(int partitions, int seed = 1)
    {
        var world = new SimulatedWorld(seed);
        world.Broker.CreateTopic("in", partitions);
        return world;
    }
}
