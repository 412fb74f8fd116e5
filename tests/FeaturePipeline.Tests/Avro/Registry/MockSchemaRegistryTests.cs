using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Avro.Schemas.Compatibility;

namespace FeaturePipeline.Tests.Avro.Registry;

public class MockSchemaRegistryTests
{
    private const string Order = """{"type":"record","name":"Order","fields":[{"name":"id","type":"int"}]}""";
    private readonly MockSchemaRegistry _registry = new();

    [Fact]
    public async Task The_same_schema_has_one_id_whatever_the_subject_and_the_white_space()
    {
        var first = await _registry.RegisterAsync("orders-value", new SchemaDefinition(Order));
        var again = await _registry.RegisterAsync("orders-value", new SchemaDefinition(Order.Replace(":", " : ")));
        var other = await _registry.RegisterAsync("returns-value", new SchemaDefinition(Order));

        Assert.Equal((1, 1), (first.Id, first.Version));
        Assert.Equal((1, 1), (again.Id, again.Version));
        Assert.Equal((1, 1), (other.Id, other.Version));
        Assert.Equal(first.Guid, other.Guid);
        Assert.Equal(["orders-value", "returns-value"], await _registry.GetSubjectsAsync());
    }

    [Fact]
    public async Task What_was_registered_is_found_by_id_guid_version_latest_and_text()
    {
        var registered = await _registry.RegisterAsync("orders-value", new SchemaDefinition(Order));

        Assert.Equal(Order, (await _registry.GetByIdAsync(registered.Id)).Text);
        Assert.Equal(Order, (await _registry.GetByGuidAsync(registered.Guid!.Value)).Text);
        Assert.Equal(registered.Id, (await _registry.GetByGuidAsync(registered.Guid!.Value)).Id);
        Assert.Equal(Order, (await _registry.GetVersionAsync("orders-value", 1)).Text);
        Assert.Equal(1, (await _registry.GetLatestAsync("orders-value")).Version);
        Assert.Equal(registered.Id, (await _registry.LookupAsync("orders-value", new SchemaDefinition(Order))).Id);
        Assert.Equal([1], await _registry.GetVersionsAsync("orders-value"));
    }

    [Fact]
    public async Task What_is_not_there_is_refused_with_the_protocols_codes()
    {
        await _registry.RegisterAsync("orders-value", new SchemaDefinition(Order));

        Assert.Equal(SchemaRegistryException.SchemaNotFound, (await Refused(_registry.GetByIdAsync(2))).ErrorCode);
        Assert.Equal(SchemaRegistryException.SchemaNotFound, (await Refused(_registry.GetByIdAsync(0))).ErrorCode);
        Assert.Equal(SchemaRegistryException.SchemaNotFound, (await Refused(_registry.GetByGuidAsync(Guid.NewGuid()))).ErrorCode);
        Assert.Equal(SchemaRegistryException.SubjectNotFound, (await Refused(_registry.GetLatestAsync("nobody"))).ErrorCode);
        Assert.Equal(SchemaRegistryException.VersionNotFound, (await Refused(_registry.GetVersionAsync("orders-value", 2))).ErrorCode);
        Assert.Equal(SchemaRegistryException.SchemaNotFound, (await Refused(_registry.LookupAsync("orders-value", new SchemaDefinition("\"int\"")))).ErrorCode);
        Assert.Equal(SchemaRegistryException.SubjectNotFound, (await Refused(_registry.LookupAsync("nobody", new SchemaDefinition("\"int\"")))).ErrorCode);
        Assert.Equal(SchemaRegistryException.InvalidSchema, (await Refused(_registry.RegisterAsync("orders-value", new SchemaDefinition("{")))).ErrorCode);
    }

