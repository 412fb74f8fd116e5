using FeaturePipeline.Avro;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Features.Definitions;
using FeaturePipeline.Features.Events;
using FeaturePipeline.Kafka;
using FeaturePipeline.Streams;

namespace FeaturePipeline.Configuration;

/// <summary>Everything that configuration says, checked and compiled.</summary>
/// <param name="Configuration">The raw values, for printing and for .NET's own sections.</param>
/// <param name="Options">Our sections.</param>
/// <param name="Plan">The feature views, compiled against the schema of the events.</param>
internal sealed record PipelineSetup(IConfigurationRoot Configuration, PipelineOptions Options, FeaturePlan Plan)
{
    /// <summary>The views that are enabled; at least one.</summary>
    public IReadOnlyList<FeatureView> Views => Plan.Views;

    /// <summary>Loads and checks the configuration, without any connection.</summary>
    /// <param name="sources">What the command line says.</param>
    /// <param name="builtIn">A verb's own values below appsettings.json; null for none.</param>
    /// <param name="contentRoot">Directory of appsettings.json; null to look in the current directory, then beside the program; empty to take neither files nor environment.</param>
    /// <exception cref="ConfigurationMistakesException">Anything is wrong: every mistake at once.</exception>
    public static PipelineSetup Load(
        ConfigurationSources sources, IReadOnlyDictionary<string, string?>? builtIn = null, string? contentRoot = null)
    {
        IConfigurationRoot configuration = ConfigurationLoader.Load(sources, builtIn, contentRoot);
        var mistakes = new List<ConfigurationMistake>();
        PipelineOptions options = PipelineOptionsReader.Read(configuration, mistakes);
        CheckClients(options, mistakes);
        FeaturePlan? plan = CompileViews(configuration, options, mistakes);
        CheckTopics(options, plan, mistakes);
        return mistakes.Count == 0 && plan is not null
            ? new PipelineSetup(configuration, options, plan)
            : throw new ConfigurationMistakesException(mistakes);
    }

    private static FeaturePlan? CompileViews(IConfiguration configuration, PipelineOptions options, List<ConfigurationMistake> mistakes)
    {
        IReadOnlyDictionary<string, FeatureViewOptions> views = FeatureViewOptions.Bind(configuration, mistakes);
        if (ReadSchema(options.Source.Schema, mistakes) is not { } schema)
        {
            return null;
        }

        var source = new FeatureSource
        {
            Topic = options.Source.Topic,
            Schema = schema,
            KeyedBy = options.Source.KeyedBy,
            TimestampField = options.Source.TimestampField,
            FeatureNamespace = options.FeatureNamespace,
        };
        return FeatureViewCompiler.Compile(views, source, mistakes);
    }

    // What else the application writes to topics would be read as features, or features as state.
    private static void CheckTopics(PipelineOptions options, FeaturePlan? plan, List<ConfigurationMistake> mistakes)
    {
        StreamsOptions streams = options.ToStreams();
        var others = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (FeatureView view in plan?.Views ?? [])
        {
            others[streams.ChangelogTopic(view.Name)] = $"the changelog of view '{view.Name}'";
        }

        if (options.DeadLetter.Enabled)
        {
            others[options.DeadLetter.Topic] = "the topic of dead letters";
        }

        if (options.Late.Enabled)
        {
            others[options.Late.Topic] = "the topic of late events";
        }

        foreach (FeatureView view in plan?.Views ?? [])
        {
            if (others.TryGetValue(view.Topic, out string? other))
            {
                mistakes.Add(new ConfigurationMistake(
                    $"{FeatureViewOptions.SectionName}:{view.Name}:Topic", view.Topic, $"that is {other}; a view's topic holds its features only"));
            }
        }
    }

    private static AvroSchema? ReadSchema(string? path, List<ConfigurationMistake> mistakes)
    {
        if (path is null)
        {
            return UserEventSchema.Schema;
        }

        if (!File.Exists(path))
        {
            return null; // reported with the other files
        }

        string problem;
        try
        {
            AvroSchema schema = AvroSchema.ParseFile(path, SchemaValidation.Java); // as it may be registered
            if (schema is RecordSchema)
            {
                return schema;
            }

            problem = "not the schema of a record";
        }
        catch (Exception e) when (e is AvroSchemaException or IOException or UnauthorizedAccessException)
        {
            problem = $"not an Avro schema: {e.Message}".ReplaceLineEndings(" ");
        }

        mistakes.Add(new ConfigurationMistake("Source:Schema", path, problem));
        return null;
    }

    /// <summary>librdkafka and Confluent's registry client judge their own properties; they need no connection for that.</summary>
    private static void CheckClients(PipelineOptions options, List<ConfigurationMistake> mistakes)
    {
        foreach (KafkaOptionError error in options.ToKafka().Validate().Where(error => !mistakes.Exists(mistake => mistake.Key == error.Key)))
        {
            string problem = error.IsUnknownProperty && NearestName.Find(error.Key[(error.Key.LastIndexOf(':') + 1)..], KafkaClientOptions.PropertyNames) is { } nearest
                ? $"not a property of librdkafka; did you mean '{nearest}'?"
                : error.Message.ReplaceLineEndings(" ");
            mistakes.Add(new ConfigurationMistake(error.Key, Redaction.Value(error.Key, error.RefusedValue), problem));
        }

        // A mistake in the section is told in the section's own words, once.
        bool isToldOfRegistry = mistakes.Exists(static mistake => mistake.Key.StartsWith("SchemaRegistry:", StringComparison.Ordinal));
        foreach (RegistryOptionError error in isToldOfRegistry ? [] : RegistryProperties.Validate(options.ToRegistry()))
        {
            mistakes.Add(new ConfigurationMistake(error.Key, null, error.Message.ReplaceLineEndings(" ")));
        }
    }
}
