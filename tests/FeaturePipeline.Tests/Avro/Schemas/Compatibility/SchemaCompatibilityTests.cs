using System.Globalization;
using System.Text;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Avro.Schemas.Compatibility;

namespace FeaturePipeline.Tests.Avro.Schemas.Compatibility;

public class SchemaCompatibilityTests
{
    [Fact]
    public void The_message_names_the_field_and_what_is_missing()
    {
        var reader = AvroSchema.Parse("""{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}""");
        var writer = AvroSchema.Parse("""{"type":"record","name":"R","fields":[]}""");
        var found = Assert.Single(SchemaCompatibility.Check(reader, writer));
        Assert.Equal(
            "READER_FIELD_MISSING_DEFAULT_VALUE at /fields/0: the writer has no field 'a', and the reader no default for it", found.ToString());
    }

    [Fact]
    public void A_transitive_level_tells_the_version_that_does_not_fit()
    {
        var history = new[] { AvroSchema.Parse("\"string\""), AvroSchema.Parse("\"int\"") };
        var candidate = AvroSchema.Parse("\"long\"");
        Assert.Empty(SchemaCompatibility.Check(CompatibilityLevel.Backward, candidate, history));
        var found = Assert.Single(SchemaCompatibility.Check(CompatibilityLevel.BackwardTransitive, candidate, history));
        Assert.Equal((0, true), (found.Version, found.CandidateReads));
        Assert.Equal([true, false, false], SchemaCompatibility.Check(CompatibilityLevel.FullTransitive, candidate, history).Select(f => f.CandidateReads).Order().Reverse());
    }

    [Fact]
    public void What_does_not_fit_is_located_in_both_schemas()
    {
        var reader = AvroSchema.Parse("""
            {"type":"record","name":"R","fields":[
              {"name":"new","type":"int"},
              {"name":"renamed","aliases":["old"],"type":{"type":"array","items":{"type":"enum","name":"E","symbols":["A"]}}},
              {"name":"maybe","type":["null","long"]},
              {"name":"size","type":{"type":"map","values":{"type":"fixed","name":"F","size":2}}}]}
            """);
        var writer = AvroSchema.Parse("""
            {"type":"record","name":"R","fields":[
              {"name":"size","type":{"type":"map","values":{"type":"fixed","name":"F","size":3}}},
              {"name":"maybe","type":["null","string"]},
              {"name":"old","type":{"type":"array","items":{"type":"enum","name":"E","symbols":["A","B"]}}}]}
            """);
        Assert.Equal(
            [
                (IncompatibilityKind.ReaderFieldMissingDefaultValue, "/fields/0", "/"),
                (IncompatibilityKind.MissingEnumSymbols, "/fields/1/type/items/symbols", "/fields/2/type/items/symbols"),
                (IncompatibilityKind.MissingUnionBranch, "/fields/2/type", "/fields/1/type/1"),
                (IncompatibilityKind.FixedSizeMismatch, "/fields/3/type/values/size", "/fields/0/type/values/size"),
            ],
            SchemaCompatibility.Check(reader, writer).Select(found => (found.Kind, found.ReaderLocation, found.WriterLocation)));
    }

    [Fact]
    public void A_full_level_is_both_directions_and_none_is_neither()
    {
        var history = new[] { AvroSchema.Parse("\"long\""), AvroSchema.Parse("\"int\"") };
        var candidate = AvroSchema.Parse("\"int\"");
        Assert.Empty(SchemaCompatibility.Check(CompatibilityLevel.Full, candidate, history));
        Assert.Equal((0, true), Of(CompatibilityLevel.FullTransitive));
        Assert.Equal((0, true), Of(CompatibilityLevel.BackwardTransitive));
        Assert.Empty(SchemaCompatibility.Check(CompatibilityLevel.ForwardTransitive, candidate, history));
        Assert.Empty(SchemaCompatibility.Check(CompatibilityLevel.None, AvroSchema.Parse("\"bytes\""), history));
        Assert.Empty(SchemaCompatibility.Check(CompatibilityLevel.FullTransitive, candidate, []));

        (int Version, bool CandidateReads) Of(CompatibilityLevel level)
        {
            var found = Assert.Single(SchemaCompatibility.Check(level, candidate, history));
            return (found.Version, found.CandidateReads);
        }
    }

    [Fact]
    public void Types_that_multiply_what_is_found_in_them_end_soon()
    {
        var reader = AvroSchema.Parse(Doubling(100, "int"));
        var writer = AvroSchema.Parse(Doubling(100, "string"));
        Assert.InRange(SchemaCompatibility.Check(reader, writer).Count, 1, 1000);
        Assert.Empty(SchemaCompatibility.Check(reader, reader));
    }

    // Each record uses the next one twice: 2^depth paths to the one field that differs.
    private static string Doubling(int depth, string leaf)
    {
        var text = new StringBuilder();
        for (var i = 0; i < depth; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $$"""{"type":"record","name":"R{{i}}","fields":[{"name":"a","type":""");
        }

        text.Append(CultureInfo.InvariantCulture, $"\"{leaf}\"");
        for (var i = depth - 1; i >= 0; i--)
        {
            var second = i == depth - 1 ? leaf : $"R{i + 1}";
            text.Append("},{\"name\":\"b\",\"type\":\"").Append(second).Append("\"}]}");
        }

        return text.ToString();
    }
}
