using System.Text;
using FeaturePipeline.Streams;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Errors;
using FeaturePipeline.Streams.Tasks;
using FeaturePipeline.Streams.Threads;
using FeaturePipeline.Streams.Topology;
using Microsoft.Extensions.Logging.Abstractions;

namespace FeaturePipeline.Tests.Simulation;

/// <summary>A record as a task sent it.</summary>
internal sealed record DrivenRecord(
    string Topic, int Partition, byte[]? Key, byte[]? Value, long TimestampMs, IReadOnlyList<RecordHeader> Headers)
{
    public string KeyText => Encoding.UTF8.GetString(Key ?? []);

    public string ValueText => Encoding.UTF8.GetString(Value ?? []);

    public string? Header(string name) => Headers.LastOrDefault(h => h.Name == name).Value is { } value ? Encoding.UTF8.GetString(value) : null;
}

/// <summary>Drives one task of a topology without a broker: records in, records out, commit and rollback by hand.</summary>
internal sealed class TopologyTestDriver
{
    private readonly CapturingProducer _producer = new();
    private readonly RecordCollector _collector;
    private readonly DeadLetters _deadLetters;
    private readonly Subtopology _subtopology;
    private readonly StreamsOptions _options;
    private long _offset;

    public TopologyTestDriver(Topology topology, StreamsOptions? options = null)
    {
        _options = options ?? Defaults;
        _subtopology = topology.Subtopologies.Single();
        _collector = new RecordCollector(_producer, isTransactional: true, new ThreadCounters());
        _deadLetters = new DeadLetters(_options, _collector, NullLogger.Instance);
        Task = CreateTask(startAt: 0);
    }

    /// <summary>No skew check and no idle time flow: nothing but records moves time.</summary>
    public static StreamsOptions Defaults { get; } = new()
    {
        ApplicationId = "driver",
        MaxFutureSkew = TimeSpan.Zero,
        IdleAfter = TimeSpan.Zero,
        DeadLetterTopic = "dead",
        LateTopic = "late",
    };

    /// <summary>Largest record that the producer takes: key, value and headers.</summary>
    public int RecordBytesMax
    {
        init => _producer.RecordBytesMax = value;
    }

    /// <summary>Called where a thread would commit while a task closes many windows.</summary>
    public Action? CommitIfDue { get; set; }

    public StreamTask Task { get; private set; }

    /// <summary>Managed memory that processing has taken so far, bytes.</summary>
    public long AllocatedBytes { get; private set; }

    /// <summary>Everything sent so far, committed or not, less what a rollback took back.</summary>
    public List<DrivenRecord> Sent => _producer.Records;

    /// <summary>Records on their way to people: not the changelog's.</summary>
    public IEnumerable<DrivenRecord> Output => Sent.Where(r => !r.Topic.EndsWith("-changelog", StringComparison.Ordinal));

    /// <summary>The wall clock unless a test says another: later than the events of tests are.</summary>
    public const long NowMs = 1_000_000_000;

    public void Pipe(string? key, string? value, long timestampMs, long nowMs = NowMs) => Pipe(Bytes(key), Bytes(value), timestampMs, nowMs);

    public void Pipe(byte[]? key, byte[]? value, long timestampMs, long nowMs = NowMs)
    {
        Task.SetNow(nowMs);
        DriverBatch batch = new(_subtopology.SourceTopic, _offset++, timestampMs, key, value);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Task.Process(batch, in batch.Records[0]);
        AllocatedBytes += GC.GetAllocatedBytesForCurrentThread() - before;
    }

    /// <summary>Gives the next piped record this offset.</summary>
    public void SeekTo(long offset) => _offset = offset;

    /// <summary>Commits as a stream thread does: state to the changelog, then durable.</summary>
    public void Commit()
    {
        Task.Flush();
        Task.FlushProgress();
        Task.CommitCompleted();
        _producer.Commit();
    }

