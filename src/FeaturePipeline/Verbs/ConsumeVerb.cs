using System.CommandLine;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Configuration;
using FeaturePipeline.Consuming;
using FeaturePipeline.Kafka;
using FeaturePipeline.Streams.Clients;
using Microsoft.Extensions.Logging.Abstractions;

namespace FeaturePipeline.Verbs;

/// <summary>Prints the decoded records of a topic as JSON lines.</summary>
internal static class ConsumeVerb
{
    private const string Committed = "read_committed";
    private const string Uncommitted = "read_uncommitted";

    public static Command Create(CommonOptions common)
    {
        var topic = new Option<string?>("--topic") { Description = "Topic to read. Default: the topic of the first feature view.", HelpName = "TOPIC" };
        var max = new Option<long?>("--max") { Description = "Stops after so many records.", HelpName = "N" };
        var fromBeginning = new Option<bool>("--from-beginning") { Description = "Starts at the oldest record; without it, at the end." };
        var isolation = new Option<string>("--isolation") { Description = "read_committed or read_uncommitted.", HelpName = "LEVEL", DefaultValueFactory = _ => Committed };
        isolation.AcceptOnlyFromAmong(Committed, Uncommitted);
        var exitAtEnd = new Option<bool>("--exit-at-end") { Description = "Stops when every partition has been read to its end as of the start." };
        var timeout = new Option<string?>("--timeout") { Description = "Stops when no record has come for so long.", HelpName = "DURATION" };
        var command = new Command("consume", "Prints the decoded records of any Avro topic as JSON lines.")
        {
            topic, max, fromBeginning, isolation, exitAtEnd, timeout,
        };
        command.SetAction((result, cancel) =>
        {
            var range = new ReadRange
            {
                FromBeginning = result.GetValue(fromBeginning),
                Max = result.GetValue(max) is not { } most ? null : most >= 0 ? most : throw new UsageException("--max must not be negative."),
                ExitAtEnd = result.GetValue(exitAtEnd),
                IdleTimeout = result.GetValue(timeout) is { } text ? OptionText.Duration("--timeout", text) : null,
            };
            PipelineSetup setup = PipelineSetup.Load(common.Sources(result));
            string name = result.GetValue(topic) ?? setup.Views[0].Topic;
            bool readCommitted = result.GetRequiredValue(isolation) == Committed;
            return Task.FromResult(Run(setup, name, range, readCommitted, result.InvocationConfiguration.Output, cancel));
        });
        return command;
    }

    private static int Run(PipelineSetup setup, string topic, ReadRange range, bool readCommitted, TextWriter output, CancellationToken cancel)
    {
        using var stop = new StopSignal(cancel);
        using ISchemaRegistryClient registry = SchemaRegistries.Create(setup.Options.ToRegistry());
        var clients = new KafkaClients(setup.Options.ToKafka() with { ReadUncommitted = !readCommitted }, TimeProvider.System, NullLoggerFactory.Instance);
        using IAdmin admin = clients.CreateAdmin();
        using IStreamsConsumer consumer = clients.CreateRestoreConsumer("feature-pipeline-consume");
        new TopicReader(consumer, admin, TimeProvider.System).Read(topic, range, new RecordJson(registry), output, stop.Token);
        return ExitCode.Success;
    }
}
