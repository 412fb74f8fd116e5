using Confluent.Kafka;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.IntegrationTests.Sessions;

namespace FeaturePipeline.IntegrationTests.Outages;

// Invariant: a registry that is away or hung stops only what needs a schema for the first time; calls are repeated and never make a second
// version; an id is what the registry says at the time it is asked.
public sealed class RegistryOutageTests(KafkaFixture kafka)
{
    private static readonly RecordSchema Order = Record("Order", "id");
    private static readonly RecordSchema Visit = Record("Visit", "page");
    private static readonly SerializationContext Orders = new(MessageComponentType.Value, "orders");
    private static readonly SerializationContext Visits = new(MessageComponentType.Value, "visits");

    [Fact]
    public async Task A_registry_that_hangs_costs_time_and_makes_no_second_version()
    {
        using var server = new OwnRegistry();
        using ISchemaRegistryClient warm = Connect(server);
        var serializer = new AvroSerializer<GenericRecord>(warm);
        var deserializer = new AvroDeserializer<GenericRecord>(warm);
        byte[] first = await serializer.SerializeAsync(Value(Order, 1), Orders);
        Assert.Equal(1L, deserializer.Deserialize(first, isNull: false, Orders)["id"]);

        server.Hang();
        byte[] second = await serializer.SerializeAsync(Value(Order, 2), Orders);
        Assert.Equal(first[..WireFormat.PrefixSize], second[..WireFormat.PrefixSize]);
        Assert.Equal(2L, deserializer.Deserialize(second, isNull: false, Orders)["id"]);
        Task<byte[]> registering = serializer.SerializeAsync(Value(Visit, 3), Visits);
        using ISchemaRegistryClient cold = Connect(server);
        Task<GenericRecord> reading = new AvroDeserializer<GenericRecord>(cold).DeserializeAsync(first, isNull: false, Orders);
        await Task.Delay(TimeSpan.FromSeconds(3)); // some tries of one second have failed
        Assert.False(registering.IsCompleted || reading.IsCompleted);

        server.GoOn();
        byte[] third = await registering;
        Assert.Equal(1L, (await reading)["id"]);
        using ISchemaRegistryClient other = Connect(server);
        Assert.Equal([1], await other.GetSubjectVersionsAsync("visits-value"));
        Assert.Equal((await other.GetLatestSchemaAsync("visits-value")).Id, Id(third));
        Assert.Equal(3L, new AvroDeserializer<GenericRecord>(other).Deserialize(third, isNull: false, Visits)["page"]);
    }

    [Fact]
    public async Task A_registry_that_is_away_stops_only_what_it_was_never_asked_and_ids_are_its_own_when_it_is_back()
    {
        using var server = new OwnRegistry();
        using ISchemaRegistryClient warm = Connect(server);
        var serializer = new AvroSerializer<GenericRecord>(warm);
        var deserializer = new AvroDeserializer<GenericRecord>(warm);
        byte[] first = await serializer.SerializeAsync(Value(Order, 1), Orders);
        Assert.Equal(1L, deserializer.Deserialize(first, isNull: false, Orders)["id"]);

        server.TakeAway();
        Assert.Equal(2L, deserializer.Deserialize(await serializer.SerializeAsync(Value(Order, 2), Orders), isNull: false, Orders)["id"]);
        using ISchemaRegistryClient cold = Connect(server, tries: 2);
        var refusal = await Assert.ThrowsAnyAsync<HttpRequestException>(() => new AvroDeserializer<GenericRecord>(cold).DeserializeAsync(first, isNull: false, Orders));
        Assert.True(refusal.IsRetriable(), refusal.Message);
        refusal = await Assert.ThrowsAnyAsync<HttpRequestException>(() => new AvroSerializer<GenericRecord>(cold).SerializeAsync(Value(Order, 3), Orders));
        Assert.True(refusal.IsRetriable(), refusal.Message);
        Task<byte[]> patient = serializer.SerializeAsync(Value(Visit, 4), Visits);

        // It comes back without what it held, and another schema is the first to be registered.
        server.BringBackEmpty();
        int visitId = Id(await patient);
        Assert.Equal(3L, deserializer.Deserialize(await serializer.SerializeAsync(Value(Order, 3), Orders), isNull: false, Orders)["id"]);
        using ISchemaRegistryClient restarted = Connect(server);
        byte[] registeredAgain = await new AvroSerializer<GenericRecord>(restarted).SerializeAsync(Value(Order, 5), Orders);
        Assert.Equal([1], await restarted.GetSubjectVersionsAsync("orders-value"));
        Assert.Equal((await restarted.GetLatestSchemaAsync("orders-value")).Id, Id(registeredAgain));
        Assert.Equal((await restarted.GetLatestSchemaAsync("visits-value")).Id, visitId);
        Assert.NotEqual(visitId, Id(registeredAgain));
        Assert.Equal(5L, (await new AvroDeserializer<GenericRecord>(cold).DeserializeAsync(registeredAgain, isNull: false, Orders))["id"]);
    }

