using System.Text;
using System.Text.Json;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Binary.Projection;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Binary;

/// <summary>The vectors whose reader is a record, projected: every scalar field must be what the generic reader makes of it.</summary>
public class ProjectionVectorTests
{
    [Fact]
    public void Projected_fields_of_resolved_records_are_those_of_the_whole_record() => Vectors.Check("resolve.jsonl", vector =>
        Judge(vector.Schema("writer", SchemaValidation.Lenient), vector.Schema("reader"), vector.Hex("in")));

    [Fact]
    public void Projected_fields_of_every_encoding_are_those_of_the_whole_record() => Vectors.Check("encode.jsonl", vector =>
    {
        AvroSchema schema = vector.Schema("schema");
        var alternatives = vector.TryGetProperty("alt", out JsonElement alt) ? alt.EnumerateArray().Select(hex => hex.GetString()!) : [];
        return alternatives.Prepend(vector.Text("hex")!).Select(hex => Judge(schema, schema, Convert.FromHexString(hex))).FirstOrDefault(wrong => wrong is not null);
    });

    [Fact]
    public void Hostile_messages_end_in_the_same_error_without_an_allocation() => Vectors.Check("hostile.jsonl", vector =>
    {
        AvroSchema writer = vector.Schema("schema");
        AvroSchema reader = vector.TryGetProperty("reader", out _) ? vector.Schema("reader") : writer;
        string[] paths = Paths(reader, "", 0).ToArray();
        if (reader is not RecordSchema || (paths.Length == 0 && ((RecordSchema)reader).Fields.Count > 0))
        {
            return null;
        }

        var decoder = ProjectedDecoder.Compile(writer, reader, paths);
        var values = new FieldValue[paths.Length];
        byte[] body = vector.Hex("hex");
        DecodeResult result = default;
        long allocated = Allocations.Of(() => result = decoder.TryDecode(body, values));
        return !vector.Accepts(Vectors.Category(result.Error)) ? $"{result} for {vector.Text("expect")}"
            : allocated > 0 ? $"{allocated} bytes allocated" : null;
    });

    /// <returns>Null, or how the projection of every scalar field differs from the whole record.</returns>
    internal static string? Judge(AvroSchema writer, AvroSchema reader, byte[] body)
    {
        string[] paths = reader is RecordSchema ? Paths(reader, "", 0).ToArray() : [];
        GenericReader generic;
        try
        {
            generic = GenericReader.Compile(writer, reader);
        }
        catch (SchemaResolutionException)
        {
            return paths.Length > 0 ? Refused(writer, reader, paths) : null;
        }

        if (paths.Length == 0)
        {
            return null;
        }

        var decoder = ProjectedDecoder.Compile(writer, reader, paths);
        var values = new FieldValue[paths.Length];
        DecodeResult result = decoder.TryDecode(body, values);
        if (!generic.TryRead(body, out object? record).IsOk)
        {
            return null; // What is wrong may lie in what the projection skips.
        }

        if (!result.IsOk)
        {
            return result.ToString();
        }

        var row = new ProjectedRow(body, decoder.Constants, values);
        for (int i = 0; i < paths.Length; i++)
        {
            string wanted = Show(Find(record, paths[i]));
            string actual = Show(row, i, decoder.Fields[i].Kind);
            if (wanted != actual)
            {
                return $"{paths[i]}: {actual} for {wanted}";
            }
        }

        return null;
    }

    private static string? Refused(AvroSchema writer, AvroSchema reader, string[] paths)
    {
        try
        {
            ProjectedDecoder.Compile(writer, reader, paths);
            return "was compiled";
        }
        catch (SchemaResolutionException)
        {
            return null;
        }
    }

    // All paths that a projection can hold; into records of records, but not for ever.
    private static IEnumerable<string> Paths(AvroSchema schema, string prefix, int depth)
    {
        if (schema is UnionSchema { NullIndex: >= 0, Branches: [_, _] branches } union)
        {
            schema = branches[1 - union.NullIndex];
        }

        foreach (RecordField field in depth > 2 || schema is not RecordSchema record ? [] : record.Fields)
        {
            string path = prefix + field.Name;
            if (IsScalar(field.Schema))
            {
                yield return path;
            }

            foreach (string inner in Paths(field.Schema, path + ".", depth + 1))
            {
                yield return inner;
            }
        }
    }

    private static bool IsScalar(AvroSchema schema) => schema is UnionSchema union
        ? union.Branches.Select(branch => branch.Type).Where(type => type != AvroType.Null).Select(ProjectionPath.KindOf).Distinct().ToList() is [not null]
        : ProjectionPath.KindOf(schema.Type) is not null;

    private static object? Find(object? value, string path)
    {
        foreach (string part in path.Split('.'))
        {
            value = (value as GenericRecord)?[part];
        }

        return value;
    }

    private static string Show(object? value) => value switch
    {
        null => "null",
        bool truth => truth ? "true" : "false",
        int or long => Convert.ToInt64(value, null).ToString(),
        float or double => BitConverter.DoubleToInt64Bits(Convert.ToDouble(value, null)).ToString("x"),
        byte[] bytes => Convert.ToHexString(bytes),
        GenericFixed type => Convert.ToHexString(type.Value),
        _ => Convert.ToHexString(Encoding.UTF8.GetBytes(value.ToString()!)),
    };

    private static string Show(ProjectedRow row, int i, FieldKind kind) => row.IsNull(i) ? "null" : kind switch
    {
        FieldKind.Boolean => row.GetBoolean(i) ? "true" : "false",
        FieldKind.Long => row.GetLong(i).ToString(),
        FieldKind.Double => BitConverter.DoubleToInt64Bits(row.GetDouble(i)).ToString("x"),
        _ => Convert.ToHexString(row.GetBytes(i)),
    };
}
