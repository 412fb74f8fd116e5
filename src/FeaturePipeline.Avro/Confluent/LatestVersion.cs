using System.Globalization;
using Confluent.SchemaRegistry;

namespace FeaturePipeline.Avro.Confluent;

/// <summary>The latest version of a subject, where the settings ask for it, and how long it is believed to be the latest.</summary>
internal sealed class LatestVersion
{
    private readonly ISchemaRegistryClient _registry;
    private readonly IDictionary<string, string>? _metadata;
    private readonly TimeSpan? _ttl;
    private readonly TimeProvider _timeProvider;

    /// <param name="registry">Where versions come from. Its <c>schema.registry.latest.cache.ttl.secs</c> says how long one is believed, as with Confluent's
    /// serde: for ever unless it is set.</param>
    /// <param name="uses">use.latest.version.</param>
    /// <param name="metadata">use.latest.with.metadata, which comes before it.</param>
    /// <param name="timeProvider">Clock of the belief.</param>
    public LatestVersion(ISchemaRegistryClient registry, bool? uses, IDictionary<string, string>? metadata, TimeProvider timeProvider)
    {
        _registry = registry;
        _metadata = metadata is { Count: > 0 } ? metadata : null;
        IsAsked = uses == true || _metadata is not null;
        string? value = registry.Config?.FirstOrDefault(static property => property.Key == SchemaRegistryConfig.PropertyNames.SchemaRegistryLatestCacheTtlSecs).Value;
        _ttl = int.TryParse(value, CultureInfo.InvariantCulture, out int seconds) && seconds > 0 ? TimeSpan.FromSeconds(seconds) : null;
        _timeProvider = timeProvider;
    }

    /// <summary>Whether the settings ask for it.</summary>
    public bool IsAsked { get; }

    /// <summary>Whether what was learned at a time of the clock may have changed.</summary>
    public bool IsExpired(long since) => IsAsked && _ttl is { } ttl && _timeProvider.GetElapsedTime(since) >= ttl;

    /// <summary>The latest version, or the latest one with the metadata.</summary>
    public Task<RegisteredSchema> GetAsync(string subject) => _metadata is not null
        ? _registry.GetLatestWithMetadataAsync(subject, _metadata, ignoreDeletedSchemas: false)
        : _registry.GetLatestSchemaAsync(subject);
}
