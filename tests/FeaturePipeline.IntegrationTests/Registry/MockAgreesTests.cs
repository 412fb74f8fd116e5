using System.Globalization;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas.Compatibility;

namespace FeaturePipeline.IntegrationTests.Registry;

/// <summary>
/// The registry in memory against a real one, whose address is in FEATUREPIPELINE_TEST_REGISTRY: random questions in random order, and the places
/// where Apicurio is known to differ from what Confluent documents, which the registry in memory follows.
/// </summary>
public sealed class MockAgreesTests
{
    private const string Variable = "FEATUREPIPELINE_TEST_REGISTRY";
    private const string SeedVariable = "FEATUREPIPELINE_TEST_REGISTRY_SEED";
    private const int Sequences = 30;
    private const int QuestionsEach = 40;

    // Some read others, some are read by others, some neither.
    private static readonly string[] Schemas =
    [
        "\"int\"", "\"long\"", "\"double\"", "\"string\"", "\"bytes\"", """["null","int"]""", """["null","long","string"]""",
        Record("""{"name":"a","type":"int"}"""),
        Record("""{"name":"a","type":"long"}"""),
        Record("""{"name":"a","type":"int"},{"name":"b","type":"string"}"""),
        Record("""{"name":"a","type":"int"},{"name":"b","type":"string","default":""}"""),
        Record("""{"name":"a","type":["null","int"],"default":null}"""),
        Record("""{"name":"c","type":"int","aliases":["a"]}"""),
        Record("""{"name":"a","type":{"type":"array","items":"int"}}"""),
        """{"type":"record","name":"Other","fields":[{"name":"a","type":"int"}]}""",
        """{"type":"enum","name":"E","symbols":["X","Y"]}""",
        """{"type":"enum","name":"E","symbols":["X","Y","Z"]}""",
        """{"type":"enum","name":"E","symbols":["X"],"default":"X"}""",
        """{"type":"fixed","name":"F","size":4}""",
        """{"type":"fixed","name":"F","size":5}""",
        """{"type":"map","values":"int"}""",
    ];

    private const string Registered = "registered";

    private const string NoSchema = """{"type":"recod"}""";

    // Where Apicurio says something else than Confluent documents, and what it says.
    private static readonly (string Name, string Question, string Confluent, string Apicurio)[] Differences =
    [
        ("a lookup of what is no schema finds nothing", "look up", "error 42201", "error 40403"),
        ("a lookup of what is no schema under an unknown subject tells the subject", "look up", "error 42201", "error 40401"),
        ("every schema is compatible with an unknown subject, also what is none", "test", "error 42201", "compatible"),
        ("a lookup under a softly deleted subject misses the schema", "look up", "error 40401", "error 40403"),
        ("a lookup with a reference that is not there tells the version of the reference", "look up referring", "error 42201", "error 40402"),
        ("a lookup with a reference that is not there tells the subject of the reference", "look up referring", "error 42201", "error 40401"),
        ("a new schema does not refer to a softly deleted version", "register referring", Registered, "error 40401"),
        ("a new schema does not refer to a softly deleted version", "register referring", Registered, "error 40402"),
        ("schemas with references are not compared with others", "register", "error 409", "error 422"),
        ("schemas with references are not compared with others", "register", "error 409", "error 42201"),
        ("schemas with references are not compared with others", "test", "incompatible", "error 42201"),
        ("version 0 is an unknown version of a subject", "version 0", "error 42202", "error 40402"),
        ("version 0 of an unknown subject tells the subject", "version 0", "error 42202", "error 40401"),
    ];

    private readonly string _prefix = $"agree-{Guid.NewGuid():N}";

    [Fact]
    public async Task A_level_NONE_of_a_subject_takes_everything_but_Apicurio_goes_back_to_the_global_level()
    {
        var pair = new RegistryPair(Url());
        var subject = _prefix + "-none";
        await AgreeAsync(pair, registry => registry.RegisterSchemaWithResponseAsync(subject, new Schema("\"int\"", SchemaType.Avro)));
        await AgreeAsync(pair, registry => SetAsync(registry, CompatibilityLevel.None, subject));
        var (mock, real) = await pair.AskAsync(async registry => await registry.RegisterSchemaWithResponseAsync(subject, new Schema("\"string\"", SchemaType.Avro)));
        Assert.Equal("\"string\"", mock);
        Assert.Contains(real, new[] { "\"string\"", "error 409" });
    }

