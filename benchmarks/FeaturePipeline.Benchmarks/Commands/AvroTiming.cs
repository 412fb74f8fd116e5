using System.Diagnostics;

namespace FeaturePipeline.Benchmarks.Commands;

/// <summary>One codec on one record: what a batch does, and once it has been timed, nanoseconds and bytes per record.</summary>
internal sealed record AvroContender(string Record, string Path, string Codec, int PerBatch, Action Batch)
{
    internal double Best { get; set; }

    internal double Median { get; set; }

    internal double Bytes { get; set; }
}

/// <summary>
/// Times contenders in turns of short batches (10 to 300 µs), so that what else the machine does, and its clock, meets all alike. Each batch runs once
/// more before it is timed, so that the messages and the branches are those of a busy loop and not what the last contender left in the caches. The best
/// batch is one that nobody disturbed, and without a garbage collection: that favours those who allocate much.
/// </summary>
internal static class AvroTiming
{
    private const int WarmUps = 4;
    private const int WarmUpRounds = 60;
    private const int RoundsMin = 100;

    /// <summary>Times them.</summary>
    /// <param name="contenders">Who; the results go into them.</param>
    /// <param name="seconds">How long, all together.</param>
    /// <returns>Rounds.</returns>
    internal static int Run(IReadOnlyList<AvroContender> contenders, double seconds)
    {
        WarmUp(contenders);
        List<double>[] times = [.. contenders.Select(_ => new List<double>())];
        int rounds = 0;
        for (long started = Stopwatch.GetTimestamp(); rounds < RoundsMin || Stopwatch.GetElapsedTime(started).TotalSeconds < seconds; rounds++)
        {
            for (int i = 0; i < contenders.Count; i++)
            {
                contenders[i].Batch();
                long start = Stopwatch.GetTimestamp();
                contenders[i].Batch();
                times[i].Add((Stopwatch.GetTimestamp() - start) * (1e9 / Stopwatch.Frequency));
            }
        }

        for (int i = 0; i < contenders.Count; i++)
        {
            times[i].Sort();
            contenders[i].Best = times[i][0] / contenders[i].PerBatch;
            contenders[i].Median = times[i][rounds / 2] / contenders[i].PerBatch;
            contenders[i].Bytes = (double)AllocatedBytes(contenders[i].Batch) / contenders[i].PerBatch;
        }

        return rounds;
    }

    // The whole process's, because Confluent's serde goes on in another thread; the least of several, because the runtime's own threads allocate, too.
    private static long AllocatedBytes(Action batch)
    {
        long least = long.MaxValue;
        for (int i = 0; i < 10; i++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            batch();
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        return least;
    }

    // Everything runs before anything is timed, with pauses in which the JIT compiles it again: else what runs first shapes the code that all share.
    private static void WarmUp(IReadOnlyList<AvroContender> contenders)
    {
        for (int pause = 0; pause < WarmUps; pause++)
        {
            for (int round = 0; round < WarmUpRounds; round++)
            {
                foreach (AvroContender contender in contenders)
                {
                    contender.Batch();
                }
            }

            Thread.Sleep(250);
        }
    }
}
