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

    internal static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await CommandLine.RunAsync(args, output, error);
        return (code, output.ToString(), error.ToString());
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
