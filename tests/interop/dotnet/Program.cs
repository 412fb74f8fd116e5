// Our serde as one of the clients that exchange messages: interop VERB BOOTSTRAP REGISTRY TOPIC CASE-FILE CASE [RUN]
//   prepare   creates the topic and registers what the case's writers need
//   write     writes the case's values        read      reads as many and compares them with what is expected: exit 1 on a difference
//   files-write FOLDER SEED COUNT, files-compare FOLDER    object container files, see run-files
//   avsc-make FOLDER SEED COUNT, avsc-resolve FOLDER          random pairs of schemas, see run-avsc
//   evolve    registers the case's reader schema, if it has one, as the next version, as a producer would
using System.Text.Json.Nodes;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Interop;

switch (args)
{
    case ["files-write", var folder, var seed, var count]:
        return FileExchange.Write(folder, int.Parse(seed), int.Parse(count));
    case ["files-compare", var folder]:
        return FileExchange.Compare(folder);
    case ["avsc-make", var folder, var seed, var count]:
        return AvscExchange.Make(folder, int.Parse(seed), int.Parse(count));
    case ["avsc-resolve", var folder]:
        return AvscExchange.Resolve(folder);
}

if (args.Length < 6)
{
    await Console.Error.WriteLineAsync("interop prepare|write|evolve|read BOOTSTRAP REGISTRY TOPIC CASE-FILE CASE [RUN]");
    return 2;
}

var (verb, bootstrap, topic) = (args[0], args[1], args[3]);
var test = InteropCase.Load(args[4], args[5], args.Length > 6 ? args[6] : "0");
using var registry = SchemaRegistries.Create(new SchemaRegistryOptions { Url = args[2] });
switch (verb)
{
    case "prepare":
        await PrepareAsync();
        return 0;
    case "evolve":
        if (test.ReaderText is { } next)
        {
            await registry.RegisterSchemaWithResponseAsync(test.Subject(topic), new Schema(next, SchemaType.Avro) { References = References() });
        }

        return 0;
    case "write":
        await WriteAsync();
        return 0;
    default:
        return Read();
}

async Task PrepareAsync()
{
    using (var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = bootstrap }).Build())
    {
        await admin.CreateTopicsAsync([new TopicSpecification { Name = topic, NumPartitions = 1, ReplicationFactor = 1 }]);
    }

    for (var i = 0; i < test.References.Count; i++)
    {
        var known = References()[..i];
        await registry.RegisterSchemaWithResponseAsync(References()[i].Subject, new Schema(test.References[i].Text, SchemaType.Avro) { References = known });
    }

    await registry.RegisterSchemaWithResponseAsync(test.Subject(topic), new Schema(test.SchemaText, SchemaType.Avro) { References = References() });
}

List<SchemaReference> References() => [.. test.References.Select(one => new SchemaReference(one.Name, $"{topic}-{one.Name}", 1))];

async Task WriteAsync()
{
    var config = new AvroSerializerConfig
    {
        SubjectNameStrategy = test.Subjects,
        SchemaIdStrategy = test.Ids,
        UseLatestVersion = test.References.Count > 0,
        AutoRegisterSchemas = test.References.Count == 0,
        Schema = test.Schema,
    };
    using var producer = new ProducerBuilder<string, object>(new ProducerConfig { BootstrapServers = bootstrap })
        .SetAvroKeySerializer(registry)
        .SetValueSerializer(test.HasGuidPrefix ? new GuidPrefix(new AvroSerializer<object>(registry, config)) : new AvroSerializer<object>(registry, config).AsSync())
        .Build();
    for (var i = 0; i < test.Values.Count; i++)
    {
        await producer.ProduceAsync(
            topic, new Message<string, object> { Key = $"k{i}", Value = test.Values[i] is { } value ? GenericJson.Parse(test.Schema, value)! : null!, Headers = [] });
    }
}

int Read()
{
    using var consumer = new ConsumerBuilder<string, object>(new ConsumerConfig { BootstrapServers = bootstrap, GroupId = "interop" })
        .SetAvroKeyDeserializer(registry)
        .SetAvroValueDeserializer(registry, new AvroDeserializerConfig { ReaderSchema = test.Reader })
        .Build();
    consumer.Assign(new TopicPartitionOffset(topic, 0, Offset.Beginning));
    for (var i = 0; i < test.Expected.Count; i++)
    {
        var record = consumer.Consume(TimeSpan.FromSeconds(20));
        if (record is null)
        {
            Console.Error.WriteLine($"{topic}: {i} of {test.Expected.Count} messages came within 20 s");
            return 1;
        }

        var value = GenericJson.ToJson(record.Message.Value);
        if (!JsonNode.DeepEquals(value, test.Expected[i]) || record.Message.Key != $"k{i}")
        {
            Console.Error.WriteLine($"{topic}: message {i} differs\n  expected {test.Expected[i]?.ToJsonString()}\n  read     {value?.ToJsonString()} under {record.Message.Key}");
            return 1;
        }
    }

    return 0;
}
