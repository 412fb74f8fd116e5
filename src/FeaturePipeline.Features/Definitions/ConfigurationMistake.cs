namespace FeaturePipeline.Features.Definitions;

/// <summary>One mistake in the configuration. All of them are reported at once, before any connection.</summary>
/// <param name="Key">Full key, for example <c>FeatureViews:user_sessions:Window:Gap</c>.</param>
/// <param name="Value">The value as configured; null where it is missing, or where it must not be printed.</param>
/// <param name="Problem">What is wrong, what is allowed and, for a misspelt name, the nearest right one.</param>
public sealed record ConfigurationMistake(string Key, string? Value, string Problem)
{
    /// <summary>One line for standard error.</summary>
    public override string ToString() => Value is null ? $"{Key}: {Problem}" : $"{Key} = '{Value}': {Problem}";
}
