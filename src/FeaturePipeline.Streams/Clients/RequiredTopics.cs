using System.Globalization;
using FeaturePipeline.Streams.Errors;

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
        foreach (Topology.Subtopology subtopology in topology.Subtopologies)
        {
            int partitions = admin.PartitionCount(subtopology.SourceTopic, timeout) ?? throw new RetriableException(
                $"Source topic '{subtopology.SourceTopic}' does not exist. Create it, or check Source:Topic and Kafka:BootstrapServers.");
            foreach (string store in subtopology.StoreNames)
            {
                wanted.Add(Changelog(options, store, partitions));
            }

            foreach (string topic in topology.SinkTopics.Append(options.DeadLetterTopic).Append(options.LateTopic).OfType<string>())
            {
                if (!wanted.Exists(w => w.Name == topic))
                {
                    wanted.Add(new TopicSpec(topic, partitions, options.ReplicationFactor, new Dictionary<string, string>()));
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
            else if (existing != spec.Partitions && spec.Config.Count > 0)
            {
                throw new StreamsException(
                    $"Changelog '{spec.Name}' has {existing} partitions and its source has {spec.Partitions}: state would be lost. "
                    + "The source's partition count was changed, and with it the partitions of the keys. To compute everything anew that the source still "
                    + "holds, emitting its results again: feature-pipeline reset.");
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
