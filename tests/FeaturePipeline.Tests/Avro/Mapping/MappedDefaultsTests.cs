using System.Buffers;
using System.Numerics;
using System.Text.Json;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;
using static FeaturePipeline.Tests.Avro.Mapping.MappedMessages;

namespace FeaturePipeline.Tests.Avro.Mapping;

/// <summary>Defaults of members and of enums in a type's schema, and what they are for: messages of older and newer types.</summary>
public class MappedDefaultsTests
{
    [AvroDefault(Status.Unknown)]
    public enum Status
    {
        [AvroName("UNKNOWN")]
        Unknown,
        Open,
    }

    [AvroName("Status")]
    public enum NewerStatus
    {
        Closed,
        UNKNOWN,
        Open,
    }

    [Fact]
    public void Each_kind_of_default_is_in_the_schema_and_added_members_take_theirs_from_older_messages()
    {
        AvroSchema schema = MappedSchema.Of<Added>();
        Assert.Equal(
            [
                "1", "-2", "0.5", "true", "\"view\"", "\"c\"", "\"GREEN_ISH\"", "\"\\u0001\\u00FF\"", "[1,2]", "{\"a\":1}",
                "{\"X\":1,\"Y\":2}", "5", "null", "\"x\"", "\"\\u0001Wp\"",
                "\"\\u0002\\u0007\\u0000\"", "\"00112233-4455-6677-8899-aabbccddeeff\"", "0", "[\"a\",\"b\"]", "\"UNKNOWN\"",
            ],
            ((RecordSchema)schema).Fields.Skip(1).Select(field => field.Default!.Value.GetRawText()));
        var older = AvroSchema.Parse("""{"type":"record","name":"Added","fields":[{"name":"Id","type":"int"}]}""");
        Added read = Read<Added>([0x0e], older, schema);
        Assert.Equal(JsonSerializer.Serialize(new Added { Id = 7 }), JsonSerializer.Serialize(read));
        Assert.Equal(new BigInteger(7), read.Whole);
        Assert.Equal(JsonSerializer.Serialize(read), JsonSerializer.Serialize(Read<Added>(Write(read, schema), schema, schema)));
    }

    [Fact]
    public void The_default_of_a_member_holds_also_where_the_readers_schema_is_not_the_types_own()
    {
        var older = AvroSchema.Parse("""{"type":"record","name":"Later","fields":[{"name":"Id","type":"int"}]}""");
        foreach (AvroSchema? reader in (AvroSchema?[])[null, older, MappedSchema.Of<Later>()])
        {
            Later read = Read<Later>([0x0e], older, reader);
            Assert.Equal((7, 5, "x"), (read.Id, read.Five, read.Text));
            Assert.Equal(read.Id, Read<LaterRecord>([0x0e], older).Id);
            Assert.Equal(5, Read<LaterRecord>([0x0e], older).Five);
        }
    }

    public sealed class Later
    {
        public int Id { get; set; }

        [AvroDefault(5)]
        public int Five { get; set; }

        [AvroDefault("x")]
        public string? Text { get; set; }
    }

    public sealed record LaterRecord(int Id, [property: AvroDefault(5)] int Five);

    [Fact]
    public void A_default_that_is_not_null_comes_before_null_in_the_union()
    {
        RecordSchema schema = (RecordSchema)MappedSchema.Of<Added>();
        Assert.Equal("""["int","null"]""", schema.Field("MaybeFive")!.Schema.ToString());
        Assert.Equal("""["null","int"]""", schema.Field("MaybeNull")!.Schema.ToString());
        Assert.Equal("""["string","null"]""", schema.Field("MaybeText")!.Schema.ToString());
    }

