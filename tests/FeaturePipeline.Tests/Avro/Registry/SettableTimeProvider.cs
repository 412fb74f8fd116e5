namespace FeaturePipeline.Tests.Avro.Registry;

/// <summary>A clock that stands still until it is told to go on.</summary>
internal sealed class SettableTimeProvider : TimeProvider
{
    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _ticks);

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);
}
