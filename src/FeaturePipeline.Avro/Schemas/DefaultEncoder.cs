using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using FeaturePipeline.Avro.Binary;

namespace FeaturePipeline.Avro.Schemas;

// Turns a field's default from JSON into Avro binary, judging it on the way.
// A union takes the first branch for which the default is valid (specification 1.12, "Unions").
// Fields that a default leaves out take their own defaults, and so on: a short text can stand for a value without bounds, so there is one.
internal sealed class DefaultEncoder
{
    private const int DepthMax = 64;
    private const int SizeMax = 4 << 20;

    private int _size;

    /// <summary>Encodes a default.</summary>
    /// <returns>Null, or why the JSON is no value of the schema; then the output may hold a part of it.</returns>
    internal string? Encode(AvroSchema schema, JsonElement json, IBufferWriter<byte> output)
    {
        try
        {
            return Encode(schema, json, output, 0);
        }
        catch (InvalidOperationException exception)
        {
            // The JSON reader's word for half a surrogate pair.
            return $"it has text that is not Unicode: {exception.Message}";
        }
    }

    private string? Encode(AvroSchema schema, JsonElement json, IBufferWriter<byte> output, int depth)
    {
        if (++_size > SizeMax)
        {
            return $"with the defaults within it, it has more than {SizeMax} values and bytes";
        }

        if (depth > DepthMax || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            return $"it is nested more than {DepthMax} deep, or has no end, or nests too deep for this thread's stack";
        }

        return schema switch
        {
            RecordSchema record => EncodeRecord(record, json, output, depth),
            UnionSchema union => EncodeUnion(union, json, output, depth),
            ArraySchema array => EncodeArray(array, json, output, depth),
            MapSchema map => EncodeMap(map, json, output, depth),
            _ => EncodeScalar(schema, json, output),
        };
    }

    private string? EncodeScalar(AvroSchema schema, JsonElement json, IBufferWriter<byte> output)
    {
        var writer = new AvroWriter(output);
        bool valid = (schema, json.ValueKind) switch
        {
            ({ Type: AvroType.Null }, JsonValueKind.Null) => true,
            ({ Type: AvroType.Boolean }, JsonValueKind.True or JsonValueKind.False) => writer.WriteBoolean(json.GetBoolean()),
            ({ Type: AvroType.Int }, JsonValueKind.Number) => Whole(json, out long value) && value == (int)value && writer.WriteLong(value),
            ({ Type: AvroType.Long }, JsonValueKind.Number) => Whole(json, out long value) && writer.WriteLong(value),
            ({ Type: AvroType.Float }, JsonValueKind.Number) => writer.WriteFloat(float.Parse(json.GetRawText(), CultureInfo.InvariantCulture)),
            ({ Type: AvroType.Double }, JsonValueKind.Number) => writer.WriteDouble(double.Parse(json.GetRawText(), CultureInfo.InvariantCulture)),
            ({ Type: AvroType.String }, JsonValueKind.String) => writer.WriteString(json.GetString()!),
            ({ Type: AvroType.Bytes }, JsonValueKind.String) => Latin1(json, out byte[] bytes) && writer.WriteBytes(bytes),
            (FixedSchema type, JsonValueKind.String) => Latin1(json, out byte[] bytes) && bytes.Length == type.Size && writer.WriteRaw(bytes),
            (EnumSchema type, JsonValueKind.String) => type.IndexOf(json.GetString()!) is >= 0 and var index && writer.WriteLong(index),
            _ => false,
        };
        _size += Math.Min(writer.Position, SizeMax);
        writer.Flush();
        return valid ? null : $"{json.GetRawText()} is no value of type {schema.TypeName}";
    }

    // Digits only: 1.0 and 1e3 are not whole numbers in the specification's table of defaults.
    private static bool Whole(JsonElement json, out long value) =>
        long.TryParse(json.GetRawText(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    // Code points 0 to 255 stand for the bytes 0 to 255.
    private static bool Latin1(JsonElement json, out byte[] bytes)
    {
        string text = json.GetString()!;
        bytes = new byte[text.Length];
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] > 0xff)
            {
                return false;
            }

            bytes[i] = (byte)text[i];
        }

        return true;
    }

    private string? EncodeRecord(RecordSchema record, JsonElement json, IBufferWriter<byte> output, int depth)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            return $"{json.GetRawText()} is no value of record {record.Name}";
        }

        var given = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (JsonProperty property in json.EnumerateObject())
        {
            given[property.Name] = property.Value;
        }

        foreach (RecordField field in record.Fields)
        {
            if (!given.TryGetValue(field.Name, out JsonElement value))
            {
                if (field.Default is not { } fallback)
                {
                    return $"it lacks field '{field.Name}' of record {record.Name}, which has no default";
                }

                value = fallback;
            }

            if (Encode(field.Schema, value, output, depth + 1) is { } error)
            {
                return error;
            }
        }

        return null;
    }

    private string? EncodeUnion(UnionSchema union, JsonElement json, IBufferWriter<byte> output, int depth)
    {
        for (int i = 0; i < union.Branches.Count; i++)
        {
            var attempt = new ArrayBufferWriter<byte>();
            if (Encode(union.Branches[i], json, attempt, depth + 1) is null)
            {
                var writer = new AvroWriter(output);
                writer.WriteLong(i);
                writer.WriteRaw(attempt.WrittenSpan);
                writer.Flush();
                return null;
            }
        }

        return $"{json.GetRawText()} is no value of any branch of the union";
    }

    private string? EncodeArray(ArraySchema array, JsonElement json, IBufferWriter<byte> output, int depth)
    {
        if (json.ValueKind != JsonValueKind.Array)
        {
            return $"{json.GetRawText()} is no array";
        }

        int count = json.GetArrayLength();
        WriteCount(output, count);
        foreach (JsonElement item in json.EnumerateArray())
        {
            if (Encode(array.Items, item, output, depth + 1) is { } error)
            {
                return error;
            }
        }

        if (count > 0)
        {
            WriteCount(output, 0);
        }

        return null;
    }

    private string? EncodeMap(MapSchema map, JsonElement json, IBufferWriter<byte> output, int depth)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            return $"{json.GetRawText()} is no map";
        }

        int count = json.EnumerateObject().Count();
        WriteCount(output, count);
        foreach (JsonProperty entry in json.EnumerateObject())
        {
            var key = new AvroWriter(output);
            key.WriteString(entry.Name);
            key.Flush();
            if (Encode(map.Values, entry.Value, output, depth + 1) is { } error)
            {
                return error;
            }
        }

        if (count > 0)
        {
            WriteCount(output, 0);
        }

        return null;
    }

    private static void WriteCount(IBufferWriter<byte> output, long count)
    {
        var writer = new AvroWriter(output);
        writer.WriteLong(count);
        writer.Flush();
    }
}
