extern alias DefaultSerde;
extern alias OurSerde;
using Avro.Generic;
using Confluent.Kafka;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Tests.Avro.Generic;
using Newtonsoft.Json.Linq;
using DefaultProgram = DefaultSerde::DropIn.SerdeProgram;
using OurProgram = OurSerde::DropIn.SerdeProgram;

namespace FeaturePipeline.Tests.Avro.DropIn;

/// <summary>Rules that schemas carry (data contracts) are run for the types that Confluent's serde takes, and nothing is read or written without them.</summary>
public class DropInRulesTests
{
    private const string Visit = """{"type":"record","name":"Visit","namespace":"test","fields":[{"name":"id","type":"long"},{"name":"pages","type":"int","default":5}]}""";
    private const string Older = """{"type":"record","name":"Visit","namespace":"test","fields":[{"name":"id","type":"long"}]}""";

    private readonly MockSchemaRegistry _registry = new();

    public static TheoryData<string> Phases => ["domain", "encoding", "both"];

    [Theory]
    [MemberData(nameof(Phases))]
    public async Task Transformations_are_run_when_a_record_is_written_and_when_it_is_read(string phase)
    {
        Rule[] domain = phase == "encoding" ? [] : [Transform(RuleMode.WriteRead, AddToPages.Name)];
        Rule[] encoding = phase == "domain" ? [] : [Transform(RuleMode.WriteRead, FlipBytes.Name)];
        await RegisterAsync(Visit, new RuleSet([], domain, encoding));
        (DefaultProgram theirs, OurProgram ours) = (new(_registry, Rules()), new(_registry, Rules()));
        byte[] expected = await theirs.WriteAsync(Record(7, 1), "rules", Context());
        Assert.Equal(phase switch { "domain" => new byte[] { 14, 202, 1 }, "encoding" => [241, 253], _ => [241, 53, 254] }, expected[5..]);
        Assert.Equal(expected, await ours.WriteAsync(Record(7, 1), "rules", Context()));
        Assert.Equal(expected, ours.Write(Record(7, 1), "rules", Context()));
        Assert.Equal(expected, await ours.WriteAsync(new test.Visit { id = 7, pages = 1 }, "rules", Context()));
        foreach (string settings in (string[])["rules", "rules-of-writer"])
        {
            GenericRecord read = await ours.ReadAsync<GenericRecord>(expected, settings, Context());
            ApacheValues.AssertSame(await theirs.ReadAsync<GenericRecord>(expected, settings, Context()), read);
            Assert.Equal(phase == "encoding" ? 1 : 201, read["pages"]);
            Assert.Equal(phase == "encoding" ? 1 : 201, ours.Read<test.Visit>(expected, settings, Context()).pages);
        }
    }

    [Fact]
    public async Task A_condition_that_does_not_hold_keeps_a_record_from_being_written_and_read()
    {
        await RegisterAsync(Visit, new RuleSet([], [new Rule("positive", RuleKind.Condition, RuleMode.WriteRead, PagesArePositive.Name, null, null)]));
        (DefaultProgram theirs, OurProgram ours) = (new(_registry, Rules()), new(_registry, Rules()));
        Exception expected = await Assert.ThrowsAnyAsync<Exception>(() => theirs.WriteAsync(Record(7, -1), "rules", Context()));
        Exception actual = await Assert.ThrowsAnyAsync<Exception>(() => ours.WriteAsync(Record(7, -1), "rules", Context()));
        Assert.Equal((expected.GetType(), expected.Message), (actual.GetType(), actual.Message));
        Assert.Equal([0, 0, 0, 0, 1, 14, 2], await ours.WriteAsync(Record(7, 1), "rules", Context()));
        byte[] negative = [0, 0, 0, 0, 1, 14, 1];
        Assert.Equal("Rule failed: positive", (await Assert.ThrowsAnyAsync<Exception>(() => ours.ReadAsync<GenericRecord>(negative, "rules-of-writer", Context()))).Message);
        Assert.ThrowsAny<Exception>(() => ours.Read<test.Visit>(negative, "rules-of-writer", Context()));
    }

    [Fact]
    public async Task A_rule_that_no_executor_is_registered_for_is_an_error_with_both()
    {
        await RegisterAsync(Visit, new RuleSet([], [Transform(RuleMode.WriteRead, AddToPages.Name)]));
        (DefaultProgram theirs, OurProgram ours) = (new(_registry, new RuleRegistry()), new(_registry, new RuleRegistry()));
        Exception expected = await Assert.ThrowsAnyAsync<Exception>(() => theirs.WriteAsync(Record(7, 1), "rules", Context()));
        Exception actual = await Assert.ThrowsAnyAsync<Exception>(() => ours.WriteAsync(Record(7, 1), "rules", Context()));
        Assert.Equal((expected.GetType(), expected.Message), (actual.GetType(), actual.Message));
        await Assert.ThrowsAnyAsync<Exception>(() => ours.ReadAsync<GenericRecord>([0, 0, 0, 0, 1, 14, 2], "rules-of-writer", Context()));
    }

