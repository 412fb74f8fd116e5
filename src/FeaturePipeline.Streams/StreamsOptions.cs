using FeaturePipeline.Streams.Clients;

namespace FeaturePipeline.Streams;

/// <summary>How often a record's effects may appear in what a read_committed consumer reads.</summary>
public enum ProcessingGuarantee
{
    /// <summary>Exactly once: one transaction holds outputs, state changes and source offsets (KIP-447).</summary>
    ExactlyOnce,

    /// <summary>At least once: after a failure, records since the last commit are processed again.</summary>
    AtLeastOnce,
}

/// <summary>Where to start in a partition without a committed offset.</summary>
public enum OffsetReset
{
    /// <summary>At the first record that is kept.</summary>
    Earliest,

    /// <summary>Behind the last record.</summary>
    Latest,
}

/// <summary>Settings of the runtime. All durations are wall-clock time.</summary>
public sealed record StreamsOptions
{
    /// <summary>librdkafka's default of <c>max.poll.interval.ms</c>.</summary>
    public static readonly TimeSpan MaxPollIntervalDefault = TimeSpan.FromMinutes(5);

    /// <summary>Consumer group, prefix of transactional ids and of internal topics.</summary>
    public required string ApplicationId { get; init; }

    /// <summary>Processing guarantee. Default exactly once.</summary>
    public ProcessingGuarantee ProcessingGuarantee { get; init; } = ProcessingGuarantee.ExactlyOnce;

    /// <summary>Number of stream threads, each with a consumer and a producer of its own. Default 1.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Time between commits. Default 100 ms.</summary>
    public TimeSpan CommitInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Folder for the instance's identity; one worker locks one slot of it.</summary>
    public string StateDirectory { get; init; } = "state";

    /// <summary>Stable name of this instance; null takes one from the state directory.</summary>
    public string? InstanceId { get; init; }

    /// <summary>How far ahead of the wall clock an event may be; zero switches the check off. Default 1 h.</summary>
    public TimeSpan MaxFutureSkew { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Time at the end of a partition after which stream time flows with the wall clock; zero switches it off. Default 1 min.</summary>
    public TimeSpan IdleAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Where to start without a committed offset. Default earliest.</summary>
    public OffsetReset AutoOffsetReset { get; init; } = OffsetReset.Earliest;

    /// <summary>Topic of rejected records; null only counts them.</summary>
    public string? DeadLetterTopic { get; init; }

    /// <summary>Largest number of dead letters written a second and thread; null is no limit. Beyond it records are only counted.</summary>
    public int? DeadLetterMaxPerSecond { get; init; }

    /// <summary>Topic of late records; null only counts them.</summary>
    public string? LateTopic { get; init; }

    /// <summary>Replicas of topics that the runtime creates; -1 for the broker's default.</summary>
    public short ReplicationFactor { get; init; } = -1;

    /// <summary>Whether missing internal and output topics are created. Default true.</summary>
    public bool CreateTopics { get; init; } = true;

    /// <summary>Settings of sinks' topics where they are created, by topic, in Kafka's spelling; <c>retention.ms</c> is -1 unless it is set.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> TopicConfigs { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<string, string>>();

    /// <summary>Longest time a thread may go without a poll before it counts as stuck: the consumer's <c>max.poll.interval.ms</c>. Default 5 min.</summary>
    public TimeSpan MaxPollInterval { get; init; } = MaxPollIntervalDefault;

    /// <summary>Windows that a task closes before it looks whether a commit is due: some milliseconds' worth.</summary>
    internal int ClosedBetweenCommitsMax { get; init; } = 1_000;

    /// <summary>Name of the changelog topic of a store.</summary>
    /// <param name="storeName">The store; a view's name.</param>
    public string ChangelogTopic(string storeName) => $"{ApplicationId}-{storeName}-changelog";
}
