using System.Text.Json;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Confluent;

/// <summary>confluent-wire.jsonl: its first line is the registry.</summary>
public class WireFormatVectorTests
{
    [Fact]
    public void Framed_payloads_are_read_as_Confluent_s_clients_write_them()
    {
        var byKey = new Dictionary<SchemaKey, AvroSchema>();
        foreach (JsonElement entry in Vectors.Read("confluent-wire.jsonl")[0].GetProperty("schemas").EnumerateArray())
        {
            AvroSchema schema = entry.Schema("schema");
            byKey[SchemaKey.FromId(entry.GetProperty("id").GetInt32())] = schema;
            byKey[SchemaKey.FromGuid(entry.GetProperty("guid").GetGuid())] = schema;
        }

        Vectors.Check("confluent-wire.jsonl", vector => vector.Text("cat") == "registry" ? null : Judge(vector, byKey));
    }

    [Fact]
    public void A_prefix_written_is_the_prefix_read() => Vectors.Check("confluent-wire.jsonl", vector =>
    {
        if (vector.Text("cat") is not ("v0" or "v1"))
        {
            return null;
        }

        byte[] payload = vector.Hex("payload");
        Assert.Equal(WireStatus.Ok, WireFormat.Read(payload, out SchemaKey key, out int offset));
        var prefix = new byte[offset];
        if (key.Version == 0)
        {
            WireFormat.WritePrefix(prefix, key.Id);
        }
        else
        {
            WireFormat.WritePrefix(prefix, key.Guid);
        }

        return payload.AsSpan(0, offset).SequenceEqual(prefix) ? null : Convert.ToHexString(prefix);
    });

    private static string? Judge(JsonElement vector, Dictionary<SchemaKey, AvroSchema> registry)
    {
        JsonElement expect = vector.GetProperty("expect");
        string kind = expect.Text("kind")!;
        string outcome = Read(vector, registry, out SchemaKey key, out object? value, out AvroSchema? schema);
        if (kind != "value")
        {
            return outcome == kind || outcome == expect.Text("error") || expect.Text("error") == "either"
                || (expect.TryGetProperty("accept", out JsonElement accept) && accept.EnumerateArray().Any(other => other.GetString() == outcome))
                ? null
                : $"{outcome} for {expect}";
        }

        SchemaKey wanted = expect.GetProperty("version").GetInt32() == 0
            ? SchemaKey.FromId(expect.GetProperty("schemaId").GetInt32())
            : SchemaKey.FromGuid(expect.GetProperty("guid").GetGuid());
        return outcome != "ok" || key != wanted ? $"{outcome} under {key}"
            : Json(schema!, value) == Json(schema!, VectorDatum.Parse(schema!, expect.GetProperty("datum"))) ? null : "another datum";
    }

    private static string Read(
        JsonElement vector, Dictionary<SchemaKey, AvroSchema> registry, out SchemaKey key, out object? value, out AvroSchema? schema)
    {
        value = null;
        schema = null;
        string name = vector.Text("role") == "key" ? WireFormat.KeyHeader : WireFormat.ValueHeader;
        byte[]? header = vector.TryGetProperty("headers", out JsonElement headers)
            ? headers.EnumerateArray().Where(pair => pair[0].GetString() == name).Select(pair => Convert.FromHexString(pair[1].GetString()!)).LastOrDefault()
            : null;
        byte[]? payload = vector.Text("payload") is { } hex ? Convert.FromHexString(hex) : null;
        switch (WireFormat.Read(payload, payload is null, header, header is not null, out key, out int offset))
        {
            case WireStatus.Tombstone:
                return "tombstone";
            case WireStatus.Short:
                return "short";
            case WireStatus.BadMagic:
                return "bad-magic";
        }

        if (!registry.TryGetValue(key, out schema))
        {
            return "unknown-schema";
        }

        if (schema.Type == AvroType.Bytes)
        {
            value = payload.AsSpan(offset).ToArray();
            return "ok";
        }

        DecodeResult result = GenericReader.Compile(schema).TryRead(payload.AsSpan(offset), out value);
        return Vectors.Category(result.Error);
    }

    private static string Json(AvroSchema schema, object? value)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            FeaturePipeline.Avro.AvroJson.Write(json, schema, value);
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }
}
