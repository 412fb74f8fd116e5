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
        Print("decode, user events of 56 bytes", AvroUserEvents.Count, [
            ("hand-written", () => decode.HandWritten()),
            ("projected", () => decode.Projected()),
            ("projected, 2 fields", () => decode.ProjectedTwoFields()),
            ("projected, evolved", () => decode.ProjectedEvolved()),
            ("to an object", () => decode.Mapped()),
            ("generic", () => decode.Generic()),
            ("Apache generic", () => decode.ApacheGeneric()),
            ("Apache specific", () => decode.ApacheSpecific()),
        ]);
        var encode = new AvroEncodeBenchmarks();
        encode.Setup();
        Print("encode, user events of 56 bytes", AvroUserEvents.Count, [
            ("hand-written", () => encode.HandWritten()),
            ("row", () => encode.Row()),
            ("from an object", () => encode.Mapped()),
            ("Apache specific", () => encode.ApacheSpecific()),
        ]);
        var serde = new AvroSerdeBenchmarks();
        serde.Setup();
        Print("serde, framed user events", AvroUserEvents.Count, [
            ("deserialize to a class", () => serde.DeserializeClass()),
            ("deserialize to a class of avrogen", () => serde.DeserializeAvrogen()),
            ("deserialize to a generic record", () => serde.DeserializeGeneric()),
            ("Apache specific, framed", () => serde.ApacheDeserialize()),
            ("serialize a class", () => serde.SerializeClass()),
            ("serialize a class of avrogen", () => serde.SerializeAvrogen()),
            ("Apache specific, framed, writing", () => serde.ApacheSerialize()),
        ]);
        var wide = new AvroWideBenchmarks();
        wide.Setup();
        Print("record of 40 fields", 100, [
            ("6 fields projected", () => Repeat(() => wide.Projected())),
            ("to an object", () => Repeat(() => wide.Mapped())),
            ("generic", () => Repeat(() => wide.Generic())),
            ("Apache specific", () => Repeat(() => wide.ApacheSpecific())),
            ("Apache generic", () => Repeat(() => wide.ApacheGeneric())),
            ("encode from an object", () => Repeat(() => wide.MappedEncode())),
            ("Apache specific encode", () => Repeat(() => wide.ApacheSpecificEncode())),
        ]);
        return 0;
    }

    private static void Repeat(Action one)
    {
        for (int i = 0; i < 100; i++)
        {
            one();
        }
    }

    private static void Print(string title, int perBatch, (string Name, Action Batch)[] paths)
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
                nanoseconds[i][round] = Stopwatch.GetElapsedTime(started).TotalNanoseconds / perBatch;
                bytes[i] = GC.GetAllocatedBytesForCurrentThread() - allocated;
            }
        }

        Console.WriteLine($"| {title}, {perBatch} a batch | best ns/record | median ns/record | bytes/record |");
        Console.WriteLine("|---|---|---|---|");
        for (int i = 0; i < paths.Length; i++)
        {
            Array.Sort(nanoseconds[i]);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {paths[i].Name} | {nanoseconds[i][0]:f1} | {nanoseconds[i][Rounds / 2]:f1} | {bytes[i] / (double)perBatch:f0} |"));
        }
    }
}
