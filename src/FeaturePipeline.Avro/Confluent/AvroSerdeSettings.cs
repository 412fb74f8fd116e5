// Which settings of Confluent's clients the serializer and the deserializer read, and how: what both have stands here once.
using FeaturePipeline.Avro.Registry;

namespace FeaturePipeline.Avro.Confluent;

internal static class AvroSerdeSettings
{
    // Known without a prefix, too (but for buffer.bytes, which says too little): Java's and Python's have none. In Confluent's clients the last
    // one is the registry client's; here the serde keeps the latest version.
    private static readonly Dictionary<string, string> Aliases = new string[]
    {
        "auto.register.schemas", "normalize.schemas", "use.schema.id", "use.latest.version", "use.latest.with.metadata", "latest.compatibility.strict",
        "latest.cache.ttl.secs", "subject.name.strategy", "schema.id.strategy",
    }.ToDictionary(static name => name).Append(new("schema.registry.latest.cache.ttl.secs", "latest.cache.ttl.secs")).ToDictionary();

    public static readonly PropertyTable<AvroSerializerConfig> Serializer = Table<AvroSerializerConfig>("avro.serializer.", new()
    {
        ["auto.register.schemas"] = static (config, property) => config.AutoRegisterSchemas = property.Boolean(),
        ["normalize.schemas"] = static (config, property) => config.NormalizeSchemas = property.Boolean(),
        ["use.schema.id"] = static (config, property) => config.UseSchemaId = property.Integer(0, int.MaxValue),
        ["schema.id.strategy"] = static (config, property) => config.SchemaIdStrategy = property.Value switch
        {
            "Prefix" => SchemaIdStrategy.Prefix,
            "PrefixGuid" => SchemaIdStrategy.PrefixGuid,
            "Header" => SchemaIdStrategy.Header,
            _ => throw property.Wrong("Prefix, PrefixGuid or Header"),
        },
        ["buffer.bytes"] = static (_, _) => { }, // buffers grow as they need to
    });

    public static readonly PropertyTable<AvroDeserializerConfig> Deserializer = Table<AvroDeserializerConfig>("avro.deserializer.", new()
    {
        ["schema.id.strategy"] = static (config, property) => config.IgnoreHeaders = property.Value switch
        {
            "Dual" => false,
            "Prefix" => true,
            _ => throw property.Wrong("Dual or Prefix"),
        },
    });

    private static PropertyTable<TConfig> Table<TConfig>(string prefix, Dictionary<string, Action<TConfig, Property>> own)
        where TConfig : AvroSerdeConfig
    {
        own["use.latest.version"] = static (config, property) => config.UseLatestVersion = property.Boolean();
        own["latest.compatibility.strict"] = static (config, property) => config.LatestCompatibilityStrict = property.Boolean();
        own["latest.cache.ttl.secs"] = ReadTtl;
        own["use.latest.with.metadata"] = static (_, property) => throw property.Unsupported("Choose a schema with use.latest.version or use.schema.id");
        own["subject.name.strategy"] = static (config, property) =>
            config.SubjectNameStrategy = SubjectNames.TryParse(property.Value, out var strategy) ? strategy : throw property.Wrong("Topic, Record or TopicRecord");
        return new PropertyTable<TConfig>(prefix, own, Aliases);

        static void ReadTtl(TConfig config, Property property) =>
            config.LatestCacheTtl = property.Integer(-1, int.MaxValue) is >= 0 and var seconds ? TimeSpan.FromSeconds(seconds) : null;
    }
}
