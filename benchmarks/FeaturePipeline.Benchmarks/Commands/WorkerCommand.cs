using System.Diagnostics;
using System.Globalization;
using FeaturePipeline.IntegrationTests.Sessions;

namespace FeaturePipeline.Benchmarks.Commands;

/// <summary>
/// Runs the whole worker as a process of its own until its group's lag is 0, and tells what it cost: with the product's serde, or with Confluent's default
/// one in its place and all else the same.
/// </summary>
/// <remarks>
/// Time and CPU count between the first commit seen and the last; what was committed before the first sight is not counted.
/// 'steady' starts at a quarter of the input: the JIT compiler and the filling of state are then over. CPU is the worker's whole process.
/// </remarks>
internal static class WorkerCommand
{
    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(1);

    private readonly record struct Sight(long Committed, TimeSpan Time, TimeSpan Cpu);

    public static int Run(string[] args)
    {
        int separator = Array.IndexOf(args, "--");
        if (separator < 0 || separator == args.Length - 1)
        {
            throw new ArgumentException("Expected options, '--' and the worker's own options.");
        }

        var options = new CommandOptions(args[..separator]);
        using var watch = new GroupWatch(options.Text("bootstrap"), options.Text("group"), options.Text("topic", "user-events"));
        string label = options.Text("label", "worker"), log = options.Text("log", "/dev/null");
        var timeout = TimeSpan.FromSeconds(options.Number("timeout-s", 1200));
        string serde = options.Text("serde", ServeCommand.Ours);
        options.End();
        long end = watch.End();
        using var worker = Start([Environment.ProcessPath!, "serve", serde, .. args[(separator + 1)..]], log);
        try
        {
            Console.WriteLine(Measure(worker, watch, end, timeout, label));
        }
        finally
        {
            Stop(worker);
        }

        return worker.ExitCode;
    }

    private static string Measure(Process worker, GroupWatch watch, long end, TimeSpan timeout, string label)
    {
        var clock = Stopwatch.StartNew();
        Sight? first = null, steady = null;
        while (true)
        {
            if (worker.HasExited || clock.Elapsed > timeout)
            {
                throw new InvalidOperationException(worker.HasExited ? $"The worker ended by itself with exit code {worker.ExitCode}." : "The worker did not reach the end in time.");
            }

            var sight = See(worker, watch, clock);
            first ??= sight.Committed > 0 ? sight : null;
            steady ??= sight.Committed >= end / 4 ? sight : null;
            if (sight.Committed >= end)
            {
                return Line(label, first!.Value, steady!.Value, sight, PeakMegabytes(worker.Id));
            }

            Thread.Sleep(_interval);
        }
    }

    private static Sight See(Process worker, GroupWatch watch, Stopwatch clock)
    {
        long committed = watch.Committed();
        worker.Refresh();
        return new Sight(committed, clock.Elapsed, worker.TotalProcessorTime);
    }

    private static string Line(string label, Sight first, Sight steady, Sight last, long peakMegabytes)
    {
        static string Rate(Sight from, Sight to, Func<Sight, TimeSpan> of) =>
            ((to.Committed - from.Committed) / (of(to) - of(from)).TotalSeconds).ToString("F0", CultureInfo.InvariantCulture);
        double nanoseconds = (last.Cpu - steady.Cpu).TotalNanoseconds / (last.Committed - steady.Committed);
        return string.Create(CultureInfo.InvariantCulture,
            $$"""{"label":"{{label}}","events":{{last.Committed}},"events_per_s":{{Rate(first, last, s => s.Time)}},"steady_events_per_s":{{Rate(steady, last, s => s.Time)}},"events_per_cpu_s":{{Rate(first, last, s => s.Cpu)}},"steady_events_per_cpu_s":{{Rate(steady, last, s => s.Cpu)}},"steady_cpu_ns_per_event":{{nanoseconds:F0}},"start_to_end_s":{{last.Time.TotalSeconds:F2}},"cpu_total_s":{{last.Cpu.TotalSeconds:F2}},"peak_rss_mb":{{peakMegabytes}}}""");
    }

    private static Process Start(string[] command, string log)
    {
        // Through a shell, only to send what the worker says to a file.
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false };
        foreach (string argument in (string[])["-c", "exec \"$@\" >\"$0\" 2>&1", log, .. command])
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start) ?? throw new InvalidOperationException("The worker could not be started.");
    }

    private static void Stop(Process worker)
    {
        if (!worker.HasExited)
        {
            using var kill = Process.Start(new ProcessStartInfo("/bin/kill", ["-TERM", worker.Id.ToString(CultureInfo.InvariantCulture)]) { UseShellExecute = false });
            kill?.WaitForExit();
        }

        if (!worker.WaitForExit(_patience))
        {
            worker.Kill();
            worker.WaitForExit();
        }
    }

    private static long PeakMegabytes(int process)
    {
        string? line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }
}
