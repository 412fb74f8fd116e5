using Confluent.Kafka;
using FeaturePipeline.Avro.Schemas;
using Serdes = Confluent.SchemaRegistry.Serdes;

namespace FeaturePipeline.Avro.Confluent;

/// <summary>Settings of <see cref="AvroSerializer{T}"/>: Confluent's, under their names, and what only this serializer has.</summary>
public class AvroSerializerConfig : Serdes.AvroSerializerConfig
{
    /// <summary>No settings: Confluent's defaults.</summary>
    public AvroSerializerConfig()
    {
    }

    /// <summary>Settings by their names, for example <c>avro.serializer.normalize.schemas</c>.</summary>
    /// <param name="config">Names and values; the serializer refuses names that it does not know.</param>
    public AvroSerializerConfig(IEnumerable<KeyValuePair<string, string>> config)
        : base(config)
    {
    }

    /// <summary>The schema of every value; null = the one that each value says it has.</summary>
    public AvroSchema? Schema { get; set; }

    /// <summary>
    /// Records, arrays and maps of a value may nest so deep: 1 to <see cref="Binary.AvroReader.DepthMaxHighest"/>; null = 64. Only trees and lists of
    /// linked nodes need more.
    /// </summary>
    public int? DepthMax { get; set; }

    /// <summary>A subject strategy of one's own, of context and record name (null for a schema without one); it comes before
    /// <see cref="Serdes.AvroSerializerConfig.SubjectNameStrategy"/>.</summary>
    public Func<SerializationContext, string?, string?>? SubjectName { get; set; }
}

/// <summary>Settings of <see cref="AvroDeserializer{T}"/>: Confluent's, under their names, and what only this deserializer has.</summary>
public class AvroDeserializerConfig : Serdes.AvroDeserializerConfig
{
    /// <summary>No settings: Confluent's defaults.</summary>
    public AvroDeserializerConfig()
    {
    }

    /// <summary>Settings by their names, for example <c>avro.deserializer.use.latest.version</c>.</summary>
    /// <param name="config">Names and values; the deserializer refuses names that it does not know.</param>
    public AvroDeserializerConfig(IEnumerable<KeyValuePair<string, string>> config)
        : base(config)
    {
    }

    /// <summary>The schema that values are resolved to; null = what suits the type, for generic values the message's own.</summary>
    public AvroSchema? ReaderSchema { get; set; }

    /// <summary>
    /// Records, arrays and maps of a value may nest so deep: 1 to <see cref="Binary.AvroReader.DepthMaxHighest"/>; null = 64. Only trees and lists of
    /// linked nodes need more.
    /// </summary>
    public int? DepthMax { get; set; }

    /// <summary>A subject strategy of one's own, as <see cref="AvroSerializerConfig.SubjectName"/>.</summary>
    public Func<SerializationContext, string?, string?>? SubjectName { get; set; }
}
