using System.Buffers;
using System.Text.Json;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Generic;

/// <summary>encode.jsonl, resolve.jsonl and hostile.jsonl, by generic values.</summary>
public class GenericVectorTests
{
    [Fact]
    public void Data_are_encoded_as_the_specification_says() => Vectors.Check("encode.jsonl", vector =>
    {
        AvroSchema schema = vector.Schema("schema");
        string hex = Encode(schema, VectorDatum.Parse(schema, vector.GetProperty("datum")));
        return hex == vector.Text("hex") ? null : $"{hex} for {vector.Text("hex")}";
    });

    [Fact]
    public void Every_encoding_of_a_datum_decodes_to_it() => Vectors.Check("encode.jsonl", vector =>
    {
        AvroSchema schema = vector.Schema("schema");
        var reader = GenericReader.Compile(schema);
        var alternatives = vector.TryGetProperty("alt", out JsonElement alt) ? alt.EnumerateArray().Select(hex => hex.GetString()!) : [];
        foreach (string hex in alternatives.Prepend(vector.Text("hex")!))
        {
            DecodeResult result = reader.TryRead(Convert.FromHexString(hex), out object? value);
            if (!result.IsOk || Encode(schema, value) != vector.Text("hex"))
            {
                return $"{hex}: {result}";
            }
        }

        return null;
    });

    [Fact]
    public void A_reader_s_schema_resolves_as_the_specification_says() => Vectors.Check("resolve.jsonl", vector =>
    {
        string outcome = Resolve(vector);
        return outcome == Outcome(vector.GetProperty("expect")) || (vector.TryGetProperty("accept", out JsonElement accept)
            && accept.EnumerateArray().Any(other => Outcome(other) is var wanted && (wanted == outcome || (wanted == "error: any" && outcome.StartsWith("error", StringComparison.Ordinal)))))
            ? null
            : $"{outcome} for {vector.GetProperty("expect")}";
    });

    [Fact]
    public void Hostile_messages_end_in_an_error_without_much_memory() => Vectors.Check("hostile.jsonl", vector =>
    {
        AvroSchema schema = vector.Schema("schema");
        var reader = GenericReader.Compile(schema, vector.TryGetProperty("reader", out _) ? vector.Schema("reader") : schema);
        byte[] body = vector.Hex("hex");
        DecodeResult result = default;
        long most = 100_000 + (64 * body.Length);
        long allocated = Allocations.Of(() => result = reader.TryRead(body, out _), most);
        return !vector.Accepts(Vectors.Category(result.Error)) ? $"{result} for {vector.Text("expect")}"
            : allocated > most ? $"{allocated} bytes allocated for {body.Length}" : null;
    });

    private static string Resolve(JsonElement vector)
    {
        AvroSchema reader = vector.Schema("reader");
        GenericReader plan;
        try
        {
            // The vectors' oracle takes no notice of logical types: what they do is in LogicalResolutionTests.
            plan = GenericReader.CompileRaw(vector.Schema("writer", SchemaValidation.Lenient), reader);
        }
        catch (SchemaResolutionException)
        {
            return "error: schema";
        }

        return plan.TryRead(vector.Hex("in"), out object? value).IsOk ? Encode(reader, value) : "error: data";
    }

    private static string Outcome(JsonElement expect) =>
        expect.ValueKind == JsonValueKind.String ? expect.GetString()! : $"error: {expect.GetProperty("error").GetString()}";

    private static string Encode(AvroSchema schema, object? value)
    {
        var output = new ArrayBufferWriter<byte>();
        GenericWriter.Compile(schema).Write(value, output);
        return Convert.ToHexStringLower(output.WrittenSpan);
    }
}
