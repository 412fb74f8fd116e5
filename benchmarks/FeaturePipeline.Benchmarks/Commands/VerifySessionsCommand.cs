using FeaturePipeline.IntegrationTests.Sessions;

namespace FeaturePipeline.Benchmarks.Commands;

/// <summary>Compares a session view's topic with the batch computation of the integration tests.</summary>
internal static class VerifySessionsCommand
{
    public static int Run(CommandOptions options)
    {
        string job = options.Text("job", "user_sessions");
        var request = new VerificationRequest(
            options.Text("bootstrap"),
            options.Text("registry"),
            options.Text("source", "user-events"),
            options.Text("features", "user-session-features"),
            options.Number("gap-ms", 1_800_000),
            options.Number("grace-ms", 300_000),
            job switch
            {
                "user_sessions" => SessionFeatures.UserSessions,
                "J1" => SessionFeatures.J1,
                _ => throw new ArgumentException($"Option --job: '{job}'; there are user_sessions and J1."),
            });
        options.End();
        var result = SessionVerification.Run(request);
        Console.WriteLine(result);
        foreach (string sample in result.Samples)
        {
            Console.WriteLine($"  {sample}");
        }

        return result.IsExact ? 0 : 1;
    }
}
