using System.Buffers;
using FeaturePipeline.Avro.Binary;

namespace FeaturePipeline.Features.Aggregators;

/// <summary>The memory that text values of one feature record point into; reused from record to record.</summary>
internal sealed class ResultData
{
    private readonly ArrayBufferWriter<byte> _bytes = new(256);

    /// <summary>What <see cref="Add"/>'s values are slices of.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.WrittenSpan;

    /// <summary>Sums that did not fit a long and became null; never goes back.</summary>
    public long Overflows { get; private set; }

    public FieldValue Add(ReadOnlySpan<byte> text)
    {
        int offset = _bytes.WrittenCount;
        _bytes.Write(text);
        return FieldValue.FromSlice(offset, text.Length);
    }

    /// <summary>A sum as a long; null, and counted, where it does not fit.</summary>
    public FieldValue ToLong(Int128 sum)
    {
        if (sum >= long.MinValue && sum <= long.MaxValue)
        {
            return FieldValue.FromLong((long)sum);
        }

        Overflows++;
        return FieldValue.Null;
    }

    public void Clear() => _bytes.ResetWrittenCount();
}