    [Fact]
    public void An_unknown_symbol_becomes_the_enum_s_default_with_and_without_a_reader_s_schema()
    {
        AvroSchema schema = MappedSchema.Of<Ticket<Status>>();
        Assert.Equal("UNKNOWN", ((EnumSchema)((RecordSchema)schema).Fields[0].Schema).Default);
        string text = MappedSchema.Of<Ticket<NewerStatus>>().ToString();
        var newer = AvroSchema.Parse(text.Replace("Ticket_NewerStatus", "Ticket_Status", StringComparison.Ordinal));
        byte[] closed = Write(new Ticket<NewerStatus>(NewerStatus.Closed), newer);
        foreach (AvroSchema? reader in new[] { schema, null })
        {
            Assert.Equal(Status.Unknown, Read<Ticket<Status>>(closed, newer, reader).Status);
            Assert.Equal(Status.Open, Read<Ticket<Status>>(Write(new Ticket<NewerStatus>(NewerStatus.Open), newer), newer, reader).Status);
            Assert.Equal(Status.Unknown, Read<Ticket<Status?>>(closed, newer, reader).Status);
        }

        // What is written is never the default in another's place.
        var less = AvroSchema.Parse("""
            {"type":"record","name":"Ticket","fields":[{"name":"Status","type":{"type":"enum","name":"Status","symbols":["Unknown"]}}]}
            """);
        Refuses("no symbol 'Open'", () => Write(new Ticket<Status>(Status.Open), less));
    }

    [Fact]
    public void A_reader_s_schema_without_a_default_does_not_know_the_enum_s()
    {
        AvroSchema newer = MappedSchema.Of<NewerStatus>();
        var reader = AvroSchema.Parse("""{"type":"enum","name":"Status","symbols":["Open"]}""");
        Assert.Equal(DecodeErrorKind.UnknownSymbol, MappedReader<Status>.Compile(newer, reader).TryRead([0x00], out _).Error);
    }

    [Fact]
    public void Optional_parameters_of_a_constructor_are_defaults_and_what_may_be_null_has_null()
    {
        var schema = (RecordSchema)MappedSchema.Of<Optional>();
        Assert.Equal(
            [null, "5", "\"view\"", "\"GREEN_ISH\"", "null", "null", "\"\\u0016\\u00E3\\u0060\"", null],
            schema.Fields.Select(field => field.Default?.GetRawText()));
        var older = AvroSchema.Parse("""
            {"type":"record","name":"Optional","fields":[{"name":"Id","type":"int"},{"name":"Key","type":"string"}]}
            """);
        var read = Read<Optional>([0x0e, 0x48, .. "00112233-4455-6677-8899-aabbccddeeff"u8], older, schema);
        Assert.Equal(new Optional(7, Maybe: null, Key: Guid.Parse("00112233-4455-6677-8899-aabbccddeeff")), read);
    }

    [Theory]
    [InlineData(typeof(Text), "\"x\" is no value of type int")]
    [InlineData(typeof(Null), "null is no value of type int")]
    [InlineData(typeof(Beyond), "2147483648 is no value of type int")]
    [InlineData(typeof(Negative), "-1 is no value of System.UInt32")]
    [InlineData(typeof(NoGuid), "is no value of System.Guid")]
    [InlineData(typeof(Symbol), "no symbol of")]
    [InlineData(typeof(OtherEnum), "no symbol of")]
    [InlineData(typeof(NoJson), "is not JSON")]
    [InlineData(typeof(Nothing), "says no value")]
    [InlineData(typeof(Both), "says two values")]
    [InlineData(typeof(NoNumber), "\"a\" is no number")]
    [InlineData(typeof(Digits), "more than 2 digits")]
    [InlineData(typeof(Inexact), "as text")]
    [InlineData(typeof(Apache), "no constants")]
    [InlineData(typeof(AType), "System.RuntimeType")]
    [InlineData(typeof(Partial), "lacks field 'Y'")]
    [InlineData(typeof(WrongEnum), "no symbol of")]
    public void A_default_that_is_no_value_of_its_member_is_refused_when_the_schema_is_made(Type type, string why)
    {
        string message = Assert.Throws<ArgumentException>(() => MappedSchema.Of(type)).Message;
        Assert.Contains(why, message, StringComparison.Ordinal);
        Assert.Contains(type == typeof(WrongEnum) ? "WrongEnum" : "Held", message, StringComparison.Ordinal);
        Assert.Contains("[AvroDefault", message, StringComparison.Ordinal);
    }

