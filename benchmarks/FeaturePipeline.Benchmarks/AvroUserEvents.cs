using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Unicode;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Benchmarks;

/// <summary>1,024 user events of 56 bytes, and a hand-written codec for them: the floor that the plans are measured against.</summary>
internal static class AvroUserEvents
{
    internal const int Count = 1024;

    internal const string Json = """
        {"type": "record", "name": "UserEvent", "namespace": "com.company.events", "fields": [
          {"name": "user_id", "type": "string"}, {"name": "event_type", "type": "string"},
          {"name": "timestamp", "type": {"type": "long", "logicalType": "timestamp-millis"}},
          {"name": "session_id", "type": ["null", "string"], "default": null}]}
        """;

    internal static readonly string[] Fields = ["user_id", "event_type", "timestamp", "session_id"];

    private static readonly string[] Types = ["page_view", "add_carts", "check_out", "page_like"];

    internal static AvroSchema Schema => AvroSchema.Parse(Json);

    internal static byte[][] Messages()
    {
        var random = new Random(7);
        return Enumerable.Range(0, Count).Select(i => Encode($"user-{random.Next(100_000_000):d8}", Types[i % 4], 1_718_000_000_000 + (i * 1000L), $"session-{random.NextInt64(10_000_000_000_000_000):d16}")).ToArray();
    }

    private static byte[] Encode(string user, string type, long timestamp, string session)
    {
        var buffer = new byte[128];
        var writer = new AvroWriter(buffer);
        writer.WriteString(user);
        writer.WriteString(type);
        writer.WriteLong(timestamp);
        writer.WriteLong(1);
        writer.WriteString(session);
        return writer.Position == 56 ? buffer[..56] : throw new InvalidOperationException($"The event has {writer.Position} bytes.");
    }

    /// <summary>The floor: this one schema by hand, with the same primitives (eight bytes of a varint at once, text judged by a mask), every bound checked.</summary>
    internal static bool HandDecode(ReadOnlySpan<byte> body, out HandRow row)
    {
        Unsafe.SkipInit(out row);
        ref byte start = ref MemoryMarshal.GetReference(body);
        int end = body.Length;
        ulong high = end <= 64 ? AsciiMask.Of(ref start, 0, end) : ulong.MaxValue;
        int position = 0;
        if (!TryText(ref start, end, high, ref position, out row.UserId) || !TryText(ref start, end, high, ref position, out row.EventType))
        {
            return false;
        }

        int length = Varint.ReadLong(ref start, position, end, out ulong raw);
        row.Timestamp = Varint.Unzigzag(raw);
        position += length;
        if (length <= 0 || position >= end)
        {
            return false;
        }

        byte tag = Unsafe.Add(ref start, position++);
        row.SessionId = default;
        return (tag == 0 || (tag == 2 && TryText(ref start, end, high, ref position, out row.SessionId))) && position == end;
    }

    internal static int HandEncode(in HandRow row, ReadOnlySpan<byte> data, Span<byte> destination)
    {
        int position = PutText(destination, 0, data.Slice(row.UserId.Offset, row.UserId.Length));
        position = PutText(destination, position, data.Slice(row.EventType.Offset, row.EventType.Length));
        position = PutLong(destination, position, row.Timestamp);
        destination[position++] = 2;
        return PutText(destination, position, data.Slice(row.SessionId.Offset, row.SessionId.Length));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryText(ref byte start, int end, ulong high, ref int position, out (int Offset, int Length) slice)
    {
        slice = default;
        int bytes = Varint.Read(ref start, position, end, out ulong raw);
        if (bytes <= 0 || (raw & 1) != 0 || raw >> 1 > (ulong)(end - position - bytes))
        {
            return false;
        }

        position += bytes;
        int length = (int)(raw >> 1);
        slice = (position, length);
        bool valid = length == 0 || (length <= 64 && (high >> position) << (64 - length) == 0)
            || Utf8.IsValid(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref start, position), length));
        position += length;
        return valid;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int PutText(Span<byte> destination, int position, ReadOnlySpan<byte> text)
    {
        position = PutLong(destination, position, text.Length);
        text.CopyTo(destination[position..]);
        return position + text.Length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int PutLong(Span<byte> destination, int position, long value)
    {
        ulong raw = (ulong)((value << 1) ^ (value >> 63));
        while (raw >= 0x80)
        {
            destination[position++] = (byte)(raw | 0x80);
            raw >>= 7;
        }

        destination[position++] = (byte)raw;
        return position;
    }

    /// <summary>The hand-written codec's row.</summary>
    [StructLayout(LayoutKind.Auto)]
    internal struct HandRow
    {
        internal (int Offset, int Length) UserId;
        internal (int Offset, int Length) EventType;
        internal long Timestamp;
        internal (int Offset, int Length) SessionId;
    }
}
