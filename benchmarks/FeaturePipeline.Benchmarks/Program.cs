using BenchmarkDotNet.Running;
using FeaturePipeline.Benchmarks.Commands;

// Micro benchmarks (BenchmarkDotNet), and the commands that the scripts of this folder use on a real broker.
const string Usage = """
    micro [BenchmarkDotNet options]   decode, encode and the like; in this process, all unless --filter is given
    avro [--seconds N]                the Avro ones side by side in turns, beside hand-written floors and Apache.Avro, and the targets;
                                      exit 1 where an allocation target is not met
    floor --bootstrap HOST:PORT [--topic TOPIC] [--client native|confluent] [--label TEXT]
                                      reads a topic to its end and only counts: CPU ns per event, events per second, the allocator
    verify-sessions --bootstrap HOST:PORT --registry URL [--source TOPIC] [--features TOPIC] [--job user_sessions|J1] [--gap-ms N] [--grace-ms N]
                                      recomputes a session view from the log and compares record by record; exit 1 on a difference
    await-group --bootstrap HOST:PORT --group ID [--topic TOPIC] --until end|committed|members [--count N] [--timeout-s N]
                                      waits until a consumer group has come so far
    worker --bootstrap HOST:PORT --group ID [--topic TOPIC] [--serde ours|default] [--label TEXT] [--log FILE] -- [--config FILE] [--set KEY=VALUE]
                                      runs the whole worker, with its own serde or with Confluent's, until its lag is 0; events per second
                                      and per CPU-second as one JSON line
    serve ours|default [--config FILE] [--set KEY=VALUE]
                                      that worker by itself, until SIGTERM
    """;

if (args is [])
{
    Console.Error.WriteLine(Usage);
    return 2;
}

try
{
    switch (args[0])
    {
        case "micro":
            string[] rest = args.Contains("--filter") ? args[1..] : [.. args[1..], "--filter", "*"];
            _ = BenchmarkSwitcher.FromAssembly(typeof(VerifySessionsCommand).Assembly).Run(["--inProcess", .. rest]);
            return 0;
        case "avro":
            return AvroCommand.Run(new CommandOptions(args[1..]));
        case "floor":
            return FloorCommand.Run(new CommandOptions(args[1..]));
        case "verify-sessions":
            return VerifySessionsCommand.Run(new CommandOptions(args[1..]));
        case "await-group":
            return AwaitGroupCommand.Run(new CommandOptions(args[1..]));
        case "worker":
            return WorkerCommand.Run(args[1..]);
        case "serve":
            return await ServeCommand.RunAsync(args[1..]);
        default:
            Console.Error.WriteLine($"Unknown command '{args[0]}'.\n{Usage}");
            return 2;
    }
}
catch (ArgumentException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
