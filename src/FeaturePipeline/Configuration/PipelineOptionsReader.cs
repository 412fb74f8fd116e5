using FeaturePipeline.Avro;
using FeaturePipeline.Features.Definitions;

namespace FeaturePipeline.Configuration;

/// <summary>Binds <see cref="PipelineOptions"/> and finds every mistake, without any connection.</summary>
internal static class PipelineOptionsReader
{
    /// <summary>Sections of .NET itself and of editors.</summary>
    private static readonly string[] s_foreignSections = ["Logging", "AllowedHosts", "$schema"];

    /// <summary>Reads all sections but FeatureViews.</summary>
    /// <param name="configuration">The root.</param>
    /// <param name="mistakes">Where mistakes are added, in the order of the sections.</param>
    /// <returns>Options with defaults in the place of mistakes; to be used only when there are none.</returns>
    public static PipelineOptions Read(IConfiguration configuration, ICollection<ConfigurationMistake> mistakes)
    {
        CheckSections(configuration, mistakes);
        CheckLogLevels(configuration.GetSection("Logging"), mistakes);
        var options = new PipelineOptions
        {
            Kafka = OptionsBinder.Bind<KafkaOptions>(configuration.GetSection(nameof(PipelineOptions.Kafka)), mistakes),
            SchemaRegistry = OptionsBinder.Bind<RegistryOptions>(configuration.GetSection(nameof(PipelineOptions.SchemaRegistry)), mistakes),
            Source = OptionsBinder.Bind<SourceOptions>(configuration.GetSection(nameof(PipelineOptions.Source)), mistakes),
            DeadLetter = OptionsBinder.Bind<DeadLetterOptions>(configuration.GetSection(nameof(PipelineOptions.DeadLetter)), mistakes),
            Late = OptionsBinder.Bind<LateOptions>(configuration.GetSection(nameof(PipelineOptions.Late)), mistakes),
            Streams = OptionsBinder.Bind<RuntimeOptions>(configuration.GetSection(nameof(PipelineOptions.Streams)), mistakes),
            Sinks = OptionsBinder.Bind<SinksOptions>(configuration.GetSection(nameof(PipelineOptions.Sinks)), mistakes),
            Management = OptionsBinder.Bind<ManagementOptions>(configuration.GetSection(nameof(PipelineOptions.Management)), mistakes),
            Telemetry = OptionsBinder.Bind<TelemetryOptions>(configuration.GetSection(nameof(PipelineOptions.Telemetry)), mistakes),
            FeatureNamespace = configuration[nameof(PipelineOptions.FeatureNamespace)] is { Length: > 0 } name ? name : new PipelineOptions().FeatureNamespace,
        };
        if (IsGivenAsNull(configuration.GetSection(nameof(PipelineOptions.Source)), nameof(SourceOptions.KeyedBy)))
        {
            mistakes.Add(new ConfigurationMistake(
                "Source:KeyedBy", null, "is null, which needs a repartition topic: not in this version. Name the field that partitions the topic, such as user_id."));
        }

        PipelineOptionsValidator.Validate(options, mistakes);
        return options;
    }

    // .NET reads them when the log is made, and throws.
    private static void CheckLogLevels(IConfigurationSection logging, ICollection<ConfigurationMistake> mistakes)
    {
        foreach (IConfigurationSection level in logging.GetChildren().Append(logging).SelectMany(provider => provider.GetSection("LogLevel").GetChildren()))
        {
            if (level.Value is { } value && !Enum.TryParse(value, ignoreCase: true, out LogLevel _))
            {
                mistakes.Add(new ConfigurationMistake(level.Path, value, $"allowed: {string.Join(", ", Enum.GetNames<LogLevel>())}"));
            }
        }
    }

    private static void CheckSections(IConfiguration configuration, ICollection<ConfigurationMistake> mistakes)
    {
        foreach (IConfigurationSection child in configuration.GetChildren())
        {
            if (!PipelineOptions.SectionNames.Contains(child.Key, StringComparer.OrdinalIgnoreCase)
                && !s_foreignSections.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
            {
                mistakes.Add(new ConfigurationMistake(child.Path, null, $"unknown key; {NearestName.Suggest(child.Key, [.. PipelineOptions.SectionNames])}"));
            }
        }
    }

    private static bool IsGivenAsNull(IConfigurationSection section, string name) =>
        section.GetChildren().Any(child => child.Key.Equals(name, StringComparison.OrdinalIgnoreCase) && string.IsNullOrEmpty(child.Value));
}
