using System.Buffers;
using System.Text.Json.Nodes;
using com.company.wide;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Benchmarks;

/// <summary>Wide records, and what an older version of their schema wrote.</summary>
internal static class AvroWideSamples
{
    /// <summary>
    /// The older schema: fields the other way round; text_0 as bytes, count_0 to count_2 as int, score_0 and score_1 as float (promoted); text_1 was called
    /// label; a string and a long that the newer schema has no more; no size_5 and no flag_3.
    /// </summary>
    internal static readonly string OldJson = Old();

    /// <summary>The newer schema: the wide record's, with the alias and the defaults that make the older one readable.</summary>
    internal static readonly string NewJson = New();

    private static readonly AvroSchema OldSchema = AvroSchema.Parse(OldJson);

    internal static WideRecord Record(int i)
    {
        var record = new WideRecord
        {
            Tags = ["alpha", "beta", "gamma"],
            Points = [1, 1000, 1_000_000, -5],
            Counters = new Dictionary<string, long> { ["views"] = 12, ["clicks"] = 3 },
            Kind = WideKind.BUY,
            Place = new WidePlace { City = "Lviv", Rank = 7 },
        };
        foreach (System.Reflection.PropertyInfo property in typeof(WideRecord).GetProperties().Where(property => property.CanWrite))
        {
            object? value = property.PropertyType == typeof(string) ? $"{property.Name} text of some length {i:d3}"
                : property.PropertyType == typeof(long) ? 1_718_000_000_000L + (i * 1000)
                : property.PropertyType == typeof(int) ? 12_345 + i
                : property.PropertyType == typeof(double) ? i + 0.25
                : property.PropertyType == typeof(bool) ? i % 2 == 0 : null;
            if (value is not null)
            {
                property.SetValue(record, value);
            }
        }

        record.Note1 = null;
        return record;
    }

    /// <summary>Record i as the older schema's writer wrote it.</summary>
    internal static byte[] OldMessage(int i)
    {
        var old = new GenericRecord((RecordSchema)OldSchema);
        WideRecord evolved = Evolved(i);
        foreach (RecordField field in ((RecordSchema)OldSchema).Fields)
        {
            System.Reflection.PropertyInfo? property = typeof(WideRecord).GetProperty(
                field.Name.Replace("_", "", StringComparison.Ordinal), System.Reflection.BindingFlags.IgnoreCase | System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.Instance);
            old[field.Name] = (field.Name, property?.GetValue(evolved)) switch
            {
                ("label", _) => evolved.Text1,
                ("text_0", string text) => System.Text.Encoding.UTF8.GetBytes(text),
                ("old_text", _) => "a text that nobody reads any more",
                ("old_count", _) => 1_718_000_000_000L,
                ("kind", _) => new GenericEnum((EnumSchema)field.Schema, (int)evolved.Kind),
                ("place", _) => new GenericRecord((RecordSchema)field.Schema) { ["city"] = evolved.Place.City, ["rank"] = evolved.Place.Rank },
                ("tags", _) => evolved.Tags.Cast<object?>().ToList(),
                ("points", _) => evolved.Points.Select(point => (object?)point).ToList(),
                ("counters", _) => evolved.Counters.ToDictionary(pair => pair.Key, pair => (object?)pair.Value),
                (_, long number) when field.Schema.Type == AvroType.Int => (int)number,
                (_, double number) when field.Schema.Type == AvroType.Float => (float)number,
                (_, var value) => value,
            };
        }

        var output = new ArrayBufferWriter<byte>();
        GenericWriter.Compile(OldSchema).Write(old, output);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>What the newer schema makes of the older message: numbers that fit an int, and the defaults.</summary>
    internal static WideRecord Evolved(int i)
    {
        WideRecord record = Record(i);
        record.Count0 = record.Count1 = record.Count2 = 1_718_000_000 + i;
        record.Size5 = 5;
        record.Flag3 = true;
        return record;
    }

    private static string Old()
    {
        JsonNode schema = JsonNode.Parse(WideRecord.Json)!;
        var fields = new JsonArray();
        foreach (JsonNode? field in schema["fields"]!.AsArray().Reverse())
        {
            string name = (string)field!["name"]!;
            JsonNode copy = field.DeepClone();
            if (name is "size_5" or "flag_3")
            {
                continue;
            }

            copy["name"] = name == "text_1" ? "label" : name;
            copy["type"] = name switch
            {
                "text_0" => "bytes",
                "count_0" or "count_1" or "count_2" => "int",
                "score_0" or "score_1" => "float",
                _ => copy["type"]!.DeepClone(),
            };
            fields.Add(copy);
        }

        fields.Insert(10, JsonNode.Parse("""{"name": "old_text", "type": "string"}"""));
        fields.Insert(20, JsonNode.Parse("""{"name": "old_count", "type": "long"}"""));
        schema["fields"] = fields;
        return schema.ToJsonString();
    }

    private static string New()
    {
        JsonNode schema = JsonNode.Parse(WideRecord.Json)!;
        foreach (JsonNode? field in schema["fields"]!.AsArray())
        {
            switch ((string)field!["name"]!)
            {
                case "text_1":
                    field["aliases"] = new JsonArray("label");
                    break;
                case "size_5":
                    field["default"] = 5;
                    break;
                case "flag_3":
                    field["default"] = true;
                    break;
            }
        }

        return schema.ToJsonString();
    }
}
