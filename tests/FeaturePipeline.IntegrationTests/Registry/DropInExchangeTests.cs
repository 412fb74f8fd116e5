extern alias DefaultSerde;
extern alias OurSerde;
using Avro.Generic;
using Confluent.Kafka;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Tests.Avro.DropIn;
using FeaturePipeline.Tests.Avro.Generic;
using DefaultProgram = DefaultSerde::DropIn.SerdeProgram;
using OurProgram = OurSerde::DropIn.SerdeProgram;

namespace FeaturePipeline.IntegrationTests.Registry;

/// <summary>
/// Confluent's serde and ours exchange messages through a real registry, each with a client of its own; the registry's address is in the environment
/// variable FEATUREPIPELINE_TEST_REGISTRY. Apicurio has no GUIDs: a header with one is the unit tests' business.
/// </summary>
public sealed class DropInExchangeTests : IDisposable
{
    private static readonly string? s_url = Environment.GetEnvironmentVariable("FEATUREPIPELINE_TEST_REGISTRY");
    private readonly CachedSchemaRegistryClient? _theirs = s_url is null ? null : new(new SchemaRegistryConfig { Url = s_url });
    private readonly ISchemaRegistryClient? _ours = s_url is null ? null : SchemaRegistries.Create(new SchemaRegistryOptions { Url = s_url });
    private readonly string _topic = $"drop-in-{Guid.NewGuid():N}";

    public void Dispose()
    {
        _theirs?.Dispose();
        _ours?.Dispose();
    }

    // Confluent's serializer cannot register a decimal on a fixed: its words are none that Java's parser takes.
    public static TheoryData<string> Names => [.. DropInCases.All.Select(static one => one.Name).Where(static name => name != "decimal in fixed")];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Records_written_by_one_are_read_by_the_other(string name)
    {
        (DefaultProgram theirs, OurProgram ours) = Programs();
        GenericRecord[] values = DropInCases.All.Single(one => one.Name == name).Make();
        foreach (string settings in (string[])["none", "topic-record", "lookup", "latest", "normalize"])
        {
            foreach (MessageComponentType component in (MessageComponentType[])[MessageComponentType.Value, MessageComponentType.Key])
            {
                foreach (GenericRecord value in values)
                {
                    await ExchangeAsync(theirs, ours, settings, new SerializationContext(component, _topic, []), value);
                }
            }
        }
    }

    [Fact]
    public async Task Classes_and_primitives_written_by_one_are_read_by_the_other()
    {
        (DefaultProgram theirs, OurProgram ours) = Programs();
        foreach (string settings in (string[])["none", "lookup", "latest"])
        {
            await ExchangeAsync(theirs, ours, settings, Context("order"), new test.Order
            {
                id = 7,
                at = new DateTime(2026, 11, 23, 1, 2, 3, DateTimeKind.Utc),
                price = new global::Avro.AvroDecimal(-1250, 2),
                colour = test.Paint.GREEN,
                digest = new test.Digest { Value = [1, 2, 3] },
                tags = ["a", "b"],
                counts = new Dictionary<string, long> { ["x"] = 1 },
            });
            await ExchangeAsync(theirs, ours, settings, Context("int"), 7);
            await ExchangeAsync(theirs, ours, settings, Context("long"), long.MinValue);
            await ExchangeAsync(theirs, ours, settings, Context("string"), "Zürich");
            await ExchangeAsync(theirs, ours, settings, Context("bytes"), new byte[] { 0, 255 });
            await ExchangeAsync(theirs, ours, settings, Context("double"), 0.1);
            await ExchangeAsync(theirs, ours, settings, Context("boolean"), true);
        }
    }

    [Fact]
    public async Task Records_of_several_types_share_subjects_named_by_their_records()
    {
        (DefaultProgram theirs, OurProgram ours) = Programs();
        for (int i = 0; i < 3; i++)
        {
            var schema = global::Avro.Schema.Parse($$"""{"type":"record","name":"R{{i}}","namespace":"of{{Guid.NewGuid():N}}","fields":[{"name":"f","type":"int"}]}""");
            await ExchangeAsync(theirs, ours, "record", Context("mixed"), DropInCases.Record(schema, i));
        }
    }

