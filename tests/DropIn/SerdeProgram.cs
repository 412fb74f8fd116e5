// A program of a user of Confluent's Avro serde, compiled twice: with the default serde and with ours. Nothing but the next using differs.
using Confluent.Kafka;
using Confluent.Kafka.SyncOverAsync;
using Confluent.SchemaRegistry;
#if DEFAULT_SERDE
using Confluent.SchemaRegistry.Serdes;
#else
using FeaturePipeline.Avro.Confluent;
#endif

namespace DropIn;

/// <summary>Writes and reads keys and values as the settings say.</summary>
public sealed class SerdeProgram(ISchemaRegistryClient registry, RuleRegistry? rules = null)
{
    /// <summary>What <see cref="WriteAsync{T}"/> and <see cref="Write{T}"/> can be told.</summary>
    public static IReadOnlyList<string> Settings { get; } =
        ["none", "objects", "pairs", "normalize", "header", "topic", "record", "topic-record", "latest", "metadata", "lookup", "id-1"];

    /// <summary>The settings that run rules, or validate by those of a schema's fields.</summary>
    public static IReadOnlyList<string> SettingsOfRules { get; } = ["rules", "rules-of-writer", "validate"];

    /// <summary>Writes a value, and waits for the registry where it must be asked.</summary>
    public Task<byte[]> WriteAsync<T>(T value, string settings, SerializationContext context) => Serializer<T>(settings).SerializeAsync(value, context);

    /// <summary>Writes a value for a producer that takes no asynchronous serializer.</summary>
    public byte[] Write<T>(T value, string settings, SerializationContext context) => Serializer<T>(settings).AsSyncOverAsync().Serialize(value, context);

    /// <summary>Reads a value.</summary>
    public Task<T> ReadAsync<T>(byte[]? message, string settings, SerializationContext context) =>
        Deserializer<T>(settings).DeserializeAsync(message, message is null, context);

    /// <summary>Reads a value for a consumer that takes no asynchronous deserializer.</summary>
    public T Read<T>(byte[]? message, string settings, SerializationContext context) =>
        Deserializer<T>(settings).AsSyncOverAsync().Deserialize(message, message is null, context);

    /// <summary>Sends a value through a broker and gives what came back, with serdes that the clients' builders make.</summary>
    public async Task<T> ExchangeAsync<T>(string bootstrapServers, string topic, T value)
    {
        using (IProducer<string, T> producer = new ProducerBuilder<string, T>(new ProducerConfig { BootstrapServers = bootstrapServers })
            .SetValueSerializer(new AvroSerializer<T>(registry, new AvroSerializerConfig { AutoRegisterSchemas = true }))
            .Build())
        {
            await producer.ProduceAsync(topic, new Message<string, T> { Key = "k", Value = value });
        }

        using IConsumer<string, T> consumer = new ConsumerBuilder<string, T>(new ConsumerConfig
        {
            BootstrapServers = bootstrapServers,
            GroupId = "drop-in",
            AutoOffsetReset = AutoOffsetReset.Earliest,
        }).SetValueDeserializer(new AvroDeserializer<T>(registry).AsSyncOverAsync()).Build();
        consumer.Assign(new TopicPartitionOffset(topic, 0, Offset.Beginning));
        return consumer.Consume(TimeSpan.FromSeconds(30)).Message.Value;
    }

    /// <summary>Makes a serializer by Confluent's builder and writes a value with it.</summary>
    public async Task<byte[]> BuildAndWriteAsync<T>(T value, SerializationContext context)
    {
        IAsyncSerializer<T> serializer = new AvroSerializerBuilder<T>()
            .SetSchemaRegistryClient(registry)
            .SetSerializerConfig(new AvroSerializerConfig { NormalizeSchemas = true })
            .Build([], isKey: false);
        return await serializer.SerializeAsync(value, context);
    }

    /// <summary>Makes a deserializer by Confluent's builder and reads a value with it.</summary>
    public async Task<T> BuildAndReadAsync<T>(byte[] message, SerializationContext context)
    {
        IAsyncDeserializer<T> deserializer = new AvroDeserializerBuilder<T>()
            .SetSchemaRegistryClient(registry)
            .SetDeserializerConfig(new AvroDeserializerConfig { UseLatestVersion = false })
            .Build([], isKey: false);
        return await deserializer.DeserializeAsync(message, isNull: false, context);
    }

