namespace FeaturePipeline.Tests;

/// <summary>Measures what work allocates, whatever else the machine does meanwhile.</summary>
internal static class Allocations
{
    private const int RunsMax = 20;

    /// <summary>
    /// The bytes that the work allocates on this thread: the least of several runs, because the first ones compile, and because .NET now and
    /// then enlarges a table of its own on the thread that needs it.
    /// </summary>
    /// <param name="work">The work. It is done up to 20 times.</param>
    /// <param name="enough">Bytes at which no further run is made.</param>
    internal static long Of(Action work, long enough = 0) => Least(
        () =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            work();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        },
        enough);

    /// <summary>The least of several measurements, as <see cref="Of"/> takes them: for work on what a lambda cannot hold.</summary>
    /// <param name="measure">Does the work and returns its bytes.</param>
    /// <param name="enough">Bytes at which no further run is made.</param>
    internal static long Least(Func<long> measure, long enough = 0)
    {
        long least = long.MaxValue;
        for (int run = 0; run < RunsMax && least > enough; run++)
        {
            least = Math.Min(least, measure());
        }

        return least;
    }
}
