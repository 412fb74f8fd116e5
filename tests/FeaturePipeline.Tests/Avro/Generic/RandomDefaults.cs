using System.Text.Json.Nodes;

namespace FeaturePipeline.Tests.Avro.Generic;

/// <summary>Random defaults, as JSON; most often of a union's first branch.</summary>
/// <param name="random">Where chance comes from.</param>
/// <param name="types">Named types by the name under which types mention them.</param>
internal sealed class RandomDefaults(Random random, IReadOnlyDictionary<string, JsonObject> types)
{
    private const int DepthMax = 8;

    /// <returns>False where the type has no value that ends.</returns>
    internal bool TryMake(JsonNode type, out JsonNode? value) => TryDefault(type, 0, out value);

    private bool TryDefault(JsonNode type, int depth, out JsonNode? value)
    {
        value = null;
        if (depth > DepthMax)
        {
            return false;
        }

        switch (type)
        {
            case JsonArray union:
                return TryDefault(union[random.Next(4) == 0 ? random.Next(union.Count) : 0]!, depth + 1, out value);
            case JsonObject { } logical when logical["logicalType"] is not null:
                value = (string)logical["logicalType"]! switch
                {
                    "uuid" => new Guid(random.Next(), 0, 0, new byte[8]).ToString(),
                    "decimal" => string.Concat(Enumerable.Range(0, random.Next(1, 5)).Select(_ => (char)random.Next(256))),
                    _ => random.Next(86_400_000) / 100, // a time of the day, a moment and a date alike
                };
                return true;
            case JsonObject container:
                bool isArray = container["items"] is not null;
                value = isArray ? new JsonArray() : new JsonObject();
                if (depth < 3 && random.Next(2) == 0 && TryDefault(container[isArray ? "items" : "values"]!, depth + 1, out JsonNode? item))
                {
                    value = isArray ? new JsonArray(item) : new JsonObject { ["key"] = item };
                }

                return true;
            default:
                return types.TryGetValue((string)type!, out JsonObject? named) ? TryNamedDefault(named, depth, out value) : ScalarDefault((string)type!, out value);
        }
    }

    private bool TryNamedDefault(JsonObject type, int depth, out JsonNode? value)
    {
        value = null;
        switch ((string)type["type"]!)
        {
            case "enum":
                var symbols = (JsonArray)type["symbols"]!;
                value = symbols[random.Next(symbols.Count)]!.DeepClone();
                return true;
            case "fixed":
                value = string.Concat(Enumerable.Range(0, (int)type["size"]!).Select(_ => (char)random.Next(256)));
                return true;
            default:
                var record = new JsonObject();
                foreach (JsonObject? field in (JsonArray)type["fields"]!)
                {
                    // Not what may hold the same record again: such a default would have no end.
                    bool isLeaf = field!["type"] is JsonValue name && !(types.TryGetValue((string)name!, out JsonObject? named) && named.ContainsKey("fields"));
                    if (isLeaf && field.ContainsKey("default") && random.Next(2) == 0)
                    {
                        continue;
                    }

                    if (!TryDefault(field!["type"]!, depth + 1, out JsonNode? item))
                    {
                        return false;
                    }

                    record[(string)field["name"]!] = item;
                }

                value = record;
                return true;
        }
    }

    private bool ScalarDefault(string type, out JsonNode? value)
    {
        value = type switch
        {
            "boolean" => random.Next(2) == 0,
            "int" => random.Next(int.MinValue, int.MaxValue),
            "long" => random.NextInt64(-(1L << 53), 1L << 53),
            "float" or "double" => random.Next(3) switch { 0 => 0, 1 => 0.1, _ => random.Next(-1000, 1000) / 8.0 },
            "bytes" => string.Concat(Enumerable.Range(0, random.Next(5)).Select(_ => (char)random.Next(256))),
            "string" => random.Next(2) == 0 ? "" : "dé日😀",
            _ => null,
        };
        return true;
    }
}
