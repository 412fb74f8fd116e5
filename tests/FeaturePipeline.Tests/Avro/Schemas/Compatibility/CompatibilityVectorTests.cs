using System.Text.Json;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Avro.Schemas.Compatibility;
using FeaturePipeline.Tests.Repository;

namespace FeaturePipeline.Tests.Avro.Schemas.Compatibility;

/// <summary>What Java's SchemaCompatibility says of pairs of schemas and of histories: tests/vectors/avro/compat*.jsonl.</summary>
public class CompatibilityVectorTests
{
    public static TheoryData<string> Pairs => Lines("compat.jsonl");

    public static TheoryData<string> Levels => Lines("compat-levels.jsonl");

    [Theory]
    [MemberData(nameof(Pairs), DisableDiscoveryEnumeration = true)]
    public void A_pair_is_judged_as_registries_judge_it_with_the_same_reasons_at_the_same_places(string line)
    {
        using var document = JsonDocument.Parse(line);
        var expected = document.RootElement.GetProperty("incompatibilities").EnumerateArray()
            .Select(found => $"{found.GetProperty("type").GetString()} {found.GetProperty("location").GetString()}")
            .Order(StringComparer.Ordinal);
        // Registries do not look at logical types; we do.
        Incompatibility[] actual = [.. SchemaCompatibility.Check(Schema(document.RootElement, "reader"), Schema(document.RootElement, "writer"))
            .Where(static found => found.Kind != IncompatibilityKind.LogicalTypeMismatch)];

        Assert.Equal(document.RootElement.GetProperty("compatible").GetBoolean(), actual.Length == 0);
        Assert.Equal(expected, actual.Select(found => $"{found.KindName} {found.Location}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Levels), DisableDiscoveryEnumeration = true)]
    public void A_candidate_passes_exactly_the_levels_that_the_registry_lets_it_pass(string line)
    {
        using var document = JsonDocument.Parse(line);
        var history = document.RootElement.GetProperty("history").EnumerateArray().Select(Parse).ToArray();
        var candidate = Schema(document.RootElement, "candidate");
        foreach (var verdict in document.RootElement.GetProperty("verdict").EnumerateObject())
        {
            Assert.True(CompatibilityLevels.TryParse(verdict.Name, out var level), verdict.Name);
            Assert.Equal((verdict.Name, verdict.Value.GetBoolean()), (verdict.Name, SchemaCompatibility.Check(level, candidate, history).Count == 0));
        }
    }

    private static AvroSchema Schema(JsonElement vector, string member) => Parse(vector.GetProperty(member));

    private static AvroSchema Parse(JsonElement schema) => AvroSchema.Parse(schema.GetRawText(), validation: SchemaValidation.Lenient);

    private static TheoryData<string> Lines(string file) =>
        [.. File.ReadLines(Path.Combine(RepositoryFiles.Root, "tests", "vectors", "avro", file)).Where(line => line.Length > 0)];
}
