using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Configuration;
using FeaturePipeline.Generator;
using FeaturePipeline.Kafka;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;
using Spectre.Console;

namespace FeaturePipeline.Verbs;

/// <summary>The load generator: realistic user events, the same for the same seed.</summary>
internal static class ProduceVerb
{
    private sealed record Arguments(long? Events, double? Rate, TrafficOptions Traffic, int Partitions, string? From);

    public static Command Create(CommonOptions common)
    {
        var events = new Option<long?>("--events") { Description = "How many events. Default: 100000, or without end when --rate is given.", HelpName = "N" };
        var rate = new Option<double?>("--rate") { Description = "Events a second; event time is then the wall clock's. Default: as fast as possible.", HelpName = "N" };
        var users = new Option<int>("--users") { Description = "How many users.", HelpName = "N", DefaultValueFactory = _ => 10_000 };
        var seed = new Option<ulong>("--seed") { Description = "The same seed, options and start give the same events, byte for byte.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var late = new Option<double>("--late") { Description = "Fraction of events that arrive late, 0 to 1; 3 in 10 of them by more than 30 min.", HelpName = "FRACTION" };
        var start = new Option<string?>("--start")
        {
            Description = "Event time of the beginning: ISO 8601 or ms since the epoch. Default: now with --rate, else so that the last event is just before today's midnight (UTC).",
            HelpName = "TIME",
        };
        var partitions = new Option<int>("--partitions") { Description = "Partitions of the topic if it has to be created.", HelpName = "N", DefaultValueFactory = _ => 4 };
        var from = new Option<string?>("--from") { Description = "Sends the records of an Avro object container file instead, under its own schema, keyed by Source:KeyedBy.", HelpName = "FILE.avro" };
        var command = new Command("produce", "Writes realistic user events to the source topic.") { events, rate, users, seed, late, start, partitions, from };
        command.SetAction(async (result, cancel) =>
        {
            var traffic = new TrafficOptions
            {
                Users = result.GetValue(users),
                Seed = result.GetValue(seed),
                LateFraction = result.GetValue(late),
            };
            var arguments = new Arguments(result.GetValue(events), result.GetValue(rate), traffic, result.GetValue(partitions), result.GetValue(from));
            Check(arguments);
            arguments = arguments with { Events = arguments.Events ?? (arguments.Rate is null && arguments.From is null ? 100_000 : null) };
            arguments = arguments with { Traffic = Timed(arguments, result.GetValue(start), TimeProvider.System) };
            return await RunAsync(PipelineSetup.Load(common.Sources(result)), arguments, result.InvocationConfiguration.Error, cancel);
        });
        return command;
    }

    private static void Check(Arguments arguments)
    {
        string? problem = arguments switch
        {
            { Events: < 0 } => "--events must not be negative.",
            { Rate: <= 0 or > 10_000_000 or double.NaN } => "--rate must be above 0 and at most 10000000.",
            { Traffic.Users: < 1 or > 10_000_000 } => "--users must be 1 to 10000000.",
            { Traffic.LateFraction: < 0 or > 1 or double.NaN } => "--late must be a fraction from 0 to 1.",
            { Partitions: < 1 or > 10_000 } => "--partitions must be 1 to 10000.",
            { From: { } file } when !File.Exists(file) => $"--from '{file}': there is no such file.",
            _ => null,
        };
        if (problem is not null)
        {
            throw new UsageException(problem);
        }
    }

    /// <summary>Live traffic starts now and keeps the wall clock's pace; a log made in one go ends before now, and at the same time all day.</summary>
    private static TrafficOptions Timed(Arguments arguments, string? start, TimeProvider time)
    {
        TrafficOptions traffic = arguments.Rate is { } rate ? arguments.Traffic.WithRate(rate) : arguments.Traffic;
        if (start is not null)
        {
            return traffic with { StartMs = ParseTime(start) };
        }

        DateTimeOffset now = time.GetUtcNow();
        if (arguments.Rate is not null)
        {
            return traffic with { StartMs = now.ToUnixTimeMilliseconds() };
        }

        // An hour in hand, because a log is never exactly as long as its mean says.
        double lengthMs = ((arguments.Events ?? 0) / traffic.EventsPerSecond * 1000 * 1.05) + 3_600_000;
        long midnightMs = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero).ToUnixTimeMilliseconds();
        return traffic with { StartMs = Math.Max(0, midnightMs - (long)lengthMs) };
    }

    private static long ParseTime(string text)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long ms))
        {
            return ms;
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? time.ToUnixTimeMilliseconds()
            : throw new UsageException($"--start '{text}' is neither ISO 8601, such as 2026-01-31T08:00:00Z, nor ms since the epoch.");
    }

    private static async Task<EventSupply> SupplyAsync(ISchemaRegistryClient registry, PipelineOptions options, Arguments arguments, CancellationToken cancel)
    {
        string topic = options.Source.Topic;
        if (arguments.From is null)
        {
            return new GeneratedEvents(arguments.Traffic, await TrafficSource.RegisterAsync(registry, topic, cancel));
        }

        FileEvents file = FileEvents.Open(arguments.From, options.Source.KeyedBy, options.Source.TimestampField);
        file.SchemaId = await TrafficSource.RegisterAsync(registry, topic, file.Schema.ToString(), cancel);
        return file;
    }

    private static async Task<int> RunAsync(PipelineSetup setup, Arguments arguments, TextWriter error, CancellationToken cancel)
    {
        using var stop = new StopSignal(cancel);
        PipelineOptions options = setup.Options;
        string topic = options.Source.Topic;
        using ISchemaRegistryClient registry = SchemaRegistries.Create(options.ToRegistry());
        EventSupply supply = await SupplyAsync(registry, options, arguments, stop.Token);
        var clients = new KafkaClients(options.ToKafka(), TimeProvider.System, NullLoggerFactory.Instance);
        TrafficSource.CreateTopic(clients, topic, arguments.Partitions, (short)options.Streams.ReplicationFactor);
        using var source = new TrafficSource(clients, topic, supply);
        long startedAt = Stopwatch.GetTimestamp();
        if (Terminal.IsErrorTerminal)
        {
            Terminal.CreateConsole(error, isTerminal: true).Progress()
                .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
                .Start(context =>
                {
                    ProgressTask task = context.AddTask($"events to {topic}", maxValue: arguments.Events ?? double.MaxValue);
                    task.IsIndeterminate = arguments.Events is null;
                    source.Run(arguments.Events, arguments.Rate, sent => task.Value = sent, stop.Token);
                });
        }
        else
        {
            source.Run(arguments.Events, arguments.Rate, static _ => { }, stop.Token);
        }

        double seconds = Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
        await error.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"produced {source.Sent} events to {topic} in {seconds:0.00} s ({source.Sent / Math.Max(seconds, 1e-6):0} events/s), event time {source.FirstTime:O} to {source.LastTime:O}"));
        if (source.Sent < arguments.Events && stop.Token.IsCancellationRequested)
        {
            await error.WriteLineAsync($"error: stopped by a signal after {source.Sent} of {arguments.Events} events.");
            return ExitCode.Failure;
        }

        return ExitCode.Success;
    }
}
