using System.Diagnostics;

namespace FeaturePipeline.Benchmarks.Commands;

/// <summary>Waits until a group has come so far: for scripts that kill a worker in the middle or wait for the end.</summary>
internal static class AwaitGroupCommand
{
    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(20);

    public static int Run(CommandOptions options)
    {
        using var watch = new GroupWatch(options.Text("bootstrap"), options.Text("group"), options.Text("topic", "user-events"));
        string until = options.Text("until");
        long wanted = options.Number("count", 0);
        var timeout = TimeSpan.FromSeconds(options.Number("timeout-s", 600));
        options.End();
        Func<bool> isReached = until switch
        {
            "end" => () => watch.IsAtEnd(watch.Committed(), watch.End()),
            "committed" => () => watch.Committed() >= wanted,
            "members" => () => watch.Members() == wanted,
            _ => throw new ArgumentException($"Option --until: '{until}'; there are end, committed and members."),
        };
        var clock = Stopwatch.StartNew();
        while (!isReached())
        {
            if (clock.Elapsed > timeout)
            {
                Console.Error.WriteLine($"After {timeout.TotalSeconds} s the group has committed {watch.Committed()} of {watch.End()}, with {watch.Members()} members.");
                return 1;
            }

            Thread.Sleep(_interval);
        }

        Console.WriteLine($"committed {watch.Committed()} of {watch.End()}, {watch.Members()} members");
        return 0;
    }
}
