using System.Diagnostics;
using System.Globalization;

namespace FeaturePipeline.Benchmarks.Commands;

/// <summary>
/// The Avro benchmarks in turns of short batches: the best and the median batch of each, in one run. Unlike means they stay meaningful on a machine
/// that does other work.
/// </summary>
internal static class AvroCommand
{
    private const int Rounds = 3000;

    internal static int Run()
    {
        var decode = new AvroDecodeBenchmarks();
        decode.Setup();
        Print("decode", [
            ("hand-written", () => decode.HandWritten()),
            ("projected", () => decode.Projected()),
            ("projected, 2 fields", () => decode.ProjectedTwoFields()),
            ("projected, evolved", () => decode.ProjectedEvolved()),
            ("generic", () => decode.Generic()),
            ("Apache generic", () => decode.ApacheGeneric()),
            ("Apache specific", () => decode.ApacheSpecific()),
        ]);
        var encode = new AvroEncodeBenchmarks();
        encode.Setup();
        Print("encode", [
            ("hand-written", () => encode.HandWritten()),
            ("row", () => encode.Row()),
            ("Apache specific", () => encode.ApacheSpecific()),
        ]);
        var serde = new AvroSerdeBenchmarks();
        serde.Setup();
        Print("serde, framed", [
            ("deserialize to a class", () => serde.DeserializeClass()),
            ("deserialize to a class of avrogen", () => serde.DeserializeAvrogen()),
            ("deserialize to a generic record", () => serde.DeserializeGeneric()),
            ("Apache specific, framed", () => serde.ApacheDeserialize()),
            ("serialize a class", () => serde.SerializeClass()),
            ("serialize a class of avrogen", () => serde.SerializeAvrogen()),
            ("Apache specific, framed, writing", () => serde.ApacheSerialize()),
        ]);
        return 0;
    }

    private static void Print(string title, (string Name, Action Batch)[] paths)
    {
        var nanoseconds = new double[paths.Length][];
        var bytes = new long[paths.Length];
        for (int i = 0; i < paths.Length; i++)
        {
            nanoseconds[i] = new double[Rounds];
        }

        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < paths.Length; i++)
            {
                long allocated = GC.GetAllocatedBytesForCurrentThread();
                long started = Stopwatch.GetTimestamp();
                paths[i].Batch();
                nanoseconds[i][round] = Stopwatch.GetElapsedTime(started).TotalNanoseconds / AvroUserEvents.Count;
                bytes[i] = GC.GetAllocatedBytesForCurrentThread() - allocated;
            }
        }

        Console.WriteLine($"| {title}, {AvroUserEvents.Count} user events of 56 bytes a batch | best ns/record | median ns/record | bytes/record |");
        Console.WriteLine("|---|---|---|---|");
        for (int i = 0; i < paths.Length; i++)
        {
            Array.Sort(nanoseconds[i]);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {paths[i].Name} | {nanoseconds[i][0]:f1} | {nanoseconds[i][Rounds / 2]:f1} | {bytes[i] / (double)AvroUserEvents.Count:f0} |"));
        }
    }
}
