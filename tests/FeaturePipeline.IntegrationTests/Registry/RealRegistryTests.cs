using Confluent.Kafka;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.IntegrationTests.Registry;

/// <summary>The client against a real registry, whose address is in the environment variable FEATUREPIPELINE_TEST_REGISTRY.</summary>
public sealed class RealRegistryTests : IDisposable
{
    private const string Variable = "FEATUREPIPELINE_TEST_REGISTRY";
    private const string Order = """{"type":"record","name":"Order","fields":[{"name":"id","type":"int"}]}""";
    private const string Wider = """{"type":"record","name":"Order","fields":[{"name":"id","type":"long"},{"name":"note","type":["null","string"],"default":null}]}""";
    private const string Broken = """{"type":"record","name":"Order","fields":[{"name":"id","type":"string"}]}""";
    private readonly string _subject = $"test-{Guid.NewGuid():N}-value";
    private readonly ISchemaRegistryClient? _registry = Connect();

    public void Dispose() => _registry?.Dispose();

    [Fact]
    public async Task A_schema_evolves_compatibly_and_is_refused_incompatibly_with_the_registrys_reason()
    {
        var registry = Registry();
        await registry.UpdateCompatibilityAsync(Compatibility.Backward, _subject);
        Assert.Equal(Compatibility.Backward, await registry.GetCompatibilityAsync(_subject));
        Assert.True(await registry.IsCompatibleAsync(_subject, new Schema(Order, SchemaType.Avro)));

        var first = await registry.RegisterSchemaWithResponseAsync(_subject, new Schema(Order, SchemaType.Avro));
        Assert.True(await registry.IsCompatibleAsync(_subject, new Schema(Wider, SchemaType.Avro)));
        var second = await registry.RegisterSchemaWithResponseAsync(_subject, new Schema(Wider, SchemaType.Avro));
        Assert.NotEqual(first.Id, second.Id);
        Assert.Equal([1, 2], await registry.GetSubjectVersionsAsync(_subject));
        Assert.Equal(second.Id, (await registry.GetLatestSchemaAsync(_subject)).Id);
        Assert.Contains(_subject, await registry.GetAllSubjectsAsync());

        Assert.False(await registry.IsCompatibleAsync(_subject, new Schema(Broken, SchemaType.Avro)));
        Assert.NotEmpty(await registry.ExplainAsync(_subject, AvroSchema.Parse(Broken)));
        var refused = await Refused(registry.RegisterSchemaWithResponseAsync(_subject, new Schema(Broken, SchemaType.Avro)));
        Assert.True(refused.IsIncompatible());
        Assert.Contains("STRING not compatible", refused.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Equal([1, 2], await registry.GetSubjectVersionsAsync(_subject));
    }

    [Fact]
    public async Task A_client_that_starts_anew_finds_what_another_registered()
    {
        var registered = await Registry().RegisterSchemaWithResponseAsync(_subject, new Schema(Order, SchemaType.Avro));
        using var other = Connect()!;
        Assert.Equal(AvroSchema.Parse(Order).CanonicalForm, (await other.ReadSchemaAsync(_subject, registered.Id)).Parse().CanonicalForm);
        Assert.Equal(registered.Id, (await other.RegisterSchemaWithResponseAsync(_subject, new Schema(Order, SchemaType.Avro))).Id);
        var found = await other.LookupSchemaAsync(_subject, new Schema(Order, SchemaType.Avro), ignoreDeletedSchemas: true);
        Assert.Equal((registered.Id, 1), (found.Id, found.Version));
        Assert.Equal(registered.Id, (await other.GetRegisteredSchemaAsync(_subject, 1)).Id);
        Assert.Equal([1], await other.GetSubjectVersionsAsync(_subject));
    }

    [Fact]
    public async Task A_serializer_that_starts_anew_writes_the_same_id_and_a_message_of_a_refused_schema_carries_the_registrys_reason()
    {
        string topic = _subject[..^"-value".Length];
        var context = new SerializationContext(MessageComponentType.Value, topic);
        await Registry().UpdateCompatibilityAsync(Compatibility.Backward, _subject);
        byte[] first = await new AvroSerializer<GenericRecord>(Registry()).SerializeAsync(Value(Order, 7), context);
        byte[] evolved = await new AvroSerializer<GenericRecord>(Registry()).SerializeAsync(Value(Wider, 8L), context);

        using var other = Connect()!;
        var restarted = new AvroSerializer<GenericRecord>(other);
        Assert.Equal(first, await restarted.SerializeAsync(Value(Order, 7), context));
        Assert.Equal(evolved, await restarted.SerializeAsync(Value(Wider, 8L), context));
        Assert.Equal([1, 2], await other.GetSubjectVersionsAsync(_subject));
        var refused = await Refused(restarted.SerializeAsync(Value(Broken, "9"), context));
        Assert.True(refused.IsIncompatible());
        Assert.Contains("STRING not compatible", refused.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Equal([1, 2], await other.GetSubjectVersionsAsync(_subject));

        var reader = new AvroDeserializer<GenericRecord>(other, new AvroDeserializerConfig { ReaderSchema = AvroSchema.Parse(Wider) });
        Assert.Equal(7L, reader.Deserialize(first, isNull: false, context)["id"]);
        Assert.Equal(8L, reader.Deserialize(evolved, isNull: false, context)["id"]);
    }

    [Fact]
    public async Task References_between_subjects_are_registered_and_resolved()
    {
        const string money = """{"type":"record","name":"Money","namespace":"shop","fields":[{"name":"cents","type":"long"}]}""";
        const string line = """{"type":"record","name":"Line","namespace":"shop","fields":[{"name":"price","type":"shop.Money"}]}""";
        const string cart = """{"type":"record","name":"Cart","namespace":"shop","fields":[{"name":"lines","type":{"type":"array","items":"shop.Line"}},{"name":"total","type":"shop.Money"}]}""";
        var registry = Registry();
        await registry.RegisterSchemaWithResponseAsync(_subject + "-money", new Schema(money, SchemaType.Avro));
        await registry.RegisterSchemaWithResponseAsync(_subject + "-line", new Schema(line, SchemaType.Avro) { References = [new("shop.Money", _subject + "-money", 1)] });
        var definition = new Schema(cart, SchemaType.Avro) { References = [new("shop.Line", _subject + "-line", 1), new("shop.Money", _subject + "-money", 1)] };
        var registered = await registry.RegisterSchemaWithResponseAsync(_subject, definition);

        using var other = Connect()!;
        var found = await other.ReadSchemaAsync(_subject, registered.Id);
        Assert.Equal(2, found.Dependencies.Count);
        var parsed = Assert.IsType<RecordSchema>(found.Parse());
        Assert.Equal("shop.Money", parsed.Field("total")!.Schema.TypeName);
        Assert.Equal(registered.Id, (await other.RegisterSchemaWithResponseAsync(_subject, definition)).Id);
        Assert.Equal([1], await other.GetSubjectVersionsAsync(_subject));
    }

    [Fact]
    public async Task What_the_registry_does_not_have_is_not_found()
    {
        var registry = Registry();
        Assert.Equal(RegistryErrors.SchemaNotFound, (await Refused(registry.GetSchemaAsync(int.MaxValue))).ErrorCode);
        Assert.Equal(RegistryErrors.SubjectNotFound, (await Refused(registry.GetLatestSchemaAsync(_subject))).ErrorCode);
        Assert.True((await Refused(registry.GetSchemaByGuidAsync(Guid.NewGuid().ToString()))).IsNotFound(believesBare404: true));
        await registry.RegisterSchemaWithResponseAsync(_subject, new Schema(Order, SchemaType.Avro));
        Assert.Equal(RegistryErrors.VersionNotFound, (await Refused(registry.GetRegisteredSchemaAsync(_subject, 2))).ErrorCode);
        Assert.Equal(RegistryErrors.SchemaNotFound, (await Refused(registry.LookupSchemaAsync(_subject, new Schema(Wider, SchemaType.Avro), ignoreDeletedSchemas: true))).ErrorCode);
        Assert.Equal(
            RegistryErrors.InvalidSchema, (await Refused(registry.RegisterSchemaWithResponseAsync(_subject, new Schema("""{"type":"recod"}""", SchemaType.Avro)))).ErrorCode);
    }

    [Fact]
    public async Task Plans_are_compiled_of_what_the_registry_holds()
    {
        var id = (await Registry().RegisterSchemaWithResponseAsync(_subject, new Schema(Order, SchemaType.Avro))).Id;
        using var other = Connect()!;
        var cache = new SchemaCache<AvroSchema>(other, _subject, static schema => schema.Parse(), TimeProvider.System);
        Assert.Equal(SchemaStatus.Ready, await cache.FindAsync(id));
        Assert.Equal(SchemaStatus.Unknown, await cache.FindAsync(int.MaxValue));
        Assert.Equal(SchemaStatus.Unknown, await cache.FindAsync(Guid.NewGuid()));
        Assert.Null(cache.LastError);
    }

    private static GenericRecord Value(string schema, object id) => new((RecordSchema)AvroSchema.Parse(schema)) { ["id"] = id };

    private static Task<SchemaRegistryException> Refused(Task call) => Assert.ThrowsAsync<SchemaRegistryException>(() => call);

    private static ISchemaRegistryClient? Connect() => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } url
        ? SchemaRegistries.Create(new SchemaRegistryOptions { Url = url })
        : null;

    private ISchemaRegistryClient Registry()
    {
        Assert.SkipWhen(_registry is null, $"No schema registry to test with: set {Variable} to its address.");
        return _registry;
    }
}
