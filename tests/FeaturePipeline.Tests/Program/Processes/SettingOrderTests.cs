using System.Text.Json;

namespace FeaturePipeline.Tests.Program.Processes;

public sealed class SettingOrderTests : IDisposable
{
    private readonly DirectoryInfo _secrets = Directory.CreateTempSubdirectory("secrets-");

    public void Dispose() => _secrets.Delete(recursive: true);

    [Fact]
    public async Task Environment_then_secrets_then_the_command_line()
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["Kafka__ApplicationId"] = "by-environment", ["FEATURE_PIPELINE_SECRETS"] = _secrets.FullName };
        string byEnvironment = await ApplicationIdAsync(environment);
        await File.WriteAllTextAsync(Path.Combine(_secrets.FullName, "Kafka__ApplicationId"), "by-secret\n");
        string bySecret = await ApplicationIdAsync(environment);
        string bySet = await ApplicationIdAsync(environment, "--set", "Kafka:ApplicationId=by-set");

        Assert.Equal(["by-environment", "by-secret", "by-set"], [byEnvironment, bySecret, bySet]);
    }

    private static async Task<string> ApplicationIdAsync(Dictionary<string, string> environment, params string[] args)
    {
        using ProgramProcess program = ProgramProcess.StartWith(environment, ["describe", "--format", "json", .. args]);
        int code = await program.ExitCodeAsync(TimeSpan.FromSeconds(60));
        Assert.True(code == 0, program.Error);
        using var document = JsonDocument.Parse(string.Join('\n', program.Output));
        return document.RootElement.GetProperty("applicationId").GetString()!;
    }
}
