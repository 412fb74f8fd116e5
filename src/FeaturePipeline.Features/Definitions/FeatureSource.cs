using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Features.Definitions;

/// <summary>What the views are compiled against.</summary>
public sealed class FeatureSource
{
    /// <summary>The source topic.</summary>
    public required string Topic { get; init; }

    /// <summary>The reader's schema: a record.</summary>
    public required AvroSchema Schema { get; init; }

    /// <summary>The field by which the topic is partitioned.</summary>
    public string? KeyedBy { get; init; } = "user_id";

    /// <summary>The field that holds event time.</summary>
    public string TimestampField { get; init; } = "timestamp";

    /// <summary>Namespace of the generated records.</summary>
    public string FeatureNamespace { get; init; } = "com.company.features";
}
