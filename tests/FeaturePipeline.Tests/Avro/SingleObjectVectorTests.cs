using System.Buffers;
using FeaturePipeline.Avro;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro;

/// <summary>single-object.jsonl.</summary>
public class SingleObjectVectorTests
{
    [Fact]
    public void Single_objects_are_read_and_written_as_the_specification_says() => Vectors.Check("single-object.jsonl", vector =>
    {
        AvroSchema schema = vector.Schema("schema");
        byte[] message = vector.Hex("hex");
        string outcome = Read(schema, message);
        if (!vector.TryGetProperty("datum", out System.Text.Json.JsonElement datum))
        {
            return vector.Accepts(outcome) ? null : $"{outcome} for {vector.Text("expect")}";
        }

        var output = new ArrayBufferWriter<byte>();
        SingleObject.WriteHeader(output.GetSpan(SingleObject.HeaderSize), schema.Fingerprint64);
        output.Advance(SingleObject.HeaderSize);
        GenericWriter.Compile(schema).Write(VectorDatum.Parse(schema, datum), output);
        return outcome == "ok" && output.WrittenSpan.SequenceEqual(message) ? null : $"{outcome}, {Convert.ToHexString(output.WrittenSpan)}";
    });

    private static string Read(AvroSchema schema, byte[] message) => SingleObject.Read(message, out ulong fingerprint) switch
    {
        SingleObjectStatus.Short => "truncated",
        SingleObjectStatus.BadMarker => "bad-marker",
        _ when fingerprint != schema.Fingerprint64 => "unknown-schema",
        _ => Vectors.Category(GenericReader.Compile(schema).TryRead(message.AsSpan(SingleObject.HeaderSize), out _).Error),
    };
}
