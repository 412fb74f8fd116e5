using System.CommandLine;
using Confluent.SchemaRegistry;
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
        var online = new Option<bool>("--online")
        {
            Description = "Also asks the registry whether each view's schema may be registered and whether the source's latest one can be read, and the broker whether the source topic exists.",
        };
        var against = new Option<string[]>("--against")
        {
            Description = "Schema (.avsc) of what writes the source topic, which Source:Schema must read; instead of the built-in UserEvent. May be repeated.",
            HelpName = "file",
        };
        var command = new Command("validate", "Checks configuration and schemas without a connection; exit code 0 or 2.") { online, against };
        command.SetAction(async (result, cancel) =>
        {
            PipelineSetup setup = PipelineSetup.Load(common.Sources(result));
            using var stop = new StopSignal(cancel);
            var mistakes = new List<ConfigurationMistake>();
            TextWriter output = result.InvocationConfiguration.Output;
            await CheckAsync(setup, result.GetValue(against) ?? [], result.GetValue(online), mistakes, output, stop.Token);
            if (mistakes.Count > 0)
            {
                throw new ConfigurationMistakesException(mistakes);
            }

            await output.WriteLineAsync(
                $"valid: {setup.Options.Source.Topic} -> {string.Join(", ", setup.Views.Select(view => $"{view.Name} ({view.Features.Count} features) on {view.Topic}"))}");
            return ExitCode.Success;
        });
        return command;
    }

    // What is known best is checked against: the files that are given, what the registry has, or else what the program itself writes.
    private static async Task CheckAsync(
        PipelineSetup setup, string[] against, bool online, List<ConfigurationMistake> mistakes, TextWriter output, CancellationToken cancel)
    {
        SourceSchemaCheck.CheckFiles(setup, against, mistakes);
        bool isSourceKnown = against.Length > 0;
        if (online)
        {
            isSourceKnown |= await CheckRegistryAsync(setup, mistakes, cancel);
            CheckBroker(setup, mistakes, output);
        }

        if (!isSourceKnown)
        {
            SourceSchemaCheck.CheckBuiltIn(setup, mistakes);
        }
    }

    private static async Task<bool> CheckRegistryAsync(PipelineSetup setup, List<ConfigurationMistake> mistakes, CancellationToken cancel)
    {
        using ISchemaRegistryClient registry = SchemaRegistries.Create(setup.Options.ToRegistry());
        try
        {
            foreach (FeatureView view in setup.Views)
            {
                await CheckViewAsync(view, registry, mistakes, cancel);
            }

            return await SourceSchemaCheck.CheckLatestAsync(setup, registry, mistakes, cancel);
        }
        catch (HttpRequestException e)
        {
            // The next question would fail the same way, after the same wait.
            mistakes.Add(new ConfigurationMistake("SchemaRegistry:Url", registry.Address(), Failure.OneLine(e)));
            return false;
        }
    }

    private static async Task CheckViewAsync(FeatureView view, ISchemaRegistryClient registry, List<ConfigurationMistake> mistakes, CancellationToken cancel)
    {
        foreach (string reason in await registry.TestAsync(view.Subject, view.RecordSchema).WaitAsync(cancel))
        {
            mistakes.Add(new ConfigurationMistake(
                $"FeatureViews:{view.Name}", null, $"its schema is not compatible with subject '{view.Subject}': {reason}".ReplaceLineEndings(" ")));
        }
    }

    private static void CheckBroker(PipelineSetup setup, List<ConfigurationMistake> mistakes, TextWriter output)
    {
        var clients = new KafkaClients(setup.Options.ToKafka(), TimeProvider.System, NullLoggerFactory.Instance);
        using IAdmin admin = clients.CreateAdmin();
        try
        {
            if (admin.PartitionCount(setup.Options.Source.Topic, s_answerTimeout) is null)
            {
                mistakes.Add(new ConfigurationMistake("Source:Topic", setup.Options.Source.Topic, "there is no such topic on the broker"));
            }

            foreach (string warning in RequiredTopics.Warnings(setup.Views.Select(static view => view.Topic), admin, s_answerTimeout))
            {
                output.WriteLine($"warning: {warning}");
            }
        }
        catch (Exception e) when (Failure.IsExpected(e))
        {
            mistakes.Add(new ConfigurationMistake("Kafka:BootstrapServers", setup.Options.Kafka.BootstrapServers, Failure.OneLine(e)));
        }
    }
}
