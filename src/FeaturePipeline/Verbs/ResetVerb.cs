using System.CommandLine;
using FeaturePipeline.Configuration;
using FeaturePipeline.Kafka;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Resets;
using Microsoft.Extensions.Logging.Abstractions;

namespace FeaturePipeline.Verbs;

/// <summary>Puts offsets and state of an application that does not run back to where it may start again.</summary>
internal static class ResetVerb
{
    private static readonly TimeSpan s_answerTimeout = TimeSpan.FromSeconds(30);

    public static Command Create(CommonOptions common)
    {
        var dryRun = new Option<bool>("--dry-run") { Description = "Only prints what it would do, and what the next start would read and emit again." };
        var view = new Option<string[]>("--view")
        {
            Description = "Only this view begins anew, at the group's offsets; repeatable. Also one that is not configured any more.",
            HelpName = "NAME",
        };
        var offsetsToState = new Option<bool>("--offsets-to-state") { Description = "Only sets the group's offsets to where the state is." };
        var command = new Command(
            "reset", "Deletes the application's offsets and state on the broker, so that everything is computed anew; refuses while a worker runs.")
        {
            dryRun, view, offsetsToState,
        };
        command.SetAction(result =>
        {
            string[] views = result.GetValue(view) ?? [];
            bool isToState = result.GetValue(offsetsToState);
            if (isToState && views.Length > 0)
            {
                throw new UsageException("--view and --offsets-to-state exclude each other: a view begins anew at the group's offsets.");
            }

            Run(PipelineSetup.Load(common.Sources(result)), views, isToState, result.GetValue(dryRun), result.InvocationConfiguration.Output);
            return ExitCode.Success;
        });
        return command;
    }

    private static void Run(PipelineSetup setup, string[] views, bool isToState, bool dryRun, TextWriter output)
    {
        var clients = new KafkaClients(setup.Options.ToKafka(), TimeProvider.System, NullLoggerFactory.Instance);
        using IAdmin admin = clients.CreateAdmin();
        var reset = new ApplicationReset(
            setup.Options.ToStreams(), setup.Options.Source.Topic, setup.Views.ToDictionary(static v => v.Name, static v => v.Topic), clients, admin,
            TimeProvider.System, s_answerTimeout);
        ResetPlan plan = isToState ? reset.OfOffsetsToState() : views.Length > 0 ? reset.OfViews(views) : reset.OfEverything();
        foreach (ResetStep step in plan.Steps)
        {
            if (!dryRun)
            {
                step.Apply();
            }

            output.WriteLine((dryRun ? "would " : "done: ") + step.What);
        }

        if (plan.Steps.Count == 0)
        {
            output.WriteLine("nothing to do");
        }

        output.WriteLine(plan.Consequence);
    }
}
