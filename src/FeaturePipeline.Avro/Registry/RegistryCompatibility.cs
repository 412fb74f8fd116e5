using System.Globalization;
using System.Net;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Avro.Schemas.Compatibility;

namespace FeaturePipeline.Avro.Registry;

/// <summary>Why a registry refuses a schema: its answer is yes or no, the local checker says what is wrong.</summary>
public static class RegistryCompatibility
{
    // Apicurio says None of a subject that has no level of its own, and Confluent's client can't ask for the one in force. What is refused
    // is then explained by the level that is likeliest to have refused it.
    private static readonly CompatibilityLevel[] s_likely =
        [CompatibilityLevel.Backward, CompatibilityLevel.Forward, CompatibilityLevel.BackwardTransitive, CompatibilityLevel.FullTransitive];

    /// <summary>Confluent's name of a level.</summary>
    public static Compatibility ToConfluent(this CompatibilityLevel level) => Enum.Parse<Compatibility>(level.ToString());

    /// <summary>The level of Confluent's name.</summary>
    public static CompatibilityLevel ToLevel(this Compatibility compatibility) => Enum.Parse<CompatibilityLevel>(compatibility.ToString());

    /// <summary>What keeps a schema from becoming the next version of a subject, in words; empty if it may become that, as registration
    /// judges.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="subject">The subject; one without versions takes every schema.</param>
    /// <param name="candidate">The schema that would be registered.</param>
    /// <exception cref="HttpRequestException">The registry does not answer, see <see cref="RegistryErrors"/>.</exception>
    public static async Task<IReadOnlyList<string>> TestAsync(this ISchemaRegistryClient registry, string subject, AvroSchema candidate)
    {
        ArgumentNullException.ThrowIfNull(registry);
        ArgumentNullException.ThrowIfNull(candidate);
        try
        {
            if (!await registry.IsCompatibleAsync(subject, new Schema(candidate.ToString(), SchemaType.Avro)))
            {
                IReadOnlyList<string> reasons = await registry.ExplainAsync(subject, candidate);
                return reasons.Count > 0 ? reasons : ["the registry gives no reason"];
            }
        }
        catch (SchemaRegistryException exception) when (exception.ErrorCode is RegistryErrors.SubjectNotFound or RegistryErrors.VersionNotFound)
        {
            return []; // some registries say so of a subject without versions
        }

        // Confluent's client has the latest version compared with alone.
        CompatibilityLevel level = await LevelAsync(registry, subject);
        return level is CompatibilityLevel.BackwardTransitive or CompatibilityLevel.ForwardTransitive or CompatibilityLevel.FullTransitive
            ? Explain(level, candidate, await HistoryAsync(registry, subject))
            : [];
    }

    /// <summary>Why a registry refused a schema, in words; empty if the local checker finds nothing.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="subject">The subject.</param>
    /// <param name="candidate">The schema that was refused.</param>
    /// <exception cref="HttpRequestException">The registry does not answer, see <see cref="RegistryErrors"/>.</exception>
    public static async Task<IReadOnlyList<string>> ExplainAsync(this ISchemaRegistryClient registry, string subject, AvroSchema candidate)
    {
        ArgumentNullException.ThrowIfNull(registry);
        List<(int, AvroSchema)> history = await HistoryAsync(registry, subject);
        CompatibilityLevel level = await LevelAsync(registry, subject);
        return level != CompatibilityLevel.None
            ? Explain(level, candidate, history)
            : s_likely.Select(likely => Explain(likely, candidate, history)).FirstOrDefault(static reasons => reasons.Length > 0) ?? [];
    }

    /// <summary>What keeps a schema from following others under a level, in words.</summary>
    internal static string[] Explain(CompatibilityLevel level, AvroSchema candidate, IReadOnlyList<(int Version, AvroSchema Schema)> history) =>
    [
        .. SchemaCompatibility.Check(level, candidate, [.. history.Select(static version => version.Schema)]).Select(found =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"{found.Incompatibility} ({(found.CandidateReads ? "the new schema reading" : "read by")} version {history[found.Version].Version})")),
    ];

    private static async Task<List<(int Version, AvroSchema Schema)>> HistoryAsync(ISchemaRegistryClient registry, string subject)
    {
        var history = new List<(int, AvroSchema)>();
        foreach (int version in await VersionsAsync(registry, subject))
        {
            RegisteredSchema registered = await registry.GetRegisteredSchemaAsync(subject, version);
            ResolvedSchema resolved = await registry.ResolveAsync(registered, $"Subject '{subject}'", RegistryContext.Of(subject));
            history.Add((version, resolved.Parse()));
        }

        return history;
    }

    private static async Task<List<int>> VersionsAsync(ISchemaRegistryClient registry, string subject)
    {
        try
        {
            return await registry.GetSubjectVersionsAsync(subject);
        }
        catch (SchemaRegistryException exception) when (exception.ErrorCode == RegistryErrors.SubjectNotFound)
        {
            return [];
        }
    }

    // None also where the level may not be asked for: who may register a schema may not always see the settings.
    private static async Task<CompatibilityLevel> LevelAsync(ISchemaRegistryClient registry, string subject)
    {
        try
        {
            return (await LevelOfAsync(registry, subject)).ToLevel();
        }
        catch (SchemaRegistryException exception) when (exception.Status == HttpStatusCode.Forbidden)
        {
            return CompatibilityLevel.None;
        }
    }

    private static async Task<Compatibility> LevelOfAsync(ISchemaRegistryClient registry, string subject)
    {
        try
        {
            return await registry.GetCompatibilityAsync(subject);
        }
        catch (SchemaRegistryException exception) when (exception.IsNotFound(believesBare404: true))
        {
            return await registry.GetCompatibilityAsync(); // the subject has none of its own
        }
    }
}
