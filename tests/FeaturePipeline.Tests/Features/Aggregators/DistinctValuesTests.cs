using System.Buffers;
using System.Globalization;
using System.Text;
using FeaturePipeline.Features.Aggregators;

namespace FeaturePipeline.Tests.Features.Aggregators;

public sealed class DistinctValuesTests
{
    [Fact]
    public void Long_values_are_estimated_before_they_outgrow_a_record_whatever_their_order()
    {
        byte[][] urls = [.. Enumerable.Range(0, 4_000).Select(i => Encoding.UTF8.GetBytes(i.ToString(CultureInfo.InvariantCulture).PadLeft(300, '/')))];
        DistinctValues forth = Of(urls), back = Of(urls.Reverse()), merged = Of(urls[..500]);
        Assert.True(merged.IsExact);
        merged.Merge(Of(urls[400..]));

        Assert.False(forth.IsExact);
        Assert.InRange(forth.Count, 3_800, 4_200);
        Assert.InRange(Written(forth).Length, 1, DistinctValues.BytesMax);
        Assert.Equal(Written(forth), Written(back));
        Assert.Equal(Written(forth), Written(merged));
    }

    private static DistinctValues Of(IEnumerable<byte[]> values)
    {
        var distinct = new DistinctValues(DistinctValues.DefaultCap);
        foreach (byte[] value in values)
        {
            distinct.Add(value);
        }

        return distinct;
    }

    private static byte[] Written(DistinctValues values)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new StateWriter(output);
        values.Write(ref writer);
        writer.Finish();
        return output.WrittenSpan.ToArray();
    }
}
