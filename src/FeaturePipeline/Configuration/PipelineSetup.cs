using FeaturePipeline.Features.Definitions;

namespace FeaturePipeline.Configuration;

/// <summary>Everything that configuration says, checked.</summary>
/// <param name="Configuration">The raw values, for printing and for .NET's own sections.</param>
/// <param name="Options">Our sections.</param>
internal sealed record PipelineSetup(IConfigurationRoot Configuration, PipelineOptions Options)
{
    /// <summary>Loads and checks the configuration.</summary>
    /// <param name="sources">What the command line says.</param>
    /// <param name="builtIn">A verb's own values below appsettings.json; null for none.</param>
    /// <param name="contentRoot">Directory of appsettings.json; null to look in the current directory, then beside the program; empty for no file.</param>
    /// <exception cref="ConfigurationMistakesException">Anything is wrong: every mistake at once.</exception>
    public static PipelineSetup Load(
        ConfigurationSources sources, IReadOnlyDictionary<string, string?>? builtIn = null, string? contentRoot = null)
    {
        IConfigurationRoot configuration = ConfigurationLoader.Load(sources, builtIn, contentRoot);
        var mistakes = new List<ConfigurationMistake>();
        PipelineOptions options = PipelineOptionsReader.Read(configuration, mistakes);
        _ = FeatureViewOptions.Bind(configuration, mistakes);
        return mistakes.Count == 0 ? new PipelineSetup(configuration, options) : throw new ConfigurationMistakesException(mistakes);
    }
}