    [Fact]
    public async Task An_id_that_a_registry_has_lost_is_an_error_of_the_message_not_of_the_registry()
    {
        using var server = new OwnRegistry();
        using ISchemaRegistryClient before = Connect(server);
        byte[] message = await new AvroSerializer<GenericRecord>(before).SerializeAsync(Value(Order, 1), Orders);
        server.TakeAway();
        server.BringBackEmpty();
        using ISchemaRegistryClient after = Connect(server);
        var unknown = await Assert.ThrowsAsync<InvalidDataException>(() => new AvroDeserializer<GenericRecord>(after).DeserializeAsync(message, isNull: false, Orders));
        Assert.Contains($"id {Id(message)}", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_goes_on_while_the_registry_hangs_and_one_that_restarts_waits_for_it_and_makes_no_new_version()
    {
        const int Events = 40_000;
        using var server = new OwnRegistry();
        using var job = SessionScenario.AtTheClocksPace(kafka.BootstrapServers, server.Url, "registry-outage");
        ProgramProcess restarted;
        using (ProgramProcess producer = job.StartProducer(Events, "--rate", "3000"))
        {
            job.AwaitTopic(producer);
            ProgramProcess worker = job.StartWorker("one");
            job.Await(() => job.Watch.Committed() > Events / 10, "a tenth committed");
            server.Hang();
            long before = job.Watch.Committed();
            job.Await(() => job.Watch.Committed() > before + (Events / 10), "progress while the registry hangs");
            Assert.True(worker.Terminate() == 0, worker.Log);

            before = job.Watch.Committed();
            restarted = job.StartWorker("one");
            Thread.Sleep(TimeSpan.FromSeconds(5));
            Assert.False(restarted.HasExited, restarted.Log);
            Assert.Equal(before, job.Watch.Committed());
            server.GoOn();
            Assert.True(producer.WaitForExit() == 0, producer.Log);
        }

        job.AwaitEnd(Events);
        Assert.True(restarted.Terminate() == 0, restarted.Log);
        job.AssertExact();
        using ISchemaRegistryClient registry = Connect(server);
        Assert.Equal([1], await registry.GetSubjectVersionsAsync(job.SourceTopic + "-value"));
        Assert.Equal([1], await registry.GetSubjectVersionsAsync(job.FeatureTopic + "-value"));
    }

    private static ISchemaRegistryClient Connect(OwnRegistry server, int tries = 60) => SchemaRegistries.Create(new SchemaRegistryOptions
    {
        Url = server.Url,
        Timeout = TimeSpan.FromSeconds(1),
        Client = new Dictionary<string, string>
        {
            ["schema.registry.max.retries"] = tries.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["schema.registry.retries.wait.ms"] = "100",
            ["schema.registry.retries.max.wait.ms"] = "1000",
        },
    });

    private static RecordSchema Record(string name, string field) =>
        (RecordSchema)AvroSchema.Parse($$"""{"type":"record","name":"{{name}}","fields":[{"name":"{{field}}","type":"long"}]}""");

    private static GenericRecord Value(RecordSchema schema, long value) => new(schema) { [0] = value };

    private static int Id(byte[] message)
    {
        Assert.True(WireFormat.TryRead(message, out SchemaKey key, out _));
        return key.Id;
    }
}
