using Confluent.Kafka;
using Confluent.SchemaRegistry;
using Serdes = Confluent.SchemaRegistry.Serdes;

namespace FeaturePipeline.Avro.Confluent;

/// <summary>Makes an <see cref="AvroSerializer{T}"/> with the producer, as Confluent's builder of that name does.</summary>
/// <typeparam name="T">What values are.</typeparam>
public class AvroSerializerBuilder<T> : SchemaRegistrySerdeBuilder<AvroSerializerBuilder<T>>, IAsyncSerializerBuilder<T>
{
    private Serdes.AvroSerializerConfig? _config;
    private Func<AvroSerializer<T>, Task>? _init;

    /// <summary>The serializer's settings.</summary>
    public AvroSerializerBuilder<T> SetSerializerConfig(Serdes.AvroSerializerConfig serializerConfig)
    {
        _config = serializerConfig;
        return this;
    }

    /// <summary>What is done with the serializer once it is made; it must not serialize yet.</summary>
    public AvroSerializerBuilder<T> SetSerializerInit(Func<AvroSerializer<T>, Task> serializerInit)
    {
        _init = serializerInit;
        return this;
    }

    /// <inheritdoc />
    public IAsyncSerializer<T> Build(IEnumerable<KeyValuePair<string, string>> config, bool isKey) => ConstructSerde(
        client => new AvroSerializer<T>(client, _config, ruleRegistry), static serializer => serializer.OwnRegistry(), _init);
}

/// <summary>Makes an <see cref="AvroDeserializer{T}"/> with the consumer, as Confluent's builder of that name does.</summary>
/// <typeparam name="T">What values are read as.</typeparam>
public class AvroDeserializerBuilder<T> : SchemaRegistrySerdeBuilder<AvroDeserializerBuilder<T>>, IAsyncDeserializerBuilder<T>
{
    private Serdes.AvroDeserializerConfig? _config;
    private Func<AvroDeserializer<T>, Task>? _init;

    /// <summary>The deserializer's settings.</summary>
    public AvroDeserializerBuilder<T> SetDeserializerConfig(Serdes.AvroDeserializerConfig deserializerConfig)
    {
        _config = deserializerConfig;
        return this;
    }

    /// <summary>What is done with the deserializer once it is made; it must not deserialize yet.</summary>
    public AvroDeserializerBuilder<T> SetDeserializerInit(Func<AvroDeserializer<T>, Task> deserializerInit)
    {
        _init = deserializerInit;
        return this;
    }

    /// <inheritdoc />
    public IAsyncDeserializer<T> Build(IEnumerable<KeyValuePair<string, string>> config, bool isKey) => ConstructSerde(
        client => new AvroDeserializer<T>(client, _config, ruleRegistry), static deserializer => deserializer.OwnRegistry(), _init);
}
