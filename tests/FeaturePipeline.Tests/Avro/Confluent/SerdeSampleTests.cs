using Confluent.Kafka;
using Confluent.Kafka.SyncOverAsync;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Tests.Repository;
using test;

namespace FeaturePipeline.Tests.Avro.Confluent;

/// <summary>The samples of docs/SERDE.md: compiled here, run against the embedded broker, and the same text as there.</summary>
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
    public async Task The_sample_of_switching_runs()
    {
        using var broker = new FeaturePipeline.Kafka.EmbeddedBroker();
        broker.CreateTopic("visits", partitions: 1);
        Visit read = await SwitchAsync(broker.BootstrapServers, new MockSchemaRegistry());
        Assert.Equal((42, 3), (read.id, read.pages));
    }

    [Theory]
    [InlineData(0, "switching")]
    [InlineData(1, "sample")]
    public void The_samples_are_those_in_the_documentation(int number, string name)
    {
        var own = RepositoryFiles.Lines("tests/FeaturePipeline.Tests/Avro/Confluent/SerdeSampleTests.cs")
            .SkipWhile(line => line.Trim() != $"// {name}").Skip(1)
            .TakeWhile(line => line.Trim() != $"// end of {name}")
            .Select(static line => line.Length > 8 ? line[8..] : line.Trim());
        IEnumerable<string> documented = RepositoryFiles.Lines("docs/SERDE.md");
        for (int i = 0; i <= number; i++)
        {
            documented = documented.SkipWhile(static line => line != "```csharp").Skip(1);
        }

        string[] sample = [.. documented.TakeWhile(static line => line != "```")];
        string[] usings = [.. sample.TakeWhile(static line => line.Length > 0).Select(static line => line.Split(';')[0] + ";")];
        Assert.Empty(usings.Except(RepositoryFiles.Lines("tests/FeaturePipeline.Tests/Avro/Confluent/SerdeSampleTests.cs"), StringComparer.Ordinal));
        Assert.Equal(string.Join('\n', sample.Skip(usings.Length + 1)), string.Join('\n', own));
    }

    private static async Task<Visit> SwitchAsync(string bootstrapServers, ISchemaRegistryClient registry)
    {
        // switching
        using var producer = new ProducerBuilder<string, Visit>(new ProducerConfig { BootstrapServers = bootstrapServers })
            .SetValueSerializer(new AvroSerializer<Visit>(registry, new AvroSerializerConfig { NormalizeSchemas = true }))
            .Build();
        await producer.ProduceAsync("visits", new Message<string, Visit> { Key = "42", Value = new Visit { id = 42, pages = 3 } });

        using var consumer = new ConsumerBuilder<string, Visit>(new ConsumerConfig
        {
            BootstrapServers = bootstrapServers,
            GroupId = "switched",
            AutoOffsetReset = AutoOffsetReset.Earliest,
        }).SetValueDeserializer(new AvroDeserializer<Visit>(registry).AsSyncOverAsync()).Build();
        consumer.Subscribe("visits");
        Visit read = consumer.Consume(TimeSpan.FromSeconds(30)).Message.Value;
        // end of switching
        return read;
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
