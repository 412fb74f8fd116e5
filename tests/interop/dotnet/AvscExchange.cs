using System.Buffers;
using System.Text.Json.Nodes;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Avro.Schemas.Compatibility;
using FeaturePipeline.Tests.Avro.Generic;

namespace FeaturePipeline.Interop;

/// <summary>Random pairs of schemas with data for avsc, and what we make of both sides' data. Files hold a JSON object a line, in the same order.</summary>
internal static class AvscExchange
{
    private const int Data = 4;

    /// <summary>Writes pairs.jsonl: writer, reader, what was edited, and data of ours.</summary>
    internal static int Make(string folder, int seed, int count)
    {
        using var output = new StreamWriter(Path.Combine(folder, "pairs.jsonl"));
        for (int i = 0; i < count; i++)
        {
            var random = new RandomSchemas(seed + i, rich: true);
            JsonNode writer = random.Root();
            var evolution = new RandomEvolution(seed + i, Evolutions.All, random);
            JsonNode reader = evolution.Evolve(writer);
            var schema = AvroSchema.Parse(writer.ToJsonString());
            output.WriteLine(new JsonObject
            {
                ["seed"] = seed + i,
                ["writer"] = writer,
                ["reader"] = reader,
                ["edits"] = new JsonArray([.. evolution.Edits]),
                ["ours"] = new JsonArray([.. Enumerable.Range(0, Data).Select(_ => (JsonNode)Convert.ToHexStringLower(Encode(schema, random.Datum(schema))))]),
            }.ToJsonString());
        }

        return 0;
    }

    /// <summary>Reads pairs.jsonl and theirs.jsonl, writes outcomes.jsonl.</summary>
    internal static int Resolve(string folder)
    {
        using var output = new StreamWriter(Path.Combine(folder, "outcomes.jsonl"));
        foreach ((string first, string second) in File.ReadLines(Path.Combine(folder, "pairs.jsonl")).Zip(File.ReadLines(Path.Combine(folder, "theirs.jsonl"))))
        {
            JsonNode pair = JsonNode.Parse(first)!;
            var data = ((JsonArray)pair["ours"]!).Concat((JsonArray)JsonNode.Parse(second)!["data"]!).Select(hex => Convert.FromHexString((string)hex!)).ToArray();
            output.WriteLine(Outcome(pair["writer"]!.ToJsonString(), pair["reader"]!.ToJsonString(), data).ToJsonString());
        }

        return 0;
    }

    private static JsonObject Outcome(string writerText, string readerText, byte[][] data)
    {
        var writer = AvroSchema.Parse(writerText);
        var same = GenericReader.Compile(writer);
        var outcome = new JsonObject
        {
            ["writer"] = writer.CanonicalForm,
            ["plain"] = new JsonArray([.. data.Select(body => Rewrite(same, writer, body))]),
        };
        try
        {
            var reader = AvroSchema.Parse(readerText);
            outcome["incompatible"] = new JsonArray([.. SchemaCompatibility.Check(reader, writer).Select(found => (JsonNode)found.ToString()!)]);
            var resolving = GenericReader.Compile(writer, reader);
            outcome["resolved"] = new JsonArray([.. data.Select(body => Rewrite(resolving, reader, body))]);
        }
        catch (Exception exception) when (exception is AvroSchemaException or SchemaResolutionException)
        {
            outcome["refused"] = exception.Message;
        }

        return outcome;
    }

    // The value in hex, or what is wrong with the message.
    private static JsonNode Rewrite(GenericReader reader, AvroSchema schema, byte[] body)
    {
        DecodeResult result = reader.TryRead(body, out object? value);
        return result.IsOk ? Convert.ToHexStringLower(Encode(schema, value)) : new JsonObject { ["error"] = result.Error.ToString(), ["text"] = result.ToString() };
    }

    private static byte[] Encode(AvroSchema schema, object? value)
    {
        var output = new ArrayBufferWriter<byte>();
        GenericWriter.Compile(schema).Write(value, output);
        return output.WrittenSpan.ToArray();
    }
}
