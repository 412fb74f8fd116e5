using System.Globalization;
using Confluent.SchemaRegistry;

namespace FeaturePipeline.Avro.Confluent;

/// <summary>How long a subject's latest version is believed to be the latest: a setting of the registry's client, as with Confluent's serde.</summary>
internal static class LatestTtl
{
    /// <summary>The client's <c>schema.registry.latest.cache.ttl.secs</c>; null = for ever, which is the default.</summary>
    public static TimeSpan? Of(ISchemaRegistryClient registry)
    {
        string? value = registry.Config?.FirstOrDefault(static property => property.Key == SchemaRegistryConfig.PropertyNames.SchemaRegistryLatestCacheTtlSecs).Value;
        return int.TryParse(value, CultureInfo.InvariantCulture, out int seconds) && seconds > 0 ? TimeSpan.FromSeconds(seconds) : null;
    }
}