    [Fact]
    public async Task Spelling_makes_no_other_schema_but_for_Apicurio_it_does_unless_it_is_normalised()
    {
        const string order = """{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}""";
        string[] spellings = [order.Replace(":", " : ", StringComparison.Ordinal), """{"name":"R","fields":[{"type":"int","name":"a"}],"type":"record"}"""];
        var pair = new RegistryPair(Url());
        var subject = _prefix + "-order";
        await AgreeAsync(pair, registry => registry.RegisterSchemaWithResponseAsync(subject, new Schema(order, SchemaType.Avro)));
        foreach (var spelling in spellings)
        {
            var (mock, real) = await pair.AskAsync(async registry => await registry.LookupSchemaAsync(subject, new Schema(spelling, SchemaType.Avro), ignoreDeletedSchemas: true));
            Assert.Equal(order, mock);
            Assert.Contains(real, new[] { order, "error 40403" });
            await AgreeAsync(pair, registry => registry.LookupSchemaAsync(subject, new Schema(spelling, SchemaType.Avro), normalize: true, ignoreDeletedSchemas: true));
        }
    }

    [Fact]
    public async Task What_is_deleted_for_good_is_gone()
    {
        var pair = new RegistryPair(Url());
        var subject = _prefix + "-gone";
        await AgreeAsync(pair, registry => registry.RegisterSchemaWithResponseAsync(subject, new Schema("\"int\"", SchemaType.Avro)));
        await AgreeAsync(pair, registry => registry.RegisterSchemaWithResponseAsync(subject, new Schema("\"long\"", SchemaType.Avro)));
        await AgreeAsync(pair, registry => RegistryDeletion.VersionAsync(registry, subject, 2, permanently: true));
        await AgreeAsync(pair, registry => RegistryDeletion.VersionAsync(registry, subject, 2));
        await AgreeAsync(pair, registry => RegistryDeletion.VersionAsync(registry, subject, 2, permanently: true));
        await AgreeAsync(pair, registry => registry.GetSubjectVersionsAsync(subject));
        await AgreeAsync(pair, registry => RegistryDeletion.SubjectAsync(registry, subject, permanently: true));
        await AgreeAsync(pair, registry => RegistryDeletion.SubjectAsync(registry, subject));
        await AgreeAsync(pair, registry => RegistryDeletion.SubjectAsync(registry, subject, permanently: true));
        await AgreeAsync(pair, registry => registry.GetSubjectVersionsAsync(subject));
        await AgreeAsync(pair, registry => registry.RegisterSchemaWithResponseAsync(subject, new Schema("\"string\"", SchemaType.Avro)));
        await AgreeAsync(pair, registry => registry.GetSubjectVersionsAsync(subject));
    }

    [Fact]
    public async Task Text_that_is_not_Json_is_no_schema_but_a_failure_of_Apicurio()
    {
        var (mock, real) = await new RegistryPair(Url()).AskAsync(async registry => await registry.RegisterSchemaWithResponseAsync(_prefix, new Schema("{", SchemaType.Avro)));
        Assert.Equal("error 42201", mock);
        Assert.Contains(real, new[] { "error 42201", "error 500" });
    }

    [Fact]
    public async Task Schemas_have_GUIDs_but_for_Apicurio()
    {
        var subject = _prefix + "-guid";
        var (mock, real) = await new RegistryPair(Url()).AskAsync(async registry =>
        {
            await registry.RegisterSchemaWithResponseAsync(subject, new Schema("\"int\"", SchemaType.Avro));
            var guid = (await registry.GetLatestSchemaAsync(subject)).Guid;
            return guid is null ? "none" : (object)await registry.GetSchemaByGuidAsync(guid);
        });
        Assert.Equal("\"int\"", mock);
        Assert.Contains(real, new[] { "\"int\"", "none" });
    }

    [Fact]
    public async Task Random_questions_have_the_same_answers()
    {
        var url = Url();
        var seed = Environment.GetEnvironmentVariable(SeedVariable) is { Length: > 0 } given ? int.Parse(given, CultureInfo.InvariantCulture) : 1;
        var random = new Random(seed);
        var differences = new List<string>();
        for (var sequence = 0; sequence < Sequences; sequence++)
        {
            if (await DifferenceAsync(url, random, $"{_prefix}-{sequence}") is { } difference)
            {
                differences.Add(difference);
            }

            await CleanUpAsync(url, $"{_prefix}-{sequence}-0", $"{_prefix}-{sequence}-1");
        }

        Assert.True(differences.Count == 0, $"{SeedVariable}={seed}\n{string.Join("\n\n", differences)}");
    }

