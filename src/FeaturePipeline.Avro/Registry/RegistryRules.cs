using System.Globalization;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Avro.Schemas.Compatibility;

namespace FeaturePipeline.Avro.Registry;

/// <summary>What holds for every registry: which schemas are refused, and how references become texts.</summary>
internal static class RegistryRules
{
    private const int MaxReferences = 1000;

    /// <summary>Fails closed: a schema with rules means more than its text says.</summary>
    public static void Check(SchemaDefinition schema, string what)
    {
        ArgumentNullException.ThrowIfNull(schema);
        if (schema.HasRuleSet)
        {
            throw new SchemaRegistryException(
                $"{what}: the schema carries a rule set (data contract), which is not supported; reading or writing without its rules would be wrong. "
                + "Remove the rules from the subject, or use a client that applies them.",
                SchemaRegistryException.Unsupported,
                isRetriable: false);
        }

        if (!string.Equals(schema.SchemaType, SchemaDefinition.Avro, StringComparison.OrdinalIgnoreCase))
        {
            throw new SchemaRegistryException(
                $"{what}: the schema is of type {schema.SchemaType}; only AVRO is supported.", SchemaRegistryException.Unsupported, isRetriable: false);
        }
    }

    /// <summary>What keeps a schema from following others under a level, in words.</summary>
    public static string[] Explain(CompatibilityLevel level, AvroSchema candidate, IReadOnlyList<(int Version, AvroSchema Schema)> history) =>
    [
        .. SchemaCompatibility.Check(level, candidate, [.. history.Select(static version => version.Schema)]).Select(found =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"{found.Incompatibility} ({(found.CandidateReads ? "the new schema reading" : "read by")} version {history[found.Version].Version})")),
    ];

    /// <summary>Texts of all that a schema refers to, recursively, each before those that use it and each once.</summary>
    public static async Task<IReadOnlyList<string>> ResolveAsync(
        SchemaDefinition schema, Func<SchemaReference, Task<SchemaDefinition>> fetch, string what)
    {
        if (schema.References.Count == 0)
        {
            return [];
        }

        var texts = new List<string>();
        var seen = new HashSet<(string Subject, int Version)>();
        var stack = new Stack<(SchemaDefinition Schema, int Next)>();
        stack.Push((schema, 0));
        while (stack.TryPop(out var frame))
        {
            if (frame.Next == frame.Schema.References.Count)
            {
                if (stack.Count > 0)
                {
                    texts.Add(frame.Schema.Schema);
                }

                continue;
            }

            stack.Push(frame with { Next = frame.Next + 1 });
            var reference = frame.Schema.References[frame.Next];
            if (!seen.Add((reference.Subject, reference.Version)))
            {
                continue;
            }

            if (seen.Count > MaxReferences)
            {
                throw new SchemaRegistryException($"{what}: it has more than {MaxReferences} references.", SchemaRegistryException.Unsupported, isRetriable: false);
            }

            stack.Push((await fetch(reference), 0));
        }

        return texts;
    }
}
