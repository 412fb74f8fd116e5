using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using FeaturePipeline.Configuration;
using FeaturePipeline.Features.Definitions;

namespace FeaturePipeline.Verbs;

/// <summary>Asks the health endpoint of the worker on this machine: chiselled images have no shell and no curl.</summary>
internal static class HealthcheckVerb
{
    public static Command Create(CommonOptions common)
    {
        var path = new Option<string>("--probe")
        {
            Description = "Which probe to ask: live, ready or startup.",
            HelpName = "PROBE",
            DefaultValueFactory = _ => "live",
        };
        path.AcceptOnlyFromAmong("live", "ready", "startup");
        var timeout = new Option<string>("--timeout")
        {
            Description = "Longest wait for the answer.",
            HelpName = "DURATION",
            DefaultValueFactory = _ => "3s",
        };
        var command = new Command("healthcheck", "Asks the health endpoint of the worker on this machine; exit code 0 when it is healthy, 1 when not.") { path, timeout };
        command.SetAction((result, cancel) => RunAsync(
            common.Sources(result), result.GetRequiredValue(path), OptionText.Duration("--timeout", result.GetRequiredValue(timeout)), result, cancel));
        return command;
    }

    private static async Task<int> RunAsync(ConfigurationSources sources, string probe, TimeSpan timeout, ParseResult result, CancellationToken cancel)
    {
        // Only Management matters here: another section's mistake is the worker's to report.
        var all = new List<ConfigurationMistake>();
        ManagementOptions management = PipelineOptionsReader.Read(ConfigurationLoader.Load(sources), all).Management;
        ConfigurationMistake[] mistakes = [.. all.Where(mistake => mistake.Key.StartsWith("Management:", StringComparison.OrdinalIgnoreCase))];
        if (mistakes.Length > 0)
        {
            throw new ConfigurationMistakesException(mistakes);
        }

        var url = new Uri($"http://{HostOf(management.Address)}:{management.Port}/health/{probe}");
        using var client = new HttpClient { Timeout = timeout };
        try
        {
            using HttpResponseMessage response = await client.GetAsync(url, cancel);
            string body = await response.Content.ReadAsStringAsync(cancel);
            await result.InvocationConfiguration.Output.WriteLineAsync(body.ReplaceLineEndings(" "));
            return response.StatusCode == HttpStatusCode.OK ? ExitCode.Success : ExitCode.Failure;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or SocketException && !cancel.IsCancellationRequested)
        {
            await result.InvocationConfiguration.Error.WriteLineAsync($"error: {url} does not answer: {Failure.OneLine(e)}");
            return ExitCode.Failure;
        }
    }

    /// <summary>The address to ask for an address to listen on.</summary>
    private static string HostOf(string address) => address switch
    {
        "*" or "0.0.0.0" or "localhost" => "127.0.0.1",
        "::" => "[::1]",
        _ when address.Contains(':', StringComparison.Ordinal) => $"[{address}]",
        _ => address,
    };
}
