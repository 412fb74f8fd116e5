using FeaturePipeline.Telemetry;
using FeaturePipeline.Verbs;

return await CommandLine.RunAsync(args, StandardOutput.Open(), Console.Error);
