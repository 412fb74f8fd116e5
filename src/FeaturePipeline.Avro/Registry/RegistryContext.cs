using System.Runtime.CompilerServices;
using Confluent.SchemaRegistry;

namespace FeaturePipeline.Avro.Registry;

/// <summary>Contexts of a registry: ids and subjects of one know nothing of another's. A subject says its context:
/// <c>:.prod:orders-value</c>.</summary>
/// <remarks>Source: Confluent, "Schema Contexts".</remarks>
public static class RegistryContext
{
    /// <summary>The context of subjects that name none.</summary>
    public const string Default = ".";

    // The first context that each client of Confluent's was asked about.
    private static readonly ConditionalWeakTable<CachedSchemaRegistryClient, string> FirstContexts = [];

    /// <summary>The context of a subject, with its leading dot; <see cref="Default"/> for one that names none, and for null.</summary>
    /// <param name="subject">A subject, or null.</param>
    public static string Of(string? subject) =>
        subject is not null && subject.StartsWith(":.", StringComparison.Ordinal) && subject.IndexOf(':', 1) is > 0 and var end
            ? subject[1..end]
            : Default;

    /// <summary>A subject as its own context knows it, without the context.</summary>
    /// <param name="subject">A subject.</param>
    public static string Unqualified(string subject) => Of(subject) is var context && subject.StartsWith($":{context}:", StringComparison.Ordinal)
        ? subject[(context.Length + 2)..]
        : subject;

    /// <summary>A subject that a schema of another one refers to: in the same context, unless it names one.</summary>
    /// <param name="subject">The subject referred to.</param>
    /// <param name="context">Context of the schema that refers to it.</param>
    public static string Qualified(string subject, string context) =>
        context == Default || subject.StartsWith(":.", StringComparison.Ordinal) ? subject : $":{context}:{subject}";

    /// <summary>Refuses a second context for a client that keeps schemas by id alone: it would give one context's schema for another's
    /// id.</summary>
    /// <exception cref="ArgumentException">The client was asked about another context before.</exception>
    internal static void Check(ISchemaRegistryClient registry, string context)
    {
        if (registry is CachedSchemaRegistryClient keepsIdsAlone
            && FirstContexts.GetValue(keepsIdsAlone, _ => context) is var first && first != context)
        {
            throw new ArgumentException(
                $"This {nameof(CachedSchemaRegistryClient)} serves context '{first}' and is asked about context '{context}'. "
                + "It keeps schemas by id without the context and would mix them up. Use a client of its own for each context, "
                + $"or one from {nameof(SchemaRegistries)}.{nameof(SchemaRegistries.Create)}.",
                nameof(registry));
        }
    }
}
