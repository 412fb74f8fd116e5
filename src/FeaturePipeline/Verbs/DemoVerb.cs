using System.CommandLine;
using System.Globalization;
using FeaturePipeline.Configuration;
using FeaturePipeline.Demo;
using FeaturePipeline.Telemetry;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace FeaturePipeline.Verbs;

/// <summary>Everything in one process: broker, registry, traffic, worker.</summary>
internal static class DemoVerb
{
    private sealed record Arguments(TimeSpan? Duration, double Rate, int Users, ulong Seed);

    public static Command Create(CommonOptions common)
    {
        var duration = new Option<string?>("--duration") { Description = "Ends after so long. Default: until Ctrl-C.", HelpName = "DURATION" };
        var rate = new Option<double>("--rate") { Description = "Events a second.", HelpName = "N", DefaultValueFactory = _ => 200 };
        var users = new Option<int>("--users") { Description = "How many users.", HelpName = "N", DefaultValueFactory = _ => 200 };
        var seed = new Option<ulong>("--seed") { Description = "Seed of the traffic.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var command = new Command("demo", "Broker, registry, traffic and worker in one process, nothing to install; features are printed as sessions close.")
        {
            duration, rate, users, seed,
        };
        command.SetAction(async (result, cancel) =>
        {
            var arguments = new Arguments(
                result.GetValue(duration) is { } text ? OptionText.Duration("--duration", text) : null,
                result.GetValue(rate) is > 0 and <= 1_000_000 and var wanted ? wanted : throw new UsageException("--rate must be above 0 and at most 1000000."),
                result.GetValue(users) is > 0 and <= 10_000_000 and var many ? many : throw new UsageException("--users must be 1 to 10000000."),
                result.GetValue(seed));
            return await RunAsync(common.Sources(result), arguments, result.InvocationConfiguration.Output, result.InvocationConfiguration.Error, cancel);
        });
        return command;
    }

    private static async Task<int> RunAsync(ConfigurationSources sources, Arguments arguments, TextWriter output, TextWriter error, CancellationToken cancel)
    {
        // Before anything else: a signal during the start must end it as well, and must not leave the directory behind.
        using var stop = new StopSignal(cancel);
        DirectoryInfo state = Directory.CreateTempSubdirectory("feature-pipeline-demo-");
        try
        {
            PipelineSetup setup = PipelineSetup.Load(sources, DemoConfiguration.Values(state.FullName), contentRoot: "");
            await using WorkerHost host = await StartHostAsync(setup, sources, error);
            using DemoSession session = await DemoSession.CreateAsync(host, setup, arguments.Users, arguments.Rate, arguments.Seed);
            using var timed = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
            if (arguments.Duration is { } wanted)
            {
                timed.CancelAfter(wanted);
            }

            DemoMoment last = Terminal.IsOutputTerminal
                ? await ShowLiveAsync(session, output, timed.Token)
                : await PrintLinesAsync(session, host.Address, output, error, timed.Token);
            await error.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"demo: {last.Events} events gave {last.Features} session features in {last.Elapsed.TotalSeconds:0.0} s; {last.OpenSessions} sessions were still open"));
            return ExitCode.Success;
        }
        finally
        {
            state.Delete(recursive: true);
        }
    }

    /// <summary>Somebody else's port is no reason not to show the demo.</summary>
    private static async Task<WorkerHost> StartHostAsync(PipelineSetup setup, ConfigurationSources sources, TextWriter error)
    {
        string environment = ConfigurationLoader.EnvironmentName(sources);
        try
        {
            return await WorkerHost.StartAsync(setup, environment, LogLevel.Error);
        }
        catch (IOException)
        {
            await error.WriteLineAsync($"demo: port {setup.Options.Management.Port} is in use; health and metrics take another one");
            var any = new ManagementOptions { Address = setup.Options.Management.Address, Port = 0 };
            return await WorkerHost.StartAsync(setup with { Options = setup.Options.With(any) }, environment, LogLevel.Error);
        }
    }

    private static async Task<DemoMoment> PrintLinesAsync(DemoSession session, string address, TextWriter output, TextWriter error, CancellationToken stop)
    {
        var last = new DemoMoment(TimeSpan.Zero, 0, 0, 0, []);
        DemoMoment reported = last;
        await error.WriteLineAsync($"demo: health and metrics on {address}; features follow on standard output, Ctrl-C ends");
        await session.RunAsync(
            moment =>
            {
                last = moment;
                if (moment.NewLines.Count > 0)
                {
                    output.Write(string.Concat(moment.NewLines.Select(line => line + "\n")));
                }

                if (moment.Elapsed - reported.Elapsed >= TimeSpan.FromSeconds(2))
                {
                    double seconds = (moment.Elapsed - reported.Elapsed).TotalSeconds;
                    error.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"demo: {moment.Elapsed.TotalSeconds:0} s, {(moment.Events - reported.Events) / seconds:0} events/s, {moment.OpenSessions} open sessions, {moment.Features} session features"));
                    reported = moment;
                }
            },
            stop);
        return last;
    }

    private static async Task<DemoMoment> ShowLiveAsync(DemoSession session, TextWriter output, CancellationToken stop)
    {
        var last = new DemoMoment(TimeSpan.Zero, 0, 0, 0, []);
        var display = new DemoDisplay();
        await Terminal.CreateConsole(output, isTerminal: true).Live(new Markup("starting"))
            .Overflow(VerticalOverflow.Ellipsis)
            .StartAsync(context => session.RunAsync(
                moment =>
                {
                    last = moment;
                    if (display.Update(moment) is { } frame)
                    {
                        context.UpdateTarget(frame);
                    }
                },
                stop));
        return last;
    }
}
