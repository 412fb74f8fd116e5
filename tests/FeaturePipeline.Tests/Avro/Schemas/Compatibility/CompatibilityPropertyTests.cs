using System.Text.Json.Nodes;
using CsCheck;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Avro.Schemas.Compatibility;
using FeaturePipeline.Tests.Avro.Generic;

namespace FeaturePipeline.Tests.Avro.Schemas.Compatibility;

/// <summary>The checker on random schemas and what random evolution makes of them; that what it allows is read, EvolutionTests show. On failure CsCheck prints the seed.</summary>
public class CompatibilityPropertyTests
{
    [Fact]
    public void What_the_checker_finds_has_a_place_in_both_schemas() => Gen.Int.Sample(
        seed =>
        {
            var random = new RandomSchemas(seed, rich: true);
            JsonNode text = random.Root();
            var writer = AvroSchema.Parse(text.ToJsonString());
            var reader = AvroSchema.Parse(new RandomEvolution(seed, Evolutions.All, random).Evolve(text).ToJsonString());
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
}
