using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Registry;

public class MockSchemaRegistryTests
{
    private const string Order = """{"type":"record","name":"Order","fields":[{"name":"id","type":"int"}]}""";
    private readonly MockSchemaRegistry _registry = new();

    [Fact]
    public async Task The_same_schema_has_one_id_whatever_the_subject_and_the_white_space()
    {
        var first = await _registry.RegisterSchemaWithResponseAsync("orders-value", new Schema(Order, SchemaType.Avro));
        var again = await _registry.RegisterSchemaWithResponseAsync("orders-value", new Schema(Order.Replace(":", " : "), SchemaType.Avro));
        var other = await _registry.RegisterSchemaWithResponseAsync("returns-value", new Schema(Order, SchemaType.Avro));

        Assert.Equal((1, 1), (first.Id, first.Version));
        Assert.Equal((1, 1), (again.Id, again.Version));
        Assert.Equal((1, 1), (other.Id, other.Version));
        Assert.Equal(first.Guid, other.Guid);
        Assert.Equal(["orders-value", "returns-value"], await _registry.GetAllSubjectsAsync());
    }

    [Fact]
    public async Task What_was_registered_is_found_by_id_guid_version_latest_and_text()
    {
        var registered = await _registry.RegisterSchemaWithResponseAsync("orders-value", new Schema(Order, SchemaType.Avro));

        Assert.Equal(Order, (await _registry.GetSchemaAsync(registered.Id)).SchemaString);
        Assert.Equal(Order, (await _registry.GetSchemaByGuidAsync(registered.Guid)).SchemaString);
        Assert.Equal(Order, (await _registry.GetRegisteredSchemaAsync("orders-value", 1)).SchemaString);
        Assert.Equal(1, (await _registry.GetLatestSchemaAsync("orders-value")).Version);
        Assert.Equal(registered.Id, (await _registry.LookupSchemaAsync("orders-value", new Schema(Order, SchemaType.Avro), ignoreDeletedSchemas: true)).Id);
        Assert.Equal([1], await _registry.GetSubjectVersionsAsync("orders-value"));
    }

    [Fact]
    public async Task What_is_not_there_is_refused_with_the_protocols_codes()
    {
        await _registry.RegisterSchemaWithResponseAsync("orders-value", new Schema(Order, SchemaType.Avro));

        Assert.Equal(RegistryErrors.SchemaNotFound, (await Refused(_registry.GetSchemaAsync(2))).ErrorCode);
        Assert.Equal(RegistryErrors.SchemaNotFound, (await Refused(_registry.GetSchemaAsync(0))).ErrorCode);
        Assert.Equal(RegistryErrors.SchemaNotFound, (await Refused(_registry.GetSchemaByGuidAsync(Guid.NewGuid().ToString()))).ErrorCode);
        Assert.Equal(RegistryErrors.SubjectNotFound, (await Refused(_registry.GetLatestSchemaAsync("nobody"))).ErrorCode);
        Assert.Equal(RegistryErrors.VersionNotFound, (await Refused(_registry.GetRegisteredSchemaAsync("orders-value", 2))).ErrorCode);
        Assert.Equal(RegistryErrors.SchemaNotFound, (await Refused(_registry.LookupSchemaAsync("orders-value", new Schema("\"int\"", SchemaType.Avro), ignoreDeletedSchemas: true))).ErrorCode);
        Assert.Equal(RegistryErrors.SubjectNotFound, (await Refused(_registry.LookupSchemaAsync("nobody", new Schema("\"int\"", SchemaType.Avro), ignoreDeletedSchemas: true))).ErrorCode);
        Assert.Equal(RegistryErrors.InvalidSchema, (await Refused(_registry.RegisterSchemaWithResponseAsync("orders-value", new Schema("{", SchemaType.Avro)))).ErrorCode);
    }

