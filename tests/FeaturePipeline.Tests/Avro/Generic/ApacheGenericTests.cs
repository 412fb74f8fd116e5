using System.Buffers;
using System.Globalization;
using System.Numerics;
using CsCheck;
using FeaturePipeline.Avro.Apache;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;
using Apache = global::Avro;

namespace FeaturePipeline.Tests.Avro.Generic;

/// <summary>Apache's generic values, read and written here as Apache's library does it. On failure CsCheck prints the seed.</summary>
public class ApacheGenericTests
{
    private const Evolutions WhatApacheDoesRight = Evolutions.Reorder | Evolutions.Remove | Evolutions.AddPlain | Evolutions.Promote;

    private static readonly DateTime Noon = new(2026, 11, 23, 12, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void Values_are_the_ones_that_Apache_reads_and_bytes_the_ones_that_it_writes() => Gen.Int.Sample(
        seed =>
        {
            var random = new RandomSchemas(seed, rich: true, logical: true);
            string text = random.Root().ToJsonString();
            var schema = AvroSchema.Parse(text);
            byte[] body = Encode(schema, random.Datum(schema));
            var apaches = Apache.Schema.Parse(text);
            object? expected = ApacheValues.Read(apaches, apaches, body);

            Assert.True(ApacheReader.Compile(schema).TryRead(body, out object? read).IsOk);
            ApacheValues.AssertSame(expected, read);
            byte[] written = ApacheValues.Write(apaches, expected);
            Assert.Equal(written, Write(ApacheSchemas.Of(apaches), expected));
            Assert.Equal(written, Write(schema, read));
        },
        iter: 500);

    [Fact]
    public void Messages_of_an_evolved_schema_become_the_values_that_Apache_resolves_them_to() => Gen.Int.Sample(
        seed =>
        {
            var random = new RandomSchemas(seed);
            var record = random.Record();
            string readerText = new RandomEvolution(seed, WhatApacheDoesRight, random).Evolve(record).ToJsonString();
            var (writer, reader) = (AvroSchema.Parse(record.ToJsonString()), AvroSchema.Parse(readerText));
            byte[] body = Encode(writer, random.Datum(writer));
            var apaches = Apache.Schema.Parse(readerText);

            Assert.True(ApacheReader.Compile(writer, reader).TryRead(body, out object? read).IsOk);
            ApacheValues.AssertSame(ApacheValues.Read(Apache.Schema.Parse(record.ToJsonString()), apaches, body), read);
        },
        iter: 300);

    private static readonly (string Type, object Value)[] LogicalValues =
    [
        ("""{"type":"int","logicalType":"date"}""", new DateTime(1969, 12, 31, 0, 0, 0, DateTimeKind.Utc)),
        ("""{"type":"int","logicalType":"time-millis"}""", new TimeSpan(0, 23, 59, 59, 999)),
        ("""{"type":"long","logicalType":"time-micros"}""", TimeSpan.FromTicks(863_999_999_990)),
        ("""{"type":"long","logicalType":"timestamp-millis"}""", Noon.AddMilliseconds(7)),
        ("""{"type":"long","logicalType":"timestamp-millis"}""", DateTime.UnixEpoch.AddMilliseconds(-1)),
        ("""{"type":"long","logicalType":"timestamp-micros"}""", Noon.AddMicroseconds(7)),
        ("""{"type":"string","logicalType":"uuid"}""", Guid.Parse("00112233-4455-6677-8899-aabbccddeeff")),
        ("""{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}""", new Apache.AvroDecimal(-1250, 2)),
        ("""{"type":"bytes","logicalType":"decimal","precision":40}""", new Apache.AvroDecimal(BigInteger.Pow(10, 39), 0)),
        ("""{"type":"fixed","name":"D","size":6,"logicalType":"decimal","precision":12,"scale":3}""", new Apache.AvroDecimal(-1, 3)),
        ("""{"type":"long","logicalType":"timestamp-nanos"}""", long.MinValue),
        ("""{"type":"int","logicalType":"of-a-newer-version"}""", 5),
        ("""{"type":"string","logicalType":"of-a-newer-version"}""", "text"),
    ];

    // By number: xunit cannot print an AvroDecimal.
    public static TheoryData<int> LogicalCases => [.. Enumerable.Range(0, LogicalValues.Length)];

    [Theory]
    [MemberData(nameof(LogicalCases))]
    public void Logical_types_are_Apache_s_values_alone_in_unions_and_in_collections(int number)
    {
        (string type, object value) = LogicalValues[number];
        string text = $$"""{"type":"record","name":"R","fields":[{"name":"a","type":{{type}}},{"name":"rest","type":{"type":"array","items":["null",{{Again(type)}}] } }]}""";
        var apaches = (Apache.RecordSchema)Apache.Schema.Parse(text);
        var record = new Apache.Generic.GenericRecord(apaches);
        record.Add("a", value);
        record.Add("rest", new object?[] { null, Named(apaches) ? null : value });
        byte[] written = ApacheValues.Write(apaches, record);

        Assert.Equal(written, Write(ApacheSchemas.Of(apaches), record));
        Assert.True(ApacheReader.Compile(AvroSchema.Parse(text)).TryRead(written, out object? read).IsOk);
        ApacheValues.AssertSame(ApacheValues.Read(apaches, apaches, written), read);
        Assert.Equal(value, ((Apache.Generic.GenericRecord)read!)["a"]);

        static string Again(string type) => type.Contains("fixed", StringComparison.Ordinal) ? "\"D\"" : type;
        static bool Named(Apache.RecordSchema schema) => schema.Fields[0].Schema is Apache.LogicalSchema { BaseSchema: Apache.FixedSchema };
    }

    // What was written, what it is read as, the value in bytes, and as Apache's.
    private static readonly (string Writer, string Reader, byte[] Body, object Value)[] Conversions =
    [
        ("""{"type":"long","logicalType":"timestamp-millis"}""", """{"type":"long","logicalType":"timestamp-micros"}""", [0x03], DateTime.UnixEpoch.AddMilliseconds(-2)),
        ("""{"type":"long","logicalType":"timestamp-millis"}""", """{"type":"long","logicalType":"timestamp-nanos"}""", [0x04], 2_000_000L),
        ("""{"type":"int","logicalType":"time-millis"}""", """{"type":"long","logicalType":"time-micros"}""", [0x04], TimeSpan.FromMilliseconds(2)),
        (
            """{"type":"bytes","logicalType":"decimal","precision":6,"scale":2}""", """{"type":"bytes","logicalType":"decimal","precision":9,"scale":4}""", [0x02, 0xfb],
            new Apache.AvroDecimal(-500, 4)
        ),
        (
            """{"type":"fixed","name":"D","size":4,"logicalType":"decimal","precision":6,"scale":2}""",
            """{"type":"fixed","name":"D","size":4,"logicalType":"decimal","precision":9,"scale":4}""", [0, 0, 0, 5], new Apache.AvroDecimal(500, 4)
        ),
        ("""{"type":"long","logicalType":"timestamp-millis"}""", "\"long\"", [0x04], 2L),
        ("\"long\"", """{"type":"long","logicalType":"timestamp-millis"}""", [0x04], DateTime.UnixEpoch.AddMilliseconds(2)),
    ];

    public static TheoryData<int> ConversionCases => [.. Enumerable.Range(0, Conversions.Length)];

    [Theory]
    [MemberData(nameof(ConversionCases))]
    public void A_value_of_another_logical_type_is_the_one_that_was_written(int number)
    {
        (string written, string wanted, byte[] body, object value) = Conversions[number];
        var (writer, reader) = (AvroSchema.Parse(Holder(written)), AvroSchema.Parse(Holder(wanted)));
        Assert.True(ApacheReader.Compile(writer, reader).TryRead(body, out object? read).IsOk);
        ApacheValues.AssertSame(value, ((Apache.Generic.GenericRecord)read!)["a"]);

        static string Holder(string type) => $$"""{"type":"record","name":"R","fields":[{"name":"a","type":{{type}} }]}""";
    }

    [Fact]
    public void A_type_that_a_program_has_registered_with_Apache_is_converted_by_the_program()
    {
        Apache.Util.LogicalTypeFactory.Instance.Register(new Celsius());
        var schema = (Apache.RecordSchema)Apache.Schema.Parse("""
            {"type":"record","name":"R","fields":[{"name":"t","type":{"type":"int","logicalType":"test-celsius"}},{"name":"u","type":["string",{"type":"int","logicalType":"test-celsius"}]}]}
            """);
        var record = new Apache.Generic.GenericRecord(schema);
        record.Add("t", new Temperature(21.5m));
        record.Add("u", new Temperature(-0.5m));
        byte[] written = Write(ApacheSchemas.Of(schema), record);
        Assert.Equal(ApacheValues.Write(schema, record), written);
        Assert.True(ApacheReader.Compile(ApacheSchemas.Of(schema)).TryRead(written, out object? read).IsOk);
        Assert.Equal(record, read);

        record.Add("t", "warm");
        string error = Assert.Throws<ArgumentException>(() => Write(ApacheSchemas.Of(schema), record)).Message;
        Assert.Equal("Field 't': it is of type test-celsius, which takes FeaturePipeline.Tests.Avro.Generic.ApacheGenericTests+Temperature, not System.String.", error);
    }

    [Fact]
    public void Schemas_that_Apache_refuses_for_a_logical_type_are_read_and_written_as_what_underlies_it()
    {
        var schema = AvroSchema.Parse("""
            {"type":"record","name":"R","fields":[{"name":"id","type":{"type":"fixed","name":"Id","size":16,"logicalType":"uuid"}},
              {"name":"n","type":{"type":"string","logicalType":"decimal"}},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}}]}
            """);
        Assert.ThrowsAny<Apache.AvroException>(() => Apache.Schema.Parse(schema.ToString()));
        byte[] body = [.. Enumerable.Range(0, 16).Select(static i => (byte)i), 0x02, (byte)'n', 0x02];
        Assert.True(ApacheReader.Compile(schema).TryRead(body, out object? read).IsOk);
        var record = (Apache.Generic.GenericRecord)read!;
        Assert.Equal(body[..16], ((Apache.Generic.GenericFixed)record["id"]).Value);
        Assert.Equal(("n", DateTime.UnixEpoch.AddMilliseconds(1)), (record["n"], record["at"]));
        Assert.Equal(body, Write(schema, record));
    }

    [Fact]
    public void A_schema_that_Apache_cannot_have_at_all_is_refused_with_the_remedy()
    {
        var schema = AvroSchema.Parse("""{"type":"record","name":"R","fields":[{"name":"nothing","type":{"type":"fixed","name":"F","size":0}}]}""");
        Assert.Contains("Read and write it as FeaturePipeline.Avro.Generic.GenericRecord", Assert.Throws<NotSupportedException>(() => ApacheReader.Compile(schema)).Message);
        Assert.True(GenericReader.Compile(schema).TryRead([], out _).IsOk);
    }

    // Apache makes a local timestamp one of the machine's zone, and shifts it again when it writes it; the specification says that it has none.
    [Theory]
    [InlineData("local-timestamp-millis", 1_000)]
    [InlineData("local-timestamp-micros", 1_000_000)]
    public void Local_timestamps_keep_their_date_and_time_wherever_they_are_read(string type, long perSecond)
    {
        var schema = AvroSchema.Parse($$"""{"type":"record","name":"R","fields":[{"name":"at","type":{"type":"long","logicalType":"{{type}}"} }]}""");
        byte[] body = Encode(schema, new GenericRecord((RecordSchema)schema) { [0] = (long)(Noon - DateTime.UnixEpoch).TotalSeconds * perSecond });
        Assert.True(ApacheReader.Compile(schema).TryRead(body, out object? read).IsOk);
        var at = (DateTime)((Apache.Generic.GenericRecord)read!)["at"];
        Assert.Equal((DateTime.SpecifyKind(Noon, DateTimeKind.Unspecified), DateTimeKind.Unspecified), (at, at.Kind));
        Assert.Equal(body, Write(schema, read));
    }

    // Apache counts milliseconds as a double, which loses some of far years, and cuts off what is less than one towards 1970.
    [Theory]
    [InlineData("9999-12-31T23:59:59.9990000Z", 253_402_300_799_999)]
    [InlineData("0001-01-01T00:00:00.0010000Z", -62_135_596_799_999)]
    [InlineData("1969-12-31T23:59:59.9995000Z", -1)]
    [InlineData("1970-01-01T00:00:00.0005000Z", 0)]
    public void Milliseconds_are_counted_exactly_and_parts_of_one_cut_off_towards_the_past(string text, long millis)
    {
        var schema = (Apache.RecordSchema)Apache.Schema.Parse("""{"type":"record","name":"R","fields":[{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}}]}""");
        var record = new Apache.Generic.GenericRecord(schema);
        record.Add("at", DateTime.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal));
        var own = ApacheSchemas.Of(schema);
        Assert.Equal(Encode(own, new GenericRecord((RecordSchema)own) { [0] = millis }), Write(own, record));
    }

