using Confluent.Kafka;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Confluent;

/// <summary>The subjects of keys and values, by Confluent's strategies or one's own.</summary>
internal sealed class Subjects
{
    private readonly ISchemaRegistryClient _registry;
    private readonly AsyncSubjectNameStrategyDelegate _strategy;
    private readonly AssociatedNameStrategy? _associated;

    /// <param name="registry">Where associations of topics are asked for.</param>
    /// <param name="strategy">Null = Associated, as with Confluent's serde: the topic's associated subject, else <c>TOPIC-key</c> or <c>TOPIC-value</c>.</param>
    /// <param name="own">Comes before the strategy.</param>
    /// <param name="config">Settings of the strategy.</param>
    public Subjects(
        ISchemaRegistryClient registry,
        SubjectNameStrategy? strategy,
        Func<SerializationContext, string?, string?>? own,
        IEnumerable<KeyValuePair<string, string>>? config)
    {
        _registry = registry;
        _strategy = own is not null
            ? (context, recordName) => Task.FromResult(own(context, recordName))
            : (strategy ?? SubjectNameStrategy.Associated).ToAsyncDelegate(registry, config, out _associated);
    }

    /// <summary>Tells how the Kafka cluster's id is found, which associations may be made for.</summary>
    public void SetClusterIdResolver(Func<Task<string>> resolver) => _associated?.SetClusterIdResolver(resolver);

    /// <summary>The subject, or null where the strategy needs a name that the schema does not have, or gives none.</summary>
    /// <param name="context">Topic and role.</param>
    /// <param name="schema">The schema, or null where it is not known yet.</param>
    /// <exception cref="ArgumentException">The client can't serve the subject's context, see <see cref="RegistryContext"/>.</exception>
    public async Task<string?> FindAsync(SerializationContext context, AvroSchema? schema)
    {
        // The strategies of the message's headers are nobody's business here, and a record's name is that of a record alone.
        string? subject = await _strategy(new SerializationContext(context.Component, context.Topic), (schema as NamedSchema)?.Name.FullName);
        RegistryContext.Check(_registry, RegistryContext.Of(subject));
        return subject;
    }

    /// <summary>The subject.</summary>
    /// <exception cref="ArgumentException">The strategy gives none for the schema, or the client can't serve its context.</exception>
    public async Task<string> GetAsync(SerializationContext context, AvroSchema schema) => await FindAsync(context, schema)
        ?? throw new ArgumentException(
            $"subject.name.strategy gives no subject for a schema of type {schema.TypeName} of topic '{context.Topic}'. Record strategies need a record, enum or fixed; "
            + "use Topic.");
}
