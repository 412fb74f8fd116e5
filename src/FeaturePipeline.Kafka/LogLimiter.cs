// librdkafka tells every failed connection, twenty a second and client, for as long as a broker is away.
// Invariant: of each kind of line one is passed on within the interval; the next one says how many were left out.
namespace FeaturePipeline.Kafka;

/// <summary>Lets one line of a kind through in an interval. Thread-safe.</summary>
internal sealed class LogLimiter(TimeProvider time, TimeSpan interval)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Kind> _kinds = new(StringComparer.Ordinal);

    /// <summary>Whether a line is to be logged now.</summary>
    /// <param name="kind">What makes lines alike: librdkafka's facility, of which there are a few dozen.</param>
    /// <param name="leftOut">Lines of the kind that were left out since the last one.</param>
    public bool Pass(string kind, out int leftOut)
    {
        long now = time.GetTimestamp();
        lock (_gate)
        {
            if (_kinds.TryGetValue(kind, out Kind known) && time.GetElapsedTime(known.LastAt, now) < interval)
            {
                _kinds[kind] = known with { LeftOut = known.LeftOut + 1 };
                leftOut = 0;
                return false;
            }

            leftOut = known.LeftOut;
            _kinds[kind] = new Kind(now, 0);
            return true;
        }
    }

    private readonly record struct Kind(long LastAt, int LeftOut);
}