    // What Apache reads wrongly without a word, or not at all.
    [Theory]
    [InlineData("""{"type":"long","logicalType":"timestamp-micros"}""", long.MaxValue)]
    [InlineData("""{"type":"long","logicalType":"timestamp-millis"}""", long.MaxValue)]
    [InlineData("""{"type":"long","logicalType":"local-timestamp-micros"}""", long.MinValue)]
    [InlineData("""{"type":"long","logicalType":"time-micros"}""", 86_400_000_000)]
    [InlineData("""{"type":"int","logicalType":"time-millis"}""", -1)]
    [InlineData("""{"type":"int","logicalType":"date"}""", int.MaxValue)]
    [InlineData("""{"type":"string","logicalType":"uuid"}""", "no uuid")]
    public void Numbers_and_texts_that_are_no_value_of_the_logical_type_are_an_error_of_the_message(string type, object underlying)
    {
        var schema = AvroSchema.Parse($$"""{"type":"record","name":"R","fields":[{"name":"a","type":{{type}}}]}""");
        object value = schema is RecordSchema { Fields: [{ Schema.Type: AvroType.Long }] } ? Convert.ToInt64(underlying) : underlying;
        byte[] body = Encode(schema, new GenericRecord((RecordSchema)schema) { [0] = value });
        DecodeResult result = ApacheReader.Compile(schema).TryRead(body, out _);
        Assert.Equal((DecodeErrorKind.OutOfRange, "a"), (result.Error, result.FieldPath));
    }

