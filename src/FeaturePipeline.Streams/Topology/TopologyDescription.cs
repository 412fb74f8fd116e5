using System.Text;

namespace FeaturePipeline.Streams.Topology;

/// <summary>Kind of a node.</summary>
public enum TopologyNodeKind
{
    /// <summary>Reads a topic.</summary>
    Source,

    /// <summary>Transforms; has a store.</summary>
    Processor,

    /// <summary>Writes a topic.</summary>
    Sink,
}

/// <summary>One node of a topology.</summary>
/// <param name="Name">Unique name.</param>
/// <param name="Kind">Kind.</param>
/// <param name="Subtopology">Number of the sub-topology that it belongs to.</param>
/// <param name="Topic">Topic of a source or sink.</param>
/// <param name="Store">State store of a processor.</param>
/// <param name="Successors">Names of the nodes that it feeds.</param>
public sealed record TopologyNode(
    string Name, TopologyNodeKind Kind, int Subtopology, string? Topic, string? Store, IReadOnlyList<string> Successors);

/// <summary>The nodes of a topology in order of flow.</summary>
/// <param name="Nodes">The nodes.</param>
public sealed record TopologyDescription(IReadOnlyList<TopologyNode> Nodes)
{
    /// <summary>The form of Kafka Streams' <c>Topology#describe</c>.</summary>
    public override string ToString()
    {
        StringBuilder text = new("Topologies:\n");
        foreach (IGrouping<int, TopologyNode> group in Nodes.GroupBy(n => n.Subtopology))
        {
            text.Append($"   Sub-topology: {group.Key}\n");
            foreach (TopologyNode node in group)
            {
                string detail = node.Kind switch
                {
                    TopologyNodeKind.Source => $"topics: [{node.Topic}]",
                    TopologyNodeKind.Sink => $"topic: {node.Topic}",
                    _ => $"stores: [{node.Store}]",
                };
                text.Append($"    {node.Kind}: {node.Name} ({detail})\n");
                if (node.Kind != TopologyNodeKind.Sink)
                {
                    text.Append($"      --> {string.Join(", ", node.Successors)}\n");
                }

                string[] predecessors = [.. Nodes.Where(n => n.Successors.Contains(node.Name)).Select(n => n.Name)];
                if (predecessors.Length > 0)
                {
                    text.Append($"      <-- {string.Join(", ", predecessors)}\n");
                }
            }
        }

        return text.ToString();
    }
}
