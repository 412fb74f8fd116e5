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
    public async Task Normalised_registration_takes_another_order_of_members_for_the_same_schema()
    {
        const string turned = """{"name":"Order","fields":[{"type":"int","name":"id"}],"type":"record"}""";
        await _registry.RegisterAsync("orders-value", new SchemaDefinition(Order));
        Assert.Equal(1, (await _registry.RegisterAsync("orders-value", new SchemaDefinition(turned), normalize: true)).Version);
        Assert.Equal(1, (await _registry.LookupAsync("orders-value", new SchemaDefinition(turned), normalize: true)).Version);
        Assert.Equal(2, (await _registry.RegisterAsync("orders-value", new SchemaDefinition(turned))).Version);
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
