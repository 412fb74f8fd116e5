using System.Buffers.Binary;
using System.Net.Http.Json;
using System.Text.Json;
using Avro.Generic;
using Avro.IO;
using Confluent.Kafka;

namespace FeaturePipeline.IntegrationTests.Sessions;

/// <summary>Called for each record: partition, offset, key, record timestamp in ms, decoded value (null: a tombstone or not Avro).</summary>
public delegate void RecordHandler(int partition, long offset, byte[]? key, long timestampMs, GenericRecord? record);

/// <summary>Reads whole topics as a read_committed consumer does, with Confluent.Kafka and Apache.Avro and nothing of ours.</summary>
public sealed class AvroTopicReader(string bootstrapServers, string registryUrl) : IDisposable
{
    private const int PrefixBytes = 5;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http = new();
    private readonly Dictionary<int, DatumReader<GenericRecord>?> _readers = [];

    /// <summary>Reads every partition from its first record to its end.</summary>
    public void Read(string topic, RecordHandler handle) => ReadRaw(topic, result =>
        handle(result.Partition.Value, result.Offset.Value, result.Message.Key, result.Message.Timestamp.UnixTimestampMs, Decode(result.Message.Value)));

    /// <summary>The same, undecoded and with headers.</summary>
    public void ReadRaw(string topic, Action<ConsumeResult<byte[]?, byte[]?>> handle)
    {
        var config = new ConsumerConfig
        {
            BootstrapServers = bootstrapServers,
            GroupId = "feature-pipeline-verification",
            IsolationLevel = IsolationLevel.ReadCommitted,
            EnablePartitionEof = true,
            EnableAutoCommit = false,
        };
        config.Set("fetch.queue.backoff.ms", "5");
        using var consumer = new ConsumerBuilder<byte[]?, byte[]?>(config).Build();
        var ends = Ends(topic);
        consumer.Assign(ends.Keys.Select(p => new TopicPartitionOffset(topic, p, Offset.Beginning)));
        while (ends.Count > 0)
        {
            var result = consumer.Consume(_patience) ?? throw new TimeoutException($"Topic '{topic}' gave nothing for {_patience.TotalSeconds} s before its end.");
            if (!result.IsPartitionEOF)
            {
                handle(result);
            }
            else if (ends.TryGetValue(result.Partition.Value, out long end) && result.Offset.Value >= end)
            {
                _ = ends.Remove(result.Partition.Value);
            }
        }

        consumer.Close();
    }

    /// <summary>Field names of the latest schema of a topic's values.</summary>
    public IReadOnlyList<string> LatestFields(string topic)
    {
        var url = new Uri($"{registryUrl.TrimEnd('/')}/subjects/{topic}-value/versions/latest");
        var answer = _http.GetFromJsonAsync<JsonElement>(url).GetAwaiter().GetResult();
        var schema = (global::Avro.RecordSchema)global::Avro.Schema.Parse(answer.GetProperty("schema").GetString()!);
        return [.. schema.Fields.Select(f => f.Name)];
    }

    public void Dispose() => _http.Dispose();

    // The high watermarks. A read_committed consumer stops before the first transaction that is still open, and calls that the end, too:
    // what a killed worker left open is waited for until the broker aborts it.
    private Dictionary<int, long> Ends(string topic)
    {
        var config = new ConsumerConfig { BootstrapServers = bootstrapServers, GroupId = "feature-pipeline-verification", IsolationLevel = IsolationLevel.ReadUncommitted };
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(config).Build();
        using var admin = new DependentAdminClientBuilder(consumer.Handle).Build();
        var metadata = admin.GetMetadata(topic, _patience).Topics.Single();
        return metadata.Error.IsError
            ? throw new InvalidOperationException($"Topic '{topic}': {metadata.Error.Reason}.")
            : metadata.Partitions.ToDictionary(p => p.PartitionId, p => consumer.QueryWatermarkOffsets(new TopicPartition(topic, p.PartitionId), _patience).High.Value);
    }

    private GenericRecord? Decode(byte[]? value)
    {
        if (value is null || value.Length <= PrefixBytes || value[0] != 0)
        {
            return null;
        }

        int id = BinaryPrimitives.ReadInt32BigEndian(value.AsSpan(1));
        if (!_readers.TryGetValue(id, out var reader))
        {
            _readers.Add(id, reader = FetchReader(id));
        }

        if (reader is null)
        {
            return null;
        }

        try
        {
            using var stream = new MemoryStream(value, PrefixBytes, value.Length - PrefixBytes, writable: false);
            return reader.Read(reuse: null!, new BinaryDecoder(stream));
        }
        catch (Exception e) when (e is global::Avro.AvroException or IOException or IndexOutOfRangeException or ArgumentException or OverflowException)
        {
            return null;
        }
    }

    private GenericDatumReader<GenericRecord>? FetchReader(int id)
    {
        using var response = _http.GetAsync(new Uri($"{registryUrl.TrimEnd('/')}/schemas/ids/{id}")).GetAwaiter().GetResult();
        if (!response.IsSuccessStatusCode)
        {
            return null;
        }

        var answer = response.Content.ReadFromJsonAsync<JsonElement>().GetAwaiter().GetResult();
        var schema = global::Avro.Schema.Parse(answer.GetProperty("schema").GetString()!);
        return new GenericDatumReader<GenericRecord>(schema, schema);
    }
}
