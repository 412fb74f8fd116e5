using System.Buffers;
using System.Text.Json.Nodes;
using CsCheck;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Avro.Schemas.Compatibility;
using FeaturePipeline.Tests.Avro.Generic;

namespace FeaturePipeline.Tests.Avro.Schemas.Compatibility;

/// <summary>The checker beside the resolver, on random schemas and what random evolution makes of them. On failure CsCheck prints the seed.</summary>
public class CompatibilityPropertyTests
{
    [Fact]
    public void What_the_checker_lets_pass_is_read() => Gen.Int.Sample(
        seed =>
        {
            var (random, writer, reader) = Pair(seed, Evolutions.All);
            if (SchemaCompatibility.Check(reader, writer).Count > 0)
            {
                return;
            }

            var resolving = GenericReader.Compile(writer, reader);
            for (var i = 0; i < 3; i++)
            {
                // Bytes that are no text are no string, which no checker can know.
                var result = resolving.TryRead(Encode(writer, random.Datum(writer)), out _);
                Assert.True(result.IsOk || result.Error == DecodeErrorKind.InvalidUtf8, $"{result}\nwriter {writer}\nreader {reader}");
            }
        },
        iter: 2000);

    [Fact]
    public void What_the_checker_finds_has_a_place_in_both_schemas() => Gen.Int.Sample(
        seed =>
        {
            var (_, writer, reader) = Pair(seed, Evolutions.All);
            foreach (var found in SchemaCompatibility.Check(reader, writer))
            {
                Assert.True(found.Message.Length > 0);
                Assert.StartsWith("/", found.ReaderLocation, StringComparison.Ordinal);
                Assert.StartsWith("/", found.WriterLocation, StringComparison.Ordinal);
                Assert.StartsWith("/", found.Location, StringComparison.Ordinal);
            }
        },
        iter: 1000);

    [Fact]
    public void Every_schema_is_compatible_with_itself_at_every_level() => Gen.Int.Sample(
        seed =>
        {
            var schema = AvroSchema.Parse(new RandomSchemas(seed, rich: true).Root().ToJsonString());
            foreach (var level in Enum.GetValues<CompatibilityLevel>())
            {
                Assert.Empty(SchemaCompatibility.Check(level, schema, [schema, AvroSchema.Parse(schema.ToString())]));
            }
        },
        iter: 200);

    private static (RandomSchemas Random, AvroSchema Writer, AvroSchema Reader) Pair(int seed, Evolutions allowed)
    {
        var random = new RandomSchemas(seed, rich: true);
        JsonNode writer = random.Root();
        JsonNode reader = new RandomEvolution(seed, allowed, random).Evolve(writer);
        return (random, AvroSchema.Parse(writer.ToJsonString()), AvroSchema.Parse(reader.ToJsonString()));
    }

    private static byte[] Encode(AvroSchema schema, object? value)
    {
        var output = new ArrayBufferWriter<byte>();
        GenericWriter.Compile(schema).Write(value, output);
        return output.WrittenSpan.ToArray();
    }
}
