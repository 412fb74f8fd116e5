using System.Globalization;
using System.Text.Json;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro;

/// <summary>The vectors' data as JSON, turned into generic values by the schema (tests/vectors/avro/README.md, "Data as JSON").</summary>
internal static class VectorDatum
{
    internal static object? Parse(AvroSchema schema, JsonElement json) => schema switch
    {
        RecordSchema record => Record(record, json),
        EnumSchema symbols => new GenericEnum(symbols, symbols.IndexOf(json.GetString()!)),
        FixedSchema type => new GenericFixed(type, Bytes(json)),
        ArraySchema array => json.EnumerateArray().Select(item => Parse(array.Items, item)).ToList(),
        MapSchema map => new OrderedDictionary<string, object?>(
            json.EnumerateObject().Select(entry => KeyValuePair.Create(entry.Name, Parse(map.Values, entry.Value)))),
        UnionSchema union => Union(union, json),
        _ => schema.Type switch
        {
            AvroType.Null => null,
            AvroType.Boolean => json.GetBoolean(),
            AvroType.Int => json.GetInt32(),
            AvroType.Long => json.ValueKind == JsonValueKind.String ? long.Parse(json.GetString()!, CultureInfo.InvariantCulture) : json.GetInt64(),
            AvroType.Float => Float(json),
            AvroType.Double => Double(json),
            AvroType.Bytes => Bytes(json),
            _ => json.GetString(),
        },
    };

    private static GenericRecord Record(RecordSchema schema, JsonElement json)
    {
        var record = new GenericRecord(schema);
        foreach (RecordField field in schema.Fields)
        {
            record[field.Position] = Parse(field.Schema, json.GetProperty(field.Name));
        }

        return record;
    }

    private static object? Union(UnionSchema union, JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        JsonProperty branch = Assert.Single(json.EnumerateObject());
        return Parse(union.Branches.Single(candidate => candidate.TypeName == branch.Name), branch.Value);
    }

    private static byte[] Bytes(JsonElement json) => Convert.FromHexString(json.GetProperty("hex").GetString()!);

    private static float Float(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Number => float.Parse(json.GetRawText(), CultureInfo.InvariantCulture),
        JsonValueKind.Object => BitConverter.UInt32BitsToSingle(uint.Parse(json.GetProperty("bits").GetString()!, NumberStyles.HexNumber, CultureInfo.InvariantCulture)),
        _ => json.GetString() == "NaN" ? BitConverter.UInt32BitsToSingle(0x7fc00000) : (float)Special(json),
    };

    private static double Double(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Number => double.Parse(json.GetRawText(), CultureInfo.InvariantCulture),
        JsonValueKind.Object => BitConverter.UInt64BitsToDouble(ulong.Parse(json.GetProperty("bits").GetString()!, NumberStyles.HexNumber, CultureInfo.InvariantCulture)),
        _ => json.GetString() == "NaN" ? BitConverter.UInt64BitsToDouble(0x7ff8000000000000) : Special(json),
    };

    private static double Special(JsonElement json) => json.GetString() switch
    {
        "Infinity" => double.PositiveInfinity,
        "-Infinity" => double.NegativeInfinity,
        "-0.0" => -0.0,
        _ => throw new InvalidOperationException($"{json} is no number."),
    };
}
