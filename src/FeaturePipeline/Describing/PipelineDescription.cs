using System.Text;
using System.Text.Json;
using FeaturePipeline.Configuration;
using FeaturePipeline.Features;
using FeaturePipeline.Features.Definitions;
using FeaturePipeline.Streams;
using FeaturePipeline.Streams.Topology;

namespace FeaturePipeline.Describing;

/// <summary>A topic of the pipeline.</summary>
/// <param name="Name">Name.</param>
/// <param name="Role">source, features, changelog, dead letters or late events.</param>
internal sealed record DescribedTopic(string Name, string Role);

/// <summary>What a configuration makes, for people and tools.</summary>
internal sealed class PipelineDescription
{
    private readonly PipelineSetup _setup;
    private readonly TopologyDescription _topology;
    private readonly StreamsOptions _streams;

    private PipelineDescription(PipelineSetup setup, TopologyDescription topology)
    {
        _setup = setup;
        _topology = topology;
        _streams = setup.Options.ToStreams();
    }

    /// <summary>Every topic that is read or written, each once.</summary>
    public IReadOnlyList<DescribedTopic> Topics =>
    [
        .. new[]
        {
            _topology.Nodes.Where(node => node.Kind == TopologyNodeKind.Source).Select(node => new DescribedTopic(node.Topic!, "source")),
            _topology.Nodes.Where(node => node.Kind == TopologyNodeKind.Sink).Select(node => new DescribedTopic(node.Topic!, "features")),
            _topology.Nodes.Where(node => node.Store is not null).Select(node => new DescribedTopic(_streams.ChangelogTopic(node.Store!), "changelog")),
            [.. new[] { _streams.DeadLetterTopic }.OfType<string>().Select(topic => new DescribedTopic(topic, "dead letters"))],
            [.. new[] { _streams.LateTopic }.OfType<string>().Select(topic => new DescribedTopic(topic, "late events"))],
        }.SelectMany(topics => topics),
    ];

    /// <summary>Describes a configuration; nothing is connected.</summary>
    /// <param name="setup">The configuration.</param>
    public static PipelineDescription Of(PipelineSetup setup) => new(setup, FeatureTopology.Describe(setup.Plan));

    /// <summary>Kafka Streams' own form, then topics and views.</summary>
    public string ToText()
    {
        var text = new StringBuilder(_topology.ToString()).Append("Topics:\n");
        int width = Topics.Max(topic => topic.Name.Length);
        foreach (DescribedTopic topic in Topics)
        {
            text.Append($"    {topic.Name.PadRight(width)}  {topic.Role}\n");
        }

        text.Append("Views:\n");
        foreach (FeatureView view in _setup.Views)
        {
            text.Append($"    {view.Name} by {view.Entity}: session, gap {Durations.Format(view.Gap)}, grace {Durations.Format(view.Grace)}, emit {view.Emit}");
            text.Append($" -> {view.RecordName} on {view.Topic}\n");
            foreach (FeatureDefinition feature in view.Features)
            {
                text.Append($"      {feature.Name}: {feature.Doc}\n");
            }
        }

        return text.ToString().TrimEnd('\n');
    }

    /// <summary>A flow chart: topics as cylinders, operators as boxes, stores as rounded boxes.</summary>
    public string ToMermaid()
    {
        var text = new StringBuilder("flowchart LR\n");
        foreach (DescribedTopic topic in Topics)
        {
            text.Append($"    {Id("t", topic.Name)}[(\"{topic.Name}\")]\n");
        }

        foreach (TopologyNode node in _topology.Nodes)
        {
            text.Append(node.Kind switch
            {
                TopologyNodeKind.Source => $"    {Id("n", node.Name)}[\"{node.Name}\"]\n    {Id("t", node.Topic!)} --> {Id("n", node.Name)}\n",
                TopologyNodeKind.Sink => $"    {Id("n", node.Name)}[\"{node.Name}\"]\n    {Id("n", node.Name)} --> {Id("t", node.Topic!)}\n",
                _ => $"    {Id("n", node.Name)}[\"{node.Name}\"]\n    {Id("n", node.Name)} -.-> {Id("t", _streams.ChangelogTopic(node.Store!))}\n",
            });
            foreach (string successor in node.Successors)
            {
                text.Append($"    {Id("n", node.Name)} --> {Id("n", successor)}\n");
            }
        }

        TopologyNode source = _topology.Nodes[0];
        foreach (DescribedTopic topic in Topics.Where(topic => topic.Role is "dead letters" or "late events"))
        {
            text.Append($"    {Id("n", source.Name)} -. {topic.Role} .-> {Id("t", topic.Name)}\n");
        }

        return text.ToString().TrimEnd('\n');
    }

    /// <summary>The same for tools.</summary>
    public string ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, SchemaText.Indented))
        {
            json.WriteStartObject();
            json.WriteString("applicationId", _streams.ApplicationId);
            json.WriteString("processingGuarantee", _streams.ProcessingGuarantee.ToString());
            WriteNodes(json);
            json.WriteStartArray("topics");
            foreach (DescribedTopic topic in Topics)
            {
                json.WriteStartObject();
                json.WriteString("name", topic.Name);
                json.WriteString("role", topic.Role);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("stores");
            foreach (TopologyNode node in _topology.Nodes.Where(node => node.Store is not null))
            {
                json.WriteStartObject();
                json.WriteString("name", node.Store);
                json.WriteString("changelog", _streams.ChangelogTopic(node.Store!));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            WriteViews(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private void WriteNodes(Utf8JsonWriter json)
    {
        json.WriteStartArray("nodes");
        foreach (TopologyNode node in _topology.Nodes)
        {
            json.WriteStartObject();
            json.WriteString("name", node.Name);
            json.WriteString("kind", node.Kind.ToString());
            json.WriteNumber("subtopology", node.Subtopology);
            json.WriteString("topic", node.Topic);
            json.WriteString("store", node.Store);
            json.WriteStartArray("successors");
            foreach (string successor in node.Successors)
            {
                json.WriteStringValue(successor);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteViews(Utf8JsonWriter json)
    {
        json.WriteStartArray("views");
        foreach (FeatureView view in _setup.Views)
        {
            json.WriteStartObject();
            json.WriteString("name", view.Name);
            json.WriteString("topic", view.Topic);
            json.WriteString("subject", view.Subject);
            json.WriteString("entity", view.Entity);
            json.WriteString("gap", Durations.Format(view.Gap));
            json.WriteString("grace", Durations.Format(view.Grace));
            json.WriteString("emit", view.Emit.ToString());
            json.WritePropertyName("schema");
            json.WriteRawValue(view.RecordSchema.ToString());
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    // Mermaid's ids are words; the prefix keeps a topic apart from a node of the same name.
    private static string Id(string prefix, string name) => prefix + "_" + string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
}