    [Fact]
    public async Task References_come_with_the_schema_each_before_those_that_use_it()
    {
        const string money = """{"type":"record","name":"Money","fields":[{"name":"cents","type":"long"}]}""";
        const string line = """{"type":"record","name":"Line","fields":[{"name":"price","type":"Money"}]}""";
        const string cart = """{"type":"record","name":"Cart","fields":[{"name":"line","type":"Line"},{"name":"total","type":"Money"}]}""";
        await _registry.RegisterAsync("money", new SchemaDefinition(money));
        await _registry.RegisterAsync("line", new SchemaDefinition(line) { References = [new("Money", "money", 1)] });
        var registered = await _registry.RegisterAsync(
            "carts-value", new SchemaDefinition(cart) { References = [new("Line", "line", 1), new("Money", "money", 1)] });

        var found = await _registry.GetByIdAsync(registered.Id);
        Assert.Equal([money, line], found.Dependencies);
        var parsed = Assert.IsType<RecordSchema>(found.Parse());
        Assert.Same(parsed.Field("total")!.Schema, Assert.IsType<RecordSchema>(parsed.Field("line")!.Schema).Field("price")!.Schema);
        var missing = new SchemaDefinition(cart) { References = [new("Line", "line", 2)] };
        Assert.Equal(SchemaRegistryException.InvalidSchema, (await Refused(_registry.RegisterAsync("carts-value", missing))).ErrorCode);
    }

    [Fact]
    public async Task Levels_are_backward_unless_set_and_a_subjects_own_comes_first()
    {
        Assert.Equal(CompatibilityLevel.Backward, await _registry.GetConfigAsync("orders-value"));
        await _registry.SetConfigAsync(CompatibilityLevel.Full);
        await _registry.SetConfigAsync(CompatibilityLevel.None, "orders-value");
        Assert.Equal(CompatibilityLevel.None, await _registry.GetConfigAsync("orders-value"));
        Assert.Equal(CompatibilityLevel.Full, await _registry.GetConfigAsync("others"));
        Assert.Equal(CompatibilityLevel.Full, await _registry.GetConfigAsync());
    }

    [Fact]
    public async Task A_schema_that_breaks_the_subjects_level_is_refused_with_the_reason_and_the_version()
    {
        const string wider = """{"type":"record","name":"Order","fields":[{"name":"id","type":"long"},{"name":"note","type":"string","default":""}]}""";
        const string broken = """{"type":"record","name":"Order","fields":[{"name":"id","type":"long"},{"name":"buyer","type":"string"}]}""";
        await _registry.RegisterAsync("orders-value", new SchemaDefinition(Order));
        var second = await _registry.RegisterAsync("orders-value", new SchemaDefinition(wider));
        Assert.Equal((2, 2), (second.Id, second.Version));

        var refused = await Refused(_registry.RegisterAsync("orders-value", new SchemaDefinition(broken)));
        Assert.True(refused.IsIncompatible);
        Assert.Contains("READER_FIELD_MISSING_DEFAULT_VALUE at /fields/1", refused.Message, StringComparison.Ordinal);
        Assert.Contains("version 2", refused.Message, StringComparison.Ordinal);
        Assert.Contains("level BACKWARD", refused.Message, StringComparison.Ordinal);
        Assert.Equal([1, 2], await _registry.GetVersionsAsync("orders-value"));

        var answer = await _registry.TestCompatibilityAsync("orders-value", new SchemaDefinition(broken));
        Assert.False(answer.IsCompatible);
        Assert.Contains("/fields/1", Assert.Single(answer.Messages), StringComparison.Ordinal);
        Assert.True((await _registry.TestCompatibilityAsync("nobody", new SchemaDefinition(broken))).IsCompatible);

        await _registry.SetConfigAsync(CompatibilityLevel.None, "orders-value");
        Assert.Equal(3, (await _registry.RegisterAsync("orders-value", new SchemaDefinition(broken))).Version);
    }

