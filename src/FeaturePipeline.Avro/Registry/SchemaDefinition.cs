using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Registry;

/// <summary>A schema's reference to a named type that another subject holds.</summary>
/// <param name="Name">Full name of the type, as the referring schema spells it.</param>
/// <param name="Subject">Subject that holds it.</param>
/// <param name="Version">Version of that subject, from 1.</param>
public sealed record SchemaReference(string Name, string Subject, int Version);

/// <summary>A schema as it is sent to a registry: its text and what it refers to.</summary>
/// <param name="Schema">The schema's JSON text, sent as it is.</param>
public sealed record SchemaDefinition(string Schema)
{
    /// <summary>Schema type of Avro; the registry's protocol leaves it out.</summary>
    public const string Avro = "AVRO";

    /// <summary>Named types of other subjects that the text uses.</summary>
    public IReadOnlyList<SchemaReference> References { get; init; } = [];

    /// <summary>AVRO, or what else the registry holds (PROTOBUF, JSON).</summary>
    public string SchemaType { get; init; } = Avro;

    /// <summary>Whether the schema carries a rule set (a data contract). Such a schema is not read: its rules can't be honoured.</summary>
    public bool HasRuleSet { get; init; }

    /// <summary>Equality of text, type and references, which is what the registry's ids stand for.</summary>
    public bool Equals(SchemaDefinition? other) =>
        other is not null
        && string.Equals(Schema, other.Schema, StringComparison.Ordinal)
        && string.Equals(SchemaType, other.SchemaType, StringComparison.Ordinal)
        && HasRuleSet == other.HasRuleSet
        && References.SequenceEqual(other.References);

    /// <inheritdoc />
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Schema, StringComparer.Ordinal);
        hash.Add(SchemaType, StringComparer.Ordinal);
        foreach (var reference in References)
        {
            hash.Add(reference);
        }

        return hash.ToHashCode();
    }
}

/// <summary>A schema that a registry holds.</summary>
/// <param name="Id">The registry's id: what prefix V0 carries; -1 where the schema was asked for by GUID and the registry did not say.</param>
/// <param name="Definition">Text and references.</param>
public sealed record RegisteredSchema(int Id, SchemaDefinition Definition)
{
    /// <summary>The registry's GUID, what prefix V1 carries; null where the registry has none (before Confluent 8.0, Apicurio).</summary>
    public Guid? Guid { get; init; }

    /// <summary>Subject under which it was found; null when it was asked for by id or GUID.</summary>
    public string? Subject { get; init; }

    /// <summary>Version in that subject, from 1; null when it was asked for by id or GUID, or the registry did not say.</summary>
    public int? Version { get; init; }

    /// <summary>Texts of the referenced schemas, recursively, each before those that use it.</summary>
    public IReadOnlyList<string> Dependencies { get; init; } = [];

    /// <summary>The schema's text.</summary>
    public string Text => Definition.Schema;

    /// <summary>Parses the text with what it refers to.</summary>
    /// <param name="validation">How strictly; lenient is right for a schema that others wrote, see <see cref="SchemaValidation.Lenient"/>.</param>
    /// <exception cref="AvroSchemaException">A text is not a schema.</exception>
    public AvroSchema Parse(SchemaValidation validation = SchemaValidation.Lenient) => Parse(Text, Dependencies, validation);

    internal static AvroSchema Parse(string text, IReadOnlyList<string> dependencies, SchemaValidation validation) =>
        AvroSchema.Parse(text, ParseAll(dependencies), validation);

    internal static IReadOnlyList<AvroSchema> ParseAll(IReadOnlyList<string> dependencies)
    {
        var references = new List<AvroSchema>(dependencies.Count);
        foreach (var dependency in dependencies)
        {
            references.Add(AvroSchema.Parse(dependency, references, SchemaValidation.Lenient));
        }

        return references;
    }
}

/// <summary>Answer to a question about compatibility.</summary>
/// <param name="IsCompatible">Whether the schema may become the next version.</param>
/// <param name="Messages">The registry's reasons; may be empty where the registry gives none.</param>
public sealed record CompatibilityAnswer(bool IsCompatible, IReadOnlyList<string> Messages);
