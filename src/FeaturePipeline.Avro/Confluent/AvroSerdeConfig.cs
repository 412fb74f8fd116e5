using Confluent.Kafka;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Avro.Schemas.Compatibility;

namespace FeaturePipeline.Avro.Confluent;

/// <summary>How a message says which schema it was written with.</summary>
public enum SchemaIdStrategy
{
    /// <summary>Prefix V0 before the body: byte 0 and the schema's id. What every client reads.</summary>
    Prefix,

    /// <summary>Prefix V1 before the body: byte 1 and the schema's GUID. The registry must have GUIDs.</summary>
    PrefixGuid,

    /// <summary>A header (<see cref="WireFormat.KeyHeader"/>, <see cref="WireFormat.ValueHeader"/>) with the GUID, or the id where the registry has no GUIDs; the payload is the body alone.</summary>
    Header,
}

/// <summary>Settings that <see cref="AvroSerializer{T}"/> and <see cref="AvroDeserializer{T}"/> share.</summary>
public abstract class AvroSerdeConfig
{
    private protected AvroSerdeConfig()
    {
    }

    /// <summary><c>use.latest.version</c>: write (or read) with the subject's latest schema. For a serializer it excludes auto.register.schemas. Default false.</summary>
    public bool UseLatestVersion { get; set; }

    /// <summary><c>latest.cache.ttl.secs</c>, for <see cref="UseLatestVersion"/>: how long the latest version is believed to be the latest. Default
    /// null: for ever, as with Confluent's clients. A registry that is away then does not matter: the version that is known stays in use.</summary>
    public TimeSpan? LatestCacheTtl { get; set; }

    /// <summary><c>latest.compatibility.strict</c>, for <see cref="UseLatestVersion"/>: the latest schema must read everything that the value's
    /// (or the message's) own schema writes, as <see cref="SchemaCompatibility"/> judges it. Otherwise every value is judged for
    /// itself. Default false, as with Confluent's client for .NET.</summary>
    public bool LatestCompatibilityStrict { get; set; }

    /// <summary><c>subject.name.strategy</c>. Default <see cref="SubjectNameStrategy.Topic"/>. For a deserializer it matters with <see cref="UseLatestVersion"/> alone.</summary>
    public SubjectNameStrategy SubjectNameStrategy { get; set; }

    /// <summary>A strategy of one's own, of context and record name (null for a schema without one); it comes before <see cref="SubjectNameStrategy"/>.</summary>
    public Func<SerializationContext, string?, string>? SubjectName { get; set; }

    internal string SubjectOf(SerializationContext context, AvroSchema schema)
    {
        var recordName = (schema as NamedSchema)?.Name.FullName;
        return SubjectName is { } own ? own(context, recordName) : SubjectNames.Of(SubjectNameStrategy, context, recordName);
    }

    /// <exception cref="SchemaResolutionException">The latest schema does not read what the other writes, and that is asked for.</exception>
    internal void CheckLatest(AvroSchema latest, AvroSchema writer, string subject)
    {
        if (LatestCompatibilityStrict && SchemaCompatibility.Check(latest, writer) is { Count: > 0 } found)
        {
            throw new SchemaResolutionException(
                $"latest.compatibility.strict: the latest schema of subject '{subject}' does not read what {writer.TypeName} writes: {string.Join("; ", found)}",
                found[0].WriterLocation,
                found[0].ReaderLocation);
        }
    }

    private protected void ValidateLatest()
    {
        if (LatestCacheTtl < TimeSpan.Zero)
        {
            throw new ArgumentException("latest.cache.ttl.secs is below 0; it takes a time, or null for ever.");
        }
    }
}

/// <summary>Settings of <see cref="AvroSerializer{T}"/>; the defaults are those of Confluent's serializer.</summary>
public sealed class AvroSerializerConfig : AvroSerdeConfig
{
    /// <summary><c>auto.register.schemas</c>: register a schema that is not registered yet. Default true, unless a schema is chosen by <see cref="UseSchemaId"/> or <see cref="AvroSerdeConfig.UseLatestVersion"/>.</summary>
    public bool? AutoRegisterSchemas { get; set; }

    /// <summary><c>normalize.schemas</c>: compare normalised schemas when registering and looking up. Default false.</summary>
    public bool NormalizeSchemas { get; set; }

    /// <summary><c>use.schema.id</c>: write with the schema of this id. Excludes auto.register.schemas and use.latest.version.</summary>
    public int? UseSchemaId { get; set; }

    /// <summary><c>schema.id.strategy</c>. Default <see cref="SchemaIdStrategy.Prefix"/>.</summary>
    public SchemaIdStrategy SchemaIdStrategy { get; set; }

    internal bool Registers => AutoRegisterSchemas ?? (UseSchemaId is null && !UseLatestVersion);

    /// <summary>Reads settings under their known names, with or without <c>avro.serializer.</c> before them; other settings are passed over.</summary>
    /// <param name="properties">For example a producer's whole configuration.</param>
    /// <exception cref="ArgumentException">A value can't be read, or a name that begins with <c>avro.serializer.</c> is not known.</exception>
    public static AvroSerializerConfig From(IEnumerable<KeyValuePair<string, string>> properties) =>
        AvroSerdeSettings.Serializer.Read(properties, new AvroSerializerConfig());

    internal AvroSerializerConfig Validated()
    {
        ValidateLatest();
        if (AutoRegisterSchemas == true && UseLatestVersion)
        {
            throw new ArgumentException("auto.register.schemas and use.latest.version exclude each other. Set one of them to false.");
        }

        if (UseSchemaId is not null && (AutoRegisterSchemas == true || UseLatestVersion))
        {
            throw new ArgumentException("use.schema.id excludes auto.register.schemas and use.latest.version. Keep one of them.");
        }

        return this;
    }
}

/// <summary>Settings of <see cref="AvroDeserializer{T}"/>.</summary>
public sealed class AvroDeserializerConfig : AvroSerdeConfig
{
    /// <summary><c>schema.id.strategy</c> is Prefix: the schema's id is looked for before the body alone. Default false (Dual): the last header
    /// with one wins.</summary>
    public bool IgnoreHeaders { get; set; }

    /// <summary>Reads settings under their known names, with or without <c>avro.deserializer.</c> before them; other settings are passed over.</summary>
    /// <param name="properties">For example a consumer's whole configuration.</param>
    /// <exception cref="ArgumentException">A value can't be read, or a name that begins with <c>avro.deserializer.</c> is not known.</exception>
    public static AvroDeserializerConfig From(IEnumerable<KeyValuePair<string, string>> properties) =>
        AvroSerdeSettings.Deserializer.Read(properties, new AvroDeserializerConfig());

    internal AvroDeserializerConfig Validated()
    {
        ValidateLatest();
        return this;
    }
}
