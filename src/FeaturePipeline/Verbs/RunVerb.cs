using System.CommandLine;
using FeaturePipeline.Configuration;

namespace FeaturePipeline.Verbs;

/// <summary>The worker.</summary>
internal static class RunVerb
{
    public static Command Create(CommonOptions common)
    {
        var command = new Command("run", "Runs the worker (the default verb): events in, features out, until SIGTERM or Ctrl-C.");
        command.SetAction((result, cancel) => RunAsync(common.Sources(result), cancel));
        return command;
    }

    /// <summary>Runs until a signal; exit code 0 then.</summary>
    /// <param name="sources">What the command line says.</param>
    /// <param name="cancel">Another way to stop.</param>
    /// <param name="decoder">Makes decoders of events; null: the product's own.</param>
    public static async Task<int> RunAsync(ConfigurationSources sources, CancellationToken cancel, EventDecoderFactory? decoder = null)
    {
        using var stop = new StopSignal(cancel);
        PipelineSetup setup = PipelineSetup.Load(sources);
        try
        {
            await using WorkerHost host = await WorkerHost.StartAsync(setup, ConfigurationLoader.EnvironmentName(sources), LogLevel.Information, decoder);
            await host.Worker.RunAsync(host.Address, stop.Token);
        }
        catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
        {
            // The signal came during the start: nothing is open that would have to be committed.
        }

        return ExitCode.Success;
    }
}
