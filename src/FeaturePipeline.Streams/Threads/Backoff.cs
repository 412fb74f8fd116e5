namespace FeaturePipeline.Streams.Threads;

/// <summary>Exponential back-off with jitter: each wait is random between half a bound and the bound, which doubles.</summary>
/// <param name="random">Source of the jitter; a simulation gives a seeded one.</param>
internal sealed class Backoff(Random random)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Max = TimeSpan.FromSeconds(10);

    private TimeSpan _bound = First;

    /// <summary>The next wait; never zero.</summary>
    public TimeSpan Next()
    {
        TimeSpan wait = (_bound / 2) + (_bound / 2 * random.NextDouble());
        _bound = _bound * 2 < Max ? _bound * 2 : Max;
        return wait;
    }

    /// <summary>Starts over after a success.</summary>
    public void Reset() => _bound = First;
}
