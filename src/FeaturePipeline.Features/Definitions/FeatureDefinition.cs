using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Features.Aggregators;
using FeaturePipeline.Features.Expressions;

namespace FeaturePipeline.Features.Definitions;

/// <summary>One feature of a view, compiled.</summary>
public sealed class FeatureDefinition
{
    internal FeatureDefinition(string name, FeatureOptions options)
    {
        Name = name;
        Options = options;
    }

    /// <summary>Name of the feature and of its field.</summary>
    public string Name { get; }

    /// <summary>Type of the field's value.</summary>
    public FieldKind Kind { get; internal set; }

    /// <summary>Avro logical type of the value; null for none.</summary>
    public string? LogicalType { get; internal init; }

    /// <summary>Whether the field is a long with default 0; otherwise it is nullable with default null.</summary>
    public bool IsCount { get; internal init; }

    /// <summary>The definition in words: <c>count where event_type == 'purchase'</c>.</summary>
    public string Doc
    {
        get
        {
            string of = Options.Of is null ? "" : $" of {Options.Of.Trim()}";
            string to = Options.To is null ? "" : $" to {Options.To.Trim()}";
            string where = Options.Where is null ? "" : $" where {Options.Where.Trim()}";
            return $"{Options.Function?.Trim()}{of}{to}{where}";
        }
    }

    /// <summary>The options that it was compiled from.</summary>
    internal FeatureOptions Options { get; }

    /// <summary>Which events count; null for all.</summary>
    internal BooleanExpression? Filter { get; init; }

    /// <summary>The aggregate; null for a derived feature.</summary>
    internal Aggregator? Aggregator { get; init; }

    /// <summary>The features that a ratio or a difference is made of; null for anything else.</summary>
    internal (bool IsRatio, string Left, string Right)? Derived { get; init; }
}