    private static readonly (string Type, object? Value, string Error)[] WrongValues =
    [
        ("\"int\"", 1L, "Field 'a': it is of type int, which takes int, not System.Int64."),
        ("\"long\"", null, "Field 'a': it is of type long, which takes long, not null."),
        ("\"string\"", "\ud800", "Field 'a': The value does not fit: it has half a surrogate pair, which is no text."),
        ("""["null","string"]""", 1, "Field 'a': it is a union, which takes one of null, string, not System.Int32."),
        ("""{"type":"array","items":"string"}""", new object[] { "a", 1 }, "Field 'a[1]': it is of type string, which takes string, not System.Int32."),
        ("""{"type":"array","items":"string"}""", new List<string>(), "Field 'a': it is an array, which takes .NET's array, not System.Collections.Generic.List`1[System.String]."),
        (
            """{"type":"map","values":{"type":"array","items":"long"}}""", new Dictionary<string, object> { ["k"] = new object[] { 1 } },
            "Field 'a['k'][0]': it is of type long, which takes long, not System.Int32."
        ),
        ("""{"type":"enum","name":"E","symbols":["A","B"]}""", "A", "Field 'a': it is enum E, which takes a GenericEnum of one of A, B, not System.String."),
        ("""{"type":"fixed","name":"F","size":3}""", new byte[3], "Field 'a': it is fixed F, which takes a GenericFixed of 3 bytes, not System.Byte[]."),
        ("""{"type":"int","logicalType":"time-millis"}""", TimeSpan.FromDays(1), "Field 'a': it is of type time-millis, which takes 00:00:00 to less than a day, not 1.00:00:00."),
        ("""{"type":"long","logicalType":"timestamp-millis"}""", 1L, "Field 'a': it is of type timestamp-millis, which takes a DateTime, not System.Int64."),
        ("""{"type":"string","logicalType":"uuid"}""", "text", "Field 'a': it is of type uuid, which takes a Guid or its text, not System.String."),
        ("""{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}""", new Apache.AvroDecimal(1, 1), "Field 'a': The value does not fit: the scale is 1, not 2."),
        ("""{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}""", new Apache.AvroDecimal(12345, 2), "Field 'a': The value does not fit: it has more than 4 digits."),
        ("""{"type":"record","name":"N","fields":[{"name":"b","type":"int"}]}""", 1, "Field 'a': it is record N, which takes a GenericRecord, not System.Int32."),
    ];

