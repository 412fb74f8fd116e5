using System.Globalization;
using System.Text;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Windows;

namespace FeaturePipeline.Tests.Simulation;

/// <summary>What has to come out, computed naively from the source's log: no code is shared with the runtime.</summary>
internal sealed class SimulationModel
{
    private readonly HashSet<string> _late = [];

    /// <summary>Finals as "operator/key: value", sorted.</summary>
    public List<string> Finals { get; } = [];

    /// <summary>Rejected records as "partition@offset reason", sorted.</summary>
    public List<string> DeadLetters { get; } = [];

    /// <summary>Late records as "partition@offset", sorted.</summary>
    public List<string> Late { get; } = [];

    /// <summary>Sessions still open at the end.</summary>
    public int OpenCount { get; private set; }

    public static SimulationModel Of(SimulatedBroker broker, IReadOnlyList<SessionWindows> windows, bool closeAll)
    {
        var model = new SimulationModel();
        foreach (IGrouping<int, LogRecord> partition in broker.Visible(SimulationTopology.Source).GroupBy(r => r.Partition.Partition, r => r.Record))
        {
            LogRecord[] events = [.. model.Reject(partition.Key, partition)];
            for (int i = 0; i < windows.Count; i++)
            {
                model.Add(partition.Key, events, i, windows[i].GapMs, windows[i].GraceMs, closeAll);
            }
        }

        model.Finals.Sort(StringComparer.Ordinal);
        model.DeadLetters.Sort(StringComparer.Ordinal);
        model.Late.AddRange(model._late.Order(StringComparer.Ordinal));
        return model;
    }

    private IEnumerable<LogRecord> Reject(int partition, IEnumerable<LogRecord> records)
    {
        foreach (LogRecord record in records)
        {
            if (record.Key is null)
            {
                DeadLetters.Add($"{partition}@{record.Offset} null_key");
            }
            else if (!long.TryParse(Encoding.UTF8.GetString(record.Value ?? []), CultureInfo.InvariantCulture, out _))
            {
                DeadLetters.Add($"{partition}@{record.Offset} corrupt");
            }
            else
            {
                yield return record;
            }
        }
    }

    private void Add(int partition, LogRecord[] events, int number, long gapMs, long graceMs, bool closeAll)
    {
        long streamTimeMs = -1;
        var open = new List<Session>();
        foreach (LogRecord record in events)
        {
            long eventNumber = long.Parse(Encoding.UTF8.GetString(record.Value!), CultureInfo.InvariantCulture);
            streamTimeMs = Math.Max(streamTimeMs, record.TimestampMs);
            Close(number, open, s => s.EndMs < streamTimeMs - graceMs - gapMs);
            var session = new Session(Encoding.UTF8.GetString(record.Key!), record.TimestampMs, record.TimestampMs, [eventNumber]);
            List<Session> touched = open.FindAll(s =>
                s.Key == session.Key && s.EndMs >= session.StartMs - gapMs && s.StartMs <= session.StartMs + gapMs);
            if (touched.Count == 0 && record.TimestampMs < streamTimeMs - graceMs - gapMs)
            {
                _late.Add($"{partition}@{record.Offset}");
                continue;
            }

            open.RemoveAll(touched.Contains);
            open.Add(touched.Aggregate(session, (a, b) => new Session(
                a.Key, Math.Min(a.StartMs, b.StartMs), Math.Max(a.EndMs, b.EndMs), [.. a.Numbers, .. b.Numbers])));
        }

        if (closeAll)
        {
            Close(number, open, _ => true);
        }

        OpenCount += open.Count;
    }

    private void Close(int number, List<Session> open, Predicate<Session> isClosed)
    {
        foreach (Session s in open.FindAll(isClosed))
        {
            Finals.Add($"{number}/{s.Key}: " + SimulationTopology.Final(
                s.StartMs, s.EndMs, s.Numbers.Length, s.Numbers.Sum(), s.Numbers.Aggregate(0UL, (x, n) => x ^ SimulationTopology.Mix(n))));
        }

        open.RemoveAll(isClosed);
    }

    /// <summary>The finals that a read_committed consumer reads.</summary>
    public static List<string> ActualFinals(SimulatedBroker broker, int operators) => Sorted(Enumerable.Range(0, operators)
        .SelectMany(i => broker.Visible(SimulationTopology.Sink(i))
            .Select(r => $"{i}/{Encoding.UTF8.GetString(r.Record.Key!)}: {Encoding.UTF8.GetString(r.Record.Value!)}")));

    /// <summary>The dead letters that a read_committed consumer reads.</summary>
    public static List<string> ActualDeadLetters(SimulatedBroker broker) => Sorted(broker.Visible(SimulationTopology.DeadLetters)
        .Select(r => $"{Header(r.Record, "dlq.partition")}@{Header(r.Record, "dlq.offset")} {Header(r.Record, "dlq.reason")}"));

    /// <summary>The late records that a read_committed consumer reads.</summary>
    public static List<string> ActualLate(SimulatedBroker broker) => Sorted(broker.Visible(SimulationTopology.Late)
        .Select(r => $"{Header(r.Record, "dlq.partition")}@{Header(r.Record, "dlq.offset")}"));

    private static string Header(LogRecord record, string name) =>
        Encoding.UTF8.GetString(record.Headers.Single(h => h.Name == name).Value!);

    private static List<string> Sorted(IEnumerable<string> lines) => [.. lines.Order(StringComparer.Ordinal)];

    private sealed record Session(string Key, long StartMs, long EndMs, long[] Numbers);
}
