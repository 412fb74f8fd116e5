using Microsoft.Extensions.Configuration;

namespace FeaturePipeline.Features.Definitions;

/// <summary>One view of configuration section <c>FeatureViews</c>, as written; <c>FeatureViewCompiler</c> gives it meaning.</summary>
public sealed class FeatureViewOptions
{
    /// <summary>Name of the section.</summary>
    public const string SectionName = "FeatureViews";

    /// <summary>False removes the view.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Output topic. Default: the view's name with '_' as '-'.</summary>
    public string? Topic { get; init; }

    /// <summary>Settings of the output topic where the program creates it, in Kafka's spelling. Default: <c>retention.ms</c> -1, since records carry the
    /// time of their events.</summary>
    public Dictionary<string, string> TopicConfig { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Full name of the feature record. Default: the view's name in Pascal case in the feature namespace.</summary>
    public string? RecordName { get; init; }

    /// <summary>The field, or fields separated by commas, that the features describe.</summary>
    public string? Entity { get; init; }

    /// <summary>The window.</summary>
    public WindowOptions Window { get; init; } = new();

    /// <summary>When records are emitted.</summary>
    public EmitMode Emit { get; init; } = EmitMode.OnClose;

    /// <summary>Whether a rolling view emits when events leave its windows.</summary>
    public bool EmitOnExpiry { get; init; } = true;

    /// <summary>Filter of the whole view.</summary>
    public string? Where { get; init; }

    /// <summary>The features by name.</summary>
    public Dictionary<string, FeatureOptions> Features { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Binds the section FeatureViews of a configuration.</summary>
    /// <param name="configuration">The root.</param>
    /// <param name="mistakes">Where misspelt keys and values of the wrong type are added.</param>
    /// <returns>All views by name, disabled ones included.</returns>
    public static IReadOnlyDictionary<string, FeatureViewOptions> Bind(IConfiguration configuration, ICollection<ConfigurationMistake> mistakes)
    {
        Dictionary<string, FeatureViewOptions> views = OptionsBinder.BindDictionary<FeatureViewOptions>(configuration.GetSection(SectionName), mistakes);
        if (configuration is IConfigurationRoot root)
        {
            RestoreCase(root, SectionName, views);
            foreach ((string name, FeatureViewOptions view) in views)
            {
                RestoreCase(root, $"{SectionName}:{name}:{nameof(Features)}", view.Features);
            }
        }

        return views;
    }

    // Keys of configuration have no case, but names of topics and fields do. Where FEATUREVIEWS__MY_VIEW__... overrides a value
    // of my_view, the merged key may come in the override's case: the name is what the first source says.
    private static void RestoreCase<T>(IConfigurationRoot root, string path, Dictionary<string, T> named)
    {
        foreach ((string name, T value) in named.ToArray())
        {
            string original = root.Providers
                .SelectMany(provider => provider.GetChildKeys([], path))
                .FirstOrDefault(key => string.Equals(key, name, StringComparison.OrdinalIgnoreCase), name);
            named.Remove(name);
            named[original] = value;
        }
    }
}

/// <summary>The window of a view.</summary>
public sealed class WindowOptions
{
    /// <summary>Kind of window.</summary>
    public WindowType? Type { get; init; }

    /// <summary>Session: idle time that ends it. Default 30 min.</summary>
    public TimeSpan? Gap { get; init; }

    /// <summary>How far behind stream time an event may be. Default: none.</summary>
    public TimeSpan? Grace { get; init; }

    /// <summary>Session: field whose change starts another session.</summary>
    public string? SplitOn { get; init; }

    /// <summary>Session: longest length.</summary>
    public TimeSpan? MaxLength { get; init; }

    /// <summary>Tumbling and hopping: length of a window.</summary>
    public TimeSpan? Size { get; init; }

    /// <summary>Hopping: distance between starts.</summary>
    public TimeSpan? Advance { get; init; }

    /// <summary>Rolling: the lengths, separated by commas.</summary>
    public string? Sizes { get; init; }

    /// <summary>Rolling: width of a tile; null = by size.</summary>
    public TimeSpan? Hop { get; init; }
}

/// <summary>One feature of a view.</summary>
public sealed class FeatureOptions
{
    /// <summary>False removes the feature.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Name of the aggregate function.</summary>
    public string? Function { get; init; }

    /// <summary>What is aggregated: a field or an expression; for ratio the numerator's feature.</summary>
    public string? Of { get; init; }

    /// <summary>Ratio: the denominator's feature.</summary>
    public string? To { get; init; }

    /// <summary>Which events count.</summary>
    public string? Where { get; init; }

    /// <summary>Field whose values split the feature into a map.</summary>
    public string? BucketBy { get; init; }
}

/// <summary>Kinds of windows.</summary>
public enum WindowType
{
    /// <summary>Ends after a gap without events.</summary>
    Session,

    /// <summary>Fixed and adjacent.</summary>
    Tumbling,

    /// <summary>Fixed and overlapping.</summary>
    Hopping,

    /// <summary>The last so-and-so long, at each event.</summary>
    Rolling,
}

/// <summary>When a view's records are emitted.</summary>
public enum EmitMode
{
    /// <summary>Once, when the window has closed.</summary>
    OnClose,

    /// <summary>The latest state of each key that changed, at each commit.</summary>
    OnUpdate,

    /// <summary>As OnUpdate, and the final record marked <c>is_final</c>.</summary>
    OnUpdateAndClose,

    /// <summary>At each event.</summary>
    OnEveryUpdate,
}
