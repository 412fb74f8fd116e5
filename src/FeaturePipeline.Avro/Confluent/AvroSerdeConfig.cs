using System.Globalization;
using Confluent.Kafka;

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

/// <summary>Settings of <see cref="AvroSerializer{T}"/>; the defaults are those of Confluent's serializer.</summary>
public sealed class AvroSerializerConfig
{
    private const string Prefix = "avro.serializer.";

    /// <summary><c>auto.register.schemas</c>: register a schema that is not registered yet. Default true, unless a schema is chosen by <see cref="UseSchemaId"/> or <see cref="UseLatestVersion"/>.</summary>
    public bool? AutoRegisterSchemas { get; set; }

    /// <summary><c>normalize.schemas</c>: compare normalised schemas when registering and looking up. Default false.</summary>
    public bool NormalizeSchemas { get; set; }

    /// <summary><c>use.schema.id</c>: write with the schema of this id. Excludes auto.register.schemas and use.latest.version.</summary>
    public int? UseSchemaId { get; set; }

    /// <summary><c>use.latest.version</c>: write with the subject's latest schema, as it is when first asked for. Excludes auto.register.schemas.</summary>
    public bool UseLatestVersion { get; set; }

    /// <summary><c>subject.name.strategy</c>. Default <see cref="SubjectNameStrategy.Topic"/>.</summary>
    public SubjectNameStrategy SubjectNameStrategy { get; set; }

    /// <summary>A strategy of one's own, of context and record name (null for a schema without one); it comes before <see cref="SubjectNameStrategy"/>.</summary>
    public Func<SerializationContext, string?, string>? SubjectName { get; set; }

    /// <summary><c>schema.id.strategy</c>. Default <see cref="SchemaIdStrategy.Prefix"/>.</summary>
    public SchemaIdStrategy SchemaIdStrategy { get; set; }

    internal bool Registers => AutoRegisterSchemas ?? (UseSchemaId is null && !UseLatestVersion);

    /// <summary>Reads settings under their known names, with or without <c>avro.serializer.</c> before them; other settings are passed over.</summary>
    /// <param name="properties">For example a producer's whole configuration.</param>
    /// <exception cref="ArgumentException">A value can't be read, or a name that begins with <c>avro.serializer.</c> is not known.</exception>
    public static AvroSerializerConfig From(IEnumerable<KeyValuePair<string, string>> properties)
    {
        var config = new AvroSerializerConfig();
        foreach (var (name, value) in AvroSerdeSettings.Named(properties, Prefix))
        {
            switch (name)
            {
                case "auto.register.schemas":
                    config.AutoRegisterSchemas = AvroSerdeSettings.Boolean(name, value);
                    break;
                case "normalize.schemas":
                    config.NormalizeSchemas = AvroSerdeSettings.Boolean(name, value);
                    break;
                case "use.schema.id":
                    config.UseSchemaId = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                        ? id
                        : throw AvroSerdeSettings.Wrong(name, value, "a schema id");
                    break;
                case "use.latest.version":
                    config.UseLatestVersion = AvroSerdeSettings.Boolean(name, value);
                    break;
                case "subject.name.strategy":
                    config.SubjectNameStrategy = AvroSerdeSettings.Strategy(name, value);
                    break;
                case "schema.id.strategy":
                    config.SchemaIdStrategy = Enum.TryParse<SchemaIdStrategy>(value, ignoreCase: true, out var location) && Enum.IsDefined(location)
                        ? location
                        : throw AvroSerdeSettings.Wrong(name, value, "Prefix, PrefixGuid or Header");
                    break;
                case "buffer.bytes":
                    break; // buffers grow as they need to
                default:
                    throw AvroSerdeSettings.Unknown(Prefix + name);
            }
        }

        return config;
    }

    internal AvroSerializerConfig Validated()
    {
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
public sealed class AvroDeserializerConfig
{
    private const string Prefix = "avro.deserializer.";

    /// <summary><c>use.latest.version</c>: read with the subject's latest schema, as it is when first asked for. Default false.</summary>
    public bool UseLatestVersion { get; set; }

    /// <summary><c>subject.name.strategy</c>, for <see cref="UseLatestVersion"/>. Default <see cref="SubjectNameStrategy.Topic"/>.</summary>
    public SubjectNameStrategy SubjectNameStrategy { get; set; }

    /// <summary>Reads settings under their known names, with or without <c>avro.deserializer.</c> before them; other settings are passed over.</summary>
    /// <param name="properties">For example a consumer's whole configuration.</param>
    /// <exception cref="ArgumentException">A value can't be read, or a name that begins with <c>avro.deserializer.</c> is not known.</exception>
    public static AvroDeserializerConfig From(IEnumerable<KeyValuePair<string, string>> properties)
    {
        var config = new AvroDeserializerConfig();
        foreach (var (name, value) in AvroSerdeSettings.Named(properties, Prefix))
        {
            switch (name)
            {
                case "use.latest.version":
                    config.UseLatestVersion = AvroSerdeSettings.Boolean(name, value);
                    break;
                case "subject.name.strategy":
                    config.SubjectNameStrategy = AvroSerdeSettings.Strategy(name, value);
                    break;
                case "schema.id.strategy":
                    break; // a header is honoured where there is one, a prefix where there is none
                default:
                    throw AvroSerdeSettings.Unknown(Prefix + name);
            }
        }

        return config;
    }
}

/// <summary>Reads settings of either.</summary>
internal static class AvroSerdeSettings
{
    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "auto.register.schemas", "normalize.schemas", "use.schema.id", "use.latest.version", "subject.name.strategy", "schema.id.strategy",
    };

    /// <summary>The settings that are meant, without their prefix.</summary>
    public static IEnumerable<(string Name, string Value)> Named(IEnumerable<KeyValuePair<string, string>> properties, string prefix)
    {
        ArgumentNullException.ThrowIfNull(properties);
        foreach (var (name, value) in properties)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                yield return (name[prefix.Length..], value);
            }
            else if (Known.Contains(name))
            {
                yield return (name, value);
            }
        }
    }

    public static bool Boolean(string name, string value) => bool.TryParse(value, out var set) ? set : throw Wrong(name, value, "true or false");

    public static SubjectNameStrategy Strategy(string name, string value) =>
        SubjectNames.TryParse(value, out var strategy) ? strategy : throw Wrong(name, value, "Topic, Record or TopicRecord");

    public static ArgumentException Wrong(string name, string value, string allowed) => new($"{name} is '{value}'; it takes {allowed}.");

    public static ArgumentException Unknown(string name) => new($"{name} is not a known setting.");
}
