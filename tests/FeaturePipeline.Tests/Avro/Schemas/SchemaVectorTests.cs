using System.Globalization;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Schemas;

/// <summary>canonical.jsonl, invalid-schemas.jsonl and valid-odd-schemas.jsonl.</summary>
public class SchemaVectorTests
{
    [Fact]
    public void Canonical_forms_and_fingerprints_are_the_specification_s() => Vectors.Check("canonical.jsonl", vector =>
        vector.TryGetProperty("error", out _) ? Refused(vector.Text("schema")!) : Fingerprints(vector));

    [Fact]
    public void Text_that_is_no_schema_is_refused() => Vectors.Check("invalid-schemas.jsonl", vector => Refused(vector.Text("schema")!));

    [Fact]
    public void Odd_but_valid_schemas_are_read() => Vectors.Check("valid-odd-schemas.jsonl", vector =>
    {
        try
        {
            string? wrong = Fingerprints(vector);
            string? logical = AvroSchema.Parse(vector.Text("schema")!).Logical?.ToString();
            return wrong ?? (vector.TryGetProperty("logical", out _) && logical != vector.Text("logical") ? $"logical type {logical}" : null);
        }
        catch (AvroSchemaException) when (vector.TryGetProperty("either", out _))
        {
            return null;
        }
    });

    [Fact]
    public void A_schema_printed_and_parsed_again_prints_the_same() => Vectors.Check("canonical.jsonl", vector =>
    {
        if (vector.TryGetProperty("error", out _))
        {
            return null;
        }

        var schema = AvroSchema.Parse(vector.Text("schema")!);
        var again = AvroSchema.Parse(schema.ToString());
        return again.ToString() == schema.ToString() && again.CanonicalForm == schema.CanonicalForm ? null : $"{schema} against {again}";
    });

    private static string? Refused(string text)
    {
        try
        {
            AvroSchema.Parse(text);
            return "was accepted";
        }
        catch (AvroSchemaException)
        {
            return null;
        }
    }

    private static string? Fingerprints(System.Text.Json.JsonElement vector)
    {
        var schema = AvroSchema.Parse(vector.Text("schema")!);
        return schema.CanonicalForm != vector.Text("canonical") ? $"canonical form {schema.CanonicalForm}"
            : schema.Fingerprint64.ToString("x16", CultureInfo.InvariantCulture) != vector.Text("crc64") ? "CRC-64-AVRO"
            : Convert.ToHexStringLower(SchemaFingerprint.Md5(schema)) != vector.Text("md5") ? "MD5"
            : Convert.ToHexStringLower(SchemaFingerprint.Sha256(schema)) != vector.Text("sha256") ? "SHA-256" : null;
    }
}
