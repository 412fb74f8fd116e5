using System.Globalization;
using FeaturePipeline.Streams;
using FeaturePipeline.Tests.Simulation;

namespace FeaturePipeline.Tests.Streams;

// Exactly-once under everything that can go wrong. Environment variables:
// FEATUREPIPELINE_SIMULATION_SEEDS=N runs N seeds instead of the usual few; FEATUREPIPELINE_SIMULATION_SEED=S runs S alone, or with
// both, N seeds from S. Seed 1 alone needs both.
public sealed class SimulationTests
{
    private const int SeedsByDefault = 300;

    [Fact]
    public void Whatever_goes_wrong_each_final_and_each_dead_letter_is_read_exactly_once() => ForEachSeed(SeedsByDefault, CheckExactlyOnce);

    [Fact]
    public void Without_faults_the_finals_are_the_models() => ForEachSeed(40, seed =>
        Check(new SimulationRun(seed, new SimulationSettings { HasFaults = false })));

    [Fact]
    public void One_seed_gives_one_history_of_the_whole_runtime()
    {
        static string History(int seed)
        {
            var run = new SimulationRun(seed);
            run.Run();
            return run.Broker.Faults.Describe(SimulatedFaults.LogLimit);
        }

        Assert.Equal(History(11), History(11));
    }

    [Fact]
    public async Task A_snapshot_may_be_taken_at_any_moment_by_any_thread_and_no_total_falls()
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            var run = new SimulationRun(seed);
            using var ended = new CancellationTokenSource();
            Task<int> watch = Task.Factory.StartNew(() => Watch(run, ended.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            run.Run();
            await ended.CancelAsync();
            Assert.True(await watch > 0, "no snapshot was taken");
        }
    }

    [Fact]
    public void At_least_once_may_count_twice_but_loses_no_final_and_no_dead_letter() => ForEachSeed(60, seed =>
    {
        var run = new SimulationRun(seed, new SimulationSettings { Guarantee = ProcessingGuarantee.AtLeastOnce });
        try
        {
            SimulationModel expected = run.Run();
            Assert.Empty(expected.DeadLetters.Except(SimulationModel.ActualDeadLetters(run.Broker)));

            // Events that were counted twice, also in a session that a lost tombstone brought back, may make it longer, never shorter.
            ILookup<string, Interval> read = run.ActualFinals().Select(Interval.Parse).ToLookup(f => f.Key);
            Assert.All(expected.Finals.Select(Interval.Parse), e => Assert.True(read[e.Key].Any(e.IsIn), $"{e} was never read"));
            return run;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{e}\n{run.Describe()}", e);
        }
    });

    private static int Watch(SimulationRun run, CancellationToken ended)
    {
        int count = 0;
        for (long[] before = []; !ended.IsCancellationRequested; count++)
        {
            // Threads are only ever added, each with the same number of totals.
            long[] now = [.. run.Snapshot().Threads.SelectMany(t => new[]
            {
                t.PolledRecords, t.SentRecords, t.Commits, t.Aborts, t.Retries, t.Rebalances, t.RestoredRecords, t.CreatedTasks, t.ClosedTasks, t.ClosedWindows,
                t.Dropped.Values.Sum(),
            })];
            Assert.All(before.Zip(now), pair => Assert.True(pair.Second >= pair.First));
            before = now;
        }

        return count;
    }

    private sealed record Interval(string Key, long StartMs, long EndMs, long Count)
    {
        /// <summary>Reads a final as <see cref="SimulationTopology.Final"/> writes it, behind its key.</summary>
        public static Interval Parse(string final)
        {
            string[] parts = final.Split([": ", "..", " count=", " sum="], StringSplitOptions.None);
            long[] numbers = [.. parts[1..4].Select(p => long.Parse(p, CultureInfo.InvariantCulture))];
            return new Interval(parts[0], numbers[0], numbers[1], numbers[2]);
        }

        public bool IsIn(Interval other) => other.StartMs <= StartMs && other.EndMs >= EndMs && other.Count >= Count;
    }

    private static SimulationRun CheckExactlyOnce(int seed) => Check(new SimulationRun(seed));

    private static SimulationRun Check(SimulationRun run)
    {
        try
        {
            SimulationModel expected = run.Run();
            AssertSame("finals", expected.Finals, run.ActualFinals());
            AssertSame("dead letters", expected.DeadLetters, SimulationModel.ActualDeadLetters(run.Broker));
            Assert.Equal(expected.OpenCount, run.SessionsInChangelog());
            AssertSame("late records", expected.Late, SimulationModel.ActualLate(run.Broker));
            return run;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{e}\n{run.Describe()}", e);
        }
    }

    private static void AssertSame(string what, List<string> expected, List<string> actual)
    {
        if (!expected.SequenceEqual(actual))
        {
            static Dictionary<string, int> Bag(List<string> lines) => lines.CountBy(l => l).ToDictionary(c => c.Key, c => c.Value);
            Dictionary<string, int> left = Bag(expected);
            Dictionary<string, int> right = Bag(actual);
            IEnumerable<string> differences = left.Keys.Union(right.Keys)
                .Where(k => left.GetValueOrDefault(k) != right.GetValueOrDefault(k))
                .Order(StringComparer.Ordinal)
                .Select(k => $"{k}: expected {left.GetValueOrDefault(k)} times, read {right.GetValueOrDefault(k)} times");
            Assert.Fail($"{what} differ ({expected.Count} expected, {actual.Count} read):\n{string.Join('\n', differences.Take(20))}");
        }
    }

    private static void ForEachSeed(int count, Func<int, SimulationRun> check)
    {
        int first = Number("FEATUREPIPELINE_SIMULATION_SEED") ?? 1;
        count = Number("FEATUREPIPELINE_SIMULATION_SEEDS") ?? (first == 1 ? count : 1);
        var faults = new SortedDictionary<FaultKind, int>();
        for (int seed = first; seed < first + count; seed++)
        {
            try
            {
                foreach ((FaultKind kind, int times) in check(seed).Broker.Faults.Counts)
                {
                    faults[kind] = faults.GetValueOrDefault(kind) + times;
                }
            }
            catch (Exception e)
            {
                Assert.Fail($"Seed {seed} fails; run it alone with FEATUREPIPELINE_SIMULATION_SEED={seed}.\n{e}");
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{count} seeds from {first}: {string.Join(", ", faults.Select(f => $"{f.Key} {f.Value}"))}");
    }

    private static int? Number(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
        ? int.Parse(text, CultureInfo.InvariantCulture)
        : null;
}
