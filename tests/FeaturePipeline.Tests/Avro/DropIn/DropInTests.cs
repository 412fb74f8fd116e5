extern alias DefaultSerde;
extern alias OurSerde;
using Avro.Generic;
using Confluent.Kafka;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Tests.Avro.Generic;
using test.shop;
using DefaultProgram = DefaultSerde::DropIn.SerdeProgram;
using OurProgram = OurSerde::DropIn.SerdeProgram;

namespace FeaturePipeline.Tests.Avro.DropIn;

/// <summary>
/// One program (tests/DropIn/SerdeProgram.cs) compiled with Confluent's serde and with ours, which differ by one using: both write the same bytes, read the
/// same objects, and read each other's messages.
/// </summary>
public class DropInTests
{
    private static readonly string[] s_writing = ["none", "objects", "pairs", "normalize", "header", "topic", "record", "topic-record", "latest", "metadata", "lookup", "id-1"];

    public static TheoryData<string> Names => [.. DropInCases.All.Select(static one => one.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Generic_records_are_the_same_bytes_and_the_same_objects(string name)
    {
        DropInCase one = DropInCases.All.Single(candidate => candidate.Name == name);
        foreach (string settings in s_writing)
        {
            MockSchemaRegistry registry = await RegistryAsync(one.Json, settings);
            foreach (MessageComponentType component in (MessageComponentType[])[MessageComponentType.Value, MessageComponentType.Key])
            {
                foreach (GenericRecord value in one.Make())
                {
                    await CheckAsync(registry, settings, component, value);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_registry_is_asked_for_the_same_schemas_in_the_same_words(string name)
    {
        DropInCase one = DropInCases.All.Single(candidate => candidate.Name == name);
        foreach (string settings in s_writing.Where(_ => name != "decimal in fixed")) // a difference, see there
        {
            MockSchemaRegistry registry = await RegistryAsync(one.Json, settings);
            await CheckWordsAsync(registry, settings, one.Make()[0]);
        }
    }

    [Fact]
    public async Task The_registry_is_asked_for_the_schemas_of_classes_and_primitives_in_the_same_words()
    {
        foreach (string settings in (string[])["none", "lookup"])
        {
            await CheckWordsAsync(await RegistryAsync(test.Order._SCHEMA.ToString(), settings), settings, new test.Order { digest = new test.Digest { Value = [1, 2, 3] }, price = new global::Avro.AvroDecimal(1, 2), tags = [], counts = new Dictionary<string, long>() });
            await CheckWordsAsync(await RegistryAsync(test.shop.Invoice._SCHEMA.ToString(), settings), settings, Invoice("card"));
            await CheckWordsAsync(await RegistryAsync("\"int\"", settings), settings, 5);
            await CheckWordsAsync(await RegistryAsync("\"bytes\"", settings), settings, new byte[] { 5 });
        }
    }

    private static async Task CheckWordsAsync<T>(MockSchemaRegistry registry, string settings, T value)
    {
        (ISchemaRegistryClient client, RecordingClient record) = RecordingClient.Of(registry);
        await new DefaultProgram(client).WriteAsync(value, settings, Context(MessageComponentType.Value));
        string[] theirs = [.. record.Asked];
        record.Asked.Clear();
        await new OurProgram(client).WriteAsync(value, settings, Context(MessageComponentType.Value));
        Assert.Equal(theirs, record.Asked);
    }

    public static TheoryData<string> Payments => ["none", "text", "int", "card", "cash"];

    // All that avrogen makes of a schema: members of type object for unions, lists, dictionaries, enums, fixed and logical types.
    [Theory]
    [MemberData(nameof(Payments))]
    public async Task Generated_classes_are_the_same_bytes_and_the_same_objects(string payment)
    {
        foreach (string settings in s_writing)
        {
            MockSchemaRegistry registry = await RegistryAsync(test.shop.Invoice._SCHEMA.ToString(), settings);
            await CheckAsync(registry, settings, MessageComponentType.Value, Invoice(payment));
            await CheckAsync(registry, settings, MessageComponentType.Key, Invoice(payment, next: Invoice("card")));
        }
    }

    [Fact]
    public async Task A_class_reads_older_messages_with_the_defaults_of_its_own_schema()
    {
        var registry = new MockSchemaRegistry();
        await registry.RegisterSchemaAsync("drop-in-value", new Schema("""{"type":"record","name":"Visit","namespace":"test","fields":[{"name":"id","type":"long"}]}""", SchemaType.Avro));
        foreach (string settings in (string[])["none", "null", "objects", "pairs", "record", "topic-record", "rules-of-writer", "latest"])
        {
            test.Visit theirs = await new DefaultProgram(registry).ReadAsync<test.Visit>([0, 0, 0, 0, 1, 14], settings, Context(MessageComponentType.Value));
            test.Visit ours = await new OurProgram(registry).ReadAsync<test.Visit>([0, 0, 0, 0, 1, 14], settings, Context(MessageComponentType.Value));
            Assert.Equal((7, 5), (theirs.id, theirs.pages));
            Assert.Equal((7, 5), (ours.id, ours.pages));
        }
    }

    [Fact]
    public async Task A_prefix_or_a_header_with_a_guid_is_read_by_both_and_the_header_comes_first()
    {
        var registry = new MockSchemaRegistry();
        RegisteredSchema one = await registry.RegisterSchemaWithResponseAsync("drop-in-value", new Schema(DropInCases.All[0].Json, SchemaType.Avro));
        byte[] guid = [1, .. Guid.Parse(one.Guid).ToByteArray(bigEndian: true)];
        SerializationContext header = Context(MessageComponentType.Value);
        header.Headers.Add("__value_schema_id", [0, 9, 9, 9, 9]);
        header.Headers.Add("__value_schema_id", guid);
        (byte[] Message, SerializationContext Context)[] messages = [([.. guid, 1], Context(MessageComponentType.Value)), ([1], header)];
        foreach ((byte[] message, SerializationContext context) in messages)
        {
            Assert.Equal(true, (await new DefaultProgram(registry).ReadAsync<GenericRecord>(message, "none", context))["f"]);
            Assert.Equal(true, (await new OurProgram(registry).ReadAsync<GenericRecord>(message, "none", context))["f"]);
            Assert.Equal(true, new OurProgram(registry).Read<GenericRecord>(message, "none", context)["f"]);
        }
    }

    [Fact]
    public async Task Primitives_and_tombstones_are_the_same()
    {
        await CheckPrimitivesAsync("\"int\"", 0, -1, int.MaxValue);
        await CheckPrimitivesAsync("\"long\"", 0L, long.MinValue);
        await CheckPrimitivesAsync("\"boolean\"", true, false);
        await CheckPrimitivesAsync("\"float\"", 1.5f, float.NaN);
        await CheckPrimitivesAsync("\"double\"", 0.1, double.NegativeInfinity);
        await CheckPrimitivesAsync("\"string\"", "", "Zürich 🎈");
        await CheckPrimitivesAsync("\"bytes\"", [], [0, 1, 255], new byte[300]);
        var registry = new MockSchemaRegistry();
        Assert.Equal(
            await new DefaultProgram(registry).WriteAsync<Null>(null!, "none", Context(MessageComponentType.Value)),
            await new OurProgram(registry).WriteAsync<Null>(null!, "none", Context(MessageComponentType.Value)));
        Assert.Null(await new OurProgram(registry).WriteAsync<string>(null!, "none", Context(MessageComponentType.Value)));
        Assert.Null(await new OurProgram(registry).ReadAsync<string>(null, "none", Context(MessageComponentType.Value)));
        Assert.Null(new OurProgram(registry).Read<GenericRecord>(null, "none", Context(MessageComponentType.Value)));
        await Assert.ThrowsAnyAsync<Exception>(() => new DefaultProgram(registry).ReadAsync<int>(null, "none", Context(MessageComponentType.Value)));
        await Assert.ThrowsAnyAsync<Exception>(() => new OurProgram(registry).ReadAsync<int>(null, "none", Context(MessageComponentType.Value)));
    }

    [Fact]
    public async Task Schemas_with_references_are_read_with_the_latest_version_by_both()
    {
        const string line = """{"type":"record","name":"Line","namespace":"shop","fields":[{"name":"n","type":"int"}]}""";
        const string cart = """{"type":"record","name":"Cart","namespace":"shop","fields":[{"name":"lines","type":{"type":"array","items":"shop.Line"}}]}""";
        string whole = cart.Replace("\"shop.Line\"", line, StringComparison.Ordinal);
        var registry = new MockSchemaRegistry();
        await registry.RegisterSchemaAsync("line", new Schema(line, SchemaType.Avro));
        await registry.RegisterSchemaAsync("drop-in-value", new Schema(cart, [new SchemaReference("shop.Line", "line", 1)], SchemaType.Avro));
        var schema = (global::Avro.RecordSchema)global::Avro.Schema.Parse(whole);
        global::Avro.Schema item = ((global::Avro.ArraySchema)schema["lines"].Schema).ItemSchema;
        GenericRecord value = DropInCases.Record(schema, [new object[] { DropInCases.Record(item, 1), DropInCases.Record(item, 2) }]);
        await CheckAsync(registry, "latest", MessageComponentType.Value, value);
    }

    [Fact]
    public async Task The_same_program_runs_on_a_broker()
    {
        using var broker = new FeaturePipeline.Kafka.EmbeddedBroker();
        broker.CreateTopic("theirs", partitions: 1);
        broker.CreateTopic("ours", partitions: 1);
        var registry = new MockSchemaRegistry();
        Invoice theirs = await new DefaultProgram(registry).ExchangeAsync(broker.BootstrapServers, "theirs", Invoice("text"));
        Invoice ours = await new OurProgram(registry).ExchangeAsync(broker.BootstrapServers, "ours", Invoice("text"));
        ApacheValues.AssertSame(Comparable(theirs), Comparable(ours));
        byte[] built = await new OurProgram(registry).BuildAndWriteAsync(Invoice("text"), Context(MessageComponentType.Value));
        Assert.Equal(await new DefaultProgram(registry).BuildAndWriteAsync(Invoice("text"), Context(MessageComponentType.Value)), built);
        Assert.Equal(Invoice("text").id, (await new OurProgram(registry).BuildAndReadAsync<Invoice>(built, Context(MessageComponentType.Value))).id);
    }

    [Theory]
    [InlineData("avro.serializer.auto.registr.schemas", "true")]
    [InlineData("auto.register.schemas", "true")]
    [InlineData("avro.serializer.use.schema.id", "seven")]
    [InlineData("avro.serializer.use.latest.version", "perhaps")]
    [InlineData("avro.serializer.subject.name.strategy", "Tropic")]
    [InlineData("avro.serializer.schema.id.strategy", "Suffix")]
    public async Task Settings_that_one_refuses_the_other_refuses_too(string name, string value)
    {
        // Confluent's serializer looks at values when it first writes, ours when it is made.
        var registry = new MockSchemaRegistry();
        Exception? theirs = await Record.ExceptionAsync(async () =>
        {
            var program = new DefaultProgram(registry);
            program.Configure([new(name, value)]);
            var serializer = new global::Confluent.SchemaRegistry.Serdes.AvroSerializer<string>(registry, new global::Confluent.SchemaRegistry.Serdes.AvroSerializerConfig([new(name, value)]));
            await serializer.SerializeAsync("x", Context(MessageComponentType.Value));
        });
        Exception ours = Assert.ThrowsAny<Exception>(() => new OurProgram(registry).Configure([new(name, value)]));
        Assert.NotNull(theirs);
        Assert.Equal(theirs.GetType(), ours.GetType());
        Assert.Equal(theirs.Message, ours.Message);
    }

    [Fact]
    public async Task Latest_version_and_automatic_registration_exclude_each_other_with_both()
    {
        var registry = new MockSchemaRegistry();
        ArgumentException? theirs = await Assert.ThrowsAsync<ArgumentException>(() => new DefaultProgram(registry).WriteAsync("x", "latest-and-register", Context(MessageComponentType.Value)));
        ArgumentException ours = await Assert.ThrowsAsync<ArgumentException>(() => new OurProgram(registry).WriteAsync("x", "latest-and-register", Context(MessageComponentType.Value)));
        Assert.StartsWith(theirs.Message, ours.Message, StringComparison.Ordinal);
    }

    private static async Task CheckPrimitivesAsync<T>(string json, params T[] values)
    {
        foreach (string settings in s_writing.Where(static settings => settings is not ("record" or "topic-record")))
        {
            MockSchemaRegistry registry = await RegistryAsync(json, settings);
            foreach (T value in values)
            {
                await CheckAsync(registry, settings, MessageComponentType.Value, value);
            }
        }
    }

    /// <summary>Both write the value to the same bytes and headers, and each reads what the other wrote to the same object, asynchronously and not.</summary>
    private static async Task CheckAsync<T>(MockSchemaRegistry registry, string settings, MessageComponentType component, T value)
    {
        var (theirs, ours) = (new DefaultProgram(registry), new OurProgram(registry));
        var (theirContext, ourContext) = (Context(component), Context(component));
        byte[] bytes = await theirs.WriteAsync(value, settings, theirContext);
        Assert.Equal(bytes, await ours.WriteAsync(value, settings, ourContext));
        Assert.Equal(bytes, ours.Write(value, settings, Context(component)));
        Assert.Equal(theirContext.Headers.Select(static header => (header.Key, Convert.ToHexString(header.GetValueBytes()))), ourContext.Headers.Select(static header => (header.Key, Convert.ToHexString(header.GetValueBytes()))));

        T expected = await theirs.ReadAsync<T>(bytes, settings, theirContext);
        ApacheValues.AssertSame(Comparable(expected), Comparable(await ours.ReadAsync<T>(bytes, settings, theirContext)));
        ApacheValues.AssertSame(Comparable(expected), Comparable(ours.Read<T>(bytes, settings, ourContext)));
    }

    // Generated classes have no equality: their fields are compared. Apache gives a local timestamp the zone of the machine; by the specification it
    // has none, and ours leaves it so.
    private static object? Comparable(object? value) => value switch
    {
        global::Avro.Specific.ISpecificRecord record => ((global::Avro.RecordSchema)record.Schema).Fields.Select(field => Comparable(record.Get(field.Pos))).ToArray(),
        global::Avro.Specific.SpecificFixed bytes => bytes.Value,
        System.Collections.IDictionary map => map.Keys.Cast<string>().ToDictionary(static key => key, key => Comparable(map[key])),
        System.Collections.IList list and not byte[] => list.Cast<object?>().Select(Comparable).ToArray(),
        DateTime { Kind: DateTimeKind.Local } local => DateTime.SpecifyKind(local.ToUniversalTime(), DateTimeKind.Unspecified),
        _ => value,
    };

    private static Invoice Invoice(string payment, Invoice? next = null) => new()
    {
        id = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"),
        Total_amount = new global::Avro.AvroDecimal(-12_345_678, 4),
        payment = payment switch { "text" => "t", "int" => 5, "card" => new Card { number = "4" }, "cash" => new Cash { coins = [1, 2] }, _ => null },
        parts = [new Card { number = "1" }, new Cash { coins = [] }],
        byName = new Dictionary<string, Cash> { ["a"] = new Cash { coins = [7] }, ["b"] = null! },
        matrix = [new List<double> { 1, 2 }, new List<double>()],
        moment = payment == "text" ? "soon" : new DateTime(2026, 11, 23, 1, 2, 3, DateTimeKind.Utc),
        local = new DateTime(2026, 11, 23, 1, 2, 3, DateTimeKind.Utc),
        day = new DateTime(1969, 12, 31, 0, 0, 0, DateTimeKind.Utc),
        clock = new TimeSpan(0, 23, 59, 59, 999),
        maybe = payment == "int" ? null : new DateTime(2026, 11, 23, 0, 0, 0, DateTimeKind.Utc),
        kind = payment == "none" ? null : Kind.B,
        hash = payment == "text" ? null : new Hash { Value = [1, 2] },
        any = payment switch { "text" => new Hash { Value = [3, 4] }, "card" => new List<Card> { new() { number = "x" } }, "cash" => new Dictionary<string, long> { ["l"] = 1 }, _ => true },
        nextInvoice = next,
    };

    private static async Task<MockSchemaRegistry> RegistryAsync(string json, string settings)
    {
        var registry = new MockSchemaRegistry();
        if (settings is "latest" or "metadata" or "lookup" or "id-1")
        {
            var metadata = new global::Confluent.SchemaRegistry.Metadata(null, new Dictionary<string, string> { ["team"] = "a" }, null);
            string text = settings == "lookup" ? global::Avro.Schema.Parse(json).ToString() : json; // what Confluent's serde looks up is Apache's text
            foreach (string subject in (string[])["drop-in-value", "drop-in-key"])
            {
                await registry.RegisterSchemaAsync(subject, settings == "metadata" ? new Schema(text, [], SchemaType.Avro, metadata, null) : new Schema(text, SchemaType.Avro));
            }
        }

        return registry;
    }

    private static SerializationContext Context(MessageComponentType component) => new(component, "drop-in", []);
}
