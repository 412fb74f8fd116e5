using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using FeaturePipeline.Avro.Schemas;
using ApacheAvro = global::Avro;

namespace FeaturePipeline.Avro.Apache;

/// <summary>A schema of ours for each of Apache's, and the other way round; each is made once.</summary>
internal static class ApacheSchemas
{
    // A program that parses its schema anew for every record must not fill the memory, nor make a schema of ours for each.
    private const int TextsMax = 1000;

    // Of a field the name comes first, and within texts quotation marks are escaped.
    private const string TypeInType = "{\"type\":{\"type\":";

    private static readonly ConditionalWeakTable<ApacheAvro.Schema, AvroSchema> Ours = [];
    private static readonly ConditionalWeakTable<AvroSchema, ApacheAvro.Schema> Theirs = [];
    private static readonly ConcurrentDictionary<string, AvroSchema> ByText = new(StringComparer.Ordinal);

    /// <summary>Our schema of Apache's. Schemas of one text are one.</summary>
    internal static AvroSchema Of(ApacheAvro.Schema schema) => Ours.TryGetValue(schema, out AvroSchema? known) ? known : Read(schema);

    /// <summary>Apache's schema of ours.</summary>
    /// <exception cref="NotSupportedException">Apache's library cannot have the schema.</exception>
    internal static ApacheAvro.Schema Of(AvroSchema schema) => Theirs.GetValue(schema, Parse);

    /// <summary>
    /// The text that Apache's library, and so Confluent's serializer, gives such a schema. For a logical type of a fixed, enum or record it
    /// is none that the specification allows, and registries refuse it: a type within "type". Then the text is ours.
    /// </summary>
    internal static string TextOf(AvroSchema schema) =>
        Of(schema).ToString() is var text && text.Contains(TypeInType, StringComparison.Ordinal) ? schema.ToString() : text;

    private static AvroSchema Read(ApacheAvro.Schema schema)
    {
        if (ByText.Count >= TextsMax)
        {
            ByText.Clear();
        }

        AvroSchema own = ByText.GetOrAdd(schema.ToString(), static text => AvroSchema.Parse(text, null, SchemaValidation.Lenient));
        Theirs.TryAdd(own, schema);
        Ours.TryAdd(schema, own);
        return own;
    }

    private static ApacheAvro.Schema Parse(AvroSchema schema)
    {
        string text = schema.ToString();
        return TryParse(text, out _) ?? TryParse(WithoutRefused(text), out Exception? refusal) ?? throw new NotSupportedException(
            $"Apache's library cannot have the schema of {schema.TypeName}: {refusal!.Message}. "
            + $"Read and write it as {typeof(Generic.GenericRecord)}.",
            refusal);
    }

    private static ApacheAvro.Schema? TryParse(string text, out Exception? refusal)
    {
        try
        {
            refusal = null;
            return ApacheAvro.Schema.Parse(text);
        }
        catch (Exception exception)
        {
            // Its own, those of its JSON library, and of reading numbers: whatever it is, the library does not take the schema.
            refusal = exception;
            return null;
        }
    }

    // The specification has invalid logical types ignored, and a uuid on a fixed is valid; Apache refuses the whole schema for either.
    private static string WithoutRefused(string text)
    {
        JsonNode root = JsonNode.Parse(text, null, new JsonDocumentOptions { MaxDepth = SchemaPrinter.DepthMax })!;
        var open = new Stack<JsonNode?>([root]);
        while (open.TryPop(out JsonNode? node))
        {
            if (node is JsonObject type)
            {
                RemoveRefused(type);
            }

            foreach (JsonNode? part in node is JsonObject parts ? parts.Select(static part => part.Value) : node as JsonArray ?? [])
            {
                open.Push(part);
            }
        }

        return root.ToJsonString(new JsonSerializerOptions { MaxDepth = SchemaPrinter.DepthMax });
    }

    private static void RemoveRefused(JsonObject type)
    {
        if (type["logicalType"] is not null && type["type"] is JsonValue)
        {
            string[] own = ["type", "name", "size", "logicalType", "precision", "scale"];
            var alone = new JsonObject(
                type.Where(part => own.Contains(part.Key)).Select(static part => KeyValuePair.Create(part.Key, part.Value?.DeepClone())));
            if (TryParse(alone.ToJsonString(), out _) is null)
            {
                type.Remove("logicalType");
            }
        }
    }
}
