using System.Text.Json.Nodes;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Interop;

/// <summary>Plain JSON and generic values: unions are not wrapped, bytes are base64.</summary>
internal static class GenericJson
{
    public static object? Parse(AvroSchema schema, JsonNode? json) => schema switch
    {
        RecordSchema record => ParseRecord(record, json!.AsObject()),
        ArraySchema array => json!.AsArray().Select(item => Parse(array.Items, item)).ToList(),
        MapSchema map => new OrderedDictionary<string, object?>(
            json!.AsObject().Select(entry => KeyValuePair.Create(entry.Key, Parse(map.Values, entry.Value)))),
        EnumSchema symbols => new GenericEnum(symbols, symbols.IndexOf((string)json!)),
        UnionSchema union => ParseUnion(union, json),
        _ => schema.Type switch
        {
            AvroType.Boolean => (bool)json!,
            AvroType.Int => (int)json!,
            AvroType.Long => (long)json!,
            AvroType.Double => (double)json!,
            AvroType.Bytes => Convert.FromBase64String((string)json!),
            AvroType.String => (string)json!,
            _ => throw new NotSupportedException($"{schema.TypeName} is in no case."),
        },
    };

    public static JsonNode? ToJson(object? value) => value switch
    {
        null => null,
        GenericRecord record => new JsonObject(record.Schema.Fields.Select(field => KeyValuePair.Create(field.Name, ToJson(record[field.Position])))),
        GenericEnum symbol => symbol.Symbol,
        IReadOnlyDictionary<string, object?> map => new JsonObject(map.Select(entry => KeyValuePair.Create(entry.Key, ToJson(entry.Value)))),
        byte[] bytes => Convert.ToBase64String(bytes),
        string text => text,
        IEnumerable<object?> items => new JsonArray([.. items.Select(ToJson)]),
        bool truth => truth,
        int number => number,
        long number => number,
        double number => number,
        _ => throw new NotSupportedException($"{value.GetType()} is in no case."),
    };

    private static GenericRecord ParseRecord(RecordSchema schema, JsonObject json)
    {
        var record = new GenericRecord(schema);
        foreach (var field in schema.Fields)
        {
            record[field.Position] = Parse(field.Schema, json[field.Name]);
        }

        return record;
    }

    private static object? ParseUnion(UnionSchema union, JsonNode? json) => json is null
        ? null
        : Parse(
            union.Branches.First(branch => json.GetValueKind() switch
            {
                System.Text.Json.JsonValueKind.String => branch.Type == AvroType.String,
                System.Text.Json.JsonValueKind.Number => branch.Type is AvroType.Int or AvroType.Long or AvroType.Double,
                _ => branch.Type == AvroType.Record,
            }),
            json);
}
