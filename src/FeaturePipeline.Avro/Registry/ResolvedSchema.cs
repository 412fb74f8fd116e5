using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Registry;

/// <summary>The registry has the schema, but it can't be honoured here: it carries rules, or is not Avro.</summary>
/// <param name="message">What, why, and the remedy.</param>
public sealed class UnsupportedSchemaException(string message) : NotSupportedException(message);

/// <summary>A schema of a registry with the texts of all that it refers to.</summary>
/// <param name="Schema">Text, type, references and rules, as the registry has them.</param>
/// <param name="Dependencies">Texts of the referenced schemas, recursively, each before those that use it.</param>
public sealed record ResolvedSchema(Schema Schema, IReadOnlyList<string> Dependencies)
{
    /// <summary>The schema's text.</summary>
    public string Text => Schema.SchemaString;

    /// <summary>Parses the text with what it refers to.</summary>
    /// <param name="validation">How strictly; lenient is right for a schema that others wrote, see <see
    /// cref="SchemaValidation.Lenient"/>.</param>
    /// <exception cref="AvroSchemaException">A text is not a schema.</exception>
    public AvroSchema Parse(SchemaValidation validation = SchemaValidation.Lenient) => AvroSchema.Parse(Text, ParseAll(Dependencies), validation);

    internal static IReadOnlyList<AvroSchema> ParseAll(IReadOnlyList<string> dependencies)
    {
        var references = new List<AvroSchema>(dependencies.Count);
        foreach (string dependency in dependencies)
        {
            references.Add(AvroSchema.Parse(dependency, references, SchemaValidation.Lenient));
        }

        return references;
    }
}

/// <summary>How schemas that a registry has become schemas that can be read and written with.</summary>
public static class SchemaResolution
{
    private const int ReferencesMax = 1000;

    /// <summary>The schema of an id, with its references.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="subject">The subject that the id is asked for with: ids are those of its context. Null = the default context.</param>
    /// <param name="id">The registry's id.</param>
    /// <exception cref="HttpRequestException">The registry has no such schema or does not answer, see <see
    /// cref="RegistryErrors"/>.</exception>
    /// <exception cref="UnsupportedSchemaException">It carries rules, or is not Avro.</exception>
    public static async Task<ResolvedSchema> ReadSchemaAsync(this ISchemaRegistryClient registry, string? subject, int id)
    {
        ArgumentNullException.ThrowIfNull(registry);
        Schema schema = subject is null ? await registry.GetSchemaAsync(id) : await registry.GetSchemaBySubjectAndIdAsync(subject, id);
        return await registry.ResolveAsync(schema, FormattableString.Invariant($"Schema id {id}"), RegistryContext.Of(subject));
    }

    /// <summary>The schema of a GUID, with its references.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="subject">A subject of the context that references are looked up in; null = the default context.</param>
    /// <param name="guid">The registry's GUID.</param>
    /// <exception cref="HttpRequestException">The registry has no such schema or does not answer, see <see
    /// cref="RegistryErrors"/>.</exception>
    /// <exception cref="UnsupportedSchemaException">It carries rules, or is not Avro.</exception>
    public static async Task<ResolvedSchema> ReadSchemaAsync(this ISchemaRegistryClient registry, string? subject, Guid guid)
    {
        ArgumentNullException.ThrowIfNull(registry);
        Schema schema = await registry.GetSchemaByGuidAsync(guid.ToString("D"));
        return await registry.ResolveAsync(schema, $"Schema GUID {guid:D}", RegistryContext.Of(subject));
    }

    /// <summary>Checks that a schema can be honoured, and fetches what it refers to.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="schema">A schema that the registry gave.</param>
    /// <param name="what">What it is, for messages: "Schema id 42".</param>
    /// <param name="context">The context that the schema is of.</param>
    /// <exception cref="HttpRequestException">The registry does not have a reference or does not answer, see <see
    /// cref="RegistryErrors"/>.</exception>
    /// <exception cref="UnsupportedSchemaException">It carries rules, is not Avro, or has too many references.</exception>
    public static async Task<ResolvedSchema> ResolveAsync(
        this ISchemaRegistryClient registry, Schema schema, string what, string context = RegistryContext.Default)
    {
        ArgumentNullException.ThrowIfNull(registry);
        Check(schema, what);
        return new ResolvedSchema(schema, await DependenciesAsync(
            schema,
            async reference => await registry.GetRegisteredSchemaAsync(
                RegistryContext.Qualified(reference.Subject, context), reference.Version, ignoreDeletedSchemas: false),
            what));
    }

    /// <summary>Whether a schema carries rules (a data contract): it then means more than its text says.</summary>
    internal static bool HasRules(this Schema schema) => schema.RuleSet is { } rules
        && (rules.DomainRules is { Count: > 0 } || rules.MigrationRules is { Count: > 0 } || rules.EncodingRules is { Count: > 0 });

    /// <summary>Whether some of the rules are for writing.</summary>
    internal static bool HasRulesOfWriting(this Schema schema) =>
        (schema.RuleSet?.DomainRules ?? []).Concat(schema.RuleSet?.EncodingRules ?? [])
            .Any(static rule => rule is null || (rule.Mode is RuleMode.Write or RuleMode.WriteRead && !rule.Disabled));

    private static void Check(Schema schema, string what)
    {
        ArgumentNullException.ThrowIfNull(schema);
        CheckIsAvro(schema, what);
        if (schema.HasRules())
        {
            throw new UnsupportedSchemaException(
                $"{what}: the schema carries a rule set (data contract), which is not supported; reading or writing without its rules would be wrong. "
                + "Remove the rules from the subject, or use a client that applies them.");
        }
    }

    /// <exception cref="UnsupportedSchemaException">It is not Avro.</exception>
    internal static void CheckIsAvro(Schema schema, string what)
    {
        string type;
        try
        {
            type = schema.SchemaType.ToString();
        }
        catch (InvalidOperationException exception)
        {
            type = exception.Message; // a type that the client does not know
        }

        if (type != nameof(SchemaType.Avro))
        {
            throw new UnsupportedSchemaException($"{what}: the schema is of type {type}; only Avro is supported.");
        }
    }

    /// <summary>Texts of all that a schema refers to, recursively, each before those that use it and each once.</summary>
    internal static async Task<IReadOnlyList<string>> DependenciesAsync(Schema schema, Func<SchemaReference, Task<Schema>> fetch, string what)
    {
        var texts = new List<string>();
        var seen = new HashSet<(string Subject, int Version)>();
        var stack = new Stack<(Schema Schema, int Next)>();
        stack.Push((schema, 0));
        while (stack.TryPop(out var frame))
        {
            if (frame.Next == (frame.Schema.References?.Count ?? 0))
            {
                if (stack.Count > 0)
                {
                    texts.Add(frame.Schema.SchemaString);
                }

                continue;
            }

            stack.Push(frame with { Next = frame.Next + 1 });
            SchemaReference reference = frame.Schema.References![frame.Next]
                ?? throw new UnsupportedSchemaException($"{what}: one of its references is null, which names no schema.");
            if (!seen.Add((reference.Subject, reference.Version)))
            {
                continue;
            }

            if (seen.Count > ReferencesMax)
            {
                throw new UnsupportedSchemaException($"{what}: it has more than {ReferencesMax} references.");
            }

            stack.Push((await fetch(reference), 0));
        }

        return texts;
    }
}
