using Confluent.Kafka;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Tests.Avro.Registry;

namespace FeaturePipeline.Tests.Avro.Confluent;

/// <summary>Subjects of a registry's contexts: an id means another schema in each.</summary>
public class AvroContextTests
{
    private const string Here = """{"type":"record","name":"Item","fields":[{"name":"id","type":"int"}]}""";
    private const string There = """{"type":"record","name":"Item","fields":[{"name":"name","type":"string"}]}""";

    private readonly MockSchemaRegistry _registry = new();

    [Fact]
    public async Task One_id_is_two_schemas_in_two_contexts()
    {
        var here = new AvroSerializer<GenericRecord>(_registry);
        var there = new AvroSerializer<GenericRecord>(_registry, new AvroSerializerConfig { SubjectName = Prod });
        byte[] one = await here.SerializeAsync(Item(Here, 7), Value("items"));
        byte[] other = await there.SerializeAsync(Item(There, "a"), Value("items"));
        Assert.Equal([0, 0, 0, 0, 1, 14], one);
        Assert.Equal([0, 0, 0, 0, 1, 2, (byte)'a'], other);
        Assert.Equal(7, (await new AvroDeserializer<GenericRecord>(_registry).DeserializeAsync(one, isNull: false, Value("items")))["id"]);
        var reader = new AvroDeserializer<GenericRecord>(_registry, new AvroDeserializerConfig { SubjectName = Prod });
        Assert.Equal("a", (await reader.DeserializeAsync(other, isNull: false, Value("items")))["name"]);
        Assert.Equal("a", reader.Deserialize(other, isNull: false, Value("items"))["name"]);
        Assert.Equal([":.prod:items-value", "items-value"], await _registry.GetAllSubjectsAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Topics_that_are_associated_with_subjects_of_two_contexts_are_read_by_one_deserializer(bool latest)
    {
        await _registry.RegisterSchemaAsync("items-value", new Schema(Here, SchemaType.Avro));
        await _registry.RegisterSchemaAsync(":.prod:items-value", new Schema(There, SchemaType.Avro));
        await _registry.CreateAssociationAsync(new AssociationCreateOrUpdateRequest
        {
            ResourceName = "goods",
            ResourceNamespace = AssociatedNameStrategy.NamespaceWildcard,
            ResourceId = "goods",
            ResourceType = "topic",
            Associations = [new AssociationCreateOrUpdateInfo { Subject = ":.prod:items-value", AssociationType = "value" }],
        });
        var reader = new AvroDeserializer<GenericRecord>(_registry, new AvroDeserializerConfig { UseLatestVersion = latest });
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(7, (await reader.DeserializeAsync(new byte[] { 0, 0, 0, 0, 1, 14 }, isNull: false, Value("items")))["id"]);
            Assert.Equal("a", (await reader.DeserializeAsync(new byte[] { 0, 0, 0, 0, 1, 2, (byte)'a' }, isNull: false, Value("goods")))["name"]);
        }
    }

    // Confluent's client keeps schemas by id alone: it would give the first context's schema for the second one's id.
    [Fact]
    public async Task A_bare_client_of_Confluent_s_serves_one_context_and_the_remedy_for_a_second_one_helps()
    {
        await using var server = new ScriptedServer(static request => request.Target.StartsWith("/associations/", StringComparison.Ordinal)
            ? new ScriptedAnswer(404, """{"error_code":404,"message":"HTTP 404 Not Found"}""")
            : new ScriptedAnswer(200, $$"""{"schema":{{System.Text.Json.JsonSerializer.Serialize(request.Target.Contains("prod", StringComparison.Ordinal) ? There : Here)}}}"""));
        using (var bare = new CachedSchemaRegistryClient(new SchemaRegistryConfig { Url = server.Url }))
        {
            Assert.Equal(7, new AvroDeserializer<GenericRecord>(bare).Deserialize([0, 0, 0, 0, 1, 14], isNull: false, Value("items"))["id"]);
            var there = new AvroDeserializer<GenericRecord>(bare, new AvroDeserializerConfig { SubjectName = Prod });
            var refused = Assert.Throws<ArgumentException>(() => there.Deserialize([0, 0, 0, 0, 1, 2, (byte)'a'], isNull: false, Value("items")));
            Assert.Contains("Use a client of its own for each context, or one from SchemaRegistries.Create", refused.Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<ArgumentException>(() => new AvroSerializer<GenericRecord>(bare, new AvroSerializerConfig { SubjectName = Prod }).SerializeAsync(Item(There, "a"), Value("items")));
        }

        using var own = new CachedSchemaRegistryClient(new SchemaRegistryConfig { Url = server.Url });
        using ISchemaRegistryClient both = SchemaRegistries.Create(new SchemaRegistryOptions { Url = server.Url });
        Assert.Equal(7, new AvroDeserializer<GenericRecord>(both).Deserialize([0, 0, 0, 0, 1, 14], isNull: false, Value("items"))["id"]);
        foreach (ISchemaRegistryClient client in (ISchemaRegistryClient[])[own, both])
        {
            var there = new AvroDeserializer<GenericRecord>(client, new AvroDeserializerConfig { SubjectName = Prod });
            Assert.Equal("a", there.Deserialize([0, 0, 0, 0, 1, 2, (byte)'a'], isNull: false, Value("items"))["name"]);
        }
    }

    [Fact]
    public async Task A_context_that_only_the_record_s_name_tells_is_refused_because_the_id_was_asked_for_without_it()
    {
        await _registry.RegisterSchemaAsync("items-value", new Schema(Here, SchemaType.Avro));
        await _registry.RegisterSchemaAsync(":.prod:Item", new Schema(There, SchemaType.Avro));
        byte[] message = [0, 0, 0, 0, 1, 2, (byte)'a'];
        var late = new AvroDeserializer<GenericRecord>(_registry, new AvroDeserializerConfig { SubjectName = static (_, name) => name is null ? null : $":.prod:{name}" });
        var refused = Assert.Throws<InvalidDataException>(() => late.Deserialize(message, isNull: false, Value("items")));
        Assert.Contains("Let SubjectName give a subject of the context also where the record's name is null", refused.Message, StringComparison.Ordinal);
        var early = new AvroDeserializer<GenericRecord>(_registry, new AvroDeserializerConfig { SubjectName = static (_, name) => $":.prod:{name ?? "any"}" });
        Assert.Equal("a", early.Deserialize(message, isNull: false, Value("items"))["name"]);
    }

    private static string? Prod(SerializationContext context, string? recordName) => $":.prod:{context.Topic}-value";

    private static GenericRecord Item(string schema, object value) => new((RecordSchema)AvroSchema.Parse(schema)) { [0] = value };

    private static SerializationContext Value(string topic) => new(MessageComponentType.Value, topic);
}
