using System.CommandLine;
using FeaturePipeline.Configuration;

namespace FeaturePipeline.Verbs;

/// <summary>The options that every verb has.</summary>
internal sealed class CommonOptions
{
    public Option<string?> Environment { get; } = new("--environment")
    {
        Description = "Picks appsettings.{ENVIRONMENT}.json. Default: DOTNET_ENVIRONMENT, else Production.",
        HelpName = "ENVIRONMENT",
        Recursive = true,
    };

    public Option<string[]> Set { get; } = new("--set")
    {
        Description = "Sets one configuration value; repeatable; wins over every other source.",
        HelpName = "KEY:PATH=VALUE",
        Recursive = true,
        AllowMultipleArgumentsPerToken = false,
        Arity = ArgumentArity.OneOrMore,
    };

    public Option<string[]> Config { get; } = new("--config")
    {
        Description = "An additional settings file (JSON); repeatable; wins over appsettings.json.",
        HelpName = "FILE",
        Recursive = true,
        AllowMultipleArgumentsPerToken = false,
        Arity = ArgumentArity.OneOrMore,
    };

    public ConfigurationSources Sources(ParseResult result) =>
        new(result.GetValue(Environment), result.GetValue(Config) ?? [], result.GetValue(Set) ?? []);
}
