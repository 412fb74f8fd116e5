// Neumaier's sum: the rounding error of each addition is kept apart and added at the end, so that the order of events
// changes the result in the last bit at most (plain summation: by a relative 1e-16 for each event, and worse when values cancel).
namespace FeaturePipeline.Features.Aggregators;

/// <summary>A sum of doubles that hardly depends on their order. All zero is the empty sum.</summary>
internal struct CompensatedSum
{
    private double _sum;
    private double _error;

    /// <summary>The sum; NaN and the infinities as IEEE 754 has them.</summary>
    public readonly double Value => double.IsFinite(_sum) ? _sum + _error : _sum;

    public void Add(double value)
    {
        double sum = _sum + value;
        _error += Math.Abs(_sum) >= Math.Abs(value) ? (_sum - sum) + value : (value - sum) + _sum;
        _sum = sum;
    }

    public void Add(in CompensatedSum other)
    {
        Add(other._sum);
        _error += other._error;
    }

    public readonly void Write(ref StateWriter writer)
    {
        writer.WriteDouble(_sum);
        writer.WriteDouble(_error);
    }

    public static CompensatedSum Read(ref StateReader reader) => new() { _sum = reader.ReadDouble(), _error = reader.ReadDouble() };
}
