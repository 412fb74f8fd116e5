using System.Diagnostics;
using System.Text;

namespace FeaturePipeline.Tests.Program.Processes;

/// <summary>The real program as a process of its own.</summary>
internal sealed class ProgramProcess : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _error = new();
    private readonly List<string> _output = [];
    private readonly Lock _gate = new();

    private ProgramProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public string Error
    {
        get
        {
            lock (_gate)
            {
                return _error.ToString();
            }
        }
    }

    public string[] Output
    {
        get
        {
            lock (_gate)
            {
                return [.. _output];
            }
        }
    }

    public static ProgramProcess Start(params string[] args) => StartWith([], args);

    public static ProgramProcess StartWith(IEnumerable<KeyValuePair<string, string>> environment, params string[] args)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "feature-pipeline.dll");
        var start = new ProcessStartInfo("dotnet", ["exec", program, .. args])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // No appsettings.json here: the one beside the program counts.
            WorkingDirectory = Path.GetTempPath(),
        };
        start.Environment["DOTNET_ENVIRONMENT"] = "Production";
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        var wrapper = new ProgramProcess(new Process { StartInfo = start });
        wrapper._process.OutputDataReceived += (_, e) => wrapper.Add(() => wrapper._output.Add(e.Data!), e.Data);
        wrapper._process.ErrorDataReceived += (_, e) => wrapper.Add(() => wrapper._error.AppendLine(e.Data), e.Data);
        wrapper._process.Start();
        wrapper._process.BeginOutputReadLine();
        wrapper._process.BeginErrorReadLine();
        return wrapper;
    }

    public async Task<int> ExitCodeAsync(TimeSpan timeout)
    {
        using var limit = new CancellationTokenSource(timeout);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"The program has not ended after {timeout.TotalSeconds} s. Standard error:\n{Error}");
        }

        return _process.ExitCode;
    }

    public async Task WaitForAsync(Func<ProgramProcess, bool> condition, TimeSpan timeout)
    {
        var watch = Stopwatch.StartNew();
        while (!condition(this))
        {
            Assert.False(_process.HasExited, $"The program has ended. Standard error:\n{Error}");
            Assert.True(watch.Elapsed < timeout, $"It did not happen within {timeout.TotalSeconds} s. Standard error:\n{Error}");
            await Task.Delay(50);
        }
    }

    public void Signal(string name)
    {
        using Process kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private void Add(Action add, string? data)
    {
        if (data is not null)
        {
            lock (_gate)
            {
                add();
            }
        }
    }
}
