using System.IO.Hashing;

namespace FeaturePipeline.Features.Aggregators;

/// <summary>Distinct values: exact up to a cap of values and of their bytes, estimated beyond. Depends on the set of values only: which side of the cap it is on, too.</summary>
/// <param name="cap">Largest number of values that is counted exactly.</param>
internal sealed class DistinctValues(int cap)
{
    /// <summary>Default cap: a set of that many short strings is about 100 KB.</summary>
    public const int DefaultCap = 4096;

    /// <summary>Largest size in bytes of the values that are counted exactly: the changelog's record holds them all.</summary>
    public const int BytesMax = 256 * 1024;

    private readonly DistinctSet _set = new();
    private HyperLogLog? _sketch;

    public bool IsExact => _sketch is null;

    public long Count => _sketch?.Estimate() ?? _set.Count;

    public static ulong Hash(ReadOnlySpan<byte> value) => XxHash3.HashToUInt64(value);

    public void Add(ReadOnlySpan<byte> value)
    {
        ulong hash = Hash(value);
        if (_sketch is not null)
        {
            _sketch.Add(hash);
            return;
        }

        _set.Add(value, hash);
        if (_set.Count > cap || _set.Entries.Length > BytesMax)
        {
            BecomeSketch();
        }
    }

    public void Merge(DistinctValues other)
    {
        if (other._sketch is not null)
        {
            BecomeSketch();
            _sketch!.Merge(other._sketch);
            return;
        }

        ReadOnlySpan<byte> rest = other._set.Entries;
        while (DistinctSet.TryTake(ref rest, out ReadOnlySpan<byte> value))
        {
            Add(value);
        }
    }

    public void Clear()
    {
        _set.Clear();
        _sketch = null;
    }

    public void Write(ref StateWriter writer)
    {
        writer.WriteUnsigned(_sketch is null ? 0u : 1u);
        writer.WriteBytes(_sketch is null ? _set.Entries : _sketch.Registers);
    }

    public void Read(ref StateReader reader)
    {
        bool isSketch = reader.ReadUnsigned() != 0;
        ReadOnlySpan<byte> rest = reader.ReadBytes();
        if (isSketch)
        {
            BecomeSketch();
            if (rest.Length != _sketch!.Registers.Length || rest.ContainsAnyExceptInRange((byte)0, (byte)(64 - HyperLogLog.DefaultPrecision + 1)))
            {
                throw StateReader.Broken();
            }

            rest.CopyTo(_sketch.Registers);
            return;
        }

        while (DistinctSet.TryTake(ref rest, out ReadOnlySpan<byte> value))
        {
            Add(value);
        }

        if (!rest.IsEmpty)
        {
            throw StateReader.Broken();
        }
    }

    private void BecomeSketch()
    {
        if (_sketch is not null)
        {
            return;
        }

        _sketch = new HyperLogLog();
        ReadOnlySpan<byte> rest = _set.Entries;
        while (DistinctSet.TryTake(ref rest, out ReadOnlySpan<byte> value))
        {
            _sketch.Add(Hash(value));
        }

        _set.Clear();
    }
}
