using Confluent.Kafka;
using Confluent.Kafka.SyncOverAsync;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Avro.Registry;
using Default = global::Confluent.SchemaRegistry.Serdes;

namespace FeaturePipeline.Benchmarks;

/// <summary>
/// Confluent's default serde or ours for one type, on the same framed messages and the same objects, with the same configuration, called as Confluent.Kafka
/// calls it: synchronously as consumers do and Produce does, and by the asynchronous interfaces, as ProduceAsync does.
/// </summary>
/// <typeparam name="T">A class of avrogen, or Apache's generic record.</typeparam>
internal sealed class AvroDefaultSerde<T>
    where T : class
{
    private readonly SerializationContext _context = new(MessageComponentType.Value, "benchmark", []);
    private readonly byte[][] _messages;
    private readonly T[] _values;
    private readonly IAsyncSerializer<T> _serializer;
    private readonly ISerializer<T> _syncSerializer;
    private readonly IAsyncDeserializer<T> _deserializer;
    private readonly IDeserializer<T> _syncDeserializer;

    private AvroDefaultSerde(byte[][] messages, IAsyncSerializer<T> serializer, ISerializer<T> syncSerializer, IAsyncDeserializer<T> deserializer, IDeserializer<T> syncDeserializer)
    {
        _messages = messages;
        (_serializer, _syncSerializer, _deserializer, _syncDeserializer) = (serializer, syncSerializer, deserializer, syncDeserializer);
        _values = [.. messages.Select(message => _syncDeserializer.Deserialize(message, isNull: false, _context))];
        for (int i = 0; i < messages.Length; i++)
        {
            AvroCheck.Equal(messages[i], _syncSerializer.Serialize(_values[i], _context), $"{serializer.GetType()} writes back what it read");
            AvroCheck.Equal(messages[i], _serializer.SerializeAsync(_values[i], _context).GetAwaiter().GetResult(), $"{serializer.GetType()} writes the same asynchronously");
        }
    }

    /// <summary>Messages of one schema, framed, and both serdes on one registry.</summary>
    /// <param name="json">The schema.</param>
    /// <param name="bodies">Bodies of messages.</param>
    /// <param name="strategy">Names of subjects; null: the default, by associations.</param>
    internal static (AvroDefaultSerde<T> Default, AvroDefaultSerde<T> Ours) Both(string json, IEnumerable<byte[]> bodies, SubjectNameStrategy? strategy)
    {
        var registry = new MockSchemaRegistry();
        int id = registry.RegisterSchemaWithResponseAsync("benchmark-value", new Schema(json, SchemaType.Avro)).GetAwaiter().GetResult().Id;
        byte[][] messages = AvroUserEvents.Framed(id, bodies);
        var writing = new Default.AvroSerializerConfig();
        var reading = new Default.AvroDeserializerConfig();
        if (strategy is { } chosen)
        {
            (writing.SubjectNameStrategy, reading.SubjectNameStrategy) = (chosen, chosen);
        }

        var defaultSerializer = new Default.AvroSerializer<T>(registry, writing);
        var defaultDeserializer = new Default.AvroDeserializer<T>(registry, reading);
        var ourSerializer = new AvroSerializer<T>(registry, writing);
        var ourDeserializer = new AvroDeserializer<T>(registry, reading);
        return (
            new(messages, defaultSerializer, defaultSerializer.AsSyncOverAsync(), defaultDeserializer, defaultDeserializer.AsSyncOverAsync()),
            new(messages, ourSerializer, ourSerializer.AsSync(), ourDeserializer, ourDeserializer));
    }

    internal object? Decode()
    {
        object? last = null;
        foreach (byte[] message in _messages)
        {
            last = _syncDeserializer.Deserialize(message, isNull: false, _context);
        }

        return last;
    }

    internal object? DecodeAsync()
    {
        object? last = null;
        foreach (byte[] message in _messages)
        {
            last = _deserializer.DeserializeAsync(message, isNull: false, _context).GetAwaiter().GetResult();
        }

        return last;
    }

    internal int Encode()
    {
        int bytes = 0;
        foreach (T value in _values)
        {
            bytes += _syncSerializer.Serialize(value, _context).Length;
        }

        return bytes;
    }

    internal int EncodeAsync()
    {
        int bytes = 0;
        foreach (T value in _values)
        {
            bytes += _serializer.SerializeAsync(value, _context).GetAwaiter().GetResult().Length;
        }

        return bytes;
    }
}
