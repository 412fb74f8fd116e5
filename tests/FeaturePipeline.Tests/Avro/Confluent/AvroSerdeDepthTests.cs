using Confluent.Kafka;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;
using Apache = global::Avro;

namespace FeaturePipeline.Tests.Avro.Confluent;

/// <summary>How deep values may nest, by the serde's configuration.</summary>
public class AvroSerdeDepthTests
{
    private const string Json = """{"type":"record","name":"DepthNode","fields":[{"name":"Id","type":"int"},{"name":"Next","type":["null","DepthNode"]}]}""";

    private static readonly SerializationContext Context = new(MessageComponentType.Value, "depth", []);

    [Fact]
    public Task A_mapped_list_is_as_long_as_the_configuration_says() =>
        CheckAsync(length => Enumerable.Range(0, length).Aggregate((DepthNode?)null, (next, id) => new DepthNode { Id = id, Next = next })!, node => node.Next);

    [Fact]
    public Task A_generic_list_is_as_long_as_the_configuration_says()
    {
        var schema = (RecordSchema)AvroSchema.Parse(Json);
        return CheckAsync(
            length => Enumerable.Range(0, length).Aggregate((GenericRecord?)null, (next, id) => new GenericRecord(schema) { ["Id"] = id, ["Next"] = next })!,
            node => (GenericRecord?)node["Next"]);
    }

    [Fact]
    public Task A_list_of_Apache_s_records_is_as_long_as_the_configuration_says()
    {
        var schema = (Apache.RecordSchema)Apache.Schema.Parse(Json);
        return CheckAsync(
            length => Enumerable.Range(0, length).Aggregate((Apache.Generic.GenericRecord?)null, (next, id) =>
            {
                var node = new Apache.Generic.GenericRecord(schema);
                node.Add("Id", id);
                node.Add("Next", next);
                return node;
            })!,
            node => (Apache.Generic.GenericRecord?)node["Next"]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(AvroReader.DepthMaxHighest + 1)]
    public void A_limit_that_no_stack_is_known_to_bear_is_refused(int depthMax)
    {
        using var registry = new MockSchemaRegistry();
        Assert.Throws<ArgumentOutOfRangeException>(() => new AvroSerializer<DepthNode>(registry, new AvroSerializerConfig { DepthMax = depthMax }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AvroDeserializer<DepthNode>(registry, new AvroDeserializerConfig { DepthMax = depthMax }));
    }

    private static async Task CheckAsync<T>(Func<int, T> make, Func<T, T?> next)
        where T : class
    {
        using var registry = new MockSchemaRegistry();
        await Assert.ThrowsAnyAsync<Exception>(() => new AvroSerializer<T>(registry).SerializeAsync(make(65), Context));
        byte[] message = await new AvroSerializer<T>(registry, new AvroSerializerConfig { DepthMax = 300 }).SerializeAsync(make(300), Context);
        Exception tooDeep = await Assert.ThrowsAnyAsync<Exception>(() => new AvroDeserializer<T>(registry).DeserializeAsync(message, isNull: false, Context));
        Assert.Contains("deep", tooDeep.Message, StringComparison.Ordinal);
        T? node = await new AvroDeserializer<T>(registry, new AvroDeserializerConfig { DepthMax = 300 }).DeserializeAsync(message, isNull: false, Context);
        int length = 0;
        for (; node is not null; node = next(node))
        {
            length++;
        }

        Assert.Equal(300, length);
    }
}

/// <summary>One of a list of linked nodes.</summary>
public sealed class DepthNode
{
    /// <summary>Its number.</summary>
    public int Id { get; set; }

    /// <summary>The next one.</summary>
    public DepthNode? Next { get; set; }
}
