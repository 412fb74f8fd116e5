using System.Text;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Schemas;

/// <summary>The specification's sentences on names, logical types and defaults, one case each.</summary>
public class SchemaRulesTests
{
    [Theory]
    [InlineData("""{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}""", "decimal(4,2)")]
    [InlineData("""{"type":"bytes","logicalType":"decimal","precision":4}""", "decimal(4,0)")]
    [InlineData("""{"type":"bytes","logicalType":"decimal","precision":4,"scale":4}""", "decimal(4,4)")]
    [InlineData("""{"type":"bytes","logicalType":"decimal","precision":4,"scale":5}""", null)]
    [InlineData("""{"type":"bytes","logicalType":"decimal","precision":4,"scale":-1}""", null)]
    [InlineData("""{"type":"bytes","logicalType":"decimal","precision":0}""", null)]
    [InlineData("""{"type":"bytes","logicalType":"decimal"}""", null)]
    [InlineData("""{"type":"bytes","logicalType":"decimal","precision":"4"}""", null)]
    [InlineData("""{"type":"bytes","logicalType":"decimal","precision":4,"scale":"2"}""", null)]
    [InlineData("""{"type":"bytes","logicalType":"decimal","precision":4.5}""", null)]
    [InlineData("""{"type":"string","logicalType":"decimal","precision":4}""", null)]
    [InlineData("""{"type":"fixed","name":"F","size":2,"logicalType":"decimal","precision":4}""", "decimal(4,0)")]
    [InlineData("""{"type":"fixed","name":"F","size":2,"logicalType":"decimal","precision":5}""", null)]
    [InlineData("""{"type":"fixed","name":"F","size":0,"logicalType":"decimal","precision":1}""", null)]
    [InlineData("""{"type":"fixed","name":"F","size":16,"logicalType":"decimal","precision":38}""", "decimal(38,0)")]
    [InlineData("""{"type":"fixed","name":"F","size":16,"logicalType":"decimal","precision":39}""", null)]
    [InlineData("""{"type":"string","logicalType":"uuid"}""", "uuid")]
    [InlineData("""{"type":"fixed","name":"F","size":16,"logicalType":"uuid"}""", "uuid")]
    [InlineData("""{"type":"fixed","name":"F","size":15,"logicalType":"uuid"}""", null)]
    [InlineData("""{"type":"bytes","logicalType":"uuid"}""", null)]
    [InlineData("""{"type":"fixed","name":"F","size":12,"logicalType":"duration"}""", "duration")]
    [InlineData("""{"type":"fixed","name":"F","size":16,"logicalType":"duration"}""", null)]
    [InlineData("""{"type":"int","logicalType":"date"}""", "date")]
    [InlineData("""{"type":"long","logicalType":"date"}""", null)]
    [InlineData("""{"type":"int","logicalType":"time-micros"}""", null)]
    [InlineData("""{"type":"int","logicalType":"timestamp-millis"}""", null)]
    [InlineData("""{"type":"long","logicalType":"local-timestamp-nanos"}""", "local-timestamp-nanos")]
    [InlineData("""{"type":"long","logicalType":"no-such"}""", null)]
    [InlineData("""{"type":"long","logicalType":7}""", null)]
    [InlineData("""{"type":"array","items":"int","logicalType":"date"}""", null)]
    public void A_logical_type_that_is_wrong_or_unknown_is_ignored_and_kept_in_the_text(string text, string? logical)
    {
        var schema = AvroSchema.Parse(text);
        Assert.Equal(logical, schema.Logical?.ToString());
        Assert.Equal(text, schema.ToString());
        Assert.Equal(logical, AvroSchema.Parse(schema.ToString()).Logical?.ToString());
    }

    [Theory]
    [InlineData("""{"type":"fixed","name":"a.b.F","namespace":"c","size":1}""", "a.b.F")]
    [InlineData("""{"type":"fixed","name":"F","namespace":"c.d","size":1}""", "c.d.F")]
    [InlineData("""{"type":"fixed","name":"F","namespace":"","size":1}""", "F")]
    [InlineData("""{"type":"fixed","name":"F","size":1}""", "F")]
    public void A_full_name_is_made_as_the_specification_says(string text, string fullName) =>
        Assert.Equal(fullName, ((NamedSchema)AvroSchema.Parse(text)).Name.FullName);

