using FeaturePipeline.Verbs;

namespace FeaturePipeline.Tests.Program.Verbs;

public class CommandLineTests
{
    public static TheoryData<string> Verbs => [.. CommandLine.CreateRoot().Subcommands.Select(verb => verb.Name)];

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Every_verb_explains_itself_and_offers_the_common_options(string verb)
    {
        (int code, string output, string error) = await RunAsync(verb, "--help");

        Assert.Equal(0, code);
        Assert.Empty(error);
        Assert.All(["--environment", "--set", "--config", "--help"], option => Assert.Contains(option, output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_misspelt_verb_is_bad_usage_and_the_nearest_one_is_named()
    {
        (int code, string output, string error) = await RunAsync("validat");

        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.Contains("Did you mean 'validate'?", error, StringComparison.Ordinal);
        Assert.All(Lines(error), line => Assert.StartsWith("error: ", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_misspelt_option_is_bad_usage()
    {
        (int code, _, string error) = await RunAsync("validate", "--enviroment", "x");

        Assert.Equal(2, code);
        Assert.Contains("--environment", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_configuration_mistake_is_one_line_on_standard_error_and_the_code_is_2()
    {
        (int code, string output, string error) = await RunAsync(
            "validate", "--set", "Streams:Threads=0", "--set", "Kafka:BootstrapServrs=a:1", "--set", "FeatureViews:user_sessions:Window:Gapp=3m");

        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.Equal(3, Lines(error).Length);
    }

    [Fact]
    public async Task The_settings_of_the_repository_are_valid()
    {
        (int code, _, string error) = await RunAsync("validate");

        Assert.Equal("", error);
        Assert.Equal(0, code);
    }

    [Fact]
    public async Task Healthcheck_without_a_worker_fails_in_one_line()
    {
        (int code, string output, string error) = await RunAsync("healthcheck", "--set", "Management:Port=1", "--timeout", "1s");

        Assert.Equal(1, code);
        Assert.Empty(output);
        Assert.Contains("http://127.0.0.1:1/health/live", Assert.Single(Lines(error)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("demo", "--rate", "abc", "error: Cannot parse argument 'abc' for option '--rate' as a number.")]
    [InlineData("produce", "--events", "1.5", "error: Cannot parse argument '1.5' for option '--events' as a whole number.")]
    [InlineData("demo", "--users", "9999999999", "error: Cannot parse argument '9999999999' for option '--users' as a whole number up to 2147483647.")]
    [InlineData("demo", "--seed", "-1", "error: Cannot parse argument '-1' for option '--seed' as a whole number from 0.")]
    [InlineData("consume", "--from-beginning=2", null, "error: Unrecognized command or argument '2'. See --help.")]
    [InlineData("consume", "--isolation", "none", "error: --isolation: Argument 'none' not recognized. Must be one of: 'read_committed' 'read_uncommitted'")]
    [InlineData("produce", "--rate", "nan", "error: --rate must be above 0 and at most 10000000.")]
    [InlineData("produce", "--late", "nan", "error: --late must be a fraction from 0 to 1.")]
    [InlineData("demo", "--rate", "nan", "error: --rate must be above 0 and at most 1000000.")]
    [InlineData("backfill", "--dry-run", null, "error: the verb 'backfill' is not in this version. See --help for those that are.")]
    public async Task What_is_wrong_with_a_command_line_is_one_line_without_types_of_NET(string verb, string option, string? value, string expected)
    {
        (int code, string output, string error) = await RunAsync([verb, option, .. value is null ? Array.Empty<string>() : [value]]);

        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.Equal(expected, Assert.Single(Lines(error)));
    }

    [Theory]
    [InlineData("Kafka:Client:sasl.pasword=hunter2", "error: Kafka:Client:sasl.pasword: not a property of librdkafka; did you mean 'sasl.password'?")]
    [InlineData("Kafka:Consumer:sesion.timeout.ms=6000", "error: Kafka:Consumer:sesion.timeout.ms: not a property of librdkafka; did you mean 'session.timeout.ms'?")]
    [InlineData("Kafka:Producer:acks=some", "error: Kafka:Producer:acks = 'some': Invalid value for configuration property \"request.required.acks\".")]
    [InlineData("FeatureViews:user_sessions:Window:Type=Sesion", "error: FeatureViews:user_sessions:Window:Type = 'Sesion': allowed: Session, Tumbling, Hopping, Rolling")]
    [InlineData("FeatureViews:user_sessions:Topic=user-events-dlq", "error: FeatureViews:user_sessions:Topic = 'user-events-dlq': that is the topic of dead letters; a view's topic holds its features only")]
    [InlineData(
        "FeatureViews:user_sessions:Topic=ml-feature-pipeline-user_sessions-changelog",
        "error: FeatureViews:user_sessions:Topic = 'ml-feature-pipeline-user_sessions-changelog': that is the changelog of view 'user_sessions'; a view's topic holds its features only")]
    public async Task A_mistake_is_told_once_with_its_value_or_the_name_that_was_meant(string setting, string expected)
    {
        (int code, _, string error) = await RunAsync("validate", "--set", setting);

        Assert.Equal(2, code);
        Assert.Equal(expected, Assert.Single(Lines(error)));
    }

    internal static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await CommandLine.RunAsync(args, output, error);
        return (code, output.ToString(), error.ToString());
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
