using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace FeaturePipeline.Tests.Program.Processes;

public class DemoProcessTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task The_demo_prints_features_as_json_lines_and_ends_by_itself_with_0()
    {
        using ProgramProcess demo = ProgramProcess.Start("demo", "--duration", "8s", "--set", "Management:Port=0");

        int code = await demo.ExitCodeAsync(s_patience);

        Assert.True(code == 0, demo.Error);
        Assert.NotEmpty(demo.Output);
        Assert.All(demo.Output, line =>
        {
            JsonElement value = JsonDocument.Parse(line).RootElement.GetProperty("value");
            Assert.StartsWith("user-", value.GetProperty("user_id").GetString(), StringComparison.Ordinal);
            Assert.True(value.GetProperty("event_count").GetInt64() > 0);
        });
        Assert.Contains("session features in", demo.Error, StringComparison.Ordinal);
    }

    // glibc overwrites what is freed: a client that is used after its end, as little as that is seen otherwise, hangs or crashes.
    [Fact]
    public async Task Nothing_is_used_after_it_was_freed()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "MALLOC_PERTURB_ is an option of Linux's glibc.");
        using ProgramProcess demo = ProgramProcess.StartWith(
            [new("MALLOC_PERTURB_", "90")], "demo", "--duration", "3s", "--set", "Management:Port=0");

        int code = await demo.ExitCodeAsync(s_patience / 2); // one that hangs is given up after a minute, and ends

        Assert.True(code == 0, demo.Error);
        Assert.NotEmpty(demo.Output);
    }

    [Fact]
    public async Task A_port_in_use_does_not_keep_the_demo_from_running()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        using ProgramProcess demo = ProgramProcess.Start("demo", "--duration", "1s", "--set", $"Management:Port={((IPEndPoint)taken.LocalEndpoint).Port}");

        Assert.Equal(0, await demo.ExitCodeAsync(s_patience));
        Assert.Contains("is in use", demo.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", demo.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_that_goes_away_ends_the_demo_quietly()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no sh.");
        string program = Path.Combine(AppContext.BaseDirectory, "feature-pipeline.dll");
        var start = new ProcessStartInfo("sh", ["-c", $"(dotnet exec '{program}' demo --set Management:Port=0; echo code $? >&2) | head -1"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process pipeline = Process.Start(start)!;
        Task<string> output = pipeline.StandardOutput.ReadToEndAsync();
        string error = await pipeline.StandardError.ReadToEndAsync().WaitAsync(s_patience);

        Assert.Single((await output).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("code 0", error, StringComparison.Ordinal);
        Assert.DoesNotContain("error", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_signal_ends_the_demo_with_0(string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signals.");
        using ProgramProcess demo = ProgramProcess.Start("demo", "--set", "Management:Port=0");
        await demo.WaitForAsync(p => p.Output.Length > 0, s_patience);

        demo.Signal(signal);

        Assert.Equal(0, await demo.ExitCodeAsync(s_patience));
        // Users come and go all the time: some are always there.
        Assert.Contains("sessions were still open", demo.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("; 0 sessions were still open", demo.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signal_while_the_demo_starts_ends_it_with_0_and_nothing_stays_behind()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signals.");
        DirectoryInfo temp = Directory.CreateTempSubdirectory("demo-start-");
        try
        {
            using ProgramProcess demo = ProgramProcess.StartWith([KeyValuePair.Create("TMPDIR", temp.FullName)], "demo", "--set", "Management:Port=0");
            await demo.WaitForAsync(_ => temp.EnumerateDirectories("feature-pipeline-demo-*").Any(), s_patience);

            demo.Signal("INT");

            Assert.True(await demo.ExitCodeAsync(s_patience) == 0, demo.Error);
            Assert.Empty(temp.EnumerateDirectories("feature-pipeline-demo-*"));
        }
        finally
        {
            temp.Delete(recursive: true);
        }
    }
}
