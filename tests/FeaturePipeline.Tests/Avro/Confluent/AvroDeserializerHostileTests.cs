using Confluent.Kafka;
using CsCheck;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Confluent;

public class AvroDeserializerHostileTests
{
    private const string Tree = """
        {"type":"record","name":"Node","fields":[
          {"name":"text","type":"string"},
          {"name":"kind","type":{"type":"enum","name":"Kind","symbols":["A","B"]}},
          {"name":"hash","type":{"type":"fixed","name":"Hash","size":4}},
          {"name":"nothing","type":{"type":"array","items":"null"}},
          {"name":"named","type":{"type":"map","values":["null","long","Node"]}},
          {"name":"children","type":{"type":"array","items":"Node"}}]}
        """;

    private static readonly Gen<GenericRecord> GenTree = Gen.Recursive<GenericRecord>((depth, inner) =>
        Gen.Select(Gen.String, Gen.Int[0, 1], Gen.Byte.Array[4], inner.List[0, depth > 3 ? 0 : 3], Gen.Dictionary(Gen.String, Gen.Long)[0, 3]).Select(
            (text, kind, hash, children, named) => Make(text, kind, hash, children, named)));

    private static readonly RecordSchema Schema = (RecordSchema)AvroSchema.Parse(Tree);
    private static readonly SerializationContext Context = new(MessageComponentType.Value, "trees", []);

    [Fact]
    public void A_message_with_bytes_changed_is_read_or_refused_and_nothing_else()
    {
        var registry = new MockSchemaRegistry();
        var serializer = new AvroSerializer<GenericRecord>(registry).AsSync();
        var deserializer = new AvroDeserializer<GenericRecord>(registry);
        Gen.Select(GenTree, Gen.Select(Gen.Int[0, 10_000], Gen.Byte).List[0, 6], Gen.Int[0, 40]).Sample((tree, changes, cut) =>
        {
            var bytes = serializer.Serialize(tree, Context);
            Assert.Equal(bytes, serializer.Serialize(deserializer.Deserialize(bytes, isNull: false, Context), Context));
            foreach (var (at, value) in changes)
            {
                bytes[5 + (at % (bytes.Length - 5))] = value;
            }

            ReadOrRefuse(deserializer, cut == 0 ? bytes : bytes[..Math.Max(0, bytes.Length - cut + 1)]);
        });
    }

    [Fact]
    public void Bytes_of_nobodys_making_are_read_or_refused_and_nothing_else()
    {
        var registry = new MockSchemaRegistry();
        new AvroSerializer<GenericRecord>(registry).AsSync().Serialize(Make("", 0, new byte[4], [], []), Context);
        var deserializer = new AvroDeserializer<GenericRecord>(registry);
        Gen.Byte.Array[0, 60].Sample(body => ReadOrRefuse(deserializer, [0, 0, 0, 0, 1, .. body]));
        Gen.Byte.Array[0, 30].Sample(message => ReadOrRefuse(deserializer, message));
    }

    private static void ReadOrRefuse(AvroDeserializer<GenericRecord> deserializer, byte[] message)
    {
        try
        {
            Assert.NotNull(deserializer.Deserialize(message, isNull: false, Context));
        }
        catch (InvalidDataException)
        {
            // refused, with a reason
        }
    }

    private static GenericRecord Make(string text, int kind, byte[] hash, List<GenericRecord> children, Dictionary<string, long> named) => new(Schema)
    {
        ["text"] = string.Concat(text.Where(static letter => !char.IsSurrogate(letter))),
        ["kind"] = new GenericEnum((EnumSchema)Schema.Field("kind")!.Schema, kind),
        ["hash"] = new GenericFixed((FixedSchema)Schema.Field("hash")!.Schema, hash),
        ["nothing"] = new List<object?> { null, null },
        ["named"] = new OrderedDictionary<string, object?>(named
            .Select(static pair => KeyValuePair.Create(string.Concat(pair.Key.Where(static letter => !char.IsSurrogate(letter))), (object?)pair.Value))
            .DistinctBy(static pair => pair.Key)),
        ["children"] = children.ConvertAll(static child => (object?)child),
    };
}
