using FeaturePipeline.Streams.Clients;

namespace FeaturePipeline.Tests.Simulation;

/// <summary>Reads records of a consumer's partitions, as far as faults let it.</summary>
internal sealed class SimulatedFetcher(SimulatedBroker broker, string clientId, ConsumerGroup? group)
{
    private const int BatchRecordsMax = 500;

    /// <summary>Adds what is there to a batch and moves the positions behind it.</summary>
    public void Fetch(Dictionary<TopicPartition, ConsumerPosition> assigned, List<(PartitionLog Log, LogRecord Record)> into, List<TopicPartitionOffset> ends)
    {
        if (broker.IsAway || broker.Faults.Strikes(FaultKind.EmptyPoll, clientId))
        {
            return;
        }

        bool isShort = broker.Faults.Strikes(FaultKind.ShortPoll, clientId);
        TopicPartition[] order = [.. assigned.Keys];
        broker.Faults.Random.Shuffle(order);
        foreach (TopicPartition partition in order)
        {
            ConsumerPosition state = assigned[partition];
            int room = Math.Min(BatchRecordsMax - into.Count, isShort ? broker.Faults.Random.Next(4) : BatchRecordsMax);
            if (state.IsPaused || room <= 0 || !ResolveStart(partition, state))
            {
                continue;
            }

            PartitionLog log = broker.Log(partition);
            var records = new List<LogRecord>();
            long next = state.Next!.Value;
            log.Read(ref next, room, readCommitted: true, records);
            state.Next = next;
            state.SeenEnd = log.High;
            into.AddRange(records.Select(r => (log, r)));
            if (next >= log.LastStable && state.ReportedEnd != next && !(isShort && broker.Faults.Chance(0.5)))
            {
                state.ReportedEnd = next;
                ends.Add(new TopicPartitionOffset(partition, next));
            }
        }
    }

    /// <summary>Undoes a fetch: the same records and ends come again, but for what callbacks moved or took away.</summary>
    public static void Rewind(
        Dictionary<TopicPartition, ConsumerPosition> assigned, List<(PartitionLog Log, LogRecord Record)> records, List<TopicPartitionOffset> ends)
    {
        foreach (TopicPartitionOffset first in ends
            .Concat(records.Select(r => new TopicPartitionOffset(r.Log.Partition, r.Record.Offset)))
            .GroupBy(p => p.TopicPartition, (_, positions) => positions.MinBy(p => p.Offset)))
        {
            if (assigned.TryGetValue(first.TopicPartition, out ConsumerPosition? state))
            {
                state.Next = first.Offset;
                state.ReportedEnd = null;
            }
        }
    }

    // Without a Seek a partition starts at the group's committed offset. Where that is not on the broker any more it starts over, and
    // tells nobody: so does librdkafka (auto.offset.reset).
    private bool ResolveStart(TopicPartition partition, ConsumerPosition state)
    {
        PartitionLog log = broker.Log(partition);
        if (state.Next is null && group is not null)
        {
            if (!group.IsStable(partition))
            {
                return false;
            }

            state.Next = group.Committed(partition);
        }

        if (state.Next is not { } next || next > log.High || next < log.Low)
        {
            state.Next = broker.Options.StartAtEarliest ? log.Low : log.LastStable;
        }

        return true;
    }
}
