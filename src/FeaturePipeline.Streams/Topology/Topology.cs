using FeaturePipeline.Streams.Processors;
using FeaturePipeline.Streams.Tasks;

namespace FeaturePipeline.Streams.Topology;

/// <summary>A finished graph of sources, operators and sinks. Immutable; made by <see cref="StreamBuilder"/>.</summary>
public sealed class Topology
{
    internal Topology(IReadOnlyList<Subtopology> subtopologies) => Subtopologies = subtopologies;

    internal IReadOnlyList<Subtopology> Subtopologies { get; }

    /// <summary>Topics that the sources read.</summary>
    public IReadOnlyList<string> SourceTopics => [.. Subtopologies.Select(s => s.SourceTopic)];

    /// <summary>Topics that the sinks write.</summary>
    public IReadOnlyList<string> SinkTopics => [.. Nodes().Where(n => n.Kind == TopologyNodeKind.Sink).Select(n => n.Topic!).Distinct()];

    /// <summary>The nodes, for people and tools.</summary>
    public TopologyDescription Describe() => new([.. Nodes()]);

    private IEnumerable<TopologyNode> Nodes() => Subtopologies.SelectMany(s => s.Nodes());
}

/// <summary>The part of a topology that hangs on one source.</summary>
internal abstract class Subtopology(int id, string sourceName, string sourceTopic)
{
    /// <summary>Number from 0.</summary>
    public int Id { get; } = id;

    /// <summary>Name of the source node.</summary>
    public string SourceName { get; } = sourceName;

    /// <summary>Topic of the source node.</summary>
    public string SourceTopic { get; } = sourceTopic;

    /// <summary>Names of the operators, which are those of their stores.</summary>
    public abstract IReadOnlyList<string> StoreNames { get; }

    /// <summary>The nodes in order of flow.</summary>
    public abstract IEnumerable<TopologyNode> Nodes();

    /// <summary>Makes the graph of one task.</summary>
    public abstract TaskSource CreateTask(TaskContext context);
}

/// <summary>An operator as it was defined, with its sink.</summary>
internal interface IOperatorDefinition<TRow>
    where TRow : struct, IStreamRow, allows ref struct
{
    /// <summary>Name of the operator and its store.</summary>
    string Name { get; }

    /// <summary>Topic of the sink; null while there is none.</summary>
    string? SinkTopic { get; }

    /// <summary>Makes the operator of one task.</summary>
    WindowOperator<TRow> Create(TaskContext context);
}

/// <summary>A sub-topology with its row type.</summary>
internal sealed class Subtopology<TRow>(int id, string sourceName, string sourceTopic, Func<IRecordDecoder<TRow>> decoder)
    : Subtopology(id, sourceName, sourceTopic)
    where TRow : struct, IStreamRow, allows ref struct
{
    private readonly List<IOperatorDefinition<TRow>> _operators = [];

    /// <inheritdoc/>
    public override IReadOnlyList<string> StoreNames => [.. _operators.Select(o => o.Name)];

    /// <summary>Adds an operator.</summary>
    public void Add(IOperatorDefinition<TRow> definition) => _operators.Add(definition);

    /// <inheritdoc/>
    public override IEnumerable<TopologyNode> Nodes()
    {
        yield return new TopologyNode(SourceName, TopologyNodeKind.Source, Id, SourceTopic, Store: null, [.. _operators.Select(o => o.Name)]);
        foreach (IOperatorDefinition<TRow> definition in _operators)
        {
            string sink = $"{definition.Name}-sink";
            yield return new TopologyNode(
                definition.Name, TopologyNodeKind.Processor, Id, Topic: null, definition.Name, definition.SinkTopic is null ? [] : [sink]);
            if (definition.SinkTopic is not null)
            {
                yield return new TopologyNode(sink, TopologyNodeKind.Sink, Id, definition.SinkTopic, Store: null, []);
            }
        }
    }

    /// <inheritdoc/>
    public override TaskSource CreateTask(TaskContext context) =>
        new TaskSource<TRow>(decoder(), [.. _operators.Select(o => o.Create(context))], context);
}
