extern alias DefaultSerde;
extern alias OurSerde;
using System.Text;
using Avro;
using Avro.Generic;
using Confluent.Kafka;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Registry;
using DefaultProgram = DefaultSerde::DropIn.SerdeProgram;
using OurProgram = OurSerde::DropIn.SerdeProgram;
using RegistrySchema = Confluent.SchemaRegistry.Schema;

namespace FeaturePipeline.Tests.Avro.DropIn;

/// <summary>
/// All that is not the same with our serde as with Confluent's (see docs/SERDE.md): what Apache's library does wrongly by the specification or without a
/// word, and errors. Each test says what either does.
/// </summary>
public class DropInDifferencesTests
{
    private readonly MockSchemaRegistry _registry = new();

    // The specification's local timestamp has no zone. Apache takes it for UTC and turns it into the machine's time, and back when it writes.
    [Theory]
    [InlineData("local-timestamp-millis")]
    [InlineData("local-timestamp-micros")]
    public async Task A_local_timestamp_is_the_date_and_time_that_was_written_and_of_no_zone(string type)
    {
        var schema = global::Avro.Schema.Parse(Holder($$"""{"type":"long","logicalType":"{{type}}"}"""));
        var moment = new DateTime(2026, 6, 1, 12, 0, 0, DateTimeKind.Unspecified);
        byte[] message = await Ours.WriteAsync(DropInCases.Record(schema, moment), "none", Context());
        var ours = (DateTime)(await Ours.ReadAsync<GenericRecord>(message, "none", Context()))["f"];
        var theirs = (DateTime)(await Theirs.ReadAsync<GenericRecord>(message, "none", Context()))["f"];
        Assert.Equal((moment, DateTimeKind.Unspecified), (ours, ours.Kind));
        Assert.Equal((DateTime.SpecifyKind(moment, DateTimeKind.Utc).ToLocalTime(), DateTimeKind.Local), (theirs, theirs.Kind));
        Assert.Equal(message, await Ours.WriteAsync(DropInCases.Record(schema, ours), "none", Context()));
    }

    // Apache counts milliseconds as a double and cuts off towards 1970.
    [Theory]
    [InlineData("9999-12-31T23:59:59.9990000Z", 253_402_300_799_998, 253_402_300_799_999)]
    [InlineData("1969-12-31T23:59:59.9995000Z", 0, -1)]
    public async Task Milliseconds_are_counted_exactly_and_cut_off_towards_the_past(string text, long theirs, long ours)
    {
        var schema = global::Avro.Schema.Parse(Holder("""{"type":"long","logicalType":"timestamp-millis"}"""));
        var moment = DateTime.Parse(text, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AdjustToUniversal);
        GenericRecord value = DropInCases.Record(schema, moment);
        Assert.Equal(theirs, await MillisAsync(await Theirs.WriteAsync(value, "none", Context())));
        Assert.Equal(ours, await MillisAsync(await Ours.WriteAsync(value, "none", Context())));

        async Task<long> MillisAsync(byte[] message)
        {
            byte[] plain = await Ours.WriteAsync(DropInCases.Record(global::Avro.Schema.Parse(Holder("\"long\"")), 0L), "topic-record", Context());
            return (long)(await Ours.ReadAsync<GenericRecord>([.. plain[..5], .. message[5..]], "topic-record", Context()))["f"];
        }
    }

    public static TheoryData<string> Unwritable => ["half a surrogate pair", "too many digits", "a fixed that is too small"];

    // Apache writes a question mark, a number that its schema excludes, and the last bytes of one.
    [Theory]
    [MemberData(nameof(Unwritable))]
    public async Task A_value_that_could_not_be_read_back_is_refused(string what)
    {
        (string type, object value) = what switch
        {
            "half a surrogate pair" => ("\"string\"", (object)"a\ud800"),
            "too many digits" => ("""{"type":"bytes","logicalType":"decimal","precision":3,"scale":2}""", new AvroDecimal(1234, 2)),
            _ => ("""{"type":"fixed","name":"D","size":2,"logicalType":"decimal","precision":4}""", new AvroDecimal(99999, 0)),
        };
        GenericRecord record = DropInCases.Record(global::Avro.Schema.Parse(Holder(type)), value);
        byte[] message = await Theirs.WriteAsync(record, "none", Context());
        Assert.Equal(what != "too many digits", !value.Equals((await Theirs.ReadAsync<GenericRecord>(message, "none", Context()))["f"]));
        var refused = await Assert.ThrowsAsync<ArgumentException>(() => Ours.WriteAsync(record, "none", Context()));
        Assert.StartsWith("Field 'f': ", refused.Message, StringComparison.Ordinal);
    }

