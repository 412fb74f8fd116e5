using Confluent.Kafka;
using Confluent.SchemaRegistry;
using Serdes = Confluent.SchemaRegistry.Serdes;

namespace FeaturePipeline.Avro.Confluent;

/// <summary>Gives Confluent.Kafka's builders this library's serde.</summary>
public static class AvroBuilderExtensions
{
    /// <summary>Keys are written as Avro.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="registry">Where schemas are registered; not disposed of.</param>
    /// <param name="config">Settings; null = the defaults.</param>
    /// <returns>The builder.</returns>
    public static ProducerBuilder<TKey, TValue> SetAvroKeySerializer<TKey, TValue>(
        this ProducerBuilder<TKey, TValue> builder, ISchemaRegistryClient registry, Serdes.AvroSerializerConfig? config = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.SetKeySerializer(new AvroSerializer<TKey>(registry, config).AsSync());
    }

    /// <summary>Values are written as Avro.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="registry">Where schemas are registered; not disposed of.</param>
    /// <param name="config">Settings; null = the defaults.</param>
    /// <returns>The builder.</returns>
    public static ProducerBuilder<TKey, TValue> SetAvroValueSerializer<TKey, TValue>(
        this ProducerBuilder<TKey, TValue> builder, ISchemaRegistryClient registry, Serdes.AvroSerializerConfig? config = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.SetValueSerializer(new AvroSerializer<TValue>(registry, config).AsSync());
    }

    /// <summary>Keys are read as Avro.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="registry">Where schemas come from; not disposed of.</param>
    /// <param name="config">Settings; null = the defaults.</param>
    /// <returns>The builder.</returns>
    public static ConsumerBuilder<TKey, TValue> SetAvroKeyDeserializer<TKey, TValue>(
        this ConsumerBuilder<TKey, TValue> builder, ISchemaRegistryClient registry, Serdes.AvroDeserializerConfig? config = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.SetKeyDeserializer(new AvroDeserializer<TKey>(registry, config));
    }

    /// <summary>Values are read as Avro.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="registry">Where schemas come from; not disposed of.</param>
    /// <param name="config">Settings; null = the defaults.</param>
    /// <returns>The builder.</returns>
    public static ConsumerBuilder<TKey, TValue> SetAvroValueDeserializer<TKey, TValue>(
        this ConsumerBuilder<TKey, TValue> builder, ISchemaRegistryClient registry, Serdes.AvroDeserializerConfig? config = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.SetValueDeserializer(new AvroDeserializer<TValue>(registry, config));
    }
}