    /// <summary>Aborts: the task and what it sent are as at the last commit; feed from the returned offset again.</summary>
    public long Rollback()
    {
        _producer.Abort();
        Task.Rollback();
        _offset = Task.Position;
        return _offset;
    }

    /// <summary>Loses the task as a crash does, and restores a new one from what was committed to the changelogs.</summary>
    public void CrashAndRestore()
    {
        _producer.Abort();
        _offset = Task.CommittedPosition;
        Task = CreateTask(_offset, _producer.Records);
    }

    private StreamTask CreateTask(long startAt, IEnumerable<DrivenRecord>? changelog = null)
    {
        TopicPartition source = new(_subtopology.SourceTopic, 0);
        TaskContext context = new(new TaskId(0, 0), source, _options, _collector, _deadLetters, () => CommitIfDue?.Invoke());
        StreamTask task = new(context, _subtopology.CreateTask(context), NullLogger.Instance);
        task.StartAt(startAt, committed: startAt);
        task.TransitTo(TaskState.Restoring);
        foreach (DrivenRecord record in changelog ?? [])
        {
            task.Stores.FirstOrDefault(s => s.ChangelogTopic == record.Topic)?.Restore(record.Key, record.Value, record.Value is null);
        }

        task.TakeRestored();
        task.TransitTo(TaskState.Running);
        return task;
    }

    private static byte[]? Bytes(string? text) => text is null ? null : Encoding.UTF8.GetBytes(text);

    private sealed unsafe class DriverBatch : RecordBatch
    {
        private readonly ConsumedRecord[] _records;
        private readonly byte[] _pinned;

        public DriverBatch(string topic, long offset, long timestampMs, byte[]? key, byte[]? value)
        {
            int keyLength = key?.Length ?? 0;
            _pinned = GC.AllocateArray<byte>(keyLength + (value?.Length ?? 0) + 1, pinned: true);
            key?.CopyTo(_pinned, 0);
            value?.CopyTo(_pinned, keyLength);
            fixed (byte* start = _pinned)
            {
                _records = [new ConsumedRecord(
                    topic, 0, offset, timestampMs, start, key?.Length ?? -1, start + keyLength, value?.Length ?? -1, hasHeaders: false, handle: 0)];
            }
        }

        public override ReadOnlySpan<ConsumedRecord> Records => _records;

        public override IReadOnlyList<TopicPartitionOffset> Ends => [];

        public override IReadOnlyList<RecordHeader> ReadHeaders(in ConsumedRecord record) => [];
    }

    private sealed class CapturingProducer : IStreamsProducer
    {
        private int _committedCount;

        public List<DrivenRecord> Records { get; } = [];

        public int RecordBytesMax { get; set; } = int.MaxValue;

        public void Commit() => _committedCount = Records.Count;

        public void Abort() => Records.RemoveRange(_committedCount, Records.Count - _committedCount);

        public void InitTransactions(TimeSpan timeout)
        {
        }

        public void Poll()
        {
        }

        public void BeginTransaction()
        {
        }

        public void Send(
            string topic, int partition, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long timestampMs,
            SendFlags flags = SendFlags.None, IReadOnlyList<RecordHeader>? headers = null)
        {
            if (key.Length + value.Length + (headers ?? []).Sum(h => h.Name.Length + (h.Value?.Length ?? 0)) > RecordBytesMax)
            {
                throw new RecordTooLargeException("too large");
            }

            Records.Add(new DrivenRecord(
                topic, partition, flags.HasFlag(SendFlags.NullKey) ? null : key.ToArray(),
                flags.HasFlag(SendFlags.NullValue) ? null : value.ToArray(), timestampMs, headers ?? []));
        }

        public void Flush(TimeSpan timeout)
        {
        }

        public void SendOffsetsToTransaction(IReadOnlyCollection<TopicPartitionOffset> positions, GroupMetadata group, TimeSpan timeout)
        {
        }

        public void CommitTransaction(TimeSpan timeout)
        {
        }

        public void AbortTransaction(TimeSpan timeout)
        {
        }

        public void Dispose()
        {
        }
    }
}
