using System.Buffers;
using System.Text.Json.Nodes;
using CsCheck;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Avro.Schemas.Compatibility;
using FeaturePipeline.Tests.Avro.Binary;

namespace FeaturePipeline.Tests.Avro.Generic;

/// <summary>Random schemas of all kinds, read by what random evolution makes of them. On failure CsCheck prints the seed. See tests/interop/run-avsc for another's opinion.</summary>
public class EvolutionTests
{
    private const Evolutions WithoutLoss = Evolutions.Reorder | Evolutions.Remove | Evolutions.Add | Evolutions.Promote | Evolutions.Aliases | Evolutions.Namespaces;

    [Fact]
    public void An_evolution_that_takes_nothing_away_reads_every_message() => Gen.Int.Sample(
        seed =>
        {
            var (random, writer, reader) = Pair(seed, WithoutLoss);
            var resolving = GenericReader.Compile(writer, reader);
            for (int i = 0; i < 3; i++)
            {
                DecodeResult result = resolving.TryRead(Encode(writer, random.Datum(writer)), out object? value);
                if (result.Error == DecodeErrorKind.InvalidUtf8)
                {
                    continue; // bytes of a union that changed elsewhere match its string, if that comes first
                }

                Assert.True(result.IsOk, result.ToString());
                byte[] resolved = Encode(reader, value);
                Assert.True(GenericReader.Compile(reader).TryRead(resolved, out object? again).IsOk);
                Assert.Equal(resolved, Encode(reader, again));
            }
        },
        iter: 500);

    [Fact]
    public void An_evolution_of_any_kind_is_refused_with_reasons_or_ends_in_values_of_the_readers_schema() => Gen.Int.Sample(
        seed =>
        {
            var (random, writer, reader) = Pair(seed, Evolutions.All);
            try
            {
                var resolving = GenericReader.Compile(writer, reader);
                if (resolving.TryRead(Encode(writer, random.Datum(writer)), out object? value).IsOk)
                {
                    Encode(reader, value);
                }
            }
            catch (SchemaResolutionException exception)
            {
                Assert.Contains("reader: ", exception.Message, StringComparison.Ordinal);
            }
        },
        iter: 1000);

    [Fact]
    public void Projected_fields_of_an_evolution_of_any_kind_are_those_of_the_whole_record() => Gen.Int.Sample(
        seed =>
        {
            var (random, writer, reader) = Pair(seed, Evolutions.All);
            Assert.Null(ProjectionVectorTests.Judge(writer, reader, Encode(writer, random.Datum(writer))));
        },
        iter: 1000);

    [Fact]
    public void What_the_compatibility_check_allows_reads_every_message() => Gen.Int.Sample(
        seed =>
        {
            var (random, writer, reader) = Pair(seed, Evolutions.All);
            if (SchemaCompatibility.Check(reader, writer).Count > 0)
            {
                return;
            }

            DecodeResult result = GenericReader.Compile(writer, reader).TryRead(Encode(writer, random.Datum(writer)), out _);
            Assert.True(result.IsOk || result.Error == DecodeErrorKind.InvalidUtf8, result.ToString());
        },
        iter: 1000);

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