    // Apache goes past what follows the value, puts question marks for broken text, and counts past the year 9999 into another one.
    [Theory]
    [InlineData("\"int\"", "02FF")]
    [InlineData("\"string\"", "04C328")]
    [InlineData("""{"type":"long","logicalType":"timestamp-micros"}""", "FEFFFFFFFFFFFFFFFF01")]
    public async Task A_message_that_is_not_what_its_schema_says_is_an_error(string type, string body)
    {
        int id = await RegisterAsync(Holder(type));
        byte[] message = [0, 0, 0, 0, (byte)id, .. Convert.FromHexString(body)];
        Assert.NotNull(await Theirs.ReadAsync<GenericRecord>(message, "none", Context()));
        var refused = await Assert.ThrowsAsync<InvalidDataException>(() => Ours.ReadAsync<GenericRecord>(message, "none", Context()));
        Assert.Contains("topic 'drop-in'", refused.Message, StringComparison.Ordinal);
    }

    // What Apache does not resolve, or resolves to something else than the specification.
    public static TheoryData<string, string, string, string> Resolutions => new()
    {
        { "bytes to string", Holder("\"bytes\""), Holder("\"string\""), "04616A" },
        { "string to bytes", Holder("\"string\""), Holder("\"bytes\""), "04616A" },
        {
            "an alias without a default",
            Holder("\"int\""), """{"type":"record","name":"Holder","namespace":"drop.in","fields":[{"name":"g","type":"int","aliases":["f"]}]}""", "0A"
        },
        {
            "an alias with a default",
            Holder("\"int\""), """{"type":"record","name":"Holder","namespace":"drop.in","fields":[{"name":"g","type":"int","aliases":["f"],"default":7}]}""", "0A"
        },
        { "a float's default 0", Holder("\"int\""), Holder("\"int\"", """{"name":"g","type":"float","default":0}"""), "0A" },
        { "a double's default of all its digits", Holder("\"int\""), Holder("\"int\"", """{"name":"g","type":"double","default":0.1}"""), "0A" },
        { "a union's default of its second branch", Holder("\"int\""), Holder("\"int\"", """{"name":"g","type":["null","string"],"default":"x"}"""), "0A" },
        {
            "a union to its timestamp",
            Holder("""["null",{"type":"long","logicalType":"timestamp-millis"}]"""), Holder("""{"type":"long","logicalType":"timestamp-millis"}"""), "020A"
        },
        { "a timestamp to a long", Holder("""{"type":"long","logicalType":"timestamp-millis"}"""), Holder("\"long\""), "0A" },
        {
            "records of one unqualified name",
            """{"type":"record","name":"Holder","namespace":"n1","fields":[{"name":"f","type":"int"}]}""",
            """{"type":"record","name":"Holder","namespace":"n2","fields":[{"name":"f","type":"int"}]}""", "0A"
        },
    };

    [Theory]
    [MemberData(nameof(Resolutions))]
    public async Task Schemas_are_resolved_as_the_specification_says(string what, string writer, string reader, string body)
    {
        await _registry.UpdateCompatibilityAsync(Compatibility.None);
        int id = await RegisterAsync(writer);
        await RegisterAsync(reader);
        byte[] message = [0, 0, 0, 0, (byte)id, .. Convert.FromHexString(body)];
        GenericRecord ours = await Ours.ReadAsync<GenericRecord>(message, "latest", Context());
        (object? last, object expected) = what switch
        {
            "bytes to string" => (ours["f"], (object)"aj"),
            "string to bytes" => (ours["f"], "aj"u8.ToArray()),
            "an alias with a default" or "an alias without a default" => (ours["g"], 5),
            "a double's default of all its digits" => (ours["g"], 0.1),
            "a float's default 0" => (ours["g"], 0f),
            "a union's default of its second branch" => (ours["g"], "x"),
            "a timestamp to a long" => (ours["f"], 5L),
            "a union to its timestamp" => (ours["f"], DateTime.UnixEpoch.AddMilliseconds(5)),
            _ => (ours["f"], 5),
        };
        Assert.Equal(expected, last);
        object? silentlyWrong = what switch { "an alias with a default" => 7, "a double's default of all its digits" => 0.10000000149011612, _ => null };
        if (silentlyWrong is not null)
        {
            Assert.Equal(silentlyWrong, (await Theirs.ReadAsync<GenericRecord>(message, "latest", Context()))["g"]);
        }
        else
        {
            await Assert.ThrowsAnyAsync<Exception>(() => Theirs.ReadAsync<GenericRecord>(message, "latest", Context()));
        }
    }

