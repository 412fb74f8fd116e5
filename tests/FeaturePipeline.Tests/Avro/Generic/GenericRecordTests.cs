using System.Globalization;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Generic;

/// <summary>Generic values in the hands of a program: fields that may be there, and text for a log or a debugger.</summary>
public class GenericRecordTests
{
    private static readonly RecordSchema Schema = (RecordSchema)AvroSchema.Parse("""
        {"type":"record","name":"R","fields":[{"name":"id","type":"long"},{"name":"who","type":["null","string"]},{"name":"ratio","type":"double"},
         {"name":"ok","type":"boolean"},{"name":"raw","type":"bytes"},{"name":"kind","type":{"type":"enum","name":"E","symbols":["A"]}},
         {"name":"key","type":{"type":"fixed","name":"F","size":2}},{"name":"tags","type":{"type":"array","items":"string"}},
         {"name":"counts","type":{"type":"map","values":"int"}},{"name":"next","type":["null","R"]}]}
        """);

    [Fact]
    public void A_field_is_given_where_the_record_has_it()
    {
        var record = new GenericRecord(Schema) { ["id"] = 4L };
        Assert.True(record.TryGetValue("id", out object? value));
        Assert.Equal(4L, value);
        Assert.True(record.TryGetValue("who", out value));
        Assert.Null(value);
        Assert.False(record.TryGetValue("ID", out value));
        Assert.Null(value);
        Assert.False(record.TryGetValue("", out _));
        Assert.Contains("'nobody'", Assert.Throws<KeyNotFoundException>(() => record["nobody"]).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_text_of_a_record_is_like_json_in_every_culture()
    {
        CultureInfo culture = CultureInfo.CurrentCulture;
        var comma = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        comma.NumberFormat.NumberDecimalSeparator = ",";
        CultureInfo.CurrentCulture = comma;
        try
        {
            Assert.Equal(
                """{"id": 4, "who": "Ann \"A\"\n", "ratio": 1.5, "ok": true, "raw": "0x01FF", "kind": "A", "key": "0x0A0B", "tags": ["a", "b"], "counts": {"k": 1}, "next": null}""",
                Full().ToString());
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [Fact]
    public void The_text_is_bounded_whatever_the_record_holds()
    {
        GenericRecord record = Full();
        record["who"] = new string('x', 1_000_000);
        record["raw"] = new byte[1_000_000];
        record["tags"] = Enumerable.Repeat<object?>(new string('y', 1000), 100_000).ToList();
        record["counts"] = Enumerable.Range(0, 100_000).ToDictionary(static i => i.ToString(CultureInfo.InvariantCulture), static i => (object?)i);
        record["next"] = record;
        string text = record.ToString();
        Assert.InRange(text.Length, 1000, 10_000);
        Assert.Contains("...", text, StringComparison.Ordinal);

        // What a text is cut within is no half of a letter.
        record["who"] = "x" + string.Concat(Enumerable.Repeat("\ud83d\ude00", 1000));
        Assert.DoesNotContain(record.ToString().EnumerateRunes(), static rune => rune.Value == 0xfffd);
    }

    [Fact]
    public void Readers_name_the_symbol_and_the_branch_that_their_schema_lacks()
    {
        AvroSchema writer = AvroSchema.Parse("""{"type":"enum","name":"E","symbols":["A","B","C"]}"""), reader = AvroSchema.Parse("""{"type":"enum","name":"E","symbols":["A","C"]}""");
        Assert.Equal("symbol 'B' is none of enum E, which has A, C and no default", Detail(writer, reader, [2]));
        Assert.Equal(
            "the writer's branch string cannot be read: what the reader wants is a union of null, long",
            Detail(AvroSchema.Parse("""["null","string","long"]"""), AvroSchema.Parse("""["null","long"]"""), [2, 2, 65]));
        Assert.Equal("the writer's branch null cannot be read: what the reader wants is of type long", Detail(AvroSchema.Parse("""["null","long"]"""), AvroSchema.Parse("\"long\""), [0]));

        static string Detail(AvroSchema writer, AvroSchema reader, byte[] body)
        {
            DecodeResult result = GenericReader.Compile(writer, reader).TryRead(body, out _);
            Assert.Contains(result.Error, (DecodeErrorKind[])[DecodeErrorKind.UnknownSymbol, DecodeErrorKind.UnreadableBranch]);
            return result.Detail;
        }
    }

    private static GenericRecord Full() => new(Schema)
    {
        ["id"] = 4L,
        ["who"] = "Ann \"A\"\n",
        ["ratio"] = 1.5,
        ["ok"] = true,
        ["raw"] = new byte[] { 1, 255 },
        ["kind"] = new GenericEnum((EnumSchema)Schema.Field("kind")!.Schema, 0),
        ["key"] = new GenericFixed((FixedSchema)Schema.Field("key")!.Schema, [10, 11]),
        ["tags"] = new List<object?> { "a", "b" },
        ["counts"] = new Dictionary<string, object?> { ["k"] = 1 },
    };
}
