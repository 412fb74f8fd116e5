using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Streams.Clients;

namespace FeaturePipeline.Consuming;

/// <summary>A record as one line of JSON: <c>{"partition":0,"offset":1,"timestamp":2,"key":"k","value":{...},"headers":{...}}</c>.</summary>
/// <remarks>What is not Avro in Confluent framing is <c>{"base64":"...","problem":"..."}</c>.</remarks>
internal sealed class RecordJson(ISchemaRegistryClient registry)
{
    private readonly Dictionary<SchemaKey, SchemaReader> _schemas = [];
    private readonly ArrayBufferWriter<byte> _line = new();
    private readonly Utf8JsonWriter _json = new(Stream.Null);

    /// <summary>The line, without its end; valid until the next call.</summary>
    /// <param name="batch">The record's batch.</param>
    /// <param name="record">The record.</param>
    public ReadOnlySpan<byte> Write(RecordBatch batch, in ConsumedRecord record)
    {
        _line.ResetWrittenCount();
        _json.Reset(_line);
        _json.WriteStartObject();
        _json.WriteNumber("partition"u8, record.Partition);
        _json.WriteNumber("offset"u8, record.Offset);
        _json.WriteNumber("timestamp"u8, record.TimestampMs);
        IReadOnlyList<RecordHeader> headers = record.HasHeaders ? batch.ReadHeaders(record) : [];
        _json.WritePropertyName("key"u8);
        WriteKey(record.Key, record.IsKeyNull, headers);
        _json.WritePropertyName("value"u8);
        WriteValue(record.Value, record.IsValueNull, headers);
        WriteHeaders(headers);
        _json.WriteEndObject();
        _json.Flush();
        return _line.WrittenSpan;
    }

    private void WriteKey(ReadOnlySpan<byte> key, bool isNull, IReadOnlyList<RecordHeader> headers)
    {
        if (isNull)
        {
            _json.WriteNullValue();
        }
        else if (!TryWriteAvro(key, Header(headers, WireFormat.KeyHeader), out _))
        {
            WriteTextOrBase64(key);
        }
    }

    private void WriteValue(ReadOnlySpan<byte> value, bool isNull, IReadOnlyList<RecordHeader> headers)
    {
        if (isNull)
        {
            _json.WriteNullValue();
        }
        else if (!TryWriteAvro(value, Header(headers, WireFormat.ValueHeader), out string problem))
        {
            _json.WriteStartObject();
            _json.WriteBase64String("base64"u8, value);
            _json.WriteString("problem"u8, problem);
            _json.WriteEndObject();
        }
    }

    private bool TryWriteAvro(ReadOnlySpan<byte> payload, byte[]? header, out string problem)
    {
        WireStatus status = WireFormat.Read(payload, isNull: false, header, header is not null, out SchemaKey key, out int bodyOffset);
        if (status != WireStatus.Ok)
        {
            problem = "not Avro in Confluent framing";
            return false;
        }

        SchemaReader schema = Schema(key);
        if (schema.Schema is null)
        {
            problem = schema.Problem;
            return false;
        }

        DecodeResult result = schema.Reader!.TryRead(payload[bodyOffset..], out object? value);
        if (!result.IsOk)
        {
            problem = $"not what schema {key} says: {result}";
            return false;
        }

        AvroJson.Write(_json, schema.Schema, value);
        problem = "";
        return true;
    }

    private SchemaReader Schema(SchemaKey key)
    {
        if (_schemas.TryGetValue(key, out SchemaReader? schema))
        {
            return schema;
        }

        try
        {
            Task<ResolvedSchema> asked = key.Version == 0 ? registry.ReadSchemaAsync(null, key.Id) : registry.ReadSchemaAsync(null, key.Guid);
            AvroSchema parsed = asked.GetAwaiter().GetResult().Parse();
            schema = new SchemaReader(parsed, GenericReader.Compile(parsed), "");
        }
        catch (Exception e) when (e is AvroSchemaException or UnsupportedSchemaException || (e.IsOfRegistry() && !e.IsRetriable()))
        {
            // Remembered: a poisoned topic must not ask for every record.
            schema = new SchemaReader(null, null, e.IsNotFound() ? $"schema {key} is not in the registry" : e.Message.ReplaceLineEndings(" "));
        }

        return _schemas[key] = schema;
    }

    private void WriteHeaders(IReadOnlyList<RecordHeader> headers)
    {
        if (headers.Count == 0)
        {
            return;
        }

        _json.WriteStartObject("headers"u8);
        foreach (IGrouping<string, RecordHeader> group in headers.GroupBy(header => header.Name, StringComparer.Ordinal))
        {
            _json.WritePropertyName(group.Key);
            RecordHeader[] values = [.. group];
            if (values.Length > 1)
            {
                _json.WriteStartArray();
            }

            foreach (RecordHeader header in values)
            {
                WriteHeaderValue(header);
            }

            if (values.Length > 1)
            {
                _json.WriteEndArray();
            }
        }

        _json.WriteEndObject();
    }

    private void WriteHeaderValue(RecordHeader header)
    {
        if (header.Value is null)
        {
            _json.WriteNullValue();
        }
        else if (header.Name is WireFormat.KeyHeader or WireFormat.ValueHeader && header.Value is [0, _, _, _, _])
        {
            _json.WriteNumberValue(BinaryPrimitives.ReadInt32BigEndian(header.Value.AsSpan(1)));
        }
        else
        {
            WriteTextOrBase64(header.Value);
        }
    }

    private void WriteTextOrBase64(ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes) && bytes.IndexOf((byte)0) < 0)
        {
            _json.WriteStringValue(bytes);
            return;
        }

        _json.WriteStartObject();
        _json.WriteBase64String("base64"u8, bytes);
        _json.WriteEndObject();
    }

    // The last header of a name counts, as for Confluent's own clients.
    private static byte[]? Header(IReadOnlyList<RecordHeader> headers, string name)
    {
        for (int i = headers.Count - 1; i >= 0; i--)
        {
            if (headers[i].Name == name)
            {
                return headers[i].Value;
            }
        }

        return null;
    }

    // Without a schema: why there is none.
    private sealed record SchemaReader(AvroSchema? Schema, GenericReader? Reader, string Problem);
}
