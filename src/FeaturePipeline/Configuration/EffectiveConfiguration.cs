namespace FeaturePipeline.Configuration;

/// <summary>The configuration as it may be printed.</summary>
internal static class EffectiveConfiguration
{
    /// <summary>Every key with its value, secrets masked, sorted.</summary>
    /// <param name="configuration">The configuration.</param>
    public static IEnumerable<string> Lines(IConfiguration configuration) =>
        configuration.AsEnumerable()
            .Where(pair => pair.Value is not null)
            .OrderBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase)
            .Select(pair => $"{pair.Key}={Redaction.Value(pair.Key, pair.Value)}");
}
