using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Errors;
using FeaturePipeline.Streams.State;

namespace FeaturePipeline.Streams.Resets;

/// <summary>Reads what changelogs say of themselves, without their entries.</summary>
internal sealed class ProgressReader(IStreamsConsumer consumer, TimeProvider time, TimeSpan timeout)
{
    private static readonly TimeSpan PollTimeout = TimeSpan.FromMilliseconds(200);

    /// <summary>The last position record of each partition that has one.</summary>
    /// <param name="changelog">The topic.</param>
    /// <param name="partitions">How many it has.</param>
    /// <exception cref="RetriableException">A transaction is still open, or no records come.</exception>
    /// <exception cref="StreamsException">A record is of a later version.</exception>
    public IEnumerable<ProgressRecord> ReadLast(string changelog, int partitions)
    {
        Dictionary<TopicPartition, long> ends = [];
        List<TopicPartitionOffset> starts = [];
        for (int partition = 0; partition < partitions; partition++)
        {
            TopicPartition place = new(changelog, partition);
            Watermarks watermarks = consumer.QueryWatermarks(place, timeout);
            if (watermarks.LastStable < watermarks.High)
            {
                throw new RetriableException(
                    $"{place} ends in a transaction that is still open. Try again when the broker has ended it (transaction.timeout.ms, 10 s unless set).");
            }

            if (watermarks.Low < watermarks.High)
            {
                ends.Add(place, watermarks.High);
                starts.Add(new TopicPartitionOffset(place, watermarks.Low));
            }
        }

        consumer.Assign(starts);
        return Read(ends).Values.Select(value => ProgressRecord.Read(value, changelog));
    }

    private Dictionary<TopicPartition, byte[]> Read(Dictionary<TopicPartition, long> ends)
    {
        Dictionary<TopicPartition, byte[]> last = [];
        long polledAt = time.GetTimestamp();
        while (ends.Count > 0)
        {
            RecordBatch batch = consumer.Poll(PollTimeout);
            foreach (ref readonly ConsumedRecord record in batch.Records)
            {
                if (ProgressRecord.IsKey(record.Key) && !record.IsValueNull)
                {
                    last[record.TopicPartition] = record.Value.ToArray();
                }

                Advance(ends, record.TopicPartition, record.Offset + 1);
                polledAt = time.GetTimestamp();
            }

            foreach (TopicPartitionOffset end in batch.Ends)
            {
                Advance(ends, end.TopicPartition, end.Offset);
            }

            if (time.GetElapsedTime(polledAt) > timeout)
            {
                throw new RetriableException($"{ends.Keys.First()} gave no records for {timeout.TotalSeconds:0} s before its end.");
            }
        }

        return last;
    }

    private static void Advance(Dictionary<TopicPartition, long> ends, TopicPartition partition, long position)
    {
        if (ends.TryGetValue(partition, out long end) && position >= end)
        {
            ends.Remove(partition);
        }
    }
}
