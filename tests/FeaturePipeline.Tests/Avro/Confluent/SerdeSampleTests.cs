using Confluent.Kafka;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Tests.Repository;

namespace FeaturePipeline.Tests.Avro.Confluent;

/// <summary>The sample of docs/SERDE.md: compiled here, run against the embedded broker, and the same text as there.</summary>
public class SerdeSampleTests
{
    [Fact]
    public async Task The_sample_runs()
    {
        using var broker = new FeaturePipeline.Kafka.EmbeddedBroker();
        broker.CreateTopic("orders", partitions: 1);
        Assert.Equal("42 costs 19.99 for Ada", await SampleAsync(broker.BootstrapServers, "mock://serde-sample"));
        MockSchemaRegistry.Drop("serde-sample");
    }

    [Fact]
    public void The_sample_is_the_one_in_the_documentation()
    {
        var own = RepositoryFiles.Lines("tests/FeaturePipeline.Tests/Avro/Confluent/SerdeSampleTests.cs")
            .SkipWhile(static line => line.Trim() != "// sample").Skip(1)
            .TakeWhile(static line => line.Trim() != "// end of sample")
            .Select(static line => line.Length > 8 ? line[8..] : line.Trim());
        var documented = RepositoryFiles.Lines("docs/SERDE.md")
            .SkipWhile(static line => line != "```csharp").Skip(1)
            .SkipWhile(static line => line.StartsWith("using ", StringComparison.Ordinal) && line.EndsWith(';') && !line.Contains(" = ", StringComparison.Ordinal))
            .Skip(1)
            .TakeWhile(static line => line != "```");
        Assert.Equal(string.Join('\n', documented), string.Join('\n', own));
    }

    private static async Task<string> SampleAsync(string bootstrapServers, string registryUrl)
    {
        // sample
        using ISchemaRegistryClient registry = SchemaRegistries.Create(new SchemaRegistryOptions { Url = registryUrl });
        var schema = (RecordSchema)AvroSchema.Parse("""
            {"type": "record", "name": "Order", "namespace": "shop", "fields": [
              {"name": "id", "type": "long"},
              {"name": "buyer", "type": ["null", "string"], "default": null},
              {"name": "total", "type": "double"}]}
            """);

        using var producer = new ProducerBuilder<string, GenericRecord>(new ProducerConfig { BootstrapServers = bootstrapServers })
            .SetAvroValueSerializer(registry, new AvroSerializerConfig { NormalizeSchemas = true })
            .Build();
        var order = new GenericRecord(schema) { ["id"] = 42L, ["buyer"] = "Ada", ["total"] = 19.99 };
        await producer.ProduceAsync("orders", new Message<string, GenericRecord> { Key = "42", Value = order });

        using var consumer = new ConsumerBuilder<string, GenericRecord>(new ConsumerConfig
        {
            BootstrapServers = bootstrapServers,
            GroupId = "sample",
            AutoOffsetReset = AutoOffsetReset.Earliest,
        }).SetAvroValueDeserializer(registry).Build();
        consumer.Subscribe("orders");
        GenericRecord read = consumer.Consume(TimeSpan.FromSeconds(30)).Message.Value;
        string line = FormattableString.Invariant($"{read["id"]} costs {read["total"]} for {read["buyer"]}");
        // end of sample
        return line;
    }
}
