using System.Globalization;
using FeaturePipeline.Streams.Errors;
using FeaturePipeline.Streams.Resets;

namespace FeaturePipeline.Streams.Clients;

/// <summary>The topics that a topology needs before it can run.</summary>
public static class RequiredTopics
{
    // As Kafka Streams' changelogs: smaller segments are compacted, and therefore restored, sooner.
    private const int ChangelogSegmentBytes = 50 * 1024 * 1024;

    /// <summary>Creates what is missing: output, dead-letter, late and changelog topics, with as many partitions as the source.</summary>
    /// <param name="topology">What will run.</param>
    /// <param name="options">Settings.</param>
    /// <param name="admin">Admin client.</param>
    /// <param name="timeout">Longest wait for each answer.</param>
    /// <exception cref="RetriableException">The broker does not answer, or a source topic does not exist (yet).</exception>
    /// <exception cref="StreamsException">A topic is missing and may not be created, or a changelog does not fit its source.</exception>
    public static void Ensure(Topology.Topology topology, StreamsOptions options, IAdmin admin, TimeSpan timeout)
    {
        List<TopicSpec> wanted = [];
        HashSet<string> changelogs = [.. topology.Subtopologies.SelectMany(s => s.StoreNames).Select(options.ChangelogTopic)];
        foreach (Topology.Subtopology subtopology in topology.Subtopologies)
        {
            int partitions = admin.PartitionCount(subtopology.SourceTopic, timeout) ?? throw new RetriableException(
                $"Source topic '{subtopology.SourceTopic}' does not exist. Create it, or check Source:Topic and Kafka:BootstrapServers.");
            foreach (string store in subtopology.StoreNames)
            {
                wanted.Add(Changelog(options, store, partitions));
            }

            IEnumerable<TopicSpec> sides = new[] { options.DeadLetterTopic, options.LateTopic }.OfType<string>()
                .Select(topic => new TopicSpec(topic, partitions, options.ReplicationFactor, new Dictionary<string, string>()));
            foreach (TopicSpec output in topology.SinkTopics.Select(topic => Sink(options, topic, partitions)).Concat(sides))
            {
                if (!wanted.Exists(w => w.Name == output.Name))
                {
                    wanted.Add(output);
                }
            }
        }

        List<TopicSpec> missing = [];
        foreach (TopicSpec spec in wanted)
        {
            int? existing = admin.PartitionCount(spec.Name, timeout);
            if (existing is null)
            {
                missing.Add(spec);
            }
            else if (existing != spec.Partitions && changelogs.Contains(spec.Name))
            {
                throw new StreamsException(
                    $"Changelog '{spec.Name}' has {existing} partitions and its source has {spec.Partitions}: state would be lost. "
                    + $"The source's partition count was changed, and with it the partitions of the keys. {Remedies.Everything()}");
            }
        }

        if (missing.Count > 0 && !options.CreateTopics)
        {
            throw new StreamsException(
                $"Topics are missing and Streams:CreateTopics is false: {string.Join(", ", missing.Select(m => $"{m.Name} ({m.Partitions} partitions)"))}.");
        }

        if (missing.Count > 0)
        {
            admin.CreateMissingTopics(missing, timeout);
        }
    }

    /// <summary>What existing sinks' topics would do to what is written to them: delete it soon, or refuse it.</summary>
    /// <param name="sinkTopics">Topics that the sinks write.</param>
    /// <param name="admin">Admin client.</param>
    /// <param name="timeout">Longest wait for each answer.</param>
    /// <returns>One text for each, with the remedy.</returns>
    /// <exception cref="RetriableException">The broker does not answer.</exception>
    public static IReadOnlyList<string> Warnings(IEnumerable<string> sinkTopics, IAdmin admin, TimeSpan timeout)
    {
        List<string> warnings = [];
        foreach (string topic in sinkTopics.Where(topic => admin.PartitionCount(topic, timeout) is not null))
        {
            try
            {
                warnings.AddRange(Warnings(topic, admin.TopicConfig(topic, timeout)));
            }
            catch (StreamsException e)
            {
                warnings.Add($"Topic '{topic}' can't be asked whether it keeps records as old as their events: {e.Message}");
            }
        }

        return warnings;
    }

    private static IEnumerable<string> Warnings(string topic, IReadOnlyDictionary<string, string> config)
    {
        const string Why = "Records carry the time of their events";
        if (config.GetValueOrDefault("cleanup.policy", "").Contains("delete", StringComparison.Ordinal) && Number(config, "retention.ms") is >= 0 and var kept)
        {
            yield return $"Topic '{topic}' deletes records older than {Days(kept)} (retention.ms={kept}). {Why}: features of replayed history would be gone "
                + "within minutes. Set retention.ms=-1 on the topic, or to more than the age of the oldest event.";
        }

        if (Number(config, "message.timestamp.before.max.ms") is >= 0 and < long.MaxValue and var past)
        {
            yield return $"Topic '{topic}' refuses records older than {Days(past)} (message.timestamp.before.max.ms={past}). {Why}: a worker that reads older "
                + $"ones would stop. Set message.timestamp.before.max.ms={long.MaxValue} on the topic.";
        }
    }

    private static long? Number(IReadOnlyDictionary<string, string> config, string name) =>
        long.TryParse(config.GetValueOrDefault(name), CultureInfo.InvariantCulture, out long number) ? number : null;

    private static string Days(long milliseconds) => string.Create(CultureInfo.InvariantCulture, $"{TimeSpan.FromMilliseconds(milliseconds).TotalDays:0.##} days");

    // Deletion by age would take the features of old events at once.
    private static TopicSpec Sink(StreamsOptions options, string topic, int partitions)
    {
        Dictionary<string, string> config = new(StringComparer.Ordinal) { ["retention.ms"] = "-1" };
        foreach ((string name, string value) in options.TopicConfigs.GetValueOrDefault(topic) ?? new Dictionary<string, string>())
        {
            config[name] = value;
        }

        return new TopicSpec(topic, partitions, options.ReplicationFactor, config);
    }

    // Compaction only: tombstones remove what is closed. Deletion by age would remove open sessions of replayed history, and the
    // stream time of a partition that was quiet for longer.
    internal static TopicSpec Changelog(StreamsOptions options, string store, int partitions) => new(
        options.ChangelogTopic(store), partitions, options.ReplicationFactor,
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["cleanup.policy"] = "compact",
            ["segment.bytes"] = ChangelogSegmentBytes.ToString(CultureInfo.InvariantCulture),
        });
}
