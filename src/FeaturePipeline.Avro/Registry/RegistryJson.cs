// The protocol's bodies. Source: Confluent Schema Registry, "API Reference", v7.
using System.Buffers;
using System.Text;
using System.Text.Json;

namespace FeaturePipeline.Avro.Registry;

internal static class RegistryJson
{
    public const string ContentType = "application/vnd.schemaregistry.v1+json";

    public static byte[] WriteSchema(SchemaDefinition schema)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("schema", schema.Schema);
            if (schema.SchemaType != SchemaDefinition.Avro)
            {
                writer.WriteString("schemaType", schema.SchemaType);
            }

            if (schema.References.Count > 0)
            {
                writer.WriteStartArray("references");
                foreach (var reference in schema.References)
                {
                    writer.WriteStartObject();
                    writer.WriteString("name", reference.Name);
                    writer.WriteString("subject", reference.Subject);
                    writer.WriteNumber("version", reference.Version);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static byte[] WriteLevel(string level)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("compatibility", level);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads a schema; members that the answer lacks are taken from the arguments.</summary>
    /// <exception cref="FormatException">A member is missing or of the wrong type.</exception>
    public static RegisteredSchema ReadSchema(JsonElement answer, int? id = null, Guid? guid = null, string? subject = null, SchemaDefinition? sent = null)
    {
        Expect(answer, JsonValueKind.Object, "an object");
        var definition = sent ?? new SchemaDefinition(String(answer, "schema") ?? throw new FormatException("'schema' is missing"))
        {
            SchemaType = String(answer, "schemaType") ?? SchemaDefinition.Avro,
            References = ReadReferences(answer),
        };
        var text = String(answer, "guid");
        return new RegisteredSchema(Int(answer, "id") ?? id ?? throw new FormatException("'id' is missing"), definition with
        {
            HasRuleSet = definition.HasRuleSet || HasRules(answer),
        })
        {
            Guid = System.Guid.TryParse(text, out var parsed) ? parsed : guid,
            Subject = subject is null ? null : String(answer, "subject") ?? subject,
            Version = subject is null ? null : Int(answer, "version"),
        };
    }

    public static CompatibilityAnswer ReadCompatibility(JsonElement answer)
    {
        Expect(answer, JsonValueKind.Object, "an object");
        if (!answer.TryGetProperty("is_compatible", out var flag) || flag.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            throw new FormatException("'is_compatible' is missing");
        }

        var messages = answer.TryGetProperty("messages", out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Select(static message => message.ToString()).ToArray()
            : [];
        return new CompatibilityAnswer(flag.GetBoolean(), messages);
    }

    public static string ReadLevel(JsonElement answer)
    {
        Expect(answer, JsonValueKind.Object, "an object");
        return String(answer, "compatibilityLevel") ?? String(answer, "compatibility") ?? throw new FormatException("'compatibilityLevel' is missing");
    }

    public static int[] ReadVersions(JsonElement answer)
    {
        Expect(answer, JsonValueKind.Array, "an array");
        return [.. answer.EnumerateArray().Select(static version => version.TryGetInt32(out var number) ? number : throw new FormatException("a version is not a number"))];
    }

    public static string[] ReadSubjects(JsonElement answer)
    {
        Expect(answer, JsonValueKind.Array, "an array");
        return [.. answer.EnumerateArray().Select(static subject => subject.GetString() ?? throw new FormatException("a subject is null"))];
    }

    /// <summary>Code and message of an error's body; the HTTP status and an excerpt where it is not the protocol's.</summary>
    public static (int Code, string Message) ReadError(int status, ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            using var document = JsonDocument.ParseValue(ref reader);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return (Int(document.RootElement, "error_code") is > 0 and var code ? code : status, String(document.RootElement, "message") ?? "");
            }
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            // A proxy's page: shown below as it is.
        }

        var text = new string([.. Encoding.UTF8.GetString(body[..Math.Min(body.Length, 200)]).Select(static c => char.IsControl(c) ? ' ' : c)]);
        return (status, text.Trim());
    }

    private static SchemaReference[] ReadReferences(JsonElement answer)
    {
        if (!answer.TryGetProperty("references", out var list) || list.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        Expect(list, JsonValueKind.Array, "an array of references");
        return [.. list.EnumerateArray().Select(static reference => new SchemaReference(
            String(reference, "name") ?? throw new FormatException("a reference has no 'name'"),
            String(reference, "subject") ?? throw new FormatException("a reference has no 'subject'"),
            Int(reference, "version") ?? throw new FormatException("a reference has no 'version'")))];
    }

    // Registries send an empty rule set for a schema that has none. Anything else fails closed: what is not understood may be rules.
    private static bool HasRules(JsonElement answer) => answer.TryGetProperty("ruleSet", out var rules) && rules.ValueKind switch
    {
        JsonValueKind.Null => false,
        JsonValueKind.Object => rules.EnumerateObject().Any(static kind => kind.Value.ValueKind switch
        {
            JsonValueKind.Array => kind.Value.GetArrayLength() > 0,
            JsonValueKind.Null => false,
            _ => true,
        }),
        _ => true,
    };

    private static string? String(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static int? Int(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number)
            ? number
            : null;

    private static void Expect(JsonElement element, JsonValueKind kind, string what)
    {
        if (element.ValueKind != kind)
        {
            throw new FormatException($"{what} was expected, not {element.ValueKind}");
        }
    }
}
