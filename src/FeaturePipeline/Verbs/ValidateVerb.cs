using System.CommandLine;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Configuration;
using FeaturePipeline.Features.Definitions;
using FeaturePipeline.Kafka;
using FeaturePipeline.Streams.Clients;
using Microsoft.Extensions.Logging.Abstractions;

namespace FeaturePipeline.Verbs;

/// <summary>Checks configuration and schemas without a connection; with --online asks registry and broker, too.</summary>
internal static class ValidateVerb
{
    private static readonly TimeSpan s_answerTimeout = TimeSpan.FromSeconds(10);

    public static Command Create(CommonOptions common)
    {
        var online = new Option<bool>("--online") { Description = "Also asks the registry whether each schema may be registered, and the broker whether the source topic exists." };
        var command = new Command("validate", "Checks configuration and schemas without a connection; exit code 0 or 2.") { online };
        command.SetAction(async (result, cancel) =>
        {
            PipelineSetup setup = PipelineSetup.Load(common.Sources(result));
            using var stop = new StopSignal(cancel);
            if (result.GetValue(online))
            {
                await CheckOnlineAsync(setup, stop.Token);
            }

            await result.InvocationConfiguration.Output.WriteLineAsync(
                $"valid: {setup.Options.Source.Topic} -> {string.Join(", ", setup.Views.Select(view => $"{view.Name} ({view.Features.Count} features) on {view.Topic}"))}");
            return ExitCode.Success;
        });
        return command;
    }

    private static async Task CheckOnlineAsync(PipelineSetup setup, CancellationToken cancel)
    {
        var mistakes = new List<ConfigurationMistake>();
        await CheckRegistryAsync(setup, mistakes, cancel);
        CheckBroker(setup, mistakes);
        if (mistakes.Count > 0)
        {
            throw new ConfigurationMistakesException(mistakes);
        }
    }

    private static async Task CheckRegistryAsync(PipelineSetup setup, List<ConfigurationMistake> mistakes, CancellationToken cancel)
    {
        using ISchemaRegistry registry = SchemaRegistries.Create(setup.Options.ToRegistry());
        foreach (FeatureView view in setup.Views)
        {
            try
            {
                CompatibilityAnswer answer = await registry.TestCompatibilityAsync(view.Subject, new SchemaDefinition(view.RecordSchema.ToString()), cancellationToken: cancel);
                if (!answer.IsCompatible)
                {
                    mistakes.Add(new ConfigurationMistake(
                        $"FeatureViews:{view.Name}", null, $"its schema is not compatible with subject '{view.Subject}': {string.Join("; ", answer.Messages)}".ReplaceLineEndings(" ")));
                }
            }
            catch (SchemaRegistryException e)
            {
                mistakes.Add(new ConfigurationMistake("SchemaRegistry:Url", registry.Address, Failure.OneLine(e)));
                return; // the next question would fail the same way, after the same wait
            }
        }
    }

    private static void CheckBroker(PipelineSetup setup, List<ConfigurationMistake> mistakes)
    {
        var clients = new KafkaClients(setup.Options.ToKafka(), TimeProvider.System, NullLoggerFactory.Instance);
        using IAdmin admin = clients.CreateAdmin();
        try
        {
            if (admin.PartitionCount(setup.Options.Source.Topic, s_answerTimeout) is null)
            {
                mistakes.Add(new ConfigurationMistake("Source:Topic", setup.Options.Source.Topic, "there is no such topic on the broker"));
            }
        }
        catch (Exception e) when (Failure.IsExpected(e))
        {
            mistakes.Add(new ConfigurationMistake("Kafka:BootstrapServers", setup.Options.Kafka.BootstrapServers, Failure.OneLine(e)));
        }
    }
}
