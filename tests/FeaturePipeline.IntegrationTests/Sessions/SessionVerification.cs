using System.Globalization;
using System.Text;
using Avro.Generic;

namespace FeaturePipeline.IntegrationTests.Sessions;

/// <summary>What to compare.</summary>
/// <param name="BootstrapServers">The broker.</param>
/// <param name="RegistryUrl">The registry.</param>
/// <param name="SourceTopic">User events.</param>
/// <param name="FeatureTopic">Output of the view.</param>
/// <param name="GapMs">The view's gap.</param>
/// <param name="GraceMs">The view's grace.</param>
/// <param name="Features">What the view computes, by output field.</param>
public sealed record VerificationRequest(
    string BootstrapServers, string RegistryUrl, string SourceTopic, string FeatureTopic, long GapMs, long GraceMs,
    IReadOnlyDictionary<string, Func<IReadOnlyList<BatchEvent>, object?>> Features);

/// <summary>Outcome of a comparison. All is well when the last five counts are 0.</summary>
public sealed record VerificationResult(
    long Events, long Skipped, long Late, long Expected, long Found, long Lost, long Duplicated, long Different, long Invented, long Disordered)
{
    /// <summary>The first few complaints.</summary>
    public IReadOnlyList<string> Samples { get; init; } = [];

    public bool IsExact => Lost + Duplicated + Different + Invented + Disordered == 0 && Expected == Found;

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Events} events ({Skipped} skipped, {Late} late); {Expected} sessions expected, {Found} found: {Lost} lost, {Duplicated} duplicated, {Different} different, {Invented} invented, {Disordered} out of order");
}

/// <summary>Recomputes a session view from the log and compares it with what a read_committed consumer sees, record by record.</summary>
public static class SessionVerification
{
    private const int SamplesMax = 10;

    private static readonly string[] _fixedFields = ["user_id", "event_timestamp", "created_timestamp", "window_start", "window_end"];

    public static VerificationResult Run(VerificationRequest request)
    {
        using var topics = new AvroTopicReader(request.BootstrapServers, request.RegistryUrl);
        var partitions = new Dictionary<int, SessionBatch>();
        long events = 0, skipped = 0;
        topics.Read(request.SourceTopic, (partition, offset, key, timestampMs, record) =>
        {
            events++;
            if (!partitions.TryGetValue(partition, out var batch))
            {
                partitions.Add(partition, batch = new SessionBatch(request.GapMs, request.GraceMs));
            }

            if (ReadEvent(key, offset, record) is { } e)
            {
                batch.Add(e);
            }
            else
            {
                skipped++;
            }
        });

        var comparison = new Comparison(FeaturesOf(request, topics));
        foreach ((int partition, var batch) in partitions)
        {
            foreach (var session in batch.Finish())
            {
                comparison.Expect(partition, session);
            }
        }

        topics.Read(request.FeatureTopic, (partition, _, key, timestampMs, record) => comparison.Found(partition, key, timestampMs, record));
        return comparison.Finish(events, skipped, partitions.Values.Sum(b => b.Late));
    }

    // The registered schema says which features there are; one that the batch can't compute is an error, not a blind spot.
    private static Dictionary<string, Func<IReadOnlyList<BatchEvent>, object?>> FeaturesOf(VerificationRequest request, AvroTopicReader topics) =>
        topics.LatestFields(request.FeatureTopic).Except(_fixedFields).ToDictionary(
            f => f,
            f => request.Features.TryGetValue(f, out var feature) ? feature
                : throw new InvalidOperationException($"Topic '{request.FeatureTopic}' has a feature '{f}' that the batch does not compute. Add it to SessionFeatures."),
            StringComparer.Ordinal);

