using System.Diagnostics;
using Confluent.Kafka;
using FeaturePipeline.Kafka;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Errors;
using Microsoft.Extensions.Logging.Abstractions;
using TopicPartition = FeaturePipeline.Streams.Clients.TopicPartition;
using TopicPartitionOffset = FeaturePipeline.Streams.Clients.TopicPartitionOffset;

namespace FeaturePipeline.Tests.Kafka;

/// <summary>What the adapters do when the broker is away or refuses; on the embedded broker, which can be told to.</summary>
public sealed class EmbeddedBrokerFaultTests : IDisposable
{
    private const short ProduceRequest = 0;
    private static readonly TimeSpan s_wait = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(300);
    private readonly EmbeddedBroker _broker = new();
    private readonly KafkaClients _clients;

    public EmbeddedBrokerFaultTests()
    {
        _broker.CreateTopic("t", 1);
        _clients = new KafkaClients(
            new KafkaClientOptions { BootstrapServers = _broker.BootstrapServers, ApplicationId = "app" },
            TimeProvider.System,
            NullLoggerFactory.Instance);
    }

    public void Dispose() => _broker.Dispose();

    [Fact]
    public void A_broker_that_goes_away_is_shown_and_reading_and_writing_go_on_when_it_is_back()
    {
        using IStreamsProducer producer = _clients.CreateProducer("p", null);
        using IStreamsConsumer consumer = _clients.CreateRestoreConsumer("c");
        consumer.Assign([new TopicPartitionOffset(new TopicPartition("t", 0), 0)]);
        producer.Send("t", 0, default, "a"u8, 1);
        producer.Flush(s_wait);
        PollUntil(consumer, count => count >= 1);
        Assert.Null(_clients.Errors.Current);

        _broker.TakeDown();
        producer.Send("t", 0, default, "b"u8, 1);
        PollUntil(consumer, _ => _clients.Errors.Current is not null);
        Assert.Throws<RetriableException>(() => producer.Flush(s_short));
        Assert.Throws<RetriableException>(() => consumer.QueryWatermarks(new TopicPartition("t", 0), s_short));
        Assert.Throws<RetriableException>(() => consumer.Committed([new TopicPartition("t", 0)], s_short));
        using (IAdmin admin = _clients.CreateAdmin())
        {
            Assert.Throws<RetriableException>(() => admin.PartitionCount("t", s_short));
        }

        _broker.BringUp();
        producer.Flush(s_wait); // the same call again: nothing was lost
        PollUntil(consumer, count => count >= 1);
        Assert.Null(_clients.Errors.Current);
        Assert.True(_clients.Errors.Count > 0);
    }

    [Fact]
    public void An_idle_consumer_notices_by_itself_that_the_broker_is_back()
    {
        using IStreamsConsumer consumer = _clients.CreateRestoreConsumer("c");
        consumer.Assign([new TopicPartitionOffset(new TopicPartition("t", 0), 0)]);
        PollUntil(consumer, _ => true);
        _broker.TakeDown();
        PollUntil(consumer, _ => _clients.Errors.Current is not null);
        _broker.BringUp();
        PollUntil(consumer, _ => _clients.Errors.Current is null);
    }

    // Also one that has nothing to send, or what it has to tell piles up in the client.
    [Fact]
    public void A_producer_that_is_polled_tells_that_the_broker_is_away()
    {
        using IStreamsProducer producer = _clients.CreateProducer("p", null);
        producer.Send("t", 0, default, "a"u8, 1);
        producer.Flush(s_wait);
        _broker.TakeDown();
        Assert.True(
            SpinWait.SpinUntil(
                () =>
                {
                    producer.Poll();
                    Thread.Sleep(20);
                    return _clients.Errors.Current is not null;
                },
                s_wait),
            "It told nothing.");
    }