    [Fact]
    public void A_name_without_namespace_lies_in_the_nearest_one_around_it_through_arrays_maps_and_unions()
    {
        const string Text = """
            {"type":"record","name":"a.R","fields":[
              {"name":"f","type":["null",{"type":"array","items":{"type":"fixed","name":"F","size":1}}]},
              {"name":"m","type":{"type":"map","values":{"type":"enum","name":"b.E","symbols":["A"]}}},
              {"name":"r","type":{"type":"record","name":"S","namespace":"","fields":[{"name":"g","type":{"type":"fixed","name":"G","size":2}},{"name":"again","type":"G"},{"name":"self","type":["null","S"]}]}},
              {"name":"x","type":"F"},{"name":"y","type":"a.F"},{"name":"z","type":["b.E","R"]}]}
            """;
        var record = (RecordSchema)AvroSchema.Parse(Text);
        Assert.Equal("a.F", record.Field("x")!.Schema.TypeName);
        Assert.Same(record.Field("x")!.Schema, record.Field("y")!.Schema);
        Assert.Equal(["b.E", "a.R"], ((UnionSchema)record.Field("z")!.Schema).Branches.Select(branch => branch.TypeName));
        var inner = (RecordSchema)record.Field("r")!.Schema;
        Assert.Equal(["G", "G"], inner.Fields.Take(2).Select(field => field.Schema.TypeName));

        // What is printed is read as the same schema.
        Assert.Equal(record.CanonicalForm, AvroSchema.Parse(record.ToString()).CanonicalForm);
        Assert.Equal(record.ToString(), AvroSchema.Parse(record.ToString()).ToString());
        Assert.Throws<AvroSchemaException>(() => AvroSchema.Parse(Text.Replace("\"name\":\"x\",\"type\":\"F\"", "\"name\":\"x\",\"type\":\"E\"", StringComparison.Ordinal)));
    }

    [Fact]
    public void Aliases_are_relative_to_the_type_s_namespace()
    {
        var schema = (NamedSchema)AvroSchema.Parse("""{"type":"fixed","name":"a.F","aliases":["Old","b.Older"],"size":1}""");
        Assert.Equal(["a.Old", "b.Older"], schema.Aliases.Select(alias => alias.FullName));
        Assert.Equal(["a.Old", "b.Older"], ((NamedSchema)AvroSchema.Parse(schema.ToString())).Aliases.Select(alias => alias.FullName));
    }

    [Theory]
    [InlineData("\"int\"", "2147483647", true)]
    [InlineData("\"int\"", "2147483648", false)]
    [InlineData("\"int\"", "1.0", false)]
    [InlineData("\"long\"", "9223372036854775807", true)]
    [InlineData("\"long\"", "9223372036854775808", false)]
    [InlineData("\"long\"", "-9223372036854775808", true)]
    [InlineData("\"float\"", "0", true)]
    [InlineData("\"double\"", "0.1", true)]
    [InlineData("\"double\"", "\"NaN\"", false)]
    [InlineData("\"boolean\"", "0", false)]
    [InlineData("\"null\"", "\"null\"", false)]
    [InlineData("\"string\"", "null", false)]
    [InlineData("\"string\"", "\"\\ud800\"", false)]
    [InlineData("\"bytes\"", "\"\\u00ff\\u0000\"", true)]
    [InlineData("\"bytes\"", "\"\\u0100\"", false)]
    [InlineData("""{"type":"fixed","name":"F","size":2}""", "\"\\u00ff\\u0001\"", true)]
    [InlineData("""{"type":"fixed","name":"F","size":2}""", "\"\\u00ff\"", false)]
    [InlineData("""{"type":"enum","name":"E","symbols":["A","B"]}""", "\"B\"", true)]
    [InlineData("""{"type":"enum","name":"E","symbols":["A","B"]}""", "\"C\"", false)]
    [InlineData("""["null","int"]""", "7", true)]
    [InlineData("""["int","null"]""", "null", true)]
    [InlineData("""["null","int"]""", "\"x\"", false)]
    [InlineData("""{"type":"array","items":["null","string"]}""", """[null,"a"]""", true)]
    [InlineData("""{"type":"array","items":"int"}""", """{"a":1}""", false)]
    [InlineData("""{"type":"map","values":"int"}""", """{"a":1,"b":2}""", true)]
    [InlineData("""{"type":"map","values":"int"}""", """{"a":"1"}""", false)]
    [InlineData("""{"type":"record","name":"N","fields":[{"name":"a","type":"int"},{"name":"b","type":"int","default":5}]}""", """{"a":1}""", true)]
    [InlineData("""{"type":"record","name":"N","fields":[{"name":"a","type":"int"},{"name":"b","type":"int","default":5}]}""", """{"b":1}""", false)]
    public void A_default_is_a_value_of_the_field_s_type(string type, string value, bool valid)
    {
        string text = $$"""{"type":"record","name":"R","fields":[{"name":"f","type":{{type}},"default":{{value}}}]}""";
        if (valid)
        {
            Assert.Equal(text, AvroSchema.Parse(text).ToString());
        }
        else
        {
            Assert.Equal("$.fields[0].default", Assert.Throws<AvroSchemaException>(() => AvroSchema.Parse(text)).Path);
        }
    }

