namespace FeaturePipeline.Streams.Tasks;

/// <summary>Identity of a task: sub-topology and partition.</summary>
/// <param name="Subtopology">Number of the sub-topology, from 0.</param>
/// <param name="Partition">Source partition.</param>
public readonly record struct TaskId(int Subtopology, int Partition)
{
    /// <summary>Kafka Streams' form: <c>0_3</c>.</summary>
    public override string ToString() => $"{Subtopology}_{Partition}";
}
