using System.Text;
using System.Text.Json.Nodes;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Generic;

/// <summary>Random record schemas, data of them, and readers evolved from them: within what Apache.Avro does right. All from one seed.</summary>
internal sealed class RandomSchemas(int seed)
{
    private readonly Random _random = new(seed);
    private int _names;

    internal JsonObject Record(int depth = 0)
    {
        var fields = new JsonArray();
        int count = _random.Next(depth == 0 ? 1 : 0, depth == 0 ? 12 : 5);
        for (int i = 0; i < count; i++)
        {
            fields.Add(new JsonObject { ["name"] = $"f{i}", ["type"] = Type(depth + 1) });
        }

        return new JsonObject { ["type"] = "record", ["name"] = $"R{_names++}", ["namespace"] = "test", ["fields"] = fields };
    }

    /// <summary>Fields shuffled, removed, promoted and added with defaults.</summary>
    internal JsonObject Evolve(JsonObject record)
    {
        var evolved = (JsonObject)record.DeepClone();
        var fields = (JsonArray)evolved["fields"]!;
        var kept = fields.Where(_ => _random.Next(5) > 0).Select(field => field!.DeepClone()).OrderBy(_ => _random.Next()).ToList();
        foreach (JsonNode field in kept)
        {
            field["type"] = Promote(field["type"]!);
        }

        (string Type, JsonNode? Default)[] additions =
            [("\"int\"", 7), ("\"string\"", "added"), ("[\"null\",\"string\"]", null), ("{\"type\":\"array\",\"items\":\"int\"}", new JsonArray(1, 2)), ("\"boolean\"", true)];
        for (int i = 0; i < _random.Next(3); i++)
        {
            (string type, JsonNode? value) = additions[_random.Next(additions.Length)];
            kept.Insert(_random.Next(kept.Count + 1), new JsonObject { ["name"] = $"added{i}", ["type"] = JsonNode.Parse(type), ["default"] = value?.DeepClone() });
        }

        evolved["fields"] = new JsonArray([.. kept]);
        return evolved;
    }

    internal object? Datum(AvroSchema schema)
    {
        switch (schema)
        {
            case RecordSchema type:
                var record = new GenericRecord(type);
                foreach (RecordField field in type.Fields)
                {
                    record[field.Position] = Datum(field.Schema);
                }

                return record;
            case EnumSchema type:
                return new GenericEnum(type, _random.Next(type.Symbols.Count));
            case FixedSchema type:
                return new GenericFixed(type, Bytes(type.Size));
            case ArraySchema type:
                return Enumerable.Range(0, _random.Next(4)).Select(_ => Datum(type.Items)).ToList();
            case MapSchema type:
                return new OrderedDictionary<string, object?>(Enumerable.Range(0, _random.Next(4)).Select(i => KeyValuePair.Create($"k{i}", Datum(type.Values))));
            case UnionSchema type:
                return Datum(type.Branches[_random.Next(type.Branches.Count)]);
            default:
                return Scalar(schema.Type);
        }
    }

    private object? Scalar(AvroType type) => type switch
    {
        AvroType.Boolean => _random.Next(2) == 0,
        AvroType.Int => (int)_random.NextInt64(int.MinValue, int.MaxValue + 1L) >> _random.Next(32),
        AvroType.Long => _random.NextInt64(long.MinValue, long.MaxValue) >> _random.Next(64),
        AvroType.Float => (float)(_random.NextDouble() * 1e6),
        AvroType.Double => _random.NextDouble() * 1e9,
        AvroType.Bytes => Bytes(_random.Next(40)),
        AvroType.String => Text(),
        _ => null,
    };

    private byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        _random.NextBytes(bytes);
        return bytes;
    }

    private string Text()
    {
        var text = new StringBuilder();
        string[] letters = ["a", "b", "7", "-", "é", "日", "😀"];
        for (int i = _random.Next(90); i > 0; i--)
        {
            text.Append(letters[_random.Next(_random.Next(4) == 0 ? letters.Length : 4)]);
        }

        return text.ToString();
    }

    private JsonNode Type(int depth)
    {
        string[] scalars = ["boolean", "int", "long", "float", "double", "bytes", "string"];
        switch (_random.Next(depth > 3 ? 8 : 14))
        {
            case < 7:
                return scalars[_random.Next(scalars.Length)];
            case 7:
                return new JsonArray("null", scalars[_random.Next(scalars.Length)]);
            case 8:
                return new JsonObject { ["type"] = "array", ["items"] = Type(depth + 1) };
            case 9:
                return new JsonObject { ["type"] = "map", ["values"] = Type(depth + 1) };
            case 10:
                return new JsonObject { ["type"] = "enum", ["name"] = $"E{_names++}", ["symbols"] = new JsonArray("A", "B", "C") };
            case 11:
                return new JsonObject { ["type"] = "fixed", ["name"] = $"F{_names++}", ["size"] = _random.Next(1, 20) };
            case 12:
                return new JsonArray("string", "null", "int");
            default:
                return Record(depth);
        }
    }

    private JsonNode Promote(JsonNode type)
    {
        string[] wider = type is JsonValue ? (string)type! switch
        {
            "int" => ["int", "long", "float", "double"],
            "long" => ["long", "float", "double"],
            "float" => ["float", "double"],
            _ => [],
        }
        : [];
        return wider.Length == 0 ? type.DeepClone() : wider[_random.Next(wider.Length)];
    }
}
