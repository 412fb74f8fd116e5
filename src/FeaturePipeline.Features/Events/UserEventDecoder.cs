using System.Buffers.Binary;
using System.Globalization;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Features.Definitions;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Topology;

namespace FeaturePipeline.Features.Events;

/// <summary>Makes events of consumed records: framing, schema, body, key and timestamp are judged, in that order.</summary>
public sealed class UserEventDecoder : IRecordDecoder<EventRow>
{
    private readonly FeaturePlan _plan;
    private readonly SchemaCache<EventPlan> _plans;
    private readonly FieldValue[] _values;

    // The last writer's plan, so that a stream of one schema asks no table.
    private SchemaKey _lastKey;
    private long _lastId = long.MinValue; // beyond what an int can be: it was none
    private EventPlan? _lastPlan;

    // What the last rejection was about; its text is made when it is asked for.
    private DropReason _reason;
    private SchemaKey _rejectedKey;
    private DecodeResult _rejectedResult;
    private WireStatus _rejectedFrame;

    /// <summary>Makes the decoder of one task.</summary>
    /// <param name="plan">The views and their projection.</param>
    /// <param name="plans">Plans by schema id, from <see cref="EventPlan.CreateCache"/>; shared by tasks.</param>
    public UserEventDecoder(FeaturePlan plan, SchemaCache<EventPlan> plans)
    {
        _plan = plan;
        _plans = plans;
        _values = new FieldValue[plan.Fields.Count];
    }

    /// <inheritdoc/>
    public Rejection Rejection => new(_reason, Message());

    private string KeyField => _plan.Fields[FeaturePlan.KeyIndex].Path;

    private string TimestampField => _plan.Fields[FeaturePlan.TimestampIndex].Path;

    /// <inheritdoc/>
    public DecodeStatus Decode(RecordBatch batch, in ConsumedRecord record, out EventRow row)
    {
        if (record.IsValueNull || record.IsKeyNull)
        {
            row = default;
            return Reject(record.IsValueNull ? DropReason.Tombstone : DropReason.NullKey);
        }

        // The common case, a prefix with the id of the record before, without the general reader of frames.
        ReadOnlySpan<byte> value = record.Value;
        if (!record.HasHeaders && value.Length >= WireFormat.PrefixSize && value[0] == 0 && _lastPlan is not null
            && BinaryPrimitives.ReadInt32BigEndian(value[1..]) == _lastId)
        {
            return DecodeBody(in record, WireFormat.PrefixSize, out row);
        }

        DecodeStatus status = FindPlan(batch, in record, out int bodyOffset);
        if (status == DecodeStatus.Ok)
        {
            return DecodeBody(in record, bodyOffset, out row);
        }

        row = default;
        return status;
    }

    private static WireStatus ReadFrame(RecordBatch batch, in ConsumedRecord record, out SchemaKey key, out int bodyOffset) =>
        record.HasHeaders ? ReadFrameBesideHeaders(batch, in record, out key, out bodyOffset) : WireFormat.Read(record.Value, out key, out bodyOffset);

    private static WireStatus ReadFrameBesideHeaders(RecordBatch batch, in ConsumedRecord record, out SchemaKey key, out int bodyOffset)
    {
        IReadOnlyList<RecordHeader> headers = batch.ReadHeaders(in record);
        for (int i = headers.Count - 1; i >= 0; i--)
        {
            if (string.Equals(headers[i].Name, WireFormat.ValueHeader, StringComparison.Ordinal))
            {
                return WireFormat.Read(record.Value, isNull: false, headers[i].Value, hasHeader: true, out key, out bodyOffset);
            }
        }

        return WireFormat.Read(record.Value, out key, out bodyOffset);
    }

    private DecodeStatus FindPlan(RecordBatch batch, in ConsumedRecord record, out int bodyOffset)
    {
        _rejectedFrame = ReadFrame(batch, in record, out SchemaKey key, out bodyOffset);
        if (_rejectedFrame != WireStatus.Ok)
        {
            return Reject(DropReason.NotAvro);
        }

        _rejectedResult = default;
        SchemaStatus status = key.Version == 0 ? _plans.Find(key.Id, out EventPlan? plan) : _plans.Find(key.Guid, out plan);
        _rejectedKey = key;
        switch (status)
        {
            case SchemaStatus.Pending:
                return DecodeStatus.Pending;
            case SchemaStatus.Unknown:
                return Reject(DropReason.UnknownSchema);
            case SchemaStatus.Incompatible:
                return Reject(DropReason.IncompatibleSchema);
            default:
                (_lastKey, _lastPlan) = (key, plan);
                _lastId = key.Version == 0 ? key.Id : long.MinValue;
                return DecodeStatus.Ok;
        }
    }

