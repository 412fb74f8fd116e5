using System.Runtime.ExceptionServices;
using Confluent.Kafka;
using FeaturePipeline.Streams.Clients;
using TopicPartition = FeaturePipeline.Streams.Clients.TopicPartition;
using TopicPartitionOffset = FeaturePipeline.Streams.Clients.TopicPartitionOffset;

namespace FeaturePipeline.Kafka;

/// <summary>Carries rebalances from librdkafka's callback to the runtime's.</summary>
/// <remarks>
/// The callbacks run inside a native call, on the polling thread. An exception must not unwind through native frames: it is
/// kept and thrown when the native call has returned. Seeks and pauses of partitions that are being assigned can't reach
/// librdkafka yet: a seek becomes the partition's first offset, a pause is carried out after the call.
/// </remarks>
internal sealed class RebalanceRelay
{
    private readonly HashSet<TopicPartition> _assigning = [];
    private readonly Dictionary<TopicPartition, long> _seeks = [];
    private readonly HashSet<TopicPartition> _pauses = [];
    private ExceptionDispatchInfo? _exception;

    internal RebalanceCallbacks? Callbacks { get; set; }

    /// <summary>Whether a partition was just assigned and librdkafka does not know it yet.</summary>
    internal bool IsAssigning(TopicPartition partition) => _assigning.Contains(partition);

    internal void SeekLater(TopicPartitionOffset position) => _seeks[position.TopicPartition] = position.Offset;

    internal void PauseLater(TopicPartition partition) => _pauses.Add(partition);

    internal void ResumeLater(TopicPartition partition) => _pauses.Remove(partition);

    /// <summary>Pauses asked for inside the callback, to be carried out now.</summary>
    internal IReadOnlyCollection<TopicPartition> TakePauses()
    {
        if (_pauses.Count == 0)
        {
            return [];
        }

        TopicPartition[] pauses = [.. _pauses];
        _pauses.Clear();
        return pauses;
    }

    /// <summary>Keeps an exception for the end of the native call; the first one wins.</summary>
    internal void Keep(Exception exception) => _exception ??= ExceptionDispatchInfo.Capture(exception);

    /// <summary>The exception kept, once.</summary>
    internal ExceptionDispatchInfo? TakeException()
    {
        ExceptionDispatchInfo? exception = _exception;
        _exception = null;
        return exception;
    }

    internal IEnumerable<Confluent.Kafka.TopicPartitionOffset> Assigned(List<Confluent.Kafka.TopicPartition> partitions)
    {
        List<TopicPartition> list = partitions.ConvertAll(Of);
        _assigning.UnionWith(list);
        // Also when nothing was added: the generation has changed, and with it the group metadata.
        Run(Callbacks?.Assigned, list);
        _assigning.Clear();
        var positions = partitions.ConvertAll(p => new Confluent.Kafka.TopicPartitionOffset(
            p, _seeks.TryGetValue(Of(p), out long offset) ? new Offset(offset) : Offset.Unset));
        _seeks.Clear();
        return positions;
    }

    internal void Revoked(List<Confluent.Kafka.TopicPartitionOffset> partitions)
    {
        List<TopicPartition> list = partitions.ConvertAll(static p => Of(p.TopicPartition));
        _pauses.ExceptWith(list);
        RunUnlessEmpty(Callbacks?.Revoked, list);
    }

    internal void Lost(List<Confluent.Kafka.TopicPartitionOffset> partitions)
    {
        List<TopicPartition> list = partitions.ConvertAll(static p => Of(p.TopicPartition));
        _pauses.ExceptWith(list);
        RunUnlessEmpty(Callbacks?.Lost, list);
    }

    private static TopicPartition Of(Confluent.Kafka.TopicPartition partition) => new(partition.Topic, partition.Partition.Value);

    private void RunUnlessEmpty(Action<IReadOnlyList<TopicPartition>>? callback, List<TopicPartition> partitions)
    {
        if (partitions.Count > 0)
        {
            Run(callback, partitions);
        }
    }

    private void Run(Action<IReadOnlyList<TopicPartition>>? callback, List<TopicPartition> partitions)
    {
        try
        {
            callback?.Invoke(partitions);
        }
        catch (Exception e) // whatever it is, it must not cross librdkafka's frames
        {
            Keep(e);
        }
    }
}
