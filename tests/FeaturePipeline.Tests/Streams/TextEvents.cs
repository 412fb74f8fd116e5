using System.Buffers;
using System.Text;
using System.Text.Json;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Topology;
using FeaturePipeline.Streams.Windows;

namespace FeaturePipeline.Tests.Streams;

/// <summary>A row of a plain text record: the key, the record's timestamp, and the value as the event's type.</summary>
internal readonly ref struct TextRow(ReadOnlySpan<byte> key, long timestampMs, ReadOnlySpan<byte> type) : IStreamRow
{
    public ReadOnlySpan<byte> Key { get; } = key;

    public long TimestampMs { get; } = timestampMs;

    public ReadOnlySpan<byte> Type { get; } = type;
}

/// <summary>Decodes text records; a value that starts with '!' is corrupt, one that starts with '?' pends while a switch says so.</summary>
internal sealed class TextDecoder(Func<bool>? isPending = null) : IRecordDecoder<TextRow>
{
    public Rejection Rejection { get; private set; }

    public DecodeStatus Decode(RecordBatch batch, in ConsumedRecord record, out TextRow row)
    {
        row = new TextRow(record.Key, record.TimestampMs, record.Value);
        if (record.IsKeyNull)
        {
            return Reject(DropReason.NullKey, "no key");
        }

        if (record.Value.StartsWith("!"u8))
        {
            return Reject(DropReason.Corrupt, "starts with '!'");
        }

        return record.Value.StartsWith("?"u8) && isPending?.Invoke() == true ? DecodeStatus.Pending : DecodeStatus.Ok;
    }

    private DecodeStatus Reject(DropReason reason, string message)
    {
        Rejection = new Rejection(reason, message);
        return DecodeStatus.Rejected;
    }
}

/// <summary>Count, bounds and count by type of a window.</summary>
internal sealed class TextState
{
    public long Count { get; set; }

    public long MinTs { get; set; } = long.MaxValue;

    public long MaxTs { get; set; } = long.MinValue;

    public SortedDictionary<string, long> Types { get; set; } = new(StringComparer.Ordinal);
}

/// <summary>Aggregates text rows. Its bytes are JSON, so that a failing test shows what a changelog held.</summary>
internal sealed class TextAggregation : IWindowedAggregation<TextRow, TextState>
{
    public uint LayoutHash { get; init; } = 1;

    public TextState Create() => new();

    public void Add(TextState state, in TextRow row)
    {
        string type = Encoding.UTF8.GetString(row.Type);
        state.Count++;
        state.MinTs = Math.Min(state.MinTs, row.TimestampMs);
        state.MaxTs = Math.Max(state.MaxTs, row.TimestampMs);
        state.Types[type] = state.Types.GetValueOrDefault(type) + 1;
    }

    public void Merge(TextState into, TextState other)
    {
        into.Count += other.Count;
        into.MinTs = Math.Min(into.MinTs, other.MinTs);
        into.MaxTs = Math.Max(into.MaxTs, other.MaxTs);
        foreach ((string type, long count) in other.Types)
        {
            into.Types[type] = into.Types.GetValueOrDefault(type) + count;
        }
    }

    public void Write(TextState state, ArrayBufferWriter<byte> output) => output.Write(JsonSerializer.SerializeToUtf8Bytes(state));

    public void Read(TextState state, ReadOnlySpan<byte> input)
    {
        TextState read = JsonSerializer.Deserialize<TextState>(input)!;
        (state.Count, state.MinTs, state.MaxTs, state.Types) = (read.Count, read.MinTs, read.MaxTs, new(read.Types, StringComparer.Ordinal));
    }

    // A released state is poisoned: whoever still uses it will notice.
    public void Release(TextState state) => state.Count = long.MinValue;
}

/// <summary>One window as text events' sink shows it.</summary>
internal sealed record TextResult(string Key, long Start, long End, long Count, long MinTs, long MaxTs, IReadOnlyDictionary<string, long> Types)
{
    public override string ToString() =>
        $"{Key} [{Start}, {End}] count {Count}, times {MinTs}..{MaxTs}, {string.Join(", ", Types.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => $"{t.Key} {t.Value}"))}";
}

/// <summary>Encodes windows of text events as JSON.</summary>
internal sealed class TextEncoder : IWindowEncoder<TextState>
{
    public long Encode(in WindowResult<TextState> result, long nowMs, ArrayBufferWriter<byte> key, ArrayBufferWriter<byte> value)
    {
        key.Write(result.Key);
        TextState state = result.State;
        value.Write(JsonSerializer.SerializeToUtf8Bytes(new TextResult(
            Encoding.UTF8.GetString(result.Key), result.StartMs, result.EndMs, state.Count, state.MinTs, state.MaxTs, state.Types)));
        return result.EndMs;
    }
}

/// <summary>The topology of these tests: text events to sessions.</summary>
internal static class TextTopology
{
    public const string SourceTopic = "events";
    public const string SinkTopic = "sessions";

    public static Topology Sessions(long gapMs, long graceMs, Func<bool>? isPending = null)
    {
        StreamBuilder builder = new();
        builder.Source("source", SourceTopic, () => new TextDecoder(isPending))
            .SessionWindow("sessions-store", new SessionWindows(gapMs, graceMs), () => new TextAggregation())
            .To(SinkTopic, () => new TextEncoder());
        return builder.Build();
    }

    public static TextResult Parse(ReadOnlySpan<byte> value) => JsonSerializer.Deserialize<TextResult>(value)!;
}