    private DecodeStatus DecodeBody(in ConsumedRecord record, int bodyOffset, out EventRow row)
    {
        if (_lastPlan!.Decoder is not { } decoder)
        {
            row = default;
            return Reject(DropReason.InvalidTimestamp);
        }

        ReadOnlySpan<byte> body = record.Value[bodyOffset..];
        DecodeResult result = decoder.TryDecode(body, _values);
        if (!result.IsOk)
        {
            _rejectedResult = result;
            row = default;
            return Reject(_lastPlan.ReasonOf(in result));
        }

        var fields = new ProjectedRow(body, decoder.Constants, _values);
        ReadOnlySpan<byte> key = fields.GetBytes(FeaturePlan.KeyIndex);
        long timestamp = fields.GetLong(FeaturePlan.TimestampIndex);
        if (Judge(in record, in fields, key, timestamp) is { } reason)
        {
            row = default;
            return Reject(reason);
        }

        long unitsPerMs = _lastPlan.UnitsPerMs;
        row = new EventRow(key, unitsPerMs == 1 ? timestamp : timestamp / unitsPerMs, record.Partition, record.Offset, fields);
        return DecodeStatus.Ok;
    }

    private static DropReason? Judge(in ConsumedRecord record, in ProjectedRow fields, ReadOnlySpan<byte> key, long timestamp)
    {
        if (fields.IsNull(FeaturePlan.KeyIndex))
        {
            return DropReason.NullKey;
        }

        if (!key.SequenceEqual(record.Key) && !IsAvroString(record.Key, key, record.HasHeaders))
        {
            return DropReason.KeyMismatch;
        }

        return timestamp < 0 || fields.IsNull(FeaturePlan.TimestampIndex) ? DropReason.InvalidTimestamp : null;
    }

    // A key written by an Avro serializer of strings: prefix (none where a header may carry the id), length as a zigzag varint, UTF-8.
    private static bool IsAvroString(ReadOnlySpan<byte> recordKey, ReadOnlySpan<byte> key, bool hasHeaders)
    {
        int lengthEnd = recordKey.Length - key.Length;
        if (!recordKey.EndsWith(key) || (!WireFormat.TryRead(recordKey, out _, out int offset) && !hasHeaders) || offset >= lengthEnd)
        {
            return false;
        }

        ulong length = (ulong)key.Length << 1;
        ReadOnlySpan<byte> varint = recordKey[offset..lengthEnd];
        for (int i = 0; i < varint.Length; i++)
        {
            bool isLast = i == varint.Length - 1;
            if (varint[i] != (byte)((length & 0x7F) | (isLast ? 0u : 0x80u)))
            {
                return false;
            }

            length >>= 7;
        }

        return length == 0;
    }

    private DecodeStatus Reject(DropReason reason)
    {
        _reason = reason;
        return DecodeStatus.Rejected;
    }

    private string Message() => _reason switch
    {
        DropReason.Tombstone => "The value is null. Events are never deleted by their key; check the producer.",
        DropReason.NullKey => $"The record's key or its field '{KeyField}' is null. The topic must be keyed by that field (Source:KeyedBy).",
        DropReason.NotAvro => $"The value is not Avro in Confluent framing: {Frame()}. Use an Avro serializer with a schema registry.",
        DropReason.IncompatibleSchema when !_rejectedResult.IsOk => $"Schema {_lastKey}, field '{_rejectedResult.FieldPath}': {_rejectedResult.Detail}. "
            + "Read it with a schema that takes it (Source:Schema), or correct the producer's.",
        DropReason.UnknownSchema or DropReason.IncompatibleSchema => Explain(),
        DropReason.Corrupt => string.Create(
            CultureInfo.InvariantCulture,
            $"The value does not hold what its schema {_lastKey} says: {_rejectedResult} (counted from the end of the framing). Check that the producer wrote it with that schema."),
        DropReason.InvalidTimestamp => $"Field '{TimestampField}' is missing, null or negative. It must hold the event's time (Source:TimestampField).",
        DropReason.KeyMismatch => $"The record's key differs from field '{KeyField}'. The topic must be keyed by that field (Source:KeyedBy), as UTF-8 or as an Avro string.",
        _ => _reason.ToText(),
    };

    private string Frame() => _rejectedFrame == WireStatus.BadMagic ? "it begins with neither byte 0 nor byte 1" : "it ends within the schema id";

    private string Explain()
    {
        string? reason = _rejectedKey.Version == 0 ? _plans.Explain(_rejectedKey.Id) : _plans.Explain(_rejectedKey.Guid);
        return _reason == DropReason.UnknownSchema // then the registry's own words hold the remedy
            ? reason ?? $"Schema {_rejectedKey} is not in the registry. Check SchemaRegistry:Url, or whether the subject was deleted."
            : $"{reason ?? $"Schema {_rejectedKey} can't be used."} Read it with a schema that resolves (Source:Schema), or correct the producer's.";
    }
}
