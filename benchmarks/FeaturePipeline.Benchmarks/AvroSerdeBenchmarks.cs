using BenchmarkDotNet.Attributes;
using Confluent.Kafka;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Registry;
using Apache = global::Avro;

namespace FeaturePipeline.Benchmarks;

/// <summary>A user event as a class of one's own.</summary>
public sealed class SerdeUserEvent
{
    /// <summary>Who.</summary>
    [AvroName("user_id")]
    public required string UserId { get; init; }

    /// <summary>What.</summary>
    [AvroName("event_type")]
    public required string EventType { get; init; }

    /// <summary>When.</summary>
    [AvroName("timestamp")]
    public DateTime Timestamp { get; init; }

    /// <summary>In which session of the client's.</summary>
    [AvroName("session_id")]
    public string? SessionId { get; init; }
}

/// <summary>
/// Framed user events through the serde as Confluent.Kafka calls it, per record: prefix, look-up of the plan, body. Beside it what a deserializer over
/// Apache.Avro does at least: a reader kept per schema id and a stream over the message.
/// </summary>
[MemoryDiagnoser]
public class AvroSerdeBenchmarks
{
    private readonly SerializationContext _context = new(MessageComponentType.Value, "user-events", []);
    private byte[][] _messages = [];
    private SerdeUserEvent[] _events = [];
    private com.company.events.UserEvent[] _apacheEvents = [];
    private IDeserializer<SerdeUserEvent> _mapped = null!;
    private IDeserializer<com.company.events.UserEvent> _avrogen = null!;
    private IDeserializer<GenericRecord> _generic = null!;
    private ISerializer<SerdeUserEvent> _mappedSerializer = null!;
    private ISerializer<com.company.events.UserEvent> _avrogenSerializer = null!;
    private Dictionary<int, Apache.Specific.SpecificDatumReader<com.company.events.UserEvent>> _apacheReaders = [];
    private Apache.Specific.SpecificDatumWriter<com.company.events.UserEvent> _apacheWriter = null!;

    /// <summary>Registers the schema and reads one message each, so that every plan is there.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var registry = new MockSchemaRegistry();
        int id = registry.RegisterSchemaWithResponseAsync("user-events-value", new Schema(AvroUserEvents.Json, SchemaType.Avro)).GetAwaiter().GetResult().Id;
        _messages = AvroUserEvents.Framed(id, AvroUserEvents.Messages());
        _mapped = new AvroDeserializer<SerdeUserEvent>(registry);
        _avrogen = new AvroDeserializer<com.company.events.UserEvent>(registry);
        _generic = new AvroDeserializer<GenericRecord>(registry);
        _mappedSerializer = new AvroSerializer<SerdeUserEvent>(registry, new AvroSerializerConfig { Schema = AvroUserEvents.Schema }).AsSync();
        _avrogenSerializer = new AvroSerializer<com.company.events.UserEvent>(registry).AsSync();
        var apache = Apache.Schema.Parse(AvroUserEvents.Json);
        _apacheReaders = new() { [id] = new(apache, apache) };
        _apacheWriter = new(apache);
        _events = [.. _messages.Select(message => _mapped.Deserialize(message, isNull: false, _context))];
        _apacheEvents = [.. _messages.Select(message => _avrogen.Deserialize(message, isNull: false, _context))];
    }

    /// <summary>To a class of one's own.</summary>
    [Benchmark(OperationsPerInvoke = AvroUserEvents.Count)]
    public object? DeserializeClass() => Read(_mapped);

    /// <summary>To a class of avrogen.</summary>
    [Benchmark(OperationsPerInvoke = AvroUserEvents.Count)]
    public object? DeserializeAvrogen() => Read(_avrogen);

    /// <summary>To generic records.</summary>
    [Benchmark(OperationsPerInvoke = AvroUserEvents.Count)]
    public object? DeserializeGeneric() => Read(_generic);

    /// <summary>To a class of avrogen by Apache.Avro's fastest reader.</summary>
    [Benchmark(OperationsPerInvoke = AvroUserEvents.Count)]
    public object? ApacheDeserialize()
    {
        object? last = null;
        foreach (byte[] message in _messages)
        {
            WireFormat.TryRead(message, out SchemaKey key, out int offset);
            using var stream = new MemoryStream(message, offset, message.Length - offset, writable: false);
            last = _apacheReaders[key.Id].Read(null!, new Apache.IO.BinaryDecoder(stream));
        }

        return last;
    }

    /// <summary>From a class of one's own.</summary>
    [Benchmark(OperationsPerInvoke = AvroUserEvents.Count)]
    public int SerializeClass() => Write(_mappedSerializer, _events);

    /// <summary>From a class of avrogen.</summary>
    [Benchmark(OperationsPerInvoke = AvroUserEvents.Count)]
    public int SerializeAvrogen() => Write(_avrogenSerializer, _apacheEvents);

    /// <summary>From a class of avrogen by Apache.Avro's fastest writer.</summary>
    [Benchmark(OperationsPerInvoke = AvroUserEvents.Count)]
    public int ApacheSerialize()
    {
        int bytes = 0;
        Span<byte> prefix = stackalloc byte[WireFormat.PrefixSize];
        foreach (com.company.events.UserEvent one in _apacheEvents)
        {
            using var stream = new MemoryStream(64);
            WireFormat.WritePrefix(prefix, 1);
            stream.Write(prefix);
            _apacheWriter.Write(one, new Apache.IO.BinaryEncoder(stream));
            bytes += stream.ToArray().Length;
        }

        return bytes;
    }

    private object? Read<T>(IDeserializer<T> deserializer)
    {
        object? last = null;
        foreach (byte[] message in _messages)
        {
            last = deserializer.Deserialize(message, isNull: false, _context);
        }

        return last;
    }

    private int Write<T>(ISerializer<T> serializer, T[] values)
    {
        int bytes = 0;
        foreach (T value in values)
        {
            bytes += serializer.Serialize(value, _context).Length;
        }

        return bytes;
    }
}