    [Fact]
    public async Task A_generated_class_is_written_with_the_latest_version_and_not_with_its_own_under_the_latest_ones_id()
    {
        const string reordered = """{"type":"record","name":"Visit","namespace":"test","fields":[{"name":"pages","type":"int"},{"name":"id","type":"long"}]}""";
        await _registry.RegisterSchemaAsync("drop-in-value", new RegistrySchema(reordered, SchemaType.Avro));
        var one = new InOrder { Id = 3, Pages = 2 };
        byte[] ours = await Ours.WriteAsync(one, "latest", Context());
        Assert.Equal([0, 0, 0, 0, 1, 4, 6], ours); // pages, then id
        byte[] theirs = await Theirs.WriteAsync(one, "latest", Context());
        Assert.Equal([0, 0, 0, 0, 1, 6, 4], theirs); // whoever reads this has 3 pages and id 2
    }

    [Fact]
    public async Task A_record_whose_schema_has_an_order_is_written_with_the_latest_version()
    {
        const string ordered = """{"type":"record","name":"R","fields":[{"name":"x","type":"int","order":"descending"}]}""";
        GenericRecord value = DropInCases.Record(global::Avro.Schema.Parse(ordered), 5);
        await _registry.RegisterSchemaAsync("drop-in-value", new RegistrySchema(value.Schema.ToString(), SchemaType.Avro));
        Assert.Equal([0, 0, 0, 0, 1, 10], await Ours.WriteAsync(value, "latest", Context()));
        await Assert.ThrowsAsync<AvroException>(() => Theirs.WriteAsync(value, "latest", Context()));
    }

    // The specification allows a uuid on a fixed, and ignores a logical type that its type cannot have.
    [Theory]
    [InlineData("""{"type":"fixed","name":"Id","size":16,"logicalType":"uuid"}""")]
    [InlineData("""{"type":"fixed","name":"Id","size":16,"logicalType":"date"}""")]
    public async Task A_schema_that_Apache_refuses_for_a_logical_type_is_read(string type)
    {
        int id = await RegisterAsync(Holder(type));
        byte[] message = [0, 0, 0, 0, (byte)id, .. new byte[16]];
        await Assert.ThrowsAnyAsync<AvroException>(() => Theirs.ReadAsync<GenericRecord>(message, "none", Context()));
        Assert.Equal(new byte[16], ((GenericFixed)(await Ours.ReadAsync<GenericRecord>(message, "none", Context()))["f"]).Value);
    }