    [Fact]
    public async Task A_schema_with_references_is_read_by_both()
    {
        (DefaultProgram theirs, OurProgram ours) = Programs();
        string space = $"of{Guid.NewGuid():N}";
        string line = $$"""{"type":"record","name":"Line","namespace":"{{space}}","fields":[{"name":"n","type":"int"}]}""";
        string cart = $$"""{"type":"record","name":"Cart","namespace":"{{space}}","fields":[{"name":"lines","type":{"type":"array","items":"{{space}}.Line"} }]}""";
        await _ours!.RegisterSchemaAsync($"{_topic}-line", new Schema(line, SchemaType.Avro));
        await _ours.RegisterSchemaAsync($"{_topic}-value", new Schema(cart, [new SchemaReference($"{space}.Line", $"{_topic}-line", 1)], SchemaType.Avro));
        var schema = (global::Avro.RecordSchema)global::Avro.Schema.Parse(cart.Replace($"\"{space}.Line\"", line, StringComparison.Ordinal));
        global::Avro.Schema item = ((global::Avro.ArraySchema)schema["lines"].Schema).ItemSchema;
        GenericRecord value = DropInCases.Record(schema, [new object[] { DropInCases.Record(item, 1), DropInCases.Record(item, 2) }]);
        await ExchangeAsync(theirs, ours, "latest", new SerializationContext(MessageComponentType.Value, _topic, []), value);
    }

    [Fact]
    public async Task A_decimal_on_a_fixed_is_written_by_ours_and_read_by_both()
    {
        (DefaultProgram theirs, OurProgram ours) = Programs();
        SerializationContext context = Context("decimal");
        GenericRecord value = DropInCases.All.Single(static one => one.Name == "decimal in fixed").Make()[0];
        Assert.Equal(422, (int)(await Assert.ThrowsAsync<SchemaRegistryException>(() => theirs.WriteAsync(value, "none", context))).Status);
        byte[] message = await ours.WriteAsync(value, "none", context);
        ApacheValues.AssertSame(value["f"], (await theirs.ReadAsync<GenericRecord>(message, "none", context))["f"]);
        ApacheValues.AssertSame(value["f"], (await ours.ReadAsync<GenericRecord>(message, "none", context))["f"]);
    }

    [Fact]
    public async Task A_header_with_the_id_is_read_by_both()
    {
        (DefaultProgram theirs, OurProgram ours) = Programs();
        SerializationContext context = Context("header");
        GenericRecord value = DropInCases.All[0].Make()[0];
        byte[] message = await ours.WriteAsync(value, "header", context);
        Assert.Equal(value, await theirs.ReadAsync<GenericRecord>(message, "none", context));
        Assert.Equal(value, await ours.ReadAsync<GenericRecord>(message, "none", context));
    }

    private static async Task ExchangeAsync<T>(DefaultProgram theirs, OurProgram ours, string settings, SerializationContext context, T value)
    {
        byte[] bytes = await theirs.WriteAsync(value, settings is "lookup" or "latest" && value is not GenericRecord { Schema.Name: "Cart" } ? "none" : settings, context);
        Assert.Equal(bytes, await ours.WriteAsync(value, settings, context));
        object? expected = Comparable(await theirs.ReadAsync<T>(bytes, settings, context));
        ApacheValues.AssertSame(expected, Comparable(await ours.ReadAsync<T>(bytes, settings, context)));
        byte[] own = await ours.WriteAsync(value, settings, context);
        ApacheValues.AssertSame(expected, Comparable(await theirs.ReadAsync<T>(own, settings, context)));
    }

    private static object? Comparable(object? value) => value switch
    {
        test.Order order => new object?[] { order.id, order.at, order.price, order.colour, order.digest.Value, order.tags.ToArray<object>(), order.counts["x"], order.note },
        _ => value,
    };

    private SerializationContext Context(string part) => new(MessageComponentType.Value, $"{_topic}-{part}", []);

    private (DefaultProgram Theirs, OurProgram Ours) Programs()
    {
        Assert.SkipWhen(s_url is null, "FEATUREPIPELINE_TEST_REGISTRY is not set.");
        return (new DefaultProgram(_theirs!), new OurProgram(_ours!));
    }
}
