using FeaturePipeline.Features.Definitions;

namespace FeaturePipeline.Configuration;

/// <summary>The configuration is wrong: the program ends with exit code 2 after printing every mistake.</summary>
/// <param name="mistakes">All mistakes found; at least one.</param>
public sealed class ConfigurationMistakesException(IReadOnlyList<ConfigurationMistake> mistakes)
    : Exception(string.Join(Environment.NewLine, mistakes))
{
    /// <summary>All mistakes, in the order of the sections.</summary>
    public IReadOnlyList<ConfigurationMistake> Mistakes { get; } = mistakes;
}
