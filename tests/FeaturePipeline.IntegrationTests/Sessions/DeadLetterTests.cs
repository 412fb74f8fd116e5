using System.Globalization;
using System.Text;
using Avro.Generic;
using Avro.IO;
using Confluent.Kafka;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Features.Events;

namespace FeaturePipeline.IntegrationTests.Sessions;

// Invariant: a bad record becomes one dead letter, as it was, with its reason, in the transaction that takes it; the features are those of the rest.
public sealed class DeadLetterTests(KafkaFixture kafka) : IDisposable
{
    private const int Events = 100_000;
    private const int MoreEvents = 2_000;
    private const int CopiesOfEach = 12;

    private readonly SessionScenario _job = new(kafka.BootstrapServers, kafka.RegistryUrl, "dead-letters");

    [Fact]
    public void Each_bad_record_is_one_dead_letter_with_its_reason_although_the_worker_is_killed()
    {
        _job.Produce(Events);
        Dictionary<string, Message<byte[]?, byte[]?>> bad = BadRecords();
        WriteCopies(bad);
        _job.Produce(MoreEvents);

        ProgramProcess worker = _job.StartWorker("one");
        _job.Await(() => _job.Watch.Committed() > 0, "something committed");
        worker.Kill();
        worker = _job.StartWorker("one");
        _job.AwaitEnd();
        Assert.True(worker.Terminate() == 0, worker.Log);
        _job.AssertExact();

        List<ConsumeResult<byte[]?, byte[]?>> letters = ReadAll(_job.ApplicationId + "-dlq");
        Assert.Equal(
            bad.Keys.Order(StringComparer.Ordinal).Select(reason => (reason, CopiesOfEach)),
            letters.GroupBy(Reason).Select(g => (g.Key, g.Count())).OrderBy(g => g.Key, StringComparer.Ordinal));
        Assert.Equal(letters.Count, letters.Select(l => (Header(l, "dlq.partition"), Header(l, "dlq.offset"))).Distinct().Count());
        Assert.All(letters, letter =>
        {
            Message<byte[]?, byte[]?> original = bad[Reason(letter)];
            Assert.Equal(original.Key, letter.Message.Key);
            Assert.Equal(original.Value, letter.Message.Value);
            Assert.Equal(_job.SourceTopic, Header(letter, "dlq.topic"));
            Assert.Equal(_job.ApplicationId, Header(letter, "dlq.application"));
            Assert.Equal(original.Timestamp.UnixTimestampMs.ToString(CultureInfo.InvariantCulture), Header(letter, "dlq.timestamp"));
            Assert.NotEmpty(Header(letter, "dlq.message"));
            Assert.Equal("kept", Header(letter, "own"));
        });
    }

    public void Dispose() => _job.Dispose();

    private static string Reason(ConsumeResult<byte[]?, byte[]?> letter) => Header(letter, "dlq.reason");

    private static string Header(ConsumeResult<byte[]?, byte[]?> letter, string name) => Encoding.UTF8.GetString(letter.Message.Headers.GetLastBytes(name));

    private Dictionary<string, Message<byte[]?, byte[]?>> BadRecords()
    {
        ConsumeResult<byte[]?, byte[]?> any = ReadAll(_job.SourceTopic)[0];
        byte[] key = any.Message.Key!, good = any.Message.Value!;
        byte[] negative = Encoded(good, Encoding.UTF8.GetString(key), timestampMs: -5);
        var timestamp = new Timestamp(any.Message.Timestamp.UnixTimestampMs + 1, TimestampType.CreateTime);
        Message<byte[]?, byte[]?> Record(byte[]? k, byte[]? v) => new() { Key = k, Value = v, Timestamp = timestamp, Headers = [new Header("own", "kept"u8.ToArray())] };
        return new Dictionary<string, Message<byte[]?, byte[]?>>
        {
            ["not_avro"] = Record(key, "hello"u8.ToArray()),
            ["unknown_schema"] = Record(key, [0, 0x7F, 0, 0, 0, .. good.AsSpan(WireFormat.PrefixSize)]),
            ["tombstone"] = Record(key, null),
            ["null_key"] = Record(null, good),
            ["key_mismatch"] = Record([.. key, .. "x"u8], good),
            ["corrupt"] = Record(key, good[..^2]),
            ["invalid_timestamp"] = Record(key, negative),
        };
    }

    private static byte[] Encoded(byte[] prefixed, string userId, long timestampMs)
    {
        var schema = (global::Avro.RecordSchema)global::Avro.Schema.Parse(UserEventSchema.Json);
        var record = new GenericRecord(schema);
        record.Add("user_id", userId);
        record.Add("event_type", "view");
        record.Add("timestamp", DateTimeOffset.FromUnixTimeMilliseconds(timestampMs).UtcDateTime);
        record.Add("session_id", null);
        using var stream = new MemoryStream();
        stream.Write(prefixed, 0, WireFormat.PrefixSize);
        new GenericDatumWriter<GenericRecord>(schema).Write(record, new BinaryEncoder(stream));
        return stream.ToArray();
    }

    private void WriteCopies(Dictionary<string, Message<byte[]?, byte[]?>> records)
    {
        using IProducer<byte[]?, byte[]?> producer = new ProducerBuilder<byte[]?, byte[]?>(new ProducerConfig { BootstrapServers = kafka.BootstrapServers }).Build();
        foreach (Message<byte[]?, byte[]?> record in records.Values)
        {
            for (int i = 0; i < CopiesOfEach; i++)
            {
                producer.Produce(new TopicPartition(_job.SourceTopic, i % 4), record);
            }
        }

        producer.Flush(TimeSpan.FromSeconds(30));
    }

    private List<ConsumeResult<byte[]?, byte[]?>> ReadAll(string topic)
    {
        using var reader = new AvroTopicReader(kafka.BootstrapServers, kafka.RegistryUrl);
        List<ConsumeResult<byte[]?, byte[]?>> records = [];
        reader.ReadRaw(topic, records.Add);
        return records;
    }
}
