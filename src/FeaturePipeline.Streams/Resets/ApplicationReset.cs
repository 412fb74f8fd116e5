// Puts what an application has on the broker (its group's offsets, its changelogs) back to where a start may go on. Every step leaves a
// broker that a start refuses with the same remedy, should the steps end in the middle.
using System.Globalization;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Errors;
using FeaturePipeline.Streams.State;

namespace FeaturePipeline.Streams.Resets;

/// <summary>One thing that a reset does.</summary>
/// <param name="What">What, in words.</param>
/// <param name="Apply">Does it.</param>
public sealed record ResetStep(string What, Action Apply);

/// <summary>What a reset does, and what comes of it.</summary>
/// <param name="Steps">In order.</param>
/// <param name="Consequence">What the next start reads and emits.</param>
public sealed record ResetPlan(IReadOnlyList<ResetStep> Steps, string Consequence);

/// <summary>Makes the plans of a reset.</summary>
/// <param name="options">Settings of the application.</param>
/// <param name="sourceTopic">Its source.</param>
/// <param name="views">Its views, each with the topic of its results.</param>
/// <param name="clients">Clients of the broker.</param>
/// <param name="admin">Admin client of the broker.</param>
/// <param name="time">Clock of the records' timestamps and of waits.</param>
/// <param name="timeout">Longest wait for each answer.</param>
public sealed class ApplicationReset(
    StreamsOptions options, string sourceTopic, IReadOnlyDictionary<string, string> views,
    IStreamsClients clients, IAdmin admin, TimeProvider time, TimeSpan timeout)
{
    private string Group => $"group '{options.ApplicationId}'";

    /// <summary>Everything is computed anew from what the source topic still holds.</summary>
    /// <exception cref="StreamsException">The group has members.</exception>
    /// <exception cref="RetriableException">The broker does not answer, or a transaction is still open.</exception>
    public ResetPlan OfEverything()
    {
        CheckNobodyRuns();
        IReadOnlyList<TopicPartition> sources = Sources();
        IReadOnlyDictionary<TopicPartition, long> offsets = Offsets(sources);
        List<ResetStep> steps = [.. views.Keys.Where(view => admin.PartitionCount(options.ChangelogTopic(view), timeout) is not null).Select(Deletion)];
        if (offsets.Count > 0)
        {
            steps.Add(new ResetStep(
                $"delete the offsets of {Group}: {Text(offsets)}",
                () => admin.DeleteGroupOffsets(options.ApplicationId, [.. offsets.Keys], timeout)));
        }

        return new ResetPlan(steps, AfterAll(sources));
    }

    /// <summary>Views begin anew where the group is; the others stay as they are.</summary>
    /// <param name="names">Their names; of a view that is not configured any more only the changelog is deleted.</param>
    /// <exception cref="StreamsException">The group has members, or there is no such view.</exception>
    /// <exception cref="RetriableException">The broker does not answer, or a transaction is still open.</exception>
    public ResetPlan OfViews(IReadOnlyCollection<string> names)
    {
        CheckNobodyRuns();
        IReadOnlyDictionary<TopicPartition, long> offsets = Offsets(Sources());
        List<ResetStep> steps = [];
        foreach (string name in names)
        {
            bool exists = admin.PartitionCount(options.ChangelogTopic(name), timeout) is not null;
            if (!exists && !views.ContainsKey(name))
            {
                throw new StreamsException(
                    $"There is no view '{name}', and no changelog '{options.ChangelogTopic(name)}'. Views: {string.Join(", ", views.Keys)}.");
            }

            if (exists)
            {
                steps.Add(Deletion(name));
            }

            if (views.ContainsKey(name))
            {
                steps.Add(new ResetStep(
                    $"create changelog '{options.ChangelogTopic(name)}' as that of a view that begins at the offsets of {Group}: {Text(offsets)}",
                    () => Begin(name, offsets)));
            }
        }

        return new ResetPlan(
            steps,
            $"The next start goes on at the offsets of {Group}. Open windows of the views are lost, and windows that began before lack what came before; "
            + "nothing is emitted again, and no result is deleted.");
    }

    /// <summary>The group's offsets become those that the state was computed to.</summary>
    /// <exception cref="StreamsException">The group has members, or the state does not say one offset that the source still has.</exception>
    /// <exception cref="RetriableException">The broker does not answer, or a transaction is still open.</exception>
    public ResetPlan OfOffsetsToState()
    {
        CheckNobodyRuns();
        IReadOnlyList<TopicPartition> sources = Sources();
        IReadOnlyDictionary<TopicPartition, long> now = Offsets(sources);
        Dictionary<TopicPartition, long> positions = Positions();
        List<TopicPartitionOffset> moved = [.. positions
            .Where(position => now.GetValueOrDefault(position.Key, -1) != position.Value)
            .Select(static position => new TopicPartitionOffset(position.Key, position.Value))];
        string consequence = "The next start goes on where the state is: nothing is lost or emitted again.";
        if (moved.Count == 0)
        {
            return new ResetPlan([], positions.Count == 0
                ? throw new StreamsException($"There is no state of {string.Join(", ", views.Keys)} that says an offset of '{sourceTopic}'.")
                : consequence);
        }

        string what = string.Join(", ", moved.Select(to => $"{to.TopicPartition} from {Text(now, to.TopicPartition)} to {Text(to.Offset)}"));
        return new ResetPlan(
            [new ResetStep($"set the offsets of {Group}: {what}", () => admin.SetGroupOffsets(options.ApplicationId, moved, timeout))], consequence);
    }

    private void CheckNobodyRuns()
    {
        IReadOnlyList<string> members = admin.GroupMembers(options.ApplicationId, timeout);
        if (members.Count > 0)
        {
            throw new StreamsException(
                $"{Group} has members: {string.Join(", ", members)}. Stop every worker of the application, then reset; one that was killed "
                + "stays a member for session.timeout.ms (45 s unless set).");
        }
    }

    private TopicPartition[] Sources()
    {
        int partitions = admin.PartitionCount(sourceTopic, timeout)
            ?? throw new StreamsException($"Source topic '{sourceTopic}' does not exist. Check Source:Topic and Kafka:BootstrapServers.");
        return [.. Enumerable.Range(0, partitions).Select(partition => new TopicPartition(sourceTopic, partition))];
    }

    private Dictionary<TopicPartition, long> Offsets(IReadOnlyCollection<TopicPartition> sources)
    {
        // It asks only, and joins nothing.
        using IStreamsConsumer consumer = clients.CreateConsumer($"{options.ApplicationId}-reset");
        return consumer.Committed(sources, timeout).Where(static offset => offset.Value is not null).ToDictionary(static offset => offset.Key, static offset => offset.Value!.Value);
    }

    private ResetStep Deletion(string view)
    {
        string changelog = options.ChangelogTopic(view);
        return new ResetStep($"delete changelog '{changelog}'", () => admin.DeleteTopic(changelog, timeout));
    }

    // A record in every partition says that the view begins there: a changelog without one would be taken for one that was lost.
    private void Begin(string view, IReadOnlyDictionary<TopicPartition, long> offsets)
    {
        string changelog = options.ChangelogTopic(view);
        admin.CreateMissingTopics([RequiredTopics.Changelog(options, view, Sources().Length)], timeout);
        using IStreamsProducer producer = clients.CreateProducer($"{options.ApplicationId}-reset", transactionalId: null);
        MemoryStream value = new();
        foreach ((TopicPartition source, long offset) in offsets)
        {
            new ProgressRecord(-1, [new SourcePosition(source, offset, offset)], IsTransactional: true, EntryCount: 0, [view]).Write(value);
            producer.Send(
                changelog, source.Partition, ProgressRecord.Key, value.GetBuffer().AsSpan(0, (int)value.Length), time.GetUtcNow().ToUnixTimeMilliseconds());
        }

        producer.Flush(timeout);
    }

    private Dictionary<TopicPartition, long> Positions()
    {
        Dictionary<TopicPartition, long> positions = [];
        using IStreamsConsumer consumer = clients.CreateRestoreConsumer($"{options.ApplicationId}-reset");
        foreach (string view in views.Keys)
        {
            if (admin.PartitionCount(options.ChangelogTopic(view), timeout) is not { } partitions)
            {
                continue;
            }

            foreach (ProgressRecord progress in new ProgressReader(consumer, time, timeout).ReadLast(options.ChangelogTopic(view), partitions))
            {
                foreach (SourcePosition source in progress.Sources.Where(source => source.Partition.Topic == sourceTopic))
                {
                    if (!positions.TryAdd(source.Partition, source.Next) && positions[source.Partition] != source.Next)
                    {
                        throw new StreamsException(
                            $"The states of the views differ: {source.Partition} is at {Text(source.Next)} in '{view}' and at "
                            + $"{Text(positions[source.Partition])} in another. {Remedies.Everything(sourceTopic)}");
                    }
                }
            }
        }

        foreach ((TopicPartition source, long next) in positions)
        {
            Watermarks ends = consumer.QueryWatermarks(source, timeout);
            if (next > ends.High)
            {
                throw new StreamsException($"The {Remedies.SourceIsGone(source, next, ends.High)}. {Remedies.Everything(sourceTopic)}");
            }
        }

        return positions;
    }

    private string AfterAll(IReadOnlyList<TopicPartition> sources)
    {
        if (options.AutoOffsetReset == OffsetReset.Latest)
        {
            return $"The next start goes on at the end of {sourceTopic} (Source:AutoOffsetReset is latest): open windows are lost, nothing is emitted again.";
        }

        using IStreamsConsumer consumer = clients.CreateRestoreConsumer($"{options.ApplicationId}-reset");
        Watermarks[] ends = [.. sources.Select(source => consumer.QueryWatermarks(source, timeout))];
        return $"The next start reads {sourceTopic} from its first record, {Text(ends.Sum(static end => end.High - end.Low))} offsets, and emits their results "
            + $"again: {string.Join(", ", views.Values.Distinct())} will hold them twice where it still holds what was emitted before.";
    }

    private static string Text(IReadOnlyDictionary<TopicPartition, long> offsets) => offsets.Count == 0
        ? "none"
        : string.Join(", ", offsets.OrderBy(static offset => offset.Key.Partition).Select(static offset => $"{offset.Key} at {Text(offset.Value)}"));

    private static string Text(IReadOnlyDictionary<TopicPartition, long> offsets, TopicPartition partition) =>
        offsets.TryGetValue(partition, out long offset) ? Text(offset) : "none";

    private static string Text(long offset) => offset.ToString(CultureInfo.InvariantCulture);
}
