using System.Text;
using com.company.events;
using Confluent.Kafka;
using Confluent.Kafka.SyncOverAsync;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Features.Definitions;
using FeaturePipeline.Features.Events;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Topology;
using Default = global::Confluent.SchemaRegistry.Serdes;

namespace FeaturePipeline.Benchmarks;

/// <summary>
/// Events for the pipeline by Confluent's default deserializer into avrogen's class, called as a consumer of Confluent.Kafka calls it. The engine works on
/// UTF-8, so the object's text is written back as such: what the default serde costs a worker like ours, all in all.
/// </summary>
internal sealed class DefaultSerdeDecoder : IRecordDecoder<EventRow>
{
    private readonly IDeserializer<UserEvent> _deserializer;
    private readonly SerializationContext _context;
    private readonly FieldValue[] _values;
    private readonly string[] _fields;
    private byte[] _text = new byte[1024];
    private int _textLength;

    /// <summary>Makes the decoder of one task.</summary>
    /// <param name="plan">The views; their fields must be the user event's.</param>
    /// <param name="registry">Where schemas come from.</param>
    internal DefaultSerdeDecoder(FeaturePlan plan, ISchemaRegistryClient registry)
    {
        _fields = [.. plan.Fields.Select(field => field.Path)];
        if (_fields.Except(AvroUserEvents.Fields, StringComparer.Ordinal).FirstOrDefault() is { } other)
        {
            throw new ArgumentException($"The default serde's decoder knows the fields {string.Join(", ", AvroUserEvents.Fields)} and not '{other}'.");
        }

        var config = new Default.AvroDeserializerConfig { SubjectNameStrategy = SubjectNameStrategy.Topic };
        _deserializer = new Default.AvroDeserializer<UserEvent>(registry, config).AsSyncOverAsync();
        _context = new SerializationContext(MessageComponentType.Value, plan.Source.Topic, []);
        _values = new FieldValue[_fields.Length];
    }

    /// <inheritdoc/>
    public Rejection Rejection { get; private set; }

    /// <inheritdoc/>
    public DecodeStatus Decode(RecordBatch batch, in ConsumedRecord record, out EventRow row)
    {
        row = default;
        if (record.IsValueNull || record.IsKeyNull)
        {
            return Reject(record.IsValueNull ? DropReason.Tombstone : DropReason.NullKey, "The value or the key is null.");
        }

        UserEvent one;
        try
        {
            one = _deserializer.Deserialize(record.Value, isNull: false, _context);
        }
        catch (Exception e) when (e is global::Avro.AvroException or InvalidDataException or InvalidCastException or IndexOutOfRangeException)
        {
            return Reject(DropReason.Corrupt, e.Message);
        }

        _textLength = 0;
        for (int i = 0; i < _fields.Length; i++)
        {
            _values[i] = _fields[i] switch
            {
                "user_id" => Text(one.UserId),
                "event_type" => Text(one.EventType),
                "timestamp" => FieldValue.FromLong((one.Timestamp.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond),
                _ => one.SessionId is null ? FieldValue.Null : Text(one.SessionId),
            };
        }

        var fields = new ProjectedRow(record.Value, _text, _values);
        ReadOnlySpan<byte> key = fields.GetBytes(FeaturePlan.KeyIndex);
        if (!key.SequenceEqual(record.Key))
        {
            return Reject(DropReason.KeyMismatch, "The record's key differs from the event's user.");
        }

        row = new EventRow(key, fields.GetLong(FeaturePlan.TimestampIndex), record.Partition, record.Offset, fields);
        return DecodeStatus.Ok;
    }

    private FieldValue Text(string text)
    {
        int most = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (_text.Length - _textLength < most)
        {
            Array.Resize(ref _text, Math.Max(_text.Length * 2, _textLength + most));
        }

        int length = Encoding.UTF8.GetBytes(text, _text.AsSpan(_textLength));
        var value = FieldValue.FromConstant(_textLength, length);
        _textLength += length;
        return value;
    }

    private DecodeStatus Reject(DropReason reason, string message)
    {
        Rejection = new Rejection(reason, message);
        return DecodeStatus.Rejected;
    }
}