    // Apache's library puts the fixed in the place of a type's name, which Java's parser and so Confluent's and Apicurio's registries refuse.
    [Fact]
    public async Task The_schema_of_a_decimal_on_a_fixed_is_registered_in_words_that_registries_take()
    {
        (ISchemaRegistryClient client, RecordingClient record) = RecordingClient.Of(_registry);
        GenericRecord value = DropInCases.All.Single(static one => one.Name == "decimal in fixed").Make()[0];
        byte[] theirs = await new DefaultProgram(client).WriteAsync(value, "none", Context());
        byte[] ours = await new OurProgram(client).WriteAsync(value, "none", Context());
        Assert.Equal(theirs, ours);
        Assert.Contains("""{"type":{"type":"fixed","name":"Dec",""", record.Asked[0], StringComparison.Ordinal);
        Assert.Contains("""{"name":"f","type":{"type":"fixed","name":"Dec","size":8,""", record.Asked[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_two_entries_of_a_map_with_one_key_the_last_one_stays()
    {
        int id = await RegisterAsync(Holder("""{"type":"map","values":"int"}"""));
        byte[] message = [0, 0, 0, 0, (byte)id, 0x04, 0x02, (byte)'k', 0x02, 0x02, (byte)'k', 0x04, 0x00];
        await Assert.ThrowsAnyAsync<Exception>(() => Theirs.ReadAsync<GenericRecord>(message, "none", Context()));
        Assert.Equal(2, ((IDictionary<string, object>)(await Ours.ReadAsync<GenericRecord>(message, "none", Context()))["f"])["k"]);
    }

    [Fact]
    public async Task A_header_holds_the_id_where_the_registry_has_no_guids()
    {
        (ISchemaRegistryClient client, _) = RecordingClient.Of(_registry, static registered =>
            new RegisteredSchema(registered.Subject, registered.Version, registered.Id, guid: null, registered.SchemaString, SchemaType.Avro, registered.References));
        GenericRecord value = DropInCases.Record(global::Avro.Schema.Parse(Holder("\"int\"")), 5);
        await Assert.ThrowsAsync<InvalidOperationException>(() => new DefaultProgram(client).WriteAsync(value, "header", Context()));
        SerializationContext context = Context();
        Assert.Equal([10], await new OurProgram(client).WriteAsync(value, "header", context));
        Assert.Equal([0, 0, 0, 0, 1], context.Headers.GetLastBytes("__value_schema_id"));
        Assert.Equal(5, (await Theirs.ReadAsync<GenericRecord>([10], "none", context))["f"]);
    }

    // The errors of a program, of a message and of the registry, which Confluent's serde throws as the part that meets them does.
    [Fact]
    public async Task Errors_are_of_the_types_that_the_documentation_says()
    {
        GenericRecord wrong = DropInCases.Record(global::Avro.Schema.Parse(Holder("\"int\"")), "text");
        await Assert.ThrowsAsync<AvroException>(() => Theirs.WriteAsync(wrong, "none", Context()));
        await Assert.ThrowsAsync<ArgumentException>(() => Ours.WriteAsync(wrong, "none", Context()));

        byte[] unknown = [0, 0, 0, 0, 99, 0];
        await Assert.ThrowsAsync<SchemaRegistryException>(() => Theirs.ReadAsync<GenericRecord>(unknown, "none", Context()));
        await Assert.ThrowsAsync<InvalidDataException>(() => Ours.ReadAsync<GenericRecord>(unknown, "none", Context()));

        await Assert.ThrowsAsync<InvalidOperationException>(() => Theirs.ReadAsync<int>(null, "none", Context()));
        await Assert.ThrowsAsync<InvalidDataException>(() => Ours.ReadAsync<int>(null, "none", Context()));

        byte[] noPrefix = Encoding.UTF8.GetBytes("plain text");
        await Assert.ThrowsAsync<InvalidDataException>(() => Theirs.ReadAsync<GenericRecord>(noPrefix, "none", Context()));
        await Assert.ThrowsAsync<InvalidDataException>(() => Ours.ReadAsync<GenericRecord>(noPrefix, "none", Context()));

        _registry.IsAway = true;
        byte[] known = [0, 0, 0, 0, 1, 0];
        await Assert.ThrowsAsync<HttpRequestException>(() => Theirs.ReadAsync<GenericRecord>(known, "none", Context()));
        await Assert.ThrowsAsync<HttpRequestException>(() => Ours.ReadAsync<GenericRecord>(known, "none", Context()));
    }

    // Confluent's deserializer 2.16 has the setting in its configuration and refuses its name.
    [Fact]
    public void The_deserializer_takes_the_strategy_of_schema_ids()
    {
        KeyValuePair<string, string>[] prefix = [new("avro.deserializer.schema.id.strategy", "Prefix")];
        Assert.Throws<ArgumentException>(() => Theirs.ConfigureReading(prefix));
        Ours.ConfigureReading(prefix);
    }

    private DefaultProgram Theirs => new(_registry);

    private OurProgram Ours => new(_registry);

    private Task<int> RegisterAsync(string text) => _registry.RegisterSchemaAsync("drop-in-value", new RegistrySchema(text, SchemaType.Avro));

    private static string Holder(string type, params string[] others) =>
        $$"""{"type":"record","name":"Holder","namespace":"drop.in","fields":[{{string.Join(',', others.Prepend($$"""{"name":"f","type":{{type}}}"""))}}]}""";

    private static SerializationContext Context() => new(MessageComponentType.Value, "drop-in", []);

    /// <summary>A class as avrogen makes it, whose schema is older than the subject's.</summary>
    private sealed class InOrder : global::Avro.Specific.ISpecificRecord
    {
        private static readonly global::Avro.Schema Own =
            global::Avro.Schema.Parse("""{"type":"record","name":"Visit","namespace":"test","fields":[{"name":"id","type":"long"},{"name":"pages","type":"int"}]}""");

        public long Id { get; set; }

        public int Pages { get; set; }

        public global::Avro.Schema Schema => Own;

        public object Get(int fieldPos) => fieldPos == 0 ? Id : (object)Pages;

        public void Put(int fieldPos, object fieldValue) => _ = fieldPos == 0 ? Id = (long)fieldValue : Pages = (int)fieldValue;
    }
}
