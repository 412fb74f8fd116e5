using System.CommandLine;
using FeaturePipeline.Avro;
using FeaturePipeline.Configuration;
using FeaturePipeline.Describing;
using FeaturePipeline.Features.Definitions;

namespace FeaturePipeline.Verbs;

/// <summary>Shows what the configuration makes: nodes, topics, stores, schemas.</summary>
internal static class DescribeVerb
{
    public static Command Create(CommonOptions common)
    {
        var format = new Option<string>("--format") { Description = "text, mermaid or json.", HelpName = "FORMAT", DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong("text", "mermaid", "json");
        var schema = new Option<string?>("--schema") { Description = "Prints only the Avro schema of this view's records.", HelpName = "VIEW" };
        var command = new Command("describe", "Shows the topology, its topics and stores, and the generated schemas; no connection is made.") { format, schema };
        command.SetAction(result =>
        {
            PipelineSetup setup = PipelineSetup.Load(common.Sources(result));
            TextWriter output = result.InvocationConfiguration.Output;
            if (result.GetValue(schema) is { } name)
            {
                output.WriteLine(SchemaText.Indent(Find(setup, name).RecordSchema.ToString()));
                return ExitCode.Success;
            }

            var description = PipelineDescription.Of(setup);
            output.WriteLine(result.GetRequiredValue(format) switch
            {
                "mermaid" => description.ToMermaid(),
                "json" => description.ToJson(),
                _ => description.ToText(),
            });
            return ExitCode.Success;
        });
        return command;
    }

    private static FeatureView Find(PipelineSetup setup, string name) =>
        setup.Views.FirstOrDefault(view => view.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new UsageException($"--schema '{name}': there is no such view; {NearestName.Suggest(name, [.. setup.Views.Select(view => view.Name)])}");
}