    // Messages of version 1, of a version between, and of one after the latest: the rules of every version on the way are run.
    [Theory]
    [InlineData(new[] { false, true }, 1)]
    [InlineData(new[] { false, true, false }, 1)]
    [InlineData(new[] { false, false, true, false }, 2)]
    [InlineData(new[] { false, false }, 1)]
    public async Task Messages_of_older_versions_are_migrated_by_the_rules_of_the_versions_on_the_way(bool[] haveRules, int version)
    {
        await _registry.UpdateCompatibilityAsync(Compatibility.None);
        for (int i = 0; i < haveRules.Length; i++)
        {
            string text = i == 0 ? Older : Visit.Replace("\"default\":5", $"\"default\":{i}", StringComparison.Ordinal);
            await RegisterAsync(text, haveRules[i] ? new RuleSet([Transform(RuleMode.UpDown, SetPages.Name)], []) : null);
        }

        (DefaultProgram theirs, OurProgram ours) = (new(_registry, Rules()), new(_registry, Rules()));
        byte[] message = version == 1 ? [0, 0, 0, 0, 1, 14] : [0, 0, 0, 0, (byte)version, 14, 6];
        GenericRecord expected = await theirs.ReadAsync<GenericRecord>(message, "rules", Context());
        ApacheValues.AssertSame(expected, await ours.ReadAsync<GenericRecord>(message, "rules", Context()));
        Assert.Equal(haveRules.Contains(true) ? 99 : haveRules.Length - 1, expected["pages"]);
        test.Visit visit = await theirs.ReadAsync<test.Visit>(message, "rules", Context());
        Assert.Equal((visit.id, visit.pages), ours.Read<test.Visit>(message, "rules", Context()) is var own ? (own.id, own.pages) : default);

        // A class is read by its own schema: the latest one's default of the field is not its own.
        Assert.Equal(haveRules.Contains(true) ? 99 : 5, visit.pages);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_type_that_Confluent_s_serde_does_not_take_is_neither_read_nor_written_where_there_are_rules(int phase)
    {
        Rule[] rules = [Transform(phase == 0 ? RuleMode.UpDown : RuleMode.WriteRead, phase == 2 ? FlipBytes.Name : AddToPages.Name)];
        await RegisterAsync(Older, null);
        await RegisterAsync(Visit, new RuleSet(phase == 0 ? rules : [], phase == 1 ? rules : [], phase == 2 ? rules : []));
        var ours = new OurProgram(_registry, Rules());
        byte[] message = [0, 0, 0, 0, 2, 14, 2];
        foreach (string settings in (string[])["rules", "rules-of-writer"])
        {
            var refused = await Assert.ThrowsAsync<InvalidDataException>(() => ours.ReadAsync<Page>(message, settings, Context()));
            Assert.Contains("carries a rule set", refused.Message, StringComparison.Ordinal);
            Assert.Contains("Avro.Generic.GenericRecord", refused.Message, StringComparison.Ordinal);
        }

        await Assert.ThrowsAsync<NotSupportedException>(() => ours.WriteAsync(new Page { id = 7 }, "rules", Context()));

        // The latest version says how older messages are to be migrated.
        await Assert.ThrowsAsync<InvalidDataException>(() => ours.ReadAsync<Page>([0, 0, 0, 0, 1, 14], "rules", Context()));
        Assert.Equal(7, (await ours.ReadAsync<Page>([0, 0, 0, 0, 1, 14], "rules-of-writer", Context())).id);
    }

    // Confluent's serializer runs no rules for a schema that it registers itself; a registry gives such a schema the rules of the version before.
    [Theory]
    [InlineData(RuleMode.Write, true)]
    [InlineData(RuleMode.WriteRead, true)]
    [InlineData(RuleMode.Read, false)]
    public async Task A_schema_that_gets_rules_for_writing_when_it_is_registered_is_not_written_without_them(RuleMode mode, bool isRefused)
    {
        (ISchemaRegistryClient client, _) = RecordingClient.Of(_registry, registered =>
        {
            registered.RuleSet = new RuleSet([], [Transform(mode, AddToPages.Name)]);
            return registered;
        });
        Exception? refused = await Xunit.Record.ExceptionAsync(() => new OurProgram(client, Rules()).WriteAsync(Record(7, 1), "none", Context()));
        Assert.Equal(isRefused, refused is NotSupportedException);
        if (isRefused)
        {
            Assert.Contains("Set auto.register.schemas to false and use.latest.version to true.", refused!.Message, StringComparison.Ordinal);
            Assert.Equal(202, (await new OurProgram(client, Rules()).WriteAsync(Record(7, 1), "rules", Context()))[6]);
        }
    }

    [Fact]
    public async Task Validation_by_the_rules_of_a_schema_s_fields_is_Confluent_s()
    {
        const string Ruled = """
            {"type":"record","name":"Visit","namespace":"test","fields":[{"name":"id","type":"long"},{"name":"pages","type":"int","confluent:rules":[{"name":"positive","expr":"this > 0"}]}]}
            """;
        var schema = global::Avro.Schema.Parse(Ruled);
        (DefaultProgram theirs, OurProgram ours) = (new(_registry, Rules()), new(_registry, Rules()));
        byte[] expected = await theirs.WriteAsync(DropInCases.Record(schema, 7L, 1), "validate", Context());
        Assert.Equal(expected, await ours.WriteAsync(DropInCases.Record(schema, 7L, 1), "validate", Context()));
        await Assert.ThrowsAsync<ValidationRulesFailedException>(() => theirs.WriteAsync(DropInCases.Record(schema, 7L, -1), "validate", Context()));
        await Assert.ThrowsAsync<ValidationRulesFailedException>(() => ours.WriteAsync(DropInCases.Record(schema, 7L, -1), "validate", Context()));
        Assert.Throws<ValidationRulesFailedException>(() => ours.Write(DropInCases.Record(schema, 7L, -1), "validate", Context()));
        var refused = await Assert.ThrowsAsync<NotSupportedException>(() => ours.WriteAsync(new Page { id = 7 }, "validate", Context()));
        Assert.Contains("validation.rules.execution", refused.Message, StringComparison.Ordinal);
    }

    private Task<int> RegisterAsync(string text, RuleSet? rules) => _registry.RegisterSchemaAsync("drop-in-value", new Schema(text, [], SchemaType.Avro, null, rules));

    private static GenericRecord Record(long id, int pages) => DropInCases.Record(global::Avro.Schema.Parse(Visit), id, pages);

    private static Rule Transform(RuleMode mode, string type) => new(type, RuleKind.Transform, mode, type, null, null);

    private static SerializationContext Context() => new(MessageComponentType.Value, "drop-in", []);

    private static RuleRegistry Rules()
    {
        var rules = new RuleRegistry();
        rules.RegisterExecutor(new AddToPages());
        rules.RegisterExecutor(new FlipBytes());
        rules.RegisterExecutor(new SetPages());
        rules.RegisterExecutor(new PagesArePositive());
        rules.RegisterValidationExecutor(new Positive());
        return rules;
    }

    private sealed class Page
    {
        public long id { get; set; }
    }

    private abstract class Executor(string type) : IRuleExecutor
    {
        public void Configure(IEnumerable<KeyValuePair<string, string>> config, ISchemaRegistryClient? client = null)
        {
        }

        public void Dispose()
        {
        }

        public string Type() => type;

        public Task<object> Transform(RuleContext ctx, object message) => Task.FromResult(Change(message));

        protected abstract object Change(object message);
    }

    private sealed class AddToPages() : Executor(Name)
    {
        public const string Name = "ADD_TO_PAGES";

        protected override object Change(object message)
        {
            if (message is test.Visit visit)
            {
                visit.pages += 100;
                return visit;
            }

            var record = (GenericRecord)message;
            record.Add("pages", (int)record["pages"] + 100);
            return record;
        }
    }

    private sealed class FlipBytes() : Executor(Name)
    {
        public const string Name = "FLIP_BYTES";

        protected override object Change(object message) =>
            Array.ConvertAll(message is byte[] bytes ? bytes : ((ReadOnlyMemory<byte>)message).ToArray(), static one => (byte)~one);
    }

    private sealed class SetPages() : Executor(Name)
    {
        public const string Name = "SET_PAGES";

        protected override object Change(object message)
        {
            var json = (JObject)message;
            json["pages"] = 99;
            return json;
        }
    }

    private sealed class PagesArePositive() : Executor(Name)
    {
        public const string Name = "PAGES_ARE_POSITIVE";

        protected override object Change(object message) => (message is test.Visit visit ? visit.pages : (int)((GenericRecord)message)["pages"]) > 0;
    }

    private sealed class Positive : IValidationRuleExecutor
    {
        public Task<object> Execute(ValidationRule rule, object schema, object message) => Task.FromResult<object>((int)message > 0);
    }
}