    [Theory]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"a","type":"nothing"}]}""")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":"x"}]}""")]
    public async Task Json_that_is_no_schema_is_refused_as_invalid(string text)
    {
        Assert.Equal(SchemaRegistryException.InvalidSchema, (await Refused(_registry.RegisterAsync("s", new SchemaDefinition(text)))).ErrorCode);
        Assert.Equal(SchemaRegistryException.InvalidSchema, (await Refused(_registry.TestCompatibilityAsync("s", new SchemaDefinition(text)))).ErrorCode);
        Assert.Empty(await _registry.GetSubjectsAsync());
    }

    [Fact]
    public async Task Spelling_makes_no_other_schema_and_normalised_neither_does_the_order_of_unknown_attributes()
    {
        const string turned = """{"name" : "Order", "fields":[{"type":{"type":"int"},"name":"id"}],"type":"record"}""";
        await _registry.RegisterAsync("orders-value", new SchemaDefinition(Order));
        Assert.Equal(1, (await _registry.RegisterAsync("orders-value", new SchemaDefinition(turned))).Version);
        Assert.Equal(1, (await _registry.LookupAsync("orders-value", new SchemaDefinition(turned))).Version);
        Assert.Equal(Order, (await _registry.GetLatestAsync("orders-value")).Text);

        const string ab = """{"type":"record","name":"Order","fields":[{"name":"id","type":"int"}],"a":{"y":1,"x":2},"b":2}""";
        const string ba = """{"type":"record","name":"Order","fields":[{"name":"id","type":"int"}],"b":2,"a":{"x":2,"y":1}}""";
        Assert.Equal(2, (await _registry.RegisterAsync("orders-value", new SchemaDefinition(ba), normalize: true)).Version);
        Assert.Equal(2, (await _registry.RegisterAsync("orders-value", new SchemaDefinition(ab), normalize: true)).Version);
        Assert.Equal(2, (await _registry.LookupAsync("orders-value", new SchemaDefinition(ba), normalize: true)).Version);
        Assert.Equal(3, (await _registry.RegisterAsync("orders-value", new SchemaDefinition(ba))).Version);
    }

    [Fact]
    public async Task Without_a_version_a_transitive_level_compares_with_all_versions_and_with_one_only_with_that()
    {
        await _registry.SetConfigAsync(CompatibilityLevel.BackwardTransitive);
        await _registry.RegisterAsync("s", new SchemaDefinition("\"int\""));
        await _registry.SetConfigAsync(CompatibilityLevel.None, "s");
        await _registry.RegisterAsync("s", new SchemaDefinition("\"string\""));
        var bytes = new SchemaDefinition("\"bytes\"");
        Assert.True((await _registry.TestCompatibilityAsync("s", bytes)).IsCompatible);

        await _registry.SetConfigAsync(CompatibilityLevel.Backward, "s");
        Assert.True((await _registry.TestCompatibilityAsync("s", bytes)).IsCompatible);
        Assert.False((await _registry.TestCompatibilityAsync("s", bytes, version: 1)).IsCompatible);

        await _registry.SetConfigAsync(CompatibilityLevel.BackwardTransitive, "s");
        var answer = await _registry.TestCompatibilityAsync("s", bytes);
        Assert.Contains("version 1", Assert.Single(answer.Messages), StringComparison.Ordinal);
        Assert.True((await Refused(_registry.RegisterAsync("s", bytes))).IsIncompatible);
        Assert.Equal(SchemaRegistryException.VersionNotFound, (await Refused(_registry.TestCompatibilityAsync("s", bytes, version: 3))).ErrorCode);
        Assert.Equal(SchemaRegistryException.InvalidVersion, (await Refused(_registry.GetVersionAsync("s", 0))).ErrorCode);
    }

    [Fact]
    public async Task A_softly_deleted_version_is_known_by_its_id_alone_and_its_number_is_not_used_again()
    {
        var first = await _registry.RegisterAsync("s", new SchemaDefinition("\"int\""));
        await _registry.RegisterAsync("s", new SchemaDefinition("\"long\""));
        Assert.Equal(2, await _registry.DeleteVersionAsync("s", 2));
        Assert.Equal([1], await _registry.GetVersionsAsync("s"));
        Assert.Equal("\"long\"", (await _registry.GetByIdAsync(2)).Text);
        Assert.Equal(SchemaRegistryException.VersionNotFound, (await Refused(_registry.GetVersionAsync("s", 2))).ErrorCode);
        Assert.Equal(SchemaRegistryException.SchemaNotFound, (await Refused(_registry.LookupAsync("s", new SchemaDefinition("\"long\"")))).ErrorCode);
        Assert.Equal(SchemaRegistryException.VersionSoftDeleted, (await Refused(_registry.DeleteVersionAsync("s", 2))).ErrorCode);
        Assert.Equal((2, 3), await Register("\"long\""));
        Assert.Equal(SchemaRegistryException.VersionNotSoftDeleted, (await Refused(_registry.DeleteVersionAsync("s", 1, permanently: true))).ErrorCode);

        Assert.Equal([1, 3], await _registry.DeleteSubjectAsync("s"));
        Assert.Empty(await _registry.GetSubjectsAsync());
        Assert.Equal(SchemaRegistryException.SubjectNotFound, (await Refused(_registry.GetVersionsAsync("s"))).ErrorCode);
        Assert.Equal(SchemaRegistryException.SubjectSoftDeleted, (await Refused(_registry.DeleteSubjectAsync("s"))).ErrorCode);
        Assert.Equal("\"int\"", (await _registry.GetByGuidAsync(first.Guid!.Value)).Text);
        Assert.Equal((3, 4), await Register("\"string\"")); // nothing to be compatible with

        async Task<(int Id, int? Version)> Register(string text)
        {
            var registered = await _registry.RegisterAsync("s", new SchemaDefinition(text));
            return (registered.Id, registered.Version);
        }
    }

    [Fact]
    public async Task What_is_deleted_for_good_was_softly_deleted_before_and_is_gone_with_its_ids()
    {
        await _registry.RegisterAsync("s", new SchemaDefinition("\"int\""));
        await _registry.RegisterAsync("t", new SchemaDefinition("\"int\""));
        Assert.Equal(SchemaRegistryException.SubjectNotSoftDeleted, (await Refused(_registry.DeleteSubjectAsync("s", permanently: true))).ErrorCode);
        await _registry.DeleteSubjectAsync("s");
        Assert.Equal([1], await _registry.DeleteSubjectAsync("s", permanently: true));
        Assert.Equal(SchemaRegistryException.SubjectNotFound, (await Refused(_registry.DeleteSubjectAsync("s"))).ErrorCode);
        Assert.Equal("\"int\"", (await _registry.GetByIdAsync(1)).Text); // the other subject's, too
        await _registry.DeleteVersionAsync("t", 1);
        Assert.Equal(1, await _registry.DeleteVersionAsync("t", 1, permanently: true));
        Assert.Equal(SchemaRegistryException.SchemaNotFound, (await Refused(_registry.GetByIdAsync(1))).ErrorCode);
        Assert.Equal(1, (await _registry.RegisterAsync("s", new SchemaDefinition("\"string\""))).Version);
    }

    [Fact]
    public async Task What_another_schema_refers_to_is_not_deleted()
    {
        await _registry.RegisterAsync("order", new SchemaDefinition(Order));
        var list = new SchemaDefinition("""{"type":"array","items":"Order"}""") { References = [new("Order", "order", 1)] };
        Assert.Equal(list.Schema, (await _registry.RegisterAsync("list", list)).Text); // the referenced type stays a name
        Assert.Equal(SchemaRegistryException.ReferenceExists, (await Refused(_registry.DeleteVersionAsync("order", 1))).ErrorCode);
        Assert.Equal(SchemaRegistryException.ReferenceExists, (await Refused(_registry.DeleteSubjectAsync("order"))).ErrorCode);
        var whole = new SchemaDefinition($$"""{"type":"array","items":{{Order}}}""");
        Assert.Equal(2, (await _registry.LookupAsync("list", whole)).Id); // as a serializer, which has the whole schema, looks it up
        await _registry.DeleteSubjectAsync("list");
        await _registry.DeleteSubjectAsync("order");
        Assert.Equal([Order], (await _registry.GetByIdAsync(2)).Dependencies);
    }

    [Fact]
    public async Task A_schema_with_rules_is_not_read()
    {
        var refused = await Refused(_registry.RegisterAsync("orders-value", new SchemaDefinition(Order) { HasRuleSet = true }));
        Assert.Equal(SchemaRegistryException.Unsupported, refused.ErrorCode);
        Assert.Contains("rule set", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Registries_of_one_name_are_one_registry()
    {
        var name = Guid.NewGuid().ToString("N");
        using var writer = SchemaRegistries.Create(new SchemaRegistryOptions { Url = "mock://" + name });
        using var reader = SchemaRegistries.Create(new SchemaRegistryOptions { Url = "mock://" + name });
        var registered = await writer.RegisterAsync("orders-value", new SchemaDefinition(Order));
        Assert.Equal(Order, (await reader.GetByIdAsync(registered.Id)).Text);
        MockSchemaRegistry.Drop(name);
    }

    private static Task<SchemaRegistryException> Refused(Task call) => Assert.ThrowsAsync<SchemaRegistryException>(() => call);
}