    [Fact]
    public async Task References_come_with_the_schema_each_before_those_that_use_it()
    {
        const string money = """{"type":"record","name":"Money","fields":[{"name":"cents","type":"long"}]}""";
        const string line = """{"type":"record","name":"Line","fields":[{"name":"price","type":"Money"}]}""";
        const string cart = """{"type":"record","name":"Cart","fields":[{"name":"line","type":"Line"},{"name":"total","type":"Money"}]}""";
        await _registry.RegisterSchemaWithResponseAsync("money", new Schema(money, SchemaType.Avro));
        await _registry.RegisterSchemaWithResponseAsync("line", new Schema(line, SchemaType.Avro) { References = [new("Money", "money", 1)] });
        var registered = await _registry.RegisterSchemaWithResponseAsync(
            "carts-value", new Schema(cart, SchemaType.Avro) { References = [new("Line", "line", 1), new("Money", "money", 1)] });

        var found = await _registry.ReadSchemaAsync(null, registered.Id);
        Assert.Equal([money, line], found.Dependencies);
        var parsed = Assert.IsType<RecordSchema>(found.Parse());
        Assert.Same(parsed.Field("total")!.Schema, Assert.IsType<RecordSchema>(parsed.Field("line")!.Schema).Field("price")!.Schema);
        var missing = new Schema(cart, SchemaType.Avro) { References = [new("Line", "line", 2)] };
        Assert.Equal(RegistryErrors.InvalidSchema, (await Refused(_registry.RegisterSchemaWithResponseAsync("carts-value", missing))).ErrorCode);
    }

    [Fact]
    public async Task Levels_are_backward_unless_set_and_a_subjects_own_comes_first()
    {
        Assert.Equal(Compatibility.Backward, await _registry.GetCompatibilityAsync("orders-value"));
        await _registry.UpdateCompatibilityAsync(Compatibility.Full);
        await _registry.UpdateCompatibilityAsync(Compatibility.None, "orders-value");
        Assert.Equal(Compatibility.None, await _registry.GetCompatibilityAsync("orders-value"));
        Assert.Equal(Compatibility.Full, await _registry.GetCompatibilityAsync("others"));
        Assert.Equal(Compatibility.Full, await _registry.GetCompatibilityAsync());
    }

    [Fact]
    public async Task A_schema_that_breaks_the_subjects_level_is_refused_with_the_reason_and_the_version()
    {
        const string wider = """{"type":"record","name":"Order","fields":[{"name":"id","type":"long"},{"name":"note","type":"string","default":""}]}""";
        const string broken = """{"type":"record","name":"Order","fields":[{"name":"id","type":"long"},{"name":"buyer","type":"string"}]}""";
        await _registry.RegisterSchemaWithResponseAsync("orders-value", new Schema(Order, SchemaType.Avro));
        var second = await _registry.RegisterSchemaWithResponseAsync("orders-value", new Schema(wider, SchemaType.Avro));
        Assert.Equal((2, 2), (second.Id, second.Version));

        var refused = await Refused(_registry.RegisterSchemaWithResponseAsync("orders-value", new Schema(broken, SchemaType.Avro)));
        Assert.True(refused.IsIncompatible());
        Assert.Contains("READER_FIELD_MISSING_DEFAULT_VALUE at /fields/1", refused.Message, StringComparison.Ordinal);
        Assert.Contains("version 2", refused.Message, StringComparison.Ordinal);
        Assert.Contains("level BACKWARD", refused.Message, StringComparison.Ordinal);
        Assert.Equal([1, 2], await _registry.GetSubjectVersionsAsync("orders-value"));

        Assert.False(await _registry.IsCompatibleAsync("orders-value", new Schema(broken, SchemaType.Avro)));
        Assert.Contains("/fields/1", Assert.Single(await _registry.ExplainAsync("orders-value", AvroSchema.Parse(broken))), StringComparison.Ordinal);
        Assert.True(await _registry.IsCompatibleAsync("nobody", new Schema(broken, SchemaType.Avro)));

        await _registry.UpdateCompatibilityAsync(Compatibility.None, "orders-value");
        Assert.Equal(3, (await _registry.RegisterSchemaWithResponseAsync("orders-value", new Schema(broken, SchemaType.Avro))).Version);
    }

