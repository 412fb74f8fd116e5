using System.Text;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Features.Events;

namespace FeaturePipeline.Tests.Features;

/// <summary>Builds event rows from plain values; each row has memory of its own.</summary>
internal static class TestRows
{
    /// <summary>Makes a row whose fields are <paramref name="values"/> in order: null, long, int, double, bool, string or byte[].</summary>
    public static EventRow Row(long timestampMs, int partition, long offset, params object?[] values)
    {
        var message = new List<byte>();
        var fields = new FieldValue[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            fields[i] = values[i] switch
            {
                null => FieldValue.Null,
                long l => FieldValue.FromLong(l),
                int l => FieldValue.FromLong(l),
                double d => FieldValue.FromDouble(d),
                bool b => FieldValue.FromBoolean(b),
                string s => Slice(message, Encoding.UTF8.GetBytes(s)),
                byte[] b => Slice(message, b),
                _ => throw new ArgumentException($"No field is a {values[i]!.GetType()}.", nameof(values)),
            };
        }

        return new EventRow("u"u8, timestampMs, partition, offset, new ProjectedRow(message.ToArray(), default, fields));
    }

    private static FieldValue Slice(List<byte> message, byte[] bytes)
    {
        message.AddRange(bytes);
        return FieldValue.FromSlice(message.Count - bytes.Length, bytes.Length);
    }
}
