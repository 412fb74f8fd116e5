using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Errors;
using static FeaturePipeline.Tests.Simulation.SimulatedWorld;

namespace FeaturePipeline.Tests.Simulation;

public sealed class SimulatedBrokerTransactionTests
{
    private static readonly TopicPartition Out = new("out", 0);

    [Fact]
    public void Open_and_aborted_records_are_never_seen_and_hold_back_the_stable_end()
    {
        SimulatedWorld world = WorldWithTopics();
        IStreamsProducer a = world.Producer("a");
        a.BeginTransaction();
        Send(a, "out", "open");
        a.Flush(Brief);
        world.Append("out", 0, "after");

        PartitionLog log = world.Broker.Log(Out);
        Assert.Equal((0, 0, 2), (log.Low, log.LastStable, log.High));
        Assert.Empty(world.ReadCommitted("out"));

        a.AbortTransaction(Brief);
        Assert.Equal((3, 3), (log.LastStable, log.High));
        Assert.Equal(["after"], world.ReadCommitted("out"));
    }

    [Fact]
    public void A_committed_transaction_appears_as_a_whole_and_its_marker_takes_an_offset_that_readers_skip()
    {
        SimulatedWorld world = WorldWithTopics();
        IStreamsProducer a = world.Producer("a");
        a.BeginTransaction();
        Send(a, "out", "1");
        Send(a, "out", "2");
        a.CommitTransaction(Brief);
        a.BeginTransaction();
        Send(a, "out", "3");
        a.CommitTransaction(Brief);

        using IStreamsConsumer reader = world.Process("r").CreateRestoreConsumer("r");
        reader.Assign([new TopicPartitionOffset(Out, 0)]);
        RecordBatch batch = reader.Poll(Brief);
        Assert.Equal(["1", "2", "3"], Values(batch));
        Assert.Equal([0L, 1L, 3L], batch.Records.ToArray().Select(r => r.Offset));
        Assert.Equal([new TopicPartitionOffset(Out, 5)], batch.Ends);
        Assert.Empty(reader.Poll(Brief).Ends);
    }

    [Fact]
    public void Slow_markers_reach_partitions_one_by_one_and_the_offset_stays_unstable_until_its_own()
    {
        bool sawOffsetFirst = false;
        bool sawDataFirst = false;
        for (int seed = 0; seed < 50; seed++)
        {
            SimulatedWorld world = WorldWithTopics(seed);
            world.Broker.Faults[FaultKind.SlowMarkers] = 1;
            var member = new RecordingMember(world, "m", "in");
            RecordingMember.Settle(member);
            IStreamsProducer a = world.Producer("a");
            a.BeginTransaction();
            Send(a, "out", "1");
            var source = new TopicPartition("in", 0);
            a.SendOffsetsToTransaction([new TopicPartitionOffset(source, 7)], member.Consumer.GroupMetadata, Brief);
            Assert.Throws<RetriableException>(() => member.Consumer.Committed([source], Brief));
            a.CommitTransaction(Brief);
            for (int i = 0; i < 400; i++)
            {
                world.Broker.Advance(TimeSpan.FromMilliseconds(10));
                bool isOffsetDone = world.Broker.Group("app").IsStable(source);
                bool isDataDone = !world.Broker.Log(Out).HasOpenTransactions;
                sawOffsetFirst |= isOffsetDone && !isDataDone;
                sawDataFirst |= isDataDone && !isOffsetDone;
            }

            Assert.Equal(7, member.Consumer.Committed([source], Brief)[source]);
            Assert.Equal(["1"], world.ReadCommitted("out"));
        }

        Assert.True(sawOffsetFirst && sawDataFirst);
    }

    [Fact]
    public void InitTransactions_aborts_what_the_producer_before_left_open_and_fences_it()
    {
        SimulatedWorld world = WorldWithTopics();
        IStreamsProducer old = world.Producer("a", "old");
        old.BeginTransaction();
        Send(old, "out", "lost");
        old.Flush(Brief);

        IStreamsProducer young = world.Producer("a", "young");
        young.BeginTransaction();
        Send(young, "out", "kept");
        young.CommitTransaction(Brief);

        Send(old, "out", "zombie");
        Assert.Throws<TaskMigratedException>(() => old.CommitTransaction(Brief));
        Assert.Throws<TaskMigratedException>(() => old.AbortTransaction(Brief));
        Assert.Equal(["kept"], world.ReadCommitted("out"));
    }

