using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Errors;
using FeaturePipeline.Streams.Topology;
using FeaturePipeline.Streams.Windows;

namespace FeaturePipeline.Tests.Simulation;

/// <summary>A topology small enough to be computed by hand: count, sum and xor of event numbers by session, over text records.</summary>
internal static class SimulationTopology
{
    public const string Source = "events";
    public const string DeadLetters = "dead-letters";
    public const string Late = "late";

    /// <summary>One source, and for each of the windows an operator with a store and a sink of its own.</summary>
    public static Topology Build(IReadOnlyList<SessionWindows> windows, Func<bool> isPending)
    {
        var builder = new StreamBuilder();
        SourceStream<NumberRow> source = builder.Source("source", Source, () => new NumberDecoder(isPending));
        for (int i = 0; i < windows.Count; i++)
        {
            source.SessionWindow(Store(i), windows[i], () => new NumberAggregation()).To(Sink(i), () => new NumberEncoder());
        }

        return builder.Build();
    }

    /// <summary>Name of the store of one operator.</summary>
    public static string Store(int number) => $"sessions-{number}";

    /// <summary>Topic of the finals of one operator.</summary>
    public static string Sink(int number) => $"finals-{number}";

    /// <summary>Spreads an event's number, so that no two sets of numbers have the same xor by accident.</summary>
    public static ulong Mix(long number)
    {
        ulong x = (ulong)number + 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }

    /// <summary>The text of one final: what the encoder writes and the model expects.</summary>
    public static string Final(long startMs, long endMs, long count, long sum, ulong xor) =>
        string.Create(CultureInfo.InvariantCulture, $"{startMs}..{endMs} count={count} sum={sum} xor={xor:x16}");
}

/// <summary>A row: the key, the record's timestamp, the number that is the record's value.</summary>
internal readonly ref struct NumberRow(ReadOnlySpan<byte> key, long timestampMs, long number) : IStreamRow
{
    public ReadOnlySpan<byte> Key { get; } = key;

    public long TimestampMs { get; } = timestampMs;

    public long Number { get; } = number;
}

/// <summary>Reads numbers; anything else is rejected, and sometimes a record can't be judged yet.</summary>
internal sealed class NumberDecoder(Func<bool> isPending) : IRecordDecoder<NumberRow>
{
    public Rejection Rejection { get; private set; }

    public DecodeStatus Decode(RecordBatch batch, in ConsumedRecord record, out NumberRow row)
    {
        row = default;
        if (isPending())
        {
            return DecodeStatus.Pending;
        }

        if (record.IsKeyNull)
        {
            Rejection = new Rejection(DropReason.NullKey, "The key is null.");
            return DecodeStatus.Rejected;
        }

        if (!Utf8Parser.TryParse(record.Value, out long number, out int length) || length != record.Value.Length)
        {
            Rejection = new Rejection(DropReason.Corrupt, "The value is not a number.");
            return DecodeStatus.Rejected;
        }

        row = new NumberRow(record.Key, record.TimestampMs, number);
        return DecodeStatus.Ok;
    }
}

/// <summary>State of one session.</summary>
internal sealed class NumberState
{
    public long Count { get; set; }

    public long Sum { get; set; }

    public ulong Xor { get; set; }
}

internal sealed class NumberAggregation : IWindowedAggregation<NumberRow, NumberState>
{
    public uint LayoutHash => 7;

    public NumberState Create() => new();

    public void Add(NumberState state, in NumberRow row)
    {
        state.Count++;
        state.Sum += row.Number;
        state.Xor ^= SimulationTopology.Mix(row.Number);
    }

    public void Merge(NumberState into, NumberState other)
    {
        into.Count += other.Count;
        into.Sum += other.Sum;
        into.Xor ^= other.Xor;
    }

    public void Write(NumberState state, ArrayBufferWriter<byte> output)
    {
        Span<byte> span = output.GetSpan(24);
        BinaryPrimitives.WriteInt64LittleEndian(span, state.Count);
        BinaryPrimitives.WriteInt64LittleEndian(span[8..], state.Sum);
        BinaryPrimitives.WriteUInt64LittleEndian(span[16..], state.Xor);
        output.Advance(24);
    }

    public void Read(NumberState state, ReadOnlySpan<byte> input)
    {
        if (input.Length != 24)
        {
            throw new StreamsException($"{input.Length} bytes are no session of numbers.");
        }

        state.Count = BinaryPrimitives.ReadInt64LittleEndian(input);
        state.Sum = BinaryPrimitives.ReadInt64LittleEndian(input[8..]);
        state.Xor = BinaryPrimitives.ReadUInt64LittleEndian(input[16..]);
    }

    // Nobody may use a released state: make that visible.
    public void Release(NumberState state) => state.Count = long.MinValue;
}

internal sealed class NumberEncoder : IWindowEncoder<NumberState>
{
    public long Encode(in WindowResult<NumberState> result, long nowMs, ArrayBufferWriter<byte> key, ArrayBufferWriter<byte> value)
    {
        Assert.True(result.IsFinal);
        key.Write(result.Key);
        value.Write(Encoding.UTF8.GetBytes(SimulationTopology.Final(
            result.StartMs, result.EndMs, result.State.Count, result.State.Sum, result.State.Xor)));
        return result.EndMs;
    }
}
