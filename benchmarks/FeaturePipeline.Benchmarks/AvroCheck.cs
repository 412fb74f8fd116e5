using FeaturePipeline.Avro.Binary;

namespace FeaturePipeline.Benchmarks;

/// <summary>Stops a benchmark whose codecs do not agree: a wrong floor is no floor.</summary>
internal static class AvroCheck
{
    internal static void That(bool condition, string what)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"{what}, but wrongly. Correct the benchmark before it is timed.");
        }
    }

    internal static void Equal(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual, string what) => That(expected.SequenceEqual(actual), what);

    internal static bool IsSlice(ProjectedRow row, int field, (int Offset, int Length) slice) =>
        row.IsNull(field) ? slice.Length == 0 : row.GetBytes(field).SequenceEqual(row.Message.Slice(slice.Offset, slice.Length));
}