    /// <summary>Makes a serializer of settings by their names.</summary>
    public void Configure(IEnumerable<KeyValuePair<string, string>> pairs) => _ = new AvroSerializer<string>(registry, new AvroSerializerConfig(pairs));

    /// <summary>Makes a deserializer of settings by their names.</summary>
    public void ConfigureReading(IEnumerable<KeyValuePair<string, string>> pairs) => _ = new AvroDeserializer<string>(registry, pairs);

    private AvroSerializer<T> Serializer<T>(string settings) => settings switch
    {
        "none" => new AvroSerializer<T>(registry),
        "objects" => new AvroSerializer<T>(registry, new AvroSerializerConfig { BufferBytes = 100, AutoRegisterSchemas = true }, new RuleRegistry()),
        "pairs" => new AvroSerializer<T>(registry, new AvroSerializerConfig([new("avro.serializer.auto.register.schemas", "true")])),
        "normalize" => new AvroSerializer<T>(registry, new AvroSerializerConfig { NormalizeSchemas = true }),
        "header" => new AvroSerializer<T>(registry, new AvroSerializerConfig { SchemaIdStrategy = SchemaIdSerializerStrategy.Header }),
        "topic" => new AvroSerializer<T>(registry, new AvroSerializerConfig { SubjectNameStrategy = SubjectNameStrategy.Topic }),
        "record" => new AvroSerializer<T>(registry, new AvroSerializerConfig { SubjectNameStrategy = SubjectNameStrategy.Record }),
        "topic-record" => new AvroSerializer<T>(registry, new AvroSerializerConfig { SubjectNameStrategy = SubjectNameStrategy.TopicRecord }),
        "latest" => new AvroSerializer<T>(registry, new AvroSerializerConfig { UseLatestVersion = true, AutoRegisterSchemas = false }),
        "metadata" => new AvroSerializer<T>(registry, new AvroSerializerConfig { UseLatestWithMetadata = new Dictionary<string, string> { ["team"] = "a" } }),
        "lookup" => new AvroSerializer<T>(registry, new AvroSerializerConfig { AutoRegisterSchemas = false }),
        "id-1" => new AvroSerializer<T>(registry, new AvroSerializerConfig { UseSchemaId = 1 }),
        "rules" => new AvroSerializer<T>(registry, new AvroSerializerConfig { UseLatestVersion = true, AutoRegisterSchemas = false }, rules),
        "rules-of-writer" => new AvroSerializer<T>(registry, null, rules),
        "validate" => new AvroSerializer<T>(registry, new AvroSerializerConfig { ValidationRulesExecution = ValidationRulesExecution.BeforeDomainRules }, rules),
        "latest-and-register" => new AvroSerializer<T>(registry, new AvroSerializerConfig { UseLatestVersion = true }),
        _ => throw new ArgumentException(settings, nameof(settings)),
    };

    private AvroDeserializer<T> Deserializer<T>(string settings) => settings switch
    {
        "none" => new AvroDeserializer<T>(registry),
        "objects" => new AvroDeserializer<T>(registry, new AvroDeserializerConfig(), new RuleRegistry()),
        "pairs" => new AvroDeserializer<T>(registry, [new KeyValuePair<string, string>("avro.deserializer.use.latest.version", "false")]),
        "null" => new AvroDeserializer<T>(registry, null),
        "rules" => new AvroDeserializer<T>(registry, new AvroDeserializerConfig { UseLatestVersion = true }, rules),
        "rules-of-writer" => new AvroDeserializer<T>(registry, null, rules),
        "record" => new AvroDeserializer<T>(registry, new AvroDeserializerConfig { SubjectNameStrategy = SubjectNameStrategy.Record }),
        "topic-record" => new AvroDeserializer<T>(registry, new AvroDeserializerConfig { SubjectNameStrategy = SubjectNameStrategy.TopicRecord }),
        "latest" => new AvroDeserializer<T>(registry, new AvroDeserializerConfig { UseLatestVersion = true }),
        "metadata" => new AvroDeserializer<T>(registry, new AvroDeserializerConfig { UseLatestWithMetadata = new Dictionary<string, string> { ["team"] = "a" } }),
        _ => new AvroDeserializer<T>(registry, new AvroDeserializerConfig { SubjectNameStrategy = SubjectNameStrategy.Topic }),
    };
}
