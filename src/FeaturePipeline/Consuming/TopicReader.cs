using System.Text;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Errors;

namespace FeaturePipeline.Consuming;

/// <summary>How much of a topic to read.</summary>
internal sealed record ReadRange
{
    /// <summary>Whether to start at the oldest record, not at the end.</summary>
    public bool FromBeginning { get; init; }

    /// <summary>Most records; null for no limit.</summary>
    public long? Max { get; init; }

    /// <summary>Stop when every partition has been read to its end as of the start.</summary>
    public bool ExitAtEnd { get; init; }

    /// <summary>Stop when no record has come for so long; null to wait for ever.</summary>
    public TimeSpan? IdleTimeout { get; init; }
}

/// <summary>Reads a topic without a group and writes each record as a line of JSON.</summary>
internal sealed class TopicReader(IStreamsConsumer consumer, IAdmin admin, TimeProvider time)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_pollTimeout = TimeSpan.FromMilliseconds(100);

    /// <summary>Records written so far.</summary>
    public long Count { get; private set; }

    /// <summary>Reads until the range is done or <paramref name="stop"/>.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="range">How much.</param>
    /// <param name="json">Makes the lines.</param>
    /// <param name="output">Where they go: one write for each batch.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="StreamsException">There is no such topic.</exception>
    public void Read(string topic, ReadRange range, RecordJson json, TextWriter output, CancellationToken stop)
    {
        int partitions = admin.PartitionCount(topic, s_patience)
            ?? throw new StreamsException($"Topic '{topic}' does not exist. Check --topic and Kafka:BootstrapServers.");
        var open = new Dictionary<TopicPartition, long>();
        var positions = new List<TopicPartitionOffset>();
        foreach (TopicPartition partition in Enumerable.Range(0, partitions).Select(number => new TopicPartition(topic, number)))
        {
            Watermarks marks = consumer.QueryWatermarks(partition, s_patience);
            long start = range.FromBeginning ? marks.Low : marks.LastStable;
            positions.Add(new TopicPartitionOffset(partition, start));
            if (start < marks.LastStable)
            {
                open.Add(partition, marks.LastStable);
            }
        }

        consumer.Assign(positions);
        long lastRecordAt = time.GetTimestamp();
        while (!stop.IsCancellationRequested && !(range.ExitAtEnd && open.Count == 0) && Count < (range.Max ?? long.MaxValue))
        {
            RecordBatch batch = consumer.Poll(s_pollTimeout);
            if (WriteBatch(batch, range, json, output, open) > 0)
            {
                lastRecordAt = time.GetTimestamp();
            }
            else if (time.GetElapsedTime(lastRecordAt) > (range.IdleTimeout ?? TimeSpan.MaxValue))
            {
                return;
            }
        }
    }

    private int WriteBatch(RecordBatch batch, ReadRange range, RecordJson json, TextWriter output, Dictionary<TopicPartition, long> open)
    {
        var lines = new StringBuilder();
        int written = 0;
        foreach (ref readonly ConsumedRecord record in batch.Records)
        {
            if (Count == (range.Max ?? long.MaxValue))
            {
                break;
            }

            bool isPast = range.ExitAtEnd && !open.ContainsKey(record.TopicPartition);
            if (!isPast)
            {
                _ = lines.Append(Encoding.UTF8.GetString(json.Write(batch, record))).Append('\n');
                written++;
                Count++;
                CloseIfReached(open, record.TopicPartition, record.Offset + 1);
            }
        }

        // Control records of transactions are records of no batch: the end is told apart.
        foreach (TopicPartitionOffset end in batch.Ends)
        {
            CloseIfReached(open, end.TopicPartition, end.Offset);
        }

        if (lines.Length > 0)
        {
            output.Write(lines.ToString());
        }

        return written;
    }

    private static void CloseIfReached(Dictionary<TopicPartition, long> open, TopicPartition partition, long position)
    {
        if (open.TryGetValue(partition, out long end) && position >= end)
        {
            _ = open.Remove(partition);
        }
    }
}