    // What the pipeline sends to dead letters takes no part, and does not move time.
    private static BatchEvent? ReadEvent(byte[]? key, long offset, GenericRecord? record)
    {
        if (key is null || record is null)
        {
            return null;
        }

        string user = Encoding.UTF8.GetString(key);
        long timestampMs = long.Parse(SessionFeatures.Canonical(record["timestamp"]), CultureInfo.InvariantCulture);
        return timestampMs < 0 || (string)record["user_id"] != user ? null : new BatchEvent(user, (string)record["event_type"], timestampMs, offset);
    }

    private sealed class Comparison(IReadOnlyDictionary<string, Func<IReadOnlyList<BatchEvent>, object?>> features)
    {
        private readonly Dictionary<(string User, long StartMs, long EndMs), (int Partition, string Text, bool IsSeen)> _expected = [];
        private readonly Dictionary<(int Source, int Sink), (long EndMs, byte[] Key)> _last = [];
        private readonly List<string> _samples = [];
        private long _found, _duplicated, _different, _invented, _disordered;

        public void Expect(int partition, IReadOnlyList<BatchEvent> session)
        {
            long start = session.Min(e => e.TimestampMs), end = session.Max(e => e.TimestampMs);
            string text = string.Join('|', features.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Key}={SessionFeatures.Canonical(f.Value(session))}"));
            _expected.Add((session[0].User, start, end), (partition, text, false));
        }

        public void Found(int partition, byte[]? key, long timestampMs, GenericRecord? record)
        {
            _found++;
            if (key is null || record is null)
            {
                Complain(ref _invented, "a record without key or value");
                return;
            }

            string user = (string)record["user_id"];
            long start = Milliseconds(record, "window_start"), end = Milliseconds(record, "window_end");
            string where = $"user {user} [{start}, {end}]";
            if (Encoding.UTF8.GetString(key) != user)
            {
                where += $" (key {Convert.ToHexString(key)}, user {Convert.ToHexString(Encoding.UTF8.GetBytes(user))})";
            }

            if (!_expected.TryGetValue((user, start, end), out var expected))
            {
                Complain(ref _invented, $"{where} is not expected");
                return;
            }

            if (expected.IsSeen)
            {
                Complain(ref _duplicated, $"{where} was there before");
                return;
            }

            _expected[(user, start, end)] = expected with { IsSeen = true };
            string text = string.Join('|', features.Keys.Order(StringComparer.Ordinal).Select(f => $"{f}={SessionFeatures.Canonical(record[f])}"));
            bool isFramed = Encoding.UTF8.GetString(key) == user && timestampMs == end && Milliseconds(record, "event_timestamp") == end;
            if (text != expected.Text || !isFramed)
            {
                Complain(ref _different, $"{where} is {text} (timestamp {timestampMs}), expected {expected.Text}");
            }

            CheckOrder(expected.Partition, partition, end, key, where);
        }

        public VerificationResult Finish(long events, long skipped, long late)
        {
            long lost = 0;
            foreach (var ((user, start, end), _) in _expected.Where(e => !e.Value.IsSeen))
            {
                Complain(ref lost, $"user {user} [{start}, {end}] is missing");
            }

            return new VerificationResult(events, skipped, late, _expected.Count, _found, lost, _duplicated, _different, _invented, _disordered) { Samples = _samples };
        }

        // Finals of one task come in (end, key) order, keys by their bytes.
        private void CheckOrder(int source, int sink, long endMs, byte[] key, string where)
        {
            if (_last.TryGetValue((source, sink), out var last)
                && (last.EndMs > endMs || (last.EndMs == endMs && last.Key.AsSpan().SequenceCompareTo(key) > 0)))
            {
                Complain(ref _disordered, $"{where} came after a session that ended at {last.EndMs}");
            }

            _last[(source, sink)] = (endMs, key);
        }

        private static long Milliseconds(GenericRecord record, string field) =>
            long.Parse(SessionFeatures.Canonical(record[field]), CultureInfo.InvariantCulture);

        private void Complain(ref long counter, string complaint)
        {
            counter++;
            if (_samples.Count < SamplesMax)
            {
                _samples.Add(complaint);
            }
        }
    }
}
