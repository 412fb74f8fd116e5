using Avro;
using Avro.Generic;
using Apache = global::Avro;

namespace FeaturePipeline.Tests.Avro.DropIn;

/// <summary>One schema and values of it as Apache holds them.</summary>
/// <param name="Name">What is special of it.</param>
/// <param name="Json">The schema of a record.</param>
/// <param name="Values">Makes the values, of the parsed schema.</param>
internal sealed record DropInCase(string Name, string Json, Func<Apache.RecordSchema, IEnumerable<GenericRecord>> Values)
{
    public GenericRecord[] Make() => [.. Values((Apache.RecordSchema)Apache.Schema.Parse(Json))];
}

/// <summary>Schemas of records, with values, that a program may write with Confluent's serde.</summary>
internal static class DropInCases
{
    private static readonly DateTime Moment = new(2026, 11, 30, 23, 59, 58, 123, DateTimeKind.Utc);

    public static IReadOnlyList<DropInCase> All { get; } =
    [
        Field("boolean", "\"boolean\"", true, false),
        Field("int", "\"int\"", 0, -1, int.MinValue, int.MaxValue),
        Field("long", "\"long\"", 0L, -1L, long.MinValue, long.MaxValue),
        Field("float", "\"float\"", 0f, -1.5f, float.NaN, float.PositiveInfinity, float.Epsilon),
        Field("double", "\"double\"", 0.0, 0.1, double.NaN, double.NegativeInfinity, double.MaxValue),
        Field("bytes", "\"bytes\"", Array.Empty<byte>(), new byte[] { 0, 255, 1 }, new byte[3000]),
        Field("string", "\"string\"", "", "plain", "Zürich 東京 🎈", new string('x', 5000)),
        Field("null", "\"null\"", [null]),
        Field("optional string", """["null","string"]""", null, "there"),
        Field("optional, null last", """["long","null"]""", null, 7L),
        Field("union of primitives", """["null","boolean","int","long","float","double","bytes","string"]""", null, true, 1, 2L, 3f, 4.0, new byte[] { 5 }, "6"),
        Field("union of one", """["string"]""", "only"),
        Field("array of int", """{"type":"array","items":"int"}""", Array.Empty<object>(), new object[] { 1, -2, 3 }),
        Field("array of string", """{"type":"array","items":"string"}""", [new object[] { "a", "" }]),
        Field("array of arrays", """{"type":"array","items":{"type":"array","items":"long"}}""", [new object[] { new object[] { 1L }, Array.Empty<object>() }]),
        Field("array of optional", """{"type":"array","items":["null","double"]}""", [new object?[] { null, 1.5 }]),
        Field("map of long", """{"type":"map","values":"long"}""", new Dictionary<string, object>(), new Dictionary<string, object> { ["a"] = 1L, [""] = 2L }),
        Field("map of arrays", """{"type":"map","values":{"type":"array","items":"string"}}""", new Dictionary<string, object> { ["k"] = new object[] { "v" } }),
        Field("map of optional", """{"type":"map","values":["null","int"]}""", new Dictionary<string, object> { ["n"] = null!, ["i"] = 1 }),
        Made("enum", """{"type":"enum","name":"Suit","symbols":["SPADES","HEARTS"]}""", Symbol("SPADES"), Symbol("HEARTS")),
        Made("enum with default", """{"type":"enum","name":"Suit","symbols":["SPADES","HEARTS"],"default":"HEARTS"}""", Symbol("SPADES")),
        Made("enum in a namespace", """{"type":"enum","name":"other.ns.Suit","symbols":["A"]}""", Symbol("A")),
        Made("fixed", """{"type":"fixed","name":"Hash","size":4}""", static schema => new GenericFixed((FixedSchema)schema, [1, 2, 3, 4])),
        Made("fixed of one byte", """{"type":"fixed","name":"One","size":1}""", static schema => new GenericFixed((FixedSchema)schema, [9])),
        Made("nested record", """{"type":"record","name":"Inner","fields":[{"name":"a","type":"int"},{"name":"b","type":"string"}]}""", static schema => Record(schema, 1, "x")),
        Made("nested record of another namespace", """{"type":"record","name":"Inner","namespace":"deep.er","fields":[{"name":"a","type":"long"}]}""", static schema => Record(schema, 1L)),
        Made("empty record", """{"type":"record","name":"Nothing","fields":[]}""", static schema => Record(schema)),
        Made("optional record", """["null",{"type":"record","name":"Inner","fields":[{"name":"a","type":"int"}]}]""", static _ => null, static schema => Record(Branch(schema, 1), 3)),
        Made(
            "union of records",
            """[{"type":"record","name":"Card","fields":[{"name":"n","type":"string"}]},{"type":"record","name":"Cash","fields":[{"name":"n","type":"int"}]}]""",
            static schema => Record(Branch(schema, 0), "4711"),
            static schema => Record(Branch(schema, 1), 5)),
        Made(
            "union of named types and collections",
            """["null",{"type":"enum","name":"E","symbols":["X"]},{"type":"fixed","name":"F","size":2},{"type":"array","items":"int"},{"type":"map","values":"string"}]""",
            static schema => new GenericEnum((EnumSchema)Branch(schema, 1), "X"),
            static schema => new GenericFixed((FixedSchema)Branch(schema, 2), [1, 2]),
            static _ => new object[] { 1, 2 },
            static _ => new Dictionary<string, object> { ["a"] = "b" }),
        Made(
            "array of records", """{"type":"array","items":{"type":"record","name":"Line","fields":[{"name":"n","type":"int"}]}}""",
            static schema => new object[] { Record(((ArraySchema)schema).ItemSchema, 1), Record(((ArraySchema)schema).ItemSchema, 2) }),
        Made(
            "map of records", """{"type":"map","values":{"type":"record","name":"Line","fields":[{"name":"n","type":"int"}]}}""",
            static schema => new Dictionary<string, object> { ["k"] = Record(((MapSchema)schema).ValueSchema, 1) }),
        new(
            "recursive", """{"type":"record","name":"Node","fields":[{"name":"v","type":"int"},{"name":"next","type":["null","Node"]}]}""",
            static schema => [Record(schema, 1, Record(schema, 2, Record(schema, 3, null)))]),
        new(
            "tree", """{"type":"record","name":"Tree","fields":[{"name":"v","type":"string"},{"name":"children","type":{"type":"array","items":"Tree"}}]}""",
            static schema => [Record(schema, "root", new object[] { Record(schema, "leaf", Array.Empty<object>()) })]),
        new(
            "a type used twice",
            """{"type":"record","name":"Pair","fields":[{"name":"a","type":{"type":"fixed","name":"H","size":1}},{"name":"b","type":"H"},{"name":"c","type":["null","H"]}]}""",
            static schema => [Record(schema, Fixed(schema, 1), Fixed(schema, 2), Fixed(schema, 3)), Record(schema, Fixed(schema, 1), Fixed(schema, 2), null)]),
        Field("decimal in bytes", """{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}""", new AvroDecimal(12.34m), new AvroDecimal(-0.01m), new AvroDecimal(0.00m)),
        Field("long decimal in bytes", """{"type":"bytes","logicalType":"decimal","precision":38,"scale":10}""", new AvroDecimal(System.Numerics.BigInteger.Pow(10, 37), 10)),
        Made("decimal in fixed", """{"type":"fixed","name":"Dec","size":8,"logicalType":"decimal","precision":10,"scale":2}""", static _ => new AvroDecimal(12.34m), static _ => new AvroDecimal(-12.34m)),
        Field("uuid", """{"type":"string","logicalType":"uuid"}""", Guid.Parse("00112233-4455-6677-8899-aabbccddeeff")),
        Field("date", """{"type":"int","logicalType":"date"}""", new DateTime(2026, 12, 1), new DateTime(1969, 12, 31)),
        Field("time-millis", """{"type":"int","logicalType":"time-millis"}""", TimeSpan.Zero, new TimeSpan(0, 23, 59, 59, 999)),
        Field("time-micros", """{"type":"long","logicalType":"time-micros"}""", TimeSpan.FromMicroseconds(1), new TimeSpan(0, 12, 0, 0, 5)),
        Field("timestamp-millis", """{"type":"long","logicalType":"timestamp-millis"}""", Moment, DateTime.UnixEpoch),
        Field("timestamp-micros", """{"type":"long","logicalType":"timestamp-micros"}""", Moment.AddMicroseconds(7)),
        Field("optional timestamp", """["null",{"type":"long","logicalType":"timestamp-millis"}]""", null, Moment),
        Field("optional decimal", """["null",{"type":"bytes","logicalType":"decimal","precision":8,"scale":4}]""", null, new AvroDecimal(1.2500m)),
        Field("array of timestamps", """{"type":"array","items":{"type":"long","logicalType":"timestamp-millis"}}""", [new object[] { Moment, DateTime.UnixEpoch }]),
        Field("map of dates", """{"type":"map","values":{"type":"int","logicalType":"date"}}""", new Dictionary<string, object> { ["d"] = new DateTime(2000, 2, 29) }),
        Field("an unknown logical type", """{"type":"string","logicalType":"colour"}""", "red"),
        Field("an unknown property", """{"type":"string","avro.java.string":"String"}""", "java"),
        new(
            "documentation, aliases, orders and defaults",
            """
            {"type":"record","name":"R","namespace":"a.b","doc":"d","aliases":["Old"],"fields":[{"name":"x","type":"int","doc":"f","default":1,"order":"descending","aliases":["y"]},
             {"name":"z","type":["null","string"],"default":null}]}
            """,
            static schema => [Record(schema, 5, "q")]),
        new(
            "a user event", FeaturePipeline.Features.Events.UserEventSchema.Json, static schema => [Record(schema, "user-1", "click", Moment, null), Record(schema, "user-2", "view", Moment, "s")]),
        new(
            "many fields", $$"""{"type":"record","name":"Many","fields":[{{string.Join(',', Enumerable.Range(0, 120).Select(static i => $$"""{"name":"f{{i}}","type":"int"}"""))}}]}""",
            static schema => [Record(schema, [.. Enumerable.Range(0, 120).Select(static i => (object)i)])]),
        new(
            "names that are words of the language", """{"type":"record","name":"class","fields":[{"name":"int","type":"int"},{"name":"_","type":"string"}]}""",
            static schema => [Record(schema, 1, "u")]),
        Made(
            "names of one simple name",
            """[{"type":"record","name":"v1.Order","fields":[{"name":"id","type":"long"}]},{"type":"record","name":"v2.Order","fields":[{"name":"id","type":"long"},{"name":"who","type":"string"}]}]""",
            static schema => Record(Branch(schema, 0), 4L),
            static schema => Record(Branch(schema, 1), 4L, "bob")),
    ];

    /// <summary>A record of a schema with its fields' values in order.</summary>
    public static GenericRecord Record(Apache.Schema schema, params object?[] values)
    {
        var record = new GenericRecord((Apache.RecordSchema)schema);
        for (int i = 0; i < values.Length; i++)
        {
            record.Add(i, values[i]);
        }

        return record;
    }

    private static GenericFixed Fixed(Apache.RecordSchema schema, byte value) => new((FixedSchema)schema["a"].Schema, [value]);

    private static Apache.Schema Branch(Apache.Schema union, int index) => ((UnionSchema)union)[index];

    private static Func<Apache.Schema, object?> Symbol(string symbol) => schema => new GenericEnum((EnumSchema)schema, symbol);

    private static DropInCase Field(string name, string type, params object?[] values) =>
        Made(name, type, [.. values.Select(static value => (Func<Apache.Schema, object?>)(_ => value))]);

    private static DropInCase Made(string name, string type, params Func<Apache.Schema, object?>[] values) => new(
        name,
        $$"""{"type":"record","name":"Holder","namespace":"drop.in","fields":[{"name":"f","type":{{type}}}]}""",
        schema => values.Select(value => Record(schema, value(schema["f"].Schema))));
}