    [Theory]
    [InlineData("""{"type":"record","name":"R","fields":[],} """)]
    [InlineData("""{"type":"record", /* a comment */ "name":"R","fields":[]}""")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"a","type":"int"}]}""")]
    [InlineData("""{"type":"enum","name":"E","symbols":["A","A"]}""")]
    [InlineData("""{"type":"enum","name":"E","symbols":["A"],"default":"B"}""")]
    [InlineData("""["int",["null"]]""")]
    [InlineData("""["int","int"]""")]
    [InlineData("""[{"type":"fixed","name":"F","size":1},"F"]""")]
    [InlineData("""[{"type":"array","items":"int"},{"type":"array","items":"long"}]""")]
    [InlineData("""{"type":"fixed","name":"F","size":-1}""")]
    [InlineData("""{"type":"fixed","name":"F","size":1.5}""")]
    [InlineData("""{"type":"fixed","name":"a..F","size":1}""")]
    [InlineData("""{"type":"fixed","name":"F","namespace":"a.","size":1}""")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"é","type":"int"}]}""")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"a","type":"int","order":"up"}]}""")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"a","type":"int","aliases":"b"}]}""")]
    [InlineData("""{"type":"record","name":"int","fields":[]}""")]
    [InlineData("""{"type":"record","name":"R","fields":{}}""")]
    [InlineData("""{"type":"map","items":"int"}""")]
    [InlineData("7")]
    [InlineData("")]
    [InlineData("\"R\"")]
    public void What_the_specification_forbids_is_refused(string text) => Assert.Throws<AvroSchemaException>(() => AvroSchema.Parse(text));

    [Fact]
    public void Other_unions_may_hold_fixed_and_records_of_different_names()
    {
        var union = (UnionSchema)AvroSchema.Parse("""[{"type":"fixed","name":"a.F","size":1},{"type":"fixed","name":"b.F","size":1},{"type":"map","values":"int"},{"type":"array","items":"int"}]""");
        Assert.Equal(4, union.Branches.Count);
    }

    [Fact]
    public void Properties_and_texts_of_every_level_are_kept_with_all_their_letters()
    {
        const string Text = """{"type":"record","name":"R","doc":"a \"b\" \\ é","fields":[{"name":"a","type":{"type":"map","values":{"type":"int","unit":"m"},"keys":"k"},"doc":"x\ny","sensitive":true,"nested":{"a":[1,2.50,null]}}],"owner":"É"}""";
        var schema = (RecordSchema)AvroSchema.Parse(Text);
        Assert.Equal(Text, schema.ToString());
        Assert.Equal("""{"name":"R","type":"record","fields":[{"name":"a","type":{"type":"map","values":"int"}}]}""", schema.CanonicalForm);
        Assert.Equal("😀", ((NamedSchema)AvroSchema.Parse(AvroSchema.Parse(Text.Replace("é", "😀", StringComparison.Ordinal)).ToString())).Doc![^2..]);
        Assert.Equal("true", schema.Field("a")!.Properties["sensitive"].GetRawText());
    }

    [Fact]
    public void Fingerprints_are_those_of_the_canonical_form()
    {
        // From apache/avro's share/test/data/schema-tests.txt and the digests of "int" with its quotes.
        var schema = AvroSchema.Parse("""{"type":"int","doc":"ignored"}""");
        Assert.Equal(0x7275d51a3f395c8fUL, schema.Fingerprint64);
        Assert.Equal(System.Security.Cryptography.MD5.HashData("\"int\""u8), SchemaFingerprint.Md5(schema));
        Assert.Equal("3f2b87a9fe7cc9b13835598c3981cd45e3e355309e5090aa0933d7becb6fba45", Convert.ToHexStringLower(SchemaFingerprint.Sha256(schema)));
        Assert.Equal("ef524ea1b91e73173d938ade36c1db32", Convert.ToHexStringLower(SchemaFingerprint.Md5(schema)));
    }

    [Fact]
    public void A_schema_of_ten_megabytes_is_read()
    {
        var text = new StringBuilder("""{"type":"record","name":"R","fields":[""");
        for (int i = 0; text.Length < 10_000_000; i++)
        {
            text.Append(i == 0 ? "" : ",").Append("{\"name\":\"f").Append(i).Append("\",\"type\":[\"null\",\"string\"],\"default\":null,\"doc\":\"").Append('x', 1000).Append("\"}");
        }

        Assert.True(((RecordSchema)AvroSchema.Parse(text.Append("]}").ToString())).Fields.Count > 9000);
    }
}
