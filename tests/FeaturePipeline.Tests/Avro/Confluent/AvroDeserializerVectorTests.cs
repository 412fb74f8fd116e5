using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using FeaturePipeline.Avro;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Tests.Avro.Registry;

namespace FeaturePipeline.Tests.Avro.Confluent;

/// <summary>confluent-wire.jsonl through the deserializer, with its first line as a registry behind HTTP.</summary>
public class AvroDeserializerVectorTests
{
    [Fact]
    public async Task Messages_are_read_or_refused_as_the_vectors_say()
    {
        var schemas = Vectors.Read("confluent-wire.jsonl")[0].GetProperty("schemas").EnumerateArray().ToArray();
        var answers = new Dictionary<string, ScriptedAnswer>(StringComparer.OrdinalIgnoreCase);
        var byId = new Dictionary<int, AvroSchema>();
        var byGuid = new Dictionary<Guid, AvroSchema>();
        foreach (var entry in schemas)
        {
            var answer = new ScriptedAnswer(200, JsonSerializer.Serialize(new { schema = entry.GetProperty("schema").GetRawText() }));
            var id = entry.GetProperty("id").GetInt32();
            var guid = entry.GetProperty("guid").GetGuid();
            answers[$"/schemas/ids/{id}"] = answer;
            answers[$"/schemas/guids/{guid}"] = answer;
            byId[id] = byGuid[guid] = entry.Schema("schema");
        }

        var missing = new ScriptedAnswer(404, """{"error_code":40403,"message":"Schema not found"}""");
        await using var server = new ScriptedServer(request => answers.GetValueOrDefault(request.Target.Split('?')[0], missing));
        using var registry = SchemaRegistries.Create(new SchemaRegistryOptions { Url = server.Url, Client = ScriptedServer.FastRetries });
        var deserializer = new AvroDeserializer<object>(registry);
        Vectors.Check("confluent-wire.jsonl", vector => vector.Text("cat") == "registry" ? null : Judge(
            vector.GetProperty("expect"),
            Read(vector, deserializer, out var value),
            value,
            expect => expect.GetProperty("version").GetInt32() == 0 ? byId[expect.GetProperty("schemaId").GetInt32()] : byGuid[expect.GetProperty("guid").GetGuid()]));
    }

    private static string? Judge(JsonElement expect, string outcome, object? value, Func<JsonElement, AvroSchema> schemaOf)
    {
        var kind = expect.Text("kind")!;
        if (kind != "value")
        {
            return outcome == kind || expect.Text("error") == "either" ? null : $"{outcome} for {expect}";
        }

        var schema = schemaOf(expect);
        return outcome != "value" ? outcome : Json(schema, value) == Json(schema, VectorDatum.Parse(schema, expect.GetProperty("datum"))) ? null : "another datum";
    }

    private static string Read(JsonElement vector, AvroDeserializer<object> deserializer, out object? value)
    {
        var headers = new Headers();
        if (vector.TryGetProperty("headers", out var pairs))
        {
            foreach (var pair in pairs.EnumerateArray())
            {
                headers.Add(pair[0].GetString(), Convert.FromHexString(pair[1].GetString()!));
            }
        }

        var component = vector.Text("role") == "key" ? MessageComponentType.Key : MessageComponentType.Value;
        var payload = vector.Text("payload") is { } hex ? Convert.FromHexString(hex) : null;
        value = null;
        try
        {
            value = deserializer.Deserialize(payload, payload is null, new SerializationContext(component, "topic", headers));
            return payload is null ? "tombstone" : "value";
        }
        catch (InvalidDataException)
        {
            return "error";
        }
    }

    private static string Json(AvroSchema schema, object? value)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            AvroJson.Write(json, schema, value);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
