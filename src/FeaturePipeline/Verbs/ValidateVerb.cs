using System.CommandLine;
using FeaturePipeline.Configuration;

namespace FeaturePipeline.Verbs;

/// <summary>Checks configuration and schemas without a connection.</summary>
internal static class ValidateVerb
{
    public static Command Create(CommonOptions common)
    {
        var command = new Command("validate", "Checks configuration and schemas without a connection; exit code 0 or 2.");
        command.SetAction(result =>
        {
            PipelineSetup setup = PipelineSetup.Load(common.Sources(result));
            result.InvocationConfiguration.Output.WriteLine($"valid: application {setup.Options.Kafka.ApplicationId}");
            return ExitCode.Success;
        });
        return command;
    }
}
