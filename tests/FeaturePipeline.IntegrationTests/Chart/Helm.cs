using System.Diagnostics;

namespace FeaturePipeline.IntegrationTests.Chart;

/// <summary>Renders the chart with the real helm: the one that HELM names, else the one on the PATH.</summary>
internal static class Helm
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    public static string ChartFolder { get; } = Path.Combine(FindRoot(), "helm", "feature-pipeline");

    /// <summary>Runs <c>helm template</c>; skips the test where there is no helm.</summary>
    public static (int ExitCode, string Output, string Error) Template(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("HELM") is { Length: > 0 } path ? path : "helm")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in (string[])["template", "release", ChartFolder, "--namespace", "features", .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            using var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            Assert.True(process.WaitForExit(_patience), "helm did not end");
            return (process.ExitCode, output, error.GetAwaiter().GetResult());
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("There is no helm: put it on the PATH or name it in HELM.");
            throw;
        }
    }

    /// <summary>Renders, and expects it to work.</summary>
    public static string Render(params string[] arguments)
    {
        var (code, output, error) = Template(arguments);
        Assert.True(code == 0, error);
        return output;
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "FeaturePipeline.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No folder above '{AppContext.BaseDirectory}' holds FeaturePipeline.sln.");
    }
}