    [Fact]
    public void A_transaction_older_than_its_time_out_is_aborted_and_its_producer_told()
    {
        SimulatedWorld world = WorldWithTopics();
        IStreamsProducer a = world.Producer("a");
        a.BeginTransaction();
        Send(a, "out", "late");
        a.Flush(Brief);
        world.Broker.Advance(world.Broker.Options.TransactionTimeout + TimeSpan.FromSeconds(1));
        Exception? told = Record.Exception(() => a.CommitTransaction(Brief));
        Assert.True(told is TaskMigratedException or TransactionAbortedException);
        Assert.Empty(world.ReadCommitted("out"));
    }

    [Fact]
    public void A_commit_without_an_answer_tells_the_truth_when_it_is_repeated()
    {
        foreach (FaultKind kind in new[] { FaultKind.CommitLost, FaultKind.CommitAnswerLost })
        {
            SimulatedWorld world = WorldWithTopics();
            IStreamsProducer a = world.Producer("a");
            a.BeginTransaction();
            Send(a, "out", "once");
            world.Broker.Faults[kind] = 1;
            Assert.Throws<RetriableException>(() => a.CommitTransaction(Brief));
            Assert.Equal(kind == FaultKind.CommitAnswerLost ? 1 : 0, world.ReadCommitted("out").Count);
            Assert.Throws<SimulationContractException>(() => a.AbortTransaction(Brief));
            world.Broker.Faults.Enabled = false;
            a.CommitTransaction(Brief);
            Assert.Equal(["once"], world.ReadCommitted("out"));
            a.BeginTransaction();
        }
    }

    [Fact]
    public void A_refused_record_leaves_only_the_abort()
    {
        SimulatedWorld world = WorldWithTopics();
        IStreamsProducer a = world.Producer("a");
        a.BeginTransaction();
        Send(a, "out", "1");
        world.Broker.Faults[FaultKind.SendRefused] = 1;
        Assert.Throws<TransactionAbortedException>(() => Send(a, "out", "2"));
        world.Broker.Faults.Enabled = false;
        Assert.Throws<TransactionAbortedException>(() => a.CommitTransaction(Brief));
        a.AbortTransaction(Brief);
        a.BeginTransaction();
        Send(a, "out", "3");
        a.CommitTransaction(Brief);
        Assert.Equal(["3"], world.ReadCommitted("out"));
    }

    [Fact]
    public void Compaction_keeps_offsets_and_the_last_record_of_each_key_and_touches_nothing_unstable()
    {
        SimulatedWorld world = WorldWithTopics();
        PartitionLog log = world.Broker.Log(Out);
        foreach (string pair in new[] { "a1", "b1", "a2", "c1" })
        {
            log.Append(0, Bytes(pair[..1]), Bytes(pair), null);
        }

        IStreamsProducer open = world.Producer("a");
        open.BeginTransaction();
        open.Send("out", 0, Bytes("b"), Bytes("b2"), 0);
        open.Flush(Brief);
        log.Compact();
        Assert.Equal([1L, 2L, 3L, 4L], log.Records.Select(r => r.Offset));
        open.CommitTransaction(Brief);
        Assert.Equal(["b1", "a2", "c1", "b2"], world.ReadCommitted("out"));
        log.Compact();
        Assert.Equal(["a2", "c1", "b2"], world.ReadCommitted("out"));
        Assert.Equal(6, log.High);
    }

    [Theory]
    [InlineData("", 681)]
    [InlineData("21", 681)]
    public void Partition_by_key_stays_in_range(string key, int partitions) =>
        Assert.InRange(DefaultPartitioner.Partition(Bytes(key), partitions), 0, partitions - 1);

    // The pairs of Kafka's own UtilsTest.testMurmur2.
    [Theory]
    [InlineData("21", -973932308)]
    [InlineData("foobar", -790332482)]
    [InlineData("a-little-bit-long-string", -985981536)]
    [InlineData("a-little-bit-longer-string", -1486304829)]
    [InlineData("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971)]
    [InlineData("abc", 479470107)]
    public void Murmur2_is_the_one_of_Javas_partitioner(string key, int hash) =>
        Assert.Equal(hash, (int)DefaultPartitioner.Murmur2(Bytes(key)));

    private static SimulatedWorld WorldWithTopics(int seed = 1)
    {
        var world = new SimulatedWorld(seed);
        world.Broker.CreateTopic("in", 2);
        world.Broker.CreateTopic("out", 1);
        return world;
    }
}
