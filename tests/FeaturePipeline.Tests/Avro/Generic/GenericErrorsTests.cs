using System.Buffers;
using FeaturePipeline.Avro.Apache;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Generic;

/// <summary>
/// What is said of generic values that do not fit: the symbol or branch that was given, and what there is instead; and texts that end.
/// </summary>
public class GenericErrorsTests
{
    private static readonly RecordSchema Order = (RecordSchema)AvroSchema.Parse("""
        {"type":"record","name":"Order","namespace":"shop","fields":[
          {"name":"id","type":"long"},{"name":"who","type":["null","string"]},
          {"name":"state","type":{"type":"enum","name":"State","symbols":["NEW","SENT"]}},
          {"name":"ratio","type":"double"},{"name":"parts","type":{"type":"array","items":["null","Order"]}}]}
        """);

    public static TheoryData<string, object, string> Unwritten => new()
    {
        { Enum("E", "A", "B"), "Z", "is of type E, an enum of A, B; 'Z' does not fit" },
        { Enum("E", "A", "B"), Symbol("E", "Z"), "is of type E, an enum of A, B; 'Z' of enum E does not fit" },
        { Enum("E", "A", "B"), new string('Z', 1000), $"is of type E, an enum of A, B; '{new string('Z', 64)}...' does not fit" },
        { $"""["null",{Enum("E", "A", "B")}]""", "Z", "is a union of null, E (an enum of A, B); 'Z' does not fit" },
        { $"""["null",{Enum("E", "A", "B")}]""", Symbol("F", "A"), "is a union of null, E (an enum of A, B); 'A' of enum F does not fit" },
        { $"[{Enum("v1.E", "A")},{Enum("v2.E", "B")}]", "C", "is a union of v1.E (an enum of A), v2.E (an enum of B); 'C' does not fit" },
        { """["null",{"type":"fixed","name":"F","size":2}]""", Fixed("G", 3), "is a union of null, F; a fixed G of 3 bytes does not fit" },
        { """["null",{"type":"fixed","name":"F","size":2}]""", new byte[3], "is a union of null, F; an array of 3 bytes does not fit" },
        {
            """["null","int"]""", new GenericRecord(Order),
            "is a union of null, int; a record shop.Order of id, who, state, ratio, parts does not fit"
        },
        { """["null","int"]""", 1L, "is a union of null, int; Int64 does not fit" },
    };

    [Theory]
    [MemberData(nameof(Unwritten), DisableDiscoveryEnumeration = true)]
    public void What_no_symbol_or_branch_is_for_is_named_with_what_there_is_when_it_is_written(string type, object value, string message)
    {
        var schema = (RecordSchema)AvroSchema.Parse($$"""{"type":"record","name":"R","fields":[{"name":"f","type":{{type}}}]}""");
        var record = new GenericRecord(schema) { ["f"] = value };
        Assert.Equal($"Field 'f' {message}. (Parameter 'value')", Refused(schema, record));
    }

    [Theory]
    [InlineData(
        """{"type":"enum","name":"E","symbols":["A","B","C"]}""", """{"type":"enum","name":"E","symbols":["A","C"]}""", "02",
        "UnknownSymbol at byte 1, field 'f': symbol 'B' is none of enum E, which has A, C and no default")]
    [InlineData(
        """["null","string"]""", "\"string\"", "00",
        "UnreadableBranch at byte 1, field 'f': the writer's branch null cannot be read: what the reader wants is of type string")]
    [InlineData(
        """["null","string",{"type":"fixed","name":"F","size":1}]""", """["null","string"]""", "04ff",
        "UnreadableBranch at byte 1, field 'f': the writer's branch F cannot be read: what the reader wants is a union of null, string")]
    public void What_the_reader_s_schema_lacks_is_named_for_Apache_s_values_too(string written, string read, string hex, string expected)
    {
        AvroSchema Record(string type) => AvroSchema.Parse($$"""{"type":"record","name":"R","fields":[{"name":"f","type":{{type}}}]}""");
        byte[] body = Convert.FromHexString(hex);
        Assert.Equal(expected, GenericReader.Compile(Record(written), Record(read)).TryRead(body, out _).ToString());
        Assert.Equal(expected, ApacheReader.Compile(Record(written), Record(read)).TryRead(body, out _).ToString());
    }

    [Fact]
    public void A_record_that_is_filled_wrongly_has_a_text()
    {
        Assert.Equal("""{"id": null, "who": null, "state": null, "ratio": null, "parts": null}""", new GenericRecord(Order).ToString());
        var state = (EnumSchema)Order.Field("state")!.Schema;
        var record = new GenericRecord(Order) { [0] = new Version(1, 2), [1] = new GenericEnum(state, 9), [2] = 'x', [3] = double.NaN };
        Assert.Equal("""{"id": "1.2", "who": "no symbol 9", "state": "x", "ratio": NaN, "parts": null}""", record.ToString());
    }

    [Fact]
    public void A_text_takes_no_more_of_a_sequence_than_it_shows()
    {
        int taken = 0;
        IEnumerable<object?> Numbers()
        {
            for (int i = 0; i < 100_000; i++)
            {
                taken++;
                yield return i;
            }
        }

        Assert.Contains("31, ...", new GenericRecord(Order) { ["parts"] = Numbers() }.ToString(), StringComparison.Ordinal);
        Assert.InRange(taken, 32, 100);
    }

    [Fact]
    public void What_is_shown_of_a_text_that_is_no_symbol_is_not_cut_within_a_letter()
    {
        string text = "x" + string.Concat(Enumerable.Repeat("\ud83d\ude00", 100));
        Assert.DoesNotContain(Refused(AvroSchema.Parse(Enum("E", "A")), text).EnumerateRunes(), static rune => rune.Value == 0xfffd);
    }

    private static string Refused(AvroSchema schema, object value) =>
        Assert.Throws<ArgumentException>(() => GenericWriter.Compile(schema).Write(value, new ArrayBufferWriter<byte>())).Message;

    private static string Enum(string name, params string[] symbols) =>
        $$"""{"type":"enum","name":"{{name}}","symbols":["{{string.Join("\",\"", symbols)}}"]}""";

    private static GenericEnum Symbol(string name, string symbol) => new((EnumSchema)AvroSchema.Parse(Enum(name, symbol)), 0);

    private static GenericFixed Fixed(string name, int size) =>
        new((FixedSchema)AvroSchema.Parse($$"""{"type":"fixed","name":"{{name}}","size":{{size}}}"""), new byte[size]);
}
