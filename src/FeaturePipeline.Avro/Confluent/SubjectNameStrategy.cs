using Confluent.Kafka;

namespace FeaturePipeline.Avro.Confluent;

/// <summary>Under which subject a schema is registered. Source: Confluent, "Subject Name Strategy".</summary>
public enum SubjectNameStrategy
{
    /// <summary><c>TOPIC-key</c> or <c>TOPIC-value</c>: one schema evolves per topic and role.</summary>
    Topic,

    /// <summary>The record's full name: one schema evolves for all topics.</summary>
    Record,

    /// <summary><c>TOPIC-</c> and the record's full name: several schemas in one topic evolve apart.</summary>
    TopicRecord,
}

/// <summary>Makes subjects.</summary>
internal static class SubjectNames
{
    private const string JavaSuffix = "NameStrategy";

    /// <exception cref="ArgumentException">The strategy needs a record's name and the schema has none.</exception>
    public static string Of(SubjectNameStrategy strategy, SerializationContext context, string? recordName) => strategy switch
    {
        SubjectNameStrategy.Topic => $"{context.Topic}-{(context.Component == MessageComponentType.Key ? "key" : "value")}",
        SubjectNameStrategy.Record => Named(strategy, recordName),
        _ => $"{context.Topic}-{Named(strategy, recordName)}",
    };

    /// <summary>Reads a strategy by its name here (<c>TopicRecord</c>) or by that of Java's class.</summary>
    public static bool TryParse(string text, out SubjectNameStrategy strategy)
    {
        var name = text[(text.LastIndexOf('.') + 1)..];
        name = name.EndsWith(JavaSuffix, StringComparison.Ordinal) ? name[..^JavaSuffix.Length] : name;
        return Enum.TryParse(name, ignoreCase: true, out strategy) && Enum.IsDefined(strategy) && !char.IsAsciiDigit(name[0]);
    }

    private static string Named(SubjectNameStrategy strategy, string? recordName) => recordName
        ?? throw new ArgumentException($"subject.name.strategy {strategy} needs a record, enum or fixed: the schema has no name. Use {nameof(SubjectNameStrategy.Topic)}.", nameof(recordName));
}
