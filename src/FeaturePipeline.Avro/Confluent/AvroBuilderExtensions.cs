using Confluent.Kafka;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Confluent;

/// <summary>Gives Confluent.Kafka's builders this library's serde.</summary>
public static class AvroBuilderExtensions
{
    /// <summary>Keys are written as Avro.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="registry">Where schemas are registered; not disposed of.</param>
    /// <param name="config">Settings; null = the defaults.</param>
    /// <param name="schema">The schema of every key; null = the one that each says it has.</param>
    /// <returns>The builder.</returns>
    public static ProducerBuilder<TKey, TValue> SetAvroKeySerializer<TKey, TValue>(
        this ProducerBuilder<TKey, TValue> builder, ISchemaRegistry registry, AvroSerializerConfig? config = null, AvroSchema? schema = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.SetKeySerializer(new AvroSerializer<TKey>(registry, config, schema).AsSync());
    }

    /// <summary>Values are written as Avro.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="registry">Where schemas are registered; not disposed of.</param>
    /// <param name="config">Settings; null = the defaults.</param>
    /// <param name="schema">The schema of every value; null = the one that each says it has.</param>
    /// <returns>The builder.</returns>
    public static ProducerBuilder<TKey, TValue> SetAvroValueSerializer<TKey, TValue>(
        this ProducerBuilder<TKey, TValue> builder, ISchemaRegistry registry, AvroSerializerConfig? config = null, AvroSchema? schema = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.SetValueSerializer(new AvroSerializer<TValue>(registry, config, schema).AsSync());
    }

    /// <summary>Keys are read as Avro.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="registry">Where schemas come from; not disposed of.</param>
    /// <param name="config">Settings; null = the defaults.</param>
    /// <param name="readerSchema">The schema that keys are resolved to; null = what suits the type.</param>
    /// <returns>The builder.</returns>
    public static ConsumerBuilder<TKey, TValue> SetAvroKeyDeserializer<TKey, TValue>(
        this ConsumerBuilder<TKey, TValue> builder, ISchemaRegistry registry, AvroDeserializerConfig? config = null, AvroSchema? readerSchema = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.SetKeyDeserializer(new AvroDeserializer<TKey>(registry, config, readerSchema));
    }

    /// <summary>Values are read as Avro.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="registry">Where schemas come from; not disposed of.</param>
    /// <param name="config">Settings; null = the defaults.</param>
    /// <param name="readerSchema">The schema that values are resolved to; null = what suits the type.</param>
    /// <returns>The builder.</returns>
    public static ConsumerBuilder<TKey, TValue> SetAvroValueDeserializer<TKey, TValue>(
        this ConsumerBuilder<TKey, TValue> builder, ISchemaRegistry registry, AvroDeserializerConfig? config = null, AvroSchema? readerSchema = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.SetValueDeserializer(new AvroDeserializer<TValue>(registry, config, readerSchema));
    }
}
