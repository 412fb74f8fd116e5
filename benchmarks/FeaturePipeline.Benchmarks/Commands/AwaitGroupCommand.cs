using FeaturePipeline.IntegrationTests.Sessions;

namespace FeaturePipeline.Benchmarks.Commands;

/// <summary>Waits until a group has come so far: for scripts that kill a worker in the middle or wait for the end.</summary>
internal static class AwaitGroupCommand
{
    public static int Run(CommandOptions options)
    {
        using var watch = new GroupWatch(options.Text("bootstrap"), options.Text("group"), options.Text("topic", "user-events"));
        string until = options.Text("until");
        long wanted = options.Number("count", 0);
        var timeout = TimeSpan.FromSeconds(options.Number("timeout-s", 600));
        options.End();
        Func<bool> isReached = until switch
        {
            "end" => watch.IsAtEnd,
            "committed" => () => watch.Committed() >= wanted,
            "members" => () => watch.Members() == wanted,
            _ => throw new ArgumentException($"Option --until: '{until}'; there are end, committed and members."),
        };
        if (!GroupWatch.Await(isReached, timeout))
        {
            Console.Error.WriteLine($"After {timeout.TotalSeconds} s the group has committed {watch.Committed()} of {watch.End()}, with {watch.Members()} members.");
            return 1;
        }

        Console.WriteLine($"committed {watch.Committed()} of {watch.End()}, {watch.Members()} members");
        return 0;
    }
}