    [Theory]
    [InlineData("""{"type":"record","name":"Item","namespace":"my-server.items","fields":[]}""")]
    [InlineData("""/* items */ {"type":"record","name":"Item","namespace":"my_server","fields":[{"name":"a","type":"int","order":"DESCENDING"}]} // v1""")]
    public async Task What_Javas_parser_takes_is_registered_and_found_again(string text)
    {
        int id = (await _registry.RegisterSchemaWithResponseAsync("items-value", new Schema(text, SchemaType.Avro))).Id;
        Assert.Equal("Item", ((RecordSchema)(await _registry.ResolveAsync(await _registry.GetSchemaAsync(id), "Items")).Parse()).Name.Name);
        Assert.Equal(1, (await _registry.LookupSchemaAsync("items-value", new Schema(text, SchemaType.Avro), ignoreDeletedSchemas: true)).Version);
    }

    [Theory]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"a","type":"nothing"}]}""")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":"x"}]}""")]
    public async Task Json_that_is_no_schema_is_refused_as_invalid(string text)
    {
        Assert.Equal(RegistryErrors.InvalidSchema, (await Refused(_registry.RegisterSchemaWithResponseAsync("s", new Schema(text, SchemaType.Avro)))).ErrorCode);
        Assert.Equal(RegistryErrors.InvalidSchema, (await Refused(_registry.IsCompatibleAsync("s", new Schema(text, SchemaType.Avro)))).ErrorCode);
        Assert.Empty(await _registry.GetAllSubjectsAsync());
    }

    [Fact]
    public async Task Spelling_makes_no_other_schema_and_normalised_neither_does_the_order_of_unknown_attributes()
    {
        const string turned = """{"name" : "Order", "fields":[{"type":{"type":"int"},"name":"id"}],"type":"record"}""";
        await _registry.RegisterSchemaWithResponseAsync("orders-value", new Schema(Order, SchemaType.Avro));
        Assert.Equal(1, (await _registry.RegisterSchemaWithResponseAsync("orders-value", new Schema(turned, SchemaType.Avro))).Version);
        Assert.Equal(1, (await _registry.LookupSchemaAsync("orders-value", new Schema(turned, SchemaType.Avro), ignoreDeletedSchemas: true)).Version);
        Assert.Equal(Order, (await _registry.GetLatestSchemaAsync("orders-value")).SchemaString);

        const string ab = """{"type":"record","name":"Order","fields":[{"name":"id","type":"int"}],"a":{"y":1,"x":2},"b":2}""";
        const string ba = """{"type":"record","name":"Order","fields":[{"name":"id","type":"int"}],"b":2,"a":{"x":2,"y":1}}""";
        Assert.Equal(2, (await _registry.RegisterSchemaWithResponseAsync("orders-value", new Schema(ba, SchemaType.Avro), normalize: true)).Version);
        Assert.Equal(2, (await _registry.RegisterSchemaWithResponseAsync("orders-value", new Schema(ab, SchemaType.Avro), normalize: true)).Version);
        Assert.Equal(2, (await _registry.LookupSchemaAsync("orders-value", new Schema(ba, SchemaType.Avro), normalize: true, ignoreDeletedSchemas: true)).Version);
        Assert.Equal(3, (await _registry.RegisterSchemaWithResponseAsync("orders-value", new Schema(ba, SchemaType.Avro))).Version);
    }

    [Fact]
    public async Task A_transitive_level_compares_with_all_versions_when_a_schema_is_registered()
    {
        await _registry.UpdateCompatibilityAsync(Compatibility.BackwardTransitive);
        await _registry.RegisterSchemaWithResponseAsync("s", new Schema("\"int\"", SchemaType.Avro));
        await _registry.UpdateCompatibilityAsync(Compatibility.None, "s");
        await _registry.RegisterSchemaWithResponseAsync("s", new Schema("\"string\"", SchemaType.Avro));
        var bytes = new Schema("\"bytes\"", SchemaType.Avro);
        Assert.True(await _registry.IsCompatibleAsync("s", bytes));
        await _registry.UpdateCompatibilityAsync(Compatibility.Backward, "s");
        Assert.True(await _registry.IsCompatibleAsync("s", bytes));
        Assert.Empty(await _registry.ExplainAsync("s", AvroSchema.Parse("\"bytes\"")));

        await _registry.UpdateCompatibilityAsync(Compatibility.BackwardTransitive, "s");
        Assert.True(await _registry.IsCompatibleAsync("s", bytes)); // with the latest version alone, as Confluent's client asks
        Assert.Contains("version 1", Assert.Single(await _registry.ExplainAsync("s", AvroSchema.Parse("\"bytes\""))), StringComparison.Ordinal);
        Assert.True((await Refused(_registry.RegisterSchemaWithResponseAsync("s", bytes))).IsIncompatible());
        Assert.Equal(RegistryErrors.InvalidVersion, (await Refused(_registry.GetRegisteredSchemaAsync("s", 0))).ErrorCode);
    }

    [Fact]
    public async Task A_softly_deleted_version_is_known_by_its_id_alone_and_its_number_is_not_used_again()
    {
        var first = await _registry.RegisterSchemaWithResponseAsync("s", new Schema("\"int\"", SchemaType.Avro));
        await _registry.RegisterSchemaWithResponseAsync("s", new Schema("\"long\"", SchemaType.Avro));
        Assert.Equal(2, await _registry.DeleteVersionAsync("s", 2));
        Assert.Equal([1], await _registry.GetSubjectVersionsAsync("s"));
        Assert.Equal("\"long\"", (await _registry.GetSchemaAsync(2)).SchemaString);
        Assert.Equal(RegistryErrors.VersionNotFound, (await Refused(_registry.GetRegisteredSchemaAsync("s", 2))).ErrorCode);
        Assert.Equal(RegistryErrors.SchemaNotFound, (await Refused(_registry.LookupSchemaAsync("s", new Schema("\"long\"", SchemaType.Avro), ignoreDeletedSchemas: true))).ErrorCode);
        Assert.Equal(RegistryErrors.VersionSoftDeleted, (await Refused(_registry.DeleteVersionAsync("s", 2))).ErrorCode);
        Assert.Equal((2, 3), await Register("\"long\""));
        Assert.Equal(RegistryErrors.VersionNotSoftDeleted, (await Refused(_registry.DeleteVersionAsync("s", 1, permanently: true))).ErrorCode);

        Assert.Equal([1, 3], await _registry.DeleteSubjectAsync("s"));
        Assert.Empty(await _registry.GetAllSubjectsAsync());
        Assert.Equal(RegistryErrors.SubjectNotFound, (await Refused(_registry.GetSubjectVersionsAsync("s"))).ErrorCode);
        Assert.Equal(RegistryErrors.SubjectSoftDeleted, (await Refused(_registry.DeleteSubjectAsync("s"))).ErrorCode);
        Assert.Equal("\"int\"", (await _registry.GetSchemaByGuidAsync(first.Guid)).SchemaString);
        Assert.Equal((3, 4), await Register("\"string\"")); // nothing to be compatible with

        async Task<(int Id, int? Version)> Register(string text)
        {
            var registered = await _registry.RegisterSchemaWithResponseAsync("s", new Schema(text, SchemaType.Avro));
            return (registered.Id, registered.Version);
        }
    }

    [Fact]
    public async Task What_is_deleted_for_good_was_softly_deleted_before_and_is_gone_with_its_ids()
    {
        await _registry.RegisterSchemaWithResponseAsync("s", new Schema("\"int\"", SchemaType.Avro));
        await _registry.RegisterSchemaWithResponseAsync("t", new Schema("\"int\"", SchemaType.Avro));
        Assert.Equal(RegistryErrors.SubjectNotSoftDeleted, (await Refused(_registry.DeleteSubjectAsync("s", permanently: true))).ErrorCode);
        await _registry.DeleteSubjectAsync("s");
        Assert.Equal([1], await _registry.DeleteSubjectAsync("s", permanently: true));
        Assert.Equal(RegistryErrors.SubjectNotFound, (await Refused(_registry.DeleteSubjectAsync("s"))).ErrorCode);
        Assert.Equal("\"int\"", (await _registry.GetSchemaAsync(1)).SchemaString); // the other subject's, too
        await _registry.DeleteVersionAsync("t", 1);
        Assert.Equal(1, await _registry.DeleteVersionAsync("t", 1, permanently: true));
        Assert.Equal(RegistryErrors.SchemaNotFound, (await Refused(_registry.GetSchemaAsync(1))).ErrorCode);
        Assert.Equal(1, (await _registry.RegisterSchemaWithResponseAsync("s", new Schema("\"string\"", SchemaType.Avro))).Version);
    }

    [Fact]
    public async Task What_another_schema_refers_to_is_not_deleted()
    {
        await _registry.RegisterSchemaWithResponseAsync("order", new Schema(Order, SchemaType.Avro));
        var list = new Schema("""{"type":"array","items":"Order"}""", SchemaType.Avro) { References = [new("Order", "order", 1)] };
        Assert.Equal(list.SchemaString, (await _registry.RegisterSchemaWithResponseAsync("list", list)).SchemaString); // the referenced type stays a name
        Assert.Equal(RegistryErrors.ReferenceExists, (await Refused(_registry.DeleteVersionAsync("order", 1))).ErrorCode);
        Assert.Equal(RegistryErrors.ReferenceExists, (await Refused(_registry.DeleteSubjectAsync("order"))).ErrorCode);
        var whole = new Schema($$"""{"type":"array","items":{{Order}}}""", SchemaType.Avro);
        Assert.Equal(2, (await _registry.LookupSchemaAsync("list", whole, ignoreDeletedSchemas: true)).Id); // as a serializer, which has the whole schema, looks it up
        await _registry.DeleteSubjectAsync("list");
        await _registry.DeleteSubjectAsync("order");
        Assert.Equal([Order], (await _registry.ReadSchemaAsync(null, 2)).Dependencies);
    }

    [Fact]
    public async Task What_makes_another_id_makes_another_GUID()
    {
        var rules = new RuleSet([], [new Rule("r", RuleKind.Condition, RuleMode.Write, "CEL", null, null)]);
        var metadata = new Metadata(null, new Dictionary<string, string> { ["owner"] = "team" }, null);
        Schema[] schemas =
        [
            new(Order, SchemaType.Avro), new(Order, [], SchemaType.Avro, null, rules), new(Order, [], SchemaType.Avro, metadata, null),
            new(Order, [], SchemaType.Avro, metadata, rules),
        ];
        var registered = new List<RegisteredSchema>();
        foreach (Schema schema in schemas)
        {
            registered.Add(await _registry.RegisterSchemaWithResponseAsync("orders-value", schema));
        }

        Assert.Equal([1, 2, 3, 4], registered.Select(static one => one.Id));
        Assert.Equal(4, registered.DistinctBy(static one => one.Guid).Count());
        Assert.Single((await _registry.GetSchemaByGuidAsync(registered[1].Guid)).RuleSet.DomainRules);
    }

    [Fact]
    public async Task A_schema_with_rules_is_not_read()
    {
        var rules = new RuleSet([], [new Rule("r", RuleKind.Condition, RuleMode.Write, "CEL", null, null, "message.id > 0", null, null, false)]);
        int id = await _registry.RegisterSchemaAsync("orders-value", new Schema(Order, [], SchemaType.Avro, null, rules));
        Assert.Single((await _registry.GetSchemaAsync(id)).RuleSet.DomainRules);
        var refused = await Assert.ThrowsAsync<UnsupportedSchemaException>(() => _registry.ReadSchemaAsync(null, id));
        Assert.Contains("rule set", refused.Message, StringComparison.Ordinal);

        // Metadata says nothing of the data.
        var metadata = new Metadata(null, new Dictionary<string, string> { ["team"] = "a" }, null);
        int described = await _registry.RegisterSchemaAsync("other-value", new Schema(Order, [], SchemaType.Avro, metadata, new RuleSet([], [])));
        Assert.Equal(Order, (await _registry.ReadSchemaAsync(null, described)).Text);
        Assert.Equal(described, (await _registry.GetLatestWithMetadataAsync("other-value", new Dictionary<string, string> { ["team"] = "a" }, false)).Id);
    }

    [Fact]
    public async Task Each_context_has_its_own_ids_subjects_and_levels_and_references_stay_in_it()
    {
        int one = await _registry.RegisterSchemaAsync("orders-value", new Schema("\"int\"", SchemaType.Avro));
        int other = await _registry.RegisterSchemaAsync(":.prod:orders-value", new Schema("\"string\"", SchemaType.Avro));
        Assert.Equal((1, 1), (one, other));
        Assert.Equal("\"int\"", (await _registry.GetSchemaAsync(1)).SchemaString);
        Assert.Equal("\"int\"", (await _registry.GetSchemaBySubjectAndIdAsync("orders-value", 1)).SchemaString);
        Assert.Equal("\"string\"", (await _registry.GetSchemaBySubjectAndIdAsync(":.prod:orders-value", 1)).SchemaString);
        Assert.Equal([":.prod:orders-value", "orders-value"], await _registry.GetAllSubjectsAsync());
        await Refused(_registry.GetSchemaBySubjectAndIdAsync(":.test:orders-value", 1));

        await _registry.RegisterSchemaAsync(":.prod:order", new Schema(Order, SchemaType.Avro));
        var list = new Schema("""{"type":"array","items":"Order"}""", SchemaType.Avro) { References = [new("Order", "order", 1)] };
        int id = await _registry.RegisterSchemaAsync(":.prod:list", list);
        Assert.Equal([Order], (await _registry.ReadSchemaAsync(":.prod:list", id)).Dependencies);
        await Refused(_registry.RegisterSchemaAsync("list", list));
    }

    [Fact]
    public async Task Subjects_are_associated_with_topics()
    {
        var wanted = new AssociationCreateOrUpdateInfo("orders-subject", "value", "WEAK", false, null, false);
        await _registry.CreateAssociationAsync(new AssociationCreateOrUpdateRequest("orders", "cluster", "id-1", "topic", [wanted]));
        async Task<int> CountAsync(string topic, string cluster, string type) =>
            (await _registry.GetAssociationsByResourceNameAsync(topic, cluster, "topic", [type], null!, 0, -1)).Count;
        Assert.Equal((1, 1), (await CountAsync("orders", "cluster", "value"), await CountAsync("orders", "-", "value")));
        Assert.Equal((0, 0, 0), (await CountAsync("orders", "other", "value"), await CountAsync("orders", "-", "key"), await CountAsync("returns", "-", "value")));
        await _registry.DeleteAssociationsAsync("id-1", "topic", ["value"], cascadeLifecycle: false);
        Assert.Equal(0, await CountAsync("orders", "-", "value"));
    }

    [Fact]
    public async Task Registries_of_one_name_are_one_registry()
    {
        var name = Guid.NewGuid().ToString("N");
        using var writer = SchemaRegistries.Create(new SchemaRegistryOptions { Url = "mock://" + name });
        using var reader = SchemaRegistries.Create(new SchemaRegistryOptions { Url = "mock://" + name });
        var registered = await writer.RegisterSchemaWithResponseAsync("orders-value", new Schema(Order, SchemaType.Avro));
        Assert.Equal(Order, (await reader.GetSchemaAsync(registered.Id)).SchemaString);
        MockSchemaRegistry.Drop(name);
    }

    private static Task<SchemaRegistryException> Refused(Task call) => Assert.ThrowsAsync<SchemaRegistryException>(() => call);
}
