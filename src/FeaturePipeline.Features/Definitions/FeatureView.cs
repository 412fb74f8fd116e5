using System.IO.Hashing;
using System.Text;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Features.Aggregators;
using FeaturePipeline.Features.Expressions;

namespace FeaturePipeline.Features.Definitions;

/// <summary>A view, compiled: what is computed, and the record that it gives. Immutable; shared by tasks.</summary>
public sealed class FeatureView
{
    /// <summary>Name, which the operator and the changelog topic have, too.</summary>
    public required string Name { get; init; }

    /// <summary>Output topic.</summary>
    public required string Topic { get; init; }

    /// <summary>Settings of the output topic where it is created, in Kafka's spelling.</summary>
    public IReadOnlyDictionary<string, string> TopicConfig { get; internal init; } = new Dictionary<string, string>();

    /// <summary>Full name of the record.</summary>
    public required string RecordName { get; init; }

    /// <summary>The entity's field.</summary>
    public required string Entity { get; init; }

    /// <summary>Idle time that ends a session.</summary>
    public required TimeSpan Gap { get; init; }

    /// <summary>How far behind stream time an event may be.</summary>
    public required TimeSpan Grace { get; init; }

    /// <summary>When records are emitted.</summary>
    public required EmitMode Emit { get; init; }

    /// <summary>The features in the order of the record: by name.</summary>
    public required IReadOnlyList<FeatureDefinition> Features { get; init; }

    /// <summary>Text of the filter of the whole view; null for none.</summary>
    public string? Where { get; internal init; }

    /// <summary>Subject of the record's schema.</summary>
    public string Subject => $"{Topic}-value";

    /// <summary>Schema of the record.</summary>
    public AvroSchema RecordSchema => field ??= AvroSchema.Parse(FeatureRecordSchema.ToJson(this));

    /// <summary>Filter of the whole view: events that it refuses open no window; null for none.</summary>
    internal BooleanExpression? Filter { get; init; }

    /// <summary>Bytes of the fixed area of a window's state.</summary>
    internal int StateSize { get; init; }

    /// <summary>Variable parts of a window's state.</summary>
    internal int StateSlots { get; init; }

    /// <summary>Identifies what the state's bytes mean: function, operand and filter of every aggregated feature, in order.</summary>
    internal uint LayoutHash
    {
        get
        {
            var text = new StringBuilder("1\n").Append(Where).Append('\n');
            foreach (FeatureDefinition feature in Features.Where(f => f.Aggregator is not null))
            {
                text.Append(feature.Name).Append('\t').Append(feature.Doc).Append('\t').Append(feature.Kind).Append('\n');
            }

            return XxHash32.HashToUInt32(Encoding.UTF8.GetBytes(text.ToString()));
        }
    }
}
