using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace FeaturePipeline.IntegrationTests.Sessions;

/// <summary>The program as a process of its own, so that it can really be killed.</summary>
public sealed class ProgramProcess : IDisposable
{
    private const int LinesMax = 200;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(90);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();

    private ProgramProcess(Process process) => _process = process;

    /// <summary>What it said last, for messages of failed tests.</summary>
    public string Log => string.Join('\n', _lines);

    public bool HasExited => _process.HasExited;

    public static ProgramProcess Start(IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "feature-pipeline.dll"));
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["MALLOC_PERTURB_"] = "90"; // glibc overwrites what is freed: whoever uses it all the same is found out
        var program = new ProgramProcess(new Process { StartInfo = start });
        program._process.OutputDataReceived += (_, line) => program.Keep(line.Data);
        program._process.ErrorDataReceived += (_, line) => program.Keep(line.Data);
        _ = program._process.Start();
        program._process.BeginOutputReadLine();
        program._process.BeginErrorReadLine();
        return program;
    }

    /// <summary>SIGKILL: no chance to commit or to leave.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>SIGTERM, as Kubernetes does; the exit code.</summary>
    public int Terminate()
    {
        using var kill = Process.Start(new ProcessStartInfo("/bin/kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]) { UseShellExecute = false })!;
        kill.WaitForExit();
        return WaitForExit();
    }

    public int WaitForExit()
    {
        Assert.True(_process.WaitForExit(_patience), $"The program did not end within {_patience.TotalSeconds} s.\n{Log}");
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }

        _lines.Enqueue(line);
        while (_lines.Count > LinesMax && _lines.TryDequeue(out _))
        {
        }
    }
}