    // What follows a difference can't be compared: the first one of a sequence is told, after the questions about its subject.
    private static async Task<string?> DifferenceAsync(string url, Random random, string prefix)
    {
        var pair = new RegistryPair(url);
        var asked = new List<string>();
        for (var i = 0; i < QuestionsEach; i++)
        {
            var subject = string.Create(CultureInfo.InvariantCulture, $"{prefix}-{random.Next(2)}");
            var (text, question) = Ask(random, subject);
            asked.Add($"{text} of {subject}");
            var (mock, real) = await pair.AskAsync(question);
            if (mock == real)
            {
                continue;
            }

            if (text.StartsWith("register", StringComparison.Ordinal) && !mock.StartsWith("error", StringComparison.Ordinal) && IsKnown(text, Registered, real))
            {
                return null; // one of them has it now and the other has not
            }

            if (!IsKnown(text, mock, real))
            {
                return $"In memory '{mock}', the real one '{real}' to the last of:\n{string.Join('\n', asked.Where(said => said.EndsWith(subject, StringComparison.Ordinal)))}";
            }
        }

        return null;
    }

    // Apicurio lists the first 1,000 subjects only; what others refer to stays.
    private static async Task CleanUpAsync(string url, params string[] subjects)
    {
        using var registry = SchemaRegistries.Create(new SchemaRegistryOptions { Url = url });
        foreach (var (subject, permanently) in subjects.SelectMany(static subject => new[] { (subject, false), (subject, true) }))
        {
            try
            {
                await RegistryDeletion.SubjectAsync(registry, subject, permanently);
            }
            catch (SchemaRegistryException)
            {
                // not there, or referred to
            }
        }
    }

    private static bool IsKnown(string question, string mock, string real) => Array.Exists(
        Differences,
        known => question.StartsWith(known.Question, StringComparison.Ordinal) && (known.Confluent, known.Apicurio) == (mock, real));

    private static (string Text, Func<ISchemaRegistryClient, Task<object>> Question) Ask(Random random, string subject)
    {
        var schema = new Schema(random.Next(12) == 0 ? NoSchema : Schemas[random.Next(Schemas.Length)], SchemaType.Avro);
        var version = random.Next(6);
        var level = (CompatibilityLevel)random.Next(1, 7); // NONE is among the differences below
        var referring = new Schema("""{"type":"array","items":"R"}""", SchemaType.Avro)
        {
            References = [new SchemaReference("R", subject[..^1] + (subject[^1] == '0' ? '1' : '0'), Math.Max(1, version))],
        };
        return random.Next(24) switch
        {
            < 7 => ($"register {schema.SchemaString}", async registry => await registry.RegisterSchemaWithResponseAsync(subject, schema)),
            < 9 => ($"look up {schema.SchemaString}", async registry => await registry.LookupSchemaAsync(subject, schema, ignoreDeletedSchemas: true)),
            < 12 => ($"test {schema.SchemaString}", async registry => await registry.IsCompatibleAsync(subject, schema)),
            < 15 => ($"set level {level}", async registry => await SetAsync(registry, level, subject)),
            15 or 16 => ("versions", async registry => await registry.GetSubjectVersionsAsync(subject)),
            17 => ("latest", async registry => await registry.GetLatestSchemaAsync(subject)),
            18 when version > 0 => ($"delete version {version}", async registry => await RegistryDeletion.VersionAsync(registry, subject, version)),
            19 => ("delete all", async registry => await RegistryDeletion.SubjectAsync(registry, subject)),
            20 => ($"register referring to {referring.References[0].Version} of the other", async registry => await registry.RegisterSchemaWithResponseAsync(subject, referring)),
            21 => ($"look up referring to {referring.References[0].Version} of the other", async registry => await registry.LookupSchemaAsync(subject, referring, ignoreDeletedSchemas: true)),
            _ => ($"version {version}", async registry => await registry.GetRegisteredSchemaAsync(subject, version)),
        };
    }

    private static async Task AgreeAsync<T>(RegistryPair pair, Func<ISchemaRegistryClient, Task<T>> question)
        where T : notnull
    {
        var (mock, real) = await pair.AskAsync(async registry => await question(registry));
        Assert.Equal(mock, real);
    }

    private static async Task<string> SetAsync(ISchemaRegistryClient registry, CompatibilityLevel level, string subject)
    {
        await registry.UpdateCompatibilityAsync(level.ToConfluent(), subject);
        return "set";
    }

    private static string Record(string fields) => $$"""{"type":"record","name":"R","fields":[{{fields}}]}""";

    private static string Url()
    {
        var url = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipWhen(string.IsNullOrEmpty(url), $"No schema registry to test with: set {Variable} to its address.");
        return url!;
    }
}
