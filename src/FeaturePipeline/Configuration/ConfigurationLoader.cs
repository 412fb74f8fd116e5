using FeaturePipeline.Avro;
using FeaturePipeline.Features.Definitions;
using Microsoft.Extensions.Configuration.KeyPerFile;
using Microsoft.Extensions.FileProviders;

namespace FeaturePipeline.Configuration;

/// <summary>What the options of every verb say about configuration.</summary>
/// <param name="Environment">Value of <c>--environment</c>; null for DOTNET_ENVIRONMENT, else Production.</param>
/// <param name="Files">Values of <c>--config</c>, in order.</param>
/// <param name="Settings">Values of <c>--set</c>, in order: <c>Key:Path=value</c>.</param>
public sealed record ConfigurationSources(string? Environment, IReadOnlyList<string> Files, IReadOnlyList<string> Settings)
{
    /// <summary>Nothing but the files at the content root and the environment.</summary>
    public static ConfigurationSources None { get; } = new(null, [], []);
}

/// <summary>
/// Builds the configuration. Later wins: built-in values of a verb, appsettings.json, appsettings.{Environment}.json,
/// --config files, environment variables, key-per-file secrets, --set.
/// </summary>
internal static class ConfigurationLoader
{
    /// <summary>Environment variable that names the directory of secrets, one file a key (<c>Kafka__Client__sasl.password</c>).</summary>
    public const string SecretsDirectoryVariable = "FEATURE_PIPELINE_SECRETS";

    private const string DefaultSecretsDirectory = "/run/secrets";

    /// <summary>Name of the environment: the option, else DOTNET_ENVIRONMENT, else ASPNETCORE_ENVIRONMENT, else Production.</summary>
    /// <param name="sources">What the command line says.</param>
    public static string EnvironmentName(ConfigurationSources sources) =>
        sources.Environment
        ?? NonEmpty(Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT"))
        ?? NonEmpty(Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT"))
        ?? "Production";

    /// <summary>Loads everything.</summary>
    /// <param name="sources">What the command line says.</param>
    /// <param name="builtIn">Values below appsettings.json; null for none.</param>
    /// <param name="contentRoot">Directory of appsettings.json; null to look in the current directory, then beside the program; empty to take neither files nor environment.</param>
    /// <exception cref="ConfigurationMistakesException">A file can't be read, or a --set is not KEY=VALUE.</exception>
    public static IConfigurationRoot Load(
        ConfigurationSources sources, IReadOnlyDictionary<string, string?>? builtIn = null, string? contentRoot = null)
    {
        var mistakes = new List<ConfigurationMistake>();
        var builder = new ConfigurationBuilder();
        if (builtIn is not null)
        {
            builder.AddInMemoryCollection(builtIn);
        }

        string root = contentRoot ?? FindContentRoot();
        bool isIsolated = root.Length == 0;
        if (!isIsolated)
        {
            AddJson(builder, Path.Combine(root, "appsettings.json"), required: false, mistakes);
            AddJson(builder, Path.Combine(root, $"appsettings.{EnvironmentName(sources)}.json"), required: false, mistakes);
        }

        foreach (string file in sources.Files)
        {
            AddJson(builder, file, required: true, mistakes);
        }

        if (!isIsolated)
        {
            builder.AddInMemoryCollection(OurVariables(Environment.GetEnvironmentVariables()));
            AddSecrets(builder, Environment.GetEnvironmentVariable(SecretsDirectoryVariable), mistakes);
        }

        builder.AddInMemoryCollection(ParseSettings(sources.Settings, mistakes));
        return mistakes.Count == 0 ? builder.Build() : throw new ConfigurationMistakesException(mistakes);
    }

    /// <summary>The current directory if it has an appsettings.json, else the program's own.</summary>
    public static string FindContentRoot() =>
        File.Exists(Path.Combine(Environment.CurrentDirectory, "appsettings.json")) ? Environment.CurrentDirectory : AppContext.BaseDirectory;

    /// <summary>
    /// Environment variables that are meant for us: <c>Section__Key</c> where the first part is a section's name or nearly so
    /// (a misspelt one is then reported), and FeatureNamespace. PATH and its like are none of our business.
    /// </summary>
    /// <param name="variables">Names and values.</param>
    internal static IEnumerable<KeyValuePair<string, string?>> OurVariables(System.Collections.IDictionary variables)
    {
        foreach (System.Collections.DictionaryEntry variable in variables)
        {
            string key = ((string)variable.Key).Replace("__", ":", StringComparison.Ordinal);
            if (IsOurs(key))
            {
                yield return new KeyValuePair<string, string?>(key, (string?)variable.Value);
            }
        }
    }

    private static bool IsOurs(string key)
    {
        int colon = key.IndexOf(':', StringComparison.Ordinal);
        return colon < 0
            ? key.Equals("FeatureNamespace", StringComparison.OrdinalIgnoreCase)
            : key[..colon].Equals("Logging", StringComparison.OrdinalIgnoreCase) || NearestName.Find(key[..colon], PipelineOptions.SectionNames) is not null;
    }

    private static void AddJson(ConfigurationBuilder builder, string path, bool required, List<ConfigurationMistake> mistakes)
    {
        string full = Path.GetFullPath(path);
        if (!File.Exists(full))
        {
            if (required)
            {
                mistakes.Add(new ConfigurationMistake("--config", path, "there is no such file"));
            }

            return;
        }

        try
        {
            // Read at once, so that what is wrong in each file is reported together.
            using FileStream stream = File.OpenRead(full);
            IConfigurationRoot parsed = new ConfigurationBuilder().AddJsonStream(stream).Build();
            builder.AddInMemoryCollection(parsed.AsEnumerable().Where(pair => pair.Value is not null || !parsed.GetSection(pair.Key).GetChildren().Any()));
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException or InvalidDataException or System.Text.Json.JsonException)
        {
            mistakes.Add(new ConfigurationMistake(path, null, $"can't be read: {(e.InnerException ?? e).Message}".ReplaceLineEndings(" ")));
        }
    }

    private static void AddSecrets(ConfigurationBuilder builder, string? directory, List<ConfigurationMistake> mistakes)
    {
        string path = NonEmpty(directory) ?? DefaultSecretsDirectory;
        if (!Directory.Exists(path))
        {
            if (NonEmpty(directory) is not null)
            {
                mistakes.Add(new ConfigurationMistake(SecretsDirectoryVariable, directory, "there is no such directory"));
            }

            return;
        }

        builder.Add(new KeyPerFileConfigurationSource
        {
            FileProvider = new PhysicalFileProvider(Path.GetFullPath(path)),
            Optional = true,
            ReloadOnChange = false,
            // Other programs' secrets may be mounted there as well.
            IgnoreCondition = name => !IsOurs(name.Replace("__", ":", StringComparison.Ordinal)),
        });
    }

    private static List<KeyValuePair<string, string?>> ParseSettings(IReadOnlyList<string> settings, List<ConfigurationMistake> mistakes)
    {
        var pairs = new List<KeyValuePair<string, string?>>();
        var keys = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (string setting in settings.Reverse())
        {
            int equals = setting.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                mistakes.Add(new ConfigurationMistake("--set", setting, "allowed: KEY:PATH=VALUE, such as Streams:Threads=2"));
                continue;
            }

            string key = setting[..equals].Trim().Replace("__", ":", StringComparison.Ordinal);
            if (keys.Add(key))
            {
                pairs.Add(new KeyValuePair<string, string?>(key, setting[(equals + 1)..]));
            }
        }

        return pairs;
    }

    private static string? NonEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}