    public static TheoryData<int> WrongCases => [.. Enumerable.Range(0, WrongValues.Length)];

    [Theory]
    [MemberData(nameof(WrongCases))]
    public void A_value_that_does_not_fit_is_an_error_that_names_the_field_and_what_it_takes(int number)
    {
        (string type, object? value, string error) = WrongValues[number];
        var schema = (Apache.RecordSchema)Apache.Schema.Parse($$"""{"type":"record","name":"R","fields":[{"name":"a","type":{{type}}}]}""");
        var record = new Apache.Generic.GenericRecord(schema);
        record.Add("a", value!);
        Assert.Equal(error, Assert.Throws<ArgumentException>(() => Write(ApacheSchemas.Of(schema), record)).Message);
    }

    [Fact]
    public void A_record_of_another_schema_is_written_by_its_fields_names_where_these_are_the_same()
    {
        var schema = AvroSchema.Parse("""{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"string"}]}""");
        Assert.Equal([0x02, 0x02, (byte)'b'], Write(schema, Record("""{"type":"record","name":"R","fields":[{"name":"b","type":"string"},{"name":"a","type":"int"}]}""", "b", 1)));
        string[] others =
        [
            """{"type":"record","name":"S","fields":[{"name":"b","type":"string"},{"name":"a","type":"int"}]}""",
            """{"type":"record","name":"R","fields":[{"name":"b","type":"string"},{"name":"c","type":"int"}]}""",
            """{"type":"record","name":"R","fields":[{"name":"b","type":"string"},{"name":"a","type":"int"},{"name":"c","type":["null","int"]}]}""",
        ];
        foreach (string other in others)
        {
            Assert.Contains("record R of a, b, which takes a record of the same fields", Assert.Throws<ArgumentException>(() => Write(schema, Record(other, "b", 1))).Message);
        }

        static Apache.Generic.GenericRecord Record(string text, params object[] values)
        {
            var record = new Apache.Generic.GenericRecord((Apache.RecordSchema)Apache.Schema.Parse(text));
            for (int i = 0; i < values.Length; i++)
            {
                record.Add(i, values[i]);
            }

            return record;
        }
    }