    // The initial values are the defaults.
    public sealed class Added
    {
        public int Id { get; set; }

        [AvroDefault(1)]
        public int Int { get; set; } = 1;

        [AvroDefault(-2)]
        public long Long { get; set; } = -2;

        [AvroDefault(0.5)]
        public float Float { get; set; } = 0.5f;

        [AvroDefault(true)]
        public bool Flag { get; set; } = true;

        [AvroDefault("view")]
        public string Text { get; set; } = "view";

        [AvroDefault('c')]
        public char Letter { get; set; } = 'c';

        [AvroDefault(Colour.Green)]
        public Colour Colour { get; set; } = Colour.Green;

        [AvroDefault(new byte[] { 1, 255 })]
        public byte[] Bytes { get; set; } = [1, 255];

        [AvroDefault(Json = "[1,2]")]
        public List<int> List { get; set; } = [1, 2];

        [AvroDefault(Json = """{"a":1}""")]
        public Dictionary<string, int> Map { get; set; } = new() { ["a"] = 1 };

        [AvroDefault(Json = """{"X":1,"Y":2}""")]
        public Point Point { get; set; } = new(1, 2);

        [AvroDefault(5)]
        public int? MaybeFive { get; set; } = 5;

        [AvroDefault(null)]
        public int? MaybeNull { get; set; }

        [AvroDefault("x")]
        public string? MaybeText { get; set; } = "x";

        [AvroDecimal(9, 3)]
        [AvroDefault("87.920")]
        public decimal Price { get; set; } = 87.920m;

        [AvroDefault(7)]
        public BigInteger Whole { get; set; } = 7;

        [AvroDefault("00112233-4455-6677-8899-aabbccddeeff")]
        public Guid Key { get; set; } = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");

        [AvroDefault(0)]
        public DateTime At { get; set; } = DateTime.UnixEpoch;

        [AvroDefault(new[] { "a", "b" })]
        public string[] Words { get; set; } = ["a", "b"];

        [AvroDefault(Status.Unknown)]
        public Status Status { get; set; }
    }

    public sealed record Ticket<T>(T Status);

    public sealed record Optional(
        int Id,
        int Count = 5,
        string Kind = "view",
        Colour Colour = Colour.Green,
        int? Maybe = 3,
        string? Note = null,
        decimal Price = 1.5m,
        Guid Key = default);

    public sealed record Text([property: AvroDefault("x")] int Held);

    public sealed record Null([property: AvroDefault(null)] int Held);

    public sealed record Beyond([property: AvroDefault(1L << 31)] int Held);

    public sealed record Negative([property: AvroDefault(-1)] uint Held);

    public sealed record NoGuid([property: AvroDefault("x")] Guid Held);

    public sealed record Symbol([property: AvroDefault((Colour)9)] Colour Held);

    public sealed record OtherEnum([property: AvroDefault(DayOfWeek.Friday)] Colour Held);

    public sealed record NoJson([property: AvroDefault(Json = "[1")] List<int> Held);

    public sealed record Nothing([property: AvroDefault] int Held);

    public sealed record Both([property: AvroDefault(1, Json = "1")] int Held);

    public sealed record NoNumber([property: AvroDefault("a")] decimal Held);

    public sealed record Digits([property: AvroDefault("100"), AvroDecimal(2, 0)] decimal Held);

    public sealed record Inexact([property: AvroDefault(0.1)] decimal Held);

    public sealed record Apache([property: AvroDefault("1.5"), AvroDecimal(9, 2)] global::Avro.AvroDecimal Held);

    public sealed record AType([property: AvroDefault(typeof(int))] string Held);

    public sealed record Partial([property: AvroDefault(Json = """{"X":1}""")] Point Held);

    [AvroDefault("A")]
    public enum WrongEnum
    {
        A,
    }
}
