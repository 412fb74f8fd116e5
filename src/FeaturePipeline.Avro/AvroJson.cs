using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro;

/// <summary>
/// Any message as JSON, for people and tools. Records are objects, enums their symbols, numbers numbers, and so are timestamps and dates; decimals are
/// numbers in a string (<c>"12.50"</c>, <c>"15E-2000"</c>) up to 1024 bytes, a uuid is its text, other bytes are base64. A union of one type with null is the plain value; any other
/// union is <c>{"branch": value}</c>, as in Avro's own JSON. NaN and the infinities are strings.
/// </summary>
public static class AvroJson
{
    // Bytes of a decimal whose digits are worked out, which takes the square of their number, and digits after the point that are written.
    private const int DecimalSizeMax = 1024;

    // Of a JSON writer whose options say nothing.
    private const int JsonDepthMax = 1000;

    /// <summary>Writes a message as JSON. The message is judged first: after an error nothing has been written.</summary>
    /// <param name="json">Where to write.</param>
    /// <param name="schema">The schema that the message was written with.</param>
    /// <param name="body">The message, without framing.</param>
    /// <param name="depthMax">How deep records, arrays and maps may nest in the message: 1 to <see cref="AvroReader.DepthMaxHighest"/>. A level can be two
    /// of JSON, so above 499 the writer needs a <see cref="JsonWriterOptions.MaxDepth"/> of twice as many and one.</param>
    /// <returns>How it went.</returns>
    /// <exception cref="InsufficientExecutionStackException">The thread's stack has room to read the value but not to write it; a part has been written.</exception>
    public static DecodeResult Write(Utf8JsonWriter json, AvroSchema schema, ReadOnlySpan<byte> body, int depthMax = AvroReader.DepthMax)
    {
        ArgumentNullException.ThrowIfNull(json);
        int fitting = ((json.Options.MaxDepth > 0 ? json.Options.MaxDepth : JsonDepthMax) - json.CurrentDepth - 1) / 2;
        var reader = GenericReader.Compile(schema, depthMax: AvroReader.CheckDepthMax(depthMax) > fitting ? Math.Max(fitting, 1) : depthMax);
        DecodeResult result = reader.TryRead(body, out object? value);
        if (result.IsOk)
        {
            Write(json, schema, value);
        }

        return result;
    }

    /// <summary>Writes a generic value as JSON.</summary>
    /// <param name="json">Where to write.</param>
    /// <param name="schema">The value's schema.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="InvalidOperationException">It nests deeper than the JSON writer's <see cref="JsonWriterOptions.MaxDepth"/>, or holds itself.</exception>
    /// <exception cref="InsufficientExecutionStackException">It nests deeper than the thread's stack has room for.</exception>
    public static void Write(Utf8JsonWriter json, AvroSchema schema, object? value)
    {
        ArgumentNullException.ThrowIfNull(json);
        RuntimeHelpers.EnsureSufficientExecutionStack();
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case var _ when schema is UnionSchema union:
                WriteUnion(json, union, value);
                break;
            case GenericRecord record:
                WriteRecord(json, record);
                break;
            case var _ when schema is MapSchema map && GenericCollections.Entries(value) is { } entries:
                json.WriteStartObject();
                foreach ((string key, object? item) in entries)
                {
                    json.WritePropertyName(key);
                    Write(json, map.Values, item);
                }

                json.WriteEndObject();
                break;
            case var _ when schema is ArraySchema array && GenericCollections.Items(value) is { } items:
                json.WriteStartArray();
                foreach (object? item in items)
                {
                    Write(json, array.Items, item);
                }

                json.WriteEndArray();
                break;
            default:
                WriteScalar(json, schema, value);
                break;
        }
    }

    private static void WriteRecord(Utf8JsonWriter json, GenericRecord record)
    {
        json.WriteStartObject();
        foreach (RecordField field in record.Schema.Fields)
        {
            json.WritePropertyName(field.Name);
            Write(json, field.Schema, record[field.Position]);
        }

        json.WriteEndObject();
    }

    private static void WriteUnion(Utf8JsonWriter json, UnionSchema union, object value)
    {
        AvroSchema branch = union.Branches[GenericWriter.BranchOf(union, value)];
        if (union.Branches.Count(candidate => candidate.Type != AvroType.Null) == 1)
        {
            Write(json, branch, value);
            return;
        }

        json.WriteStartObject();
        json.WritePropertyName(branch.TypeName);
        Write(json, branch, value);
        json.WriteEndObject();
    }

    private static void WriteScalar(Utf8JsonWriter json, AvroSchema schema, object value)
    {
        switch (value)
        {
            case bool truth:
                json.WriteBooleanValue(truth);
                break;
            case int or long:
                json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case float single when float.IsFinite(single):
                json.WriteNumberValue(single);
                break;
            case double full when double.IsFinite(full):
                json.WriteNumberValue(full);
                break;
            case byte[] bytes:
                WriteBytes(json, schema, bytes);
                break;
            case GenericFixed type:
                WriteBytes(json, schema, type.Value);
                break;
            default:
                json.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    private static void WriteBytes(Utf8JsonWriter json, AvroSchema schema, byte[] bytes)
    {
        switch (schema.Logical)
        {
            case { Name: "decimal", Scale: var scale } when bytes.Length <= DecimalSizeMax:
                json.WriteStringValue(DecimalText(new BigInteger(bytes, isBigEndian: true), scale));
                break;
            case { Name: "uuid" }:
                json.WriteStringValue(new Guid(bytes, bigEndian: true));
                break;
            default:
                json.WriteBase64StringValue(bytes);
                break;
        }
    }

    private static string DecimalText(BigInteger unscaled, int scale)
    {
        if (scale > DecimalSizeMax)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{unscaled}E-{scale}");
        }

        string digits = BigInteger.Abs(unscaled).ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        var text = new StringBuilder(unscaled.Sign < 0 ? "-" : "").Append(digits.AsSpan(0, digits.Length - scale));
        return scale == 0 ? text.ToString() : text.Append('.').Append(digits.AsSpan(digits.Length - scale)).ToString();
    }
}