    [Fact]
    public void A_record_that_holds_itself_is_an_error_and_no_overflow_of_the_stack()
    {
        var schema = (Apache.RecordSchema)Apache.Schema.Parse("""{"type":"record","name":"R","fields":[{"name":"r","type":["null","R"]}]}""");
        var record = new Apache.Generic.GenericRecord(schema);
        record.Add("r", record);
        Assert.Contains("or holds itself", Assert.Throws<ArgumentException>(() => Write(ApacheSchemas.Of(schema), record)).Message);
    }

    [Fact]
    public void Reading_allocates_the_values_and_nothing_beside_them()
    {
        var schema = (Apache.RecordSchema)Apache.Schema.Parse("""
            {"type":"record","name":"R","fields":[{"name":"e","type":{"type":"enum","name":"E","symbols":["A","B"]}},
              {"name":"f","type":{"type":"fixed","name":"F","size":40}},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
              {"name":"o","type":["null","string"]}]}
            """);
        var reader = ApacheReader.Compile(ApacheSchemas.Of(schema));
        byte[] body = [2, .. new byte[40], 4, 2, 4, (byte)'h', (byte)'i'];
        object? read = null;
        long byHand = Allocations.Of(() =>
        {
            var record = new Apache.Generic.GenericRecord(schema);
            record.Add(0, new Apache.Generic.GenericEnum((Apache.EnumSchema)schema["e"].Schema, "B"));
            record.Add(1, new Apache.Generic.GenericFixed((Apache.FixedSchema)schema["f"].Schema));
            record.Add(2, DateTime.UnixEpoch.AddMilliseconds(2));
            record.Add(3, new string('h', 2));
            read = record;
        });
        Assert.Equal(byHand, Allocations.Of(() => reader.TryRead(body, out read)));
        Assert.Equal("B", ((Apache.Generic.GenericEnum)((Apache.Generic.GenericRecord)read!)["e"]).Value);
    }

    [Fact]
    public void Schemas_of_one_text_are_one_schema_here()
    {
        const string Text = """{"type":"record","name":"OfOneText","fields":[{"name":"a","type":"int"}]}""";
        Assert.Same(ApacheSchemas.Of(Apache.Schema.Parse(Text)), ApacheSchemas.Of(Apache.Schema.Parse(Text)));
    }

    private static byte[] Encode(AvroSchema schema, object? value)
    {
        var output = new ArrayBufferWriter<byte>();
        GenericWriter.Compile(schema).Write(value, output);
        return output.WrittenSpan.ToArray();
    }

    private static byte[] Write(AvroSchema schema, object? value)
    {
        var output = new ArrayBufferWriter<byte>();
        ApacheWriter.Compile(schema).Write(value, output);
        return output.WrittenSpan.ToArray();
    }

    private sealed record Temperature(decimal Degrees);

    private sealed class Celsius() : Apache.Util.LogicalType("test-celsius")
    {
        public override object ConvertToBaseValue(object logicalValue, Apache.LogicalSchema schema) => (int)(((Temperature)logicalValue).Degrees * 10);

        public override object ConvertToLogicalValue(object baseValue, Apache.LogicalSchema schema) => new Temperature((int)baseValue / 10m);

        public override Type GetCSharpType(bool nullible) => typeof(Temperature);

        public override bool IsInstanceOfLogicalType(object logicalValue) => logicalValue is Temperature;
    }
}