    [Fact]
    public void A_client_that_was_closed_refuses_to_be_used()
    {
        IStreamsProducer producer = _clients.CreateProducer("p", null);
        producer.Dispose();
        producer.Dispose();
        producer.Poll();
        Assert.Throws<ObjectDisposedException>(() => producer.Send("t", 0, default, "a"u8, 1));
        Assert.Throws<ObjectDisposedException>(() => producer.Flush(s_wait));
        Assert.Throws<ObjectDisposedException>(() => producer.InitTransactions(s_wait));

        IStreamsConsumer consumer = _clients.CreateRestoreConsumer("c");
        consumer.Close();
        consumer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => consumer.Poll(s_short));
        Assert.Throws<ObjectDisposedException>(consumer.Unsubscribe);
    }

    // Logs come from the client's own threads, where an exception would end the process.
    [Fact]
    public void A_listener_that_throws_ends_nothing()
    {
        int calls = 0;
        var options = new KafkaClientOptions { BootstrapServers = "127.0.0.1:1", ApplicationId = "app" };
        using var producer = new KafkaProducer(KafkaProperties.ForProducer(options, "p", null), _clients.Errors, TimeProvider.System, _ =>
        {
            Interlocked.Increment(ref calls);
            throw new InvalidOperationException();
        });
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref calls) > 1, s_wait));
    }

    [Fact]
    public void A_record_that_the_broker_refuses_fails_the_flush_and_the_next_flush_is_clean()
    {
        using IStreamsProducer producer = _clients.CreateProducer("p", null);
        _broker.FailNext(ProduceRequest, ErrorCode.InvalidRequiredAcks);
        producer.Send("t", 0, default, "refused"u8, 1);
        TransactionAbortedException e = Assert.Throws<TransactionAbortedException>(() => producer.Flush(s_wait));
        Assert.Contains("topic 't', partition 0", e.Message, StringComparison.Ordinal);

        producer.Send("t", 0, default, "taken"u8, 1);
        producer.Flush(s_wait);
    }

    // librdkafka hears of it in the background: the next call may be any, also one more record.
    [Fact]
    public void A_transaction_that_has_failed_takes_no_more_records_and_is_aborted()
    {
        // Not through the clients: they refuse transactions on this broker, since it keeps no offsets of them.
        var options = new KafkaClientOptions { BootstrapServers = _broker.BootstrapServers, ApplicationId = "app" };
        using var producer = new KafkaProducer(KafkaProperties.ForProducer(options, "p", "transaction"), _clients.Errors, TimeProvider.System, static _ => { });
        producer.InitTransactions(s_wait);
        producer.BeginTransaction();
        _broker.FailNext(ProduceRequest, ErrorCode.InvalidRequiredAcks);
        var clock = Stopwatch.StartNew();
        TransactionAbortedException e = Assert.Throws<TransactionAbortedException>(() =>
        {
            while (clock.Elapsed < s_wait)
            {
                producer.Send("t", 0, default, "refused"u8, 1);
                Thread.Sleep(10);
            }
        });
        Assert.StartsWith("p: Writing to 't': Local_State", e.Message, StringComparison.Ordinal);

        // The refused record took a sequence number: the first transaction after it may be refused for the gap.
        producer.AbortTransaction(s_wait);
        Assert.True(IsCommitted(producer) || IsCommitted(producer));
    }

    [Fact]
    public void A_passing_error_is_retried_by_the_client_itself()
    {
        using IStreamsProducer producer = _clients.CreateProducer("p", null);
        _broker.FailNext(ProduceRequest, ErrorCode.NotLeaderForPartition, ErrorCode.RequestTimedOut);
        producer.Send("t", 0, default, "a"u8, 1);
        producer.Flush(s_wait);
        using IStreamsConsumer consumer = _clients.CreateRestoreConsumer("c");
        Assert.Equal(1, consumer.QueryWatermarks(new TopicPartition("t", 0), s_wait).High);
    }

    [Fact]
    public void A_full_queue_is_waited_for()
    {
        var clients = new KafkaClients(
            new KafkaClientOptions
            {
                BootstrapServers = _broker.BootstrapServers,
                ApplicationId = "app",
                Producer = new Dictionary<string, string> { ["queue.buffering.max.messages"] = "10" },
            },
            TimeProvider.System,
            NullLoggerFactory.Instance);
        using IStreamsProducer producer = clients.CreateProducer("p", null);
        for (int i = 0; i < 200; i++)
        {
            producer.Send("t", 0, default, "x"u8, i, headers: [new RecordHeader("h", [1])]);
        }

        producer.Flush(s_wait);
        using IStreamsConsumer consumer = clients.CreateRestoreConsumer("c");
        Assert.Equal(200, consumer.QueryWatermarks(new TopicPartition("t", 0), s_wait).High);
    }

    [Fact]
    public void Polling_and_sending_allocate_nothing_per_record()
    {
        const int Records = 2_000;
        using IStreamsProducer producer = _clients.CreateProducer("p", null);
        Assert.InRange(Allocations.Of(SendAll), 0, 100);
        Enumerable.Range(0, 20).ToList().ForEach(_ => SendAll());
        producer.Flush(s_wait);
        using IStreamsConsumer consumer = _clients.CreateRestoreConsumer("c");
        consumer.Assign([new TopicPartitionOffset(new TopicPartition("t", 0), 0)]);
        PollUntil(consumer, count => count >= 1);
        Assert.InRange(Allocations.Least(BeyondBatches, enough: 100), long.MinValue, 100);

        void SendAll()
        {
            for (int i = 0; i < Records; i++)
            {
                producer.Send("t", 0, "key"u8, "value"u8, i);
            }
        }

        // A batch of records is an object; it is given up to 200 bytes.
        long BeyondBatches()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            int polls = 0;
            for (int count = 0; count < Records / 2; polls++)
            {
                count += consumer.Poll(s_wait).Records.Length;
            }

            return GC.GetAllocatedBytesForCurrentThread() - before - (polls * 200);
        }
    }

    private static bool IsCommitted(KafkaProducer producer)
    {
        producer.BeginTransaction();
        try
        {
            producer.Send("t", 0, default, "taken"u8, 1);
            producer.CommitTransaction(s_wait);
            return true;
        }
        catch (TransactionAbortedException)
        {
            producer.AbortTransaction(s_wait);
            return false;
        }
    }

    private static void PollUntil(IStreamsConsumer consumer, Func<int, bool> isDone)
    {
        var clock = Stopwatch.StartNew();
        int count = 0;
        do
        {
            Assert.True(clock.Elapsed < s_wait, "not reached in time");
            count += consumer.Poll(TimeSpan.FromMilliseconds(50)).Records.Length;
        }
        while (!isDone(count));
    }
}
