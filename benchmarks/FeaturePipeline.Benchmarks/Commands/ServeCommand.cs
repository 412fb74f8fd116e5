using FeaturePipeline.Configuration;
using FeaturePipeline.Verbs;

namespace FeaturePipeline.Benchmarks.Commands;

/// <summary>The product's worker in this process, on its own serde or on Confluent's default one.</summary>
internal static class ServeCommand
{
    internal const string Ours = "ours";
    private const string Default = "default";

    internal static Task<int> RunAsync(string[] args)
    {
        if (args is not [Ours or Default, ..])
        {
            throw new ArgumentException($"Expected the serde: '{Ours}' or '{Default}'.");
        }

        List<string> files = [], settings = [];
        for (int i = 1; i < args.Length; i += 2)
        {
            List<string> target = (args[i], i + 1 < args.Length) switch
            {
                ("--config", true) => files,
                ("--set", true) => settings,
                _ => throw new ArgumentException($"Expected '--config FILE' or '--set KEY=VALUE' at '{args[i]}'."),
            };
            target.Add(args[i + 1]);
        }

        EventDecoderFactory? decoder = args[0] == Default ? (plan, registry) => new DefaultSerdeDecoder(plan, registry) : null;
        return RunVerb.RunAsync(new ConfigurationSources(null, files, settings), CancellationToken.None, decoder);
    }
}
