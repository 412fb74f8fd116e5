using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Unicode;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Confluent;
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

    // The years 1 to 9999, which a DateTime holds.
    private const long MillisMin = -62_135_596_800_000;
    private const long MillisMax = 253_402_300_799_999;

    private static readonly string[] Types = ["page_view", "add_carts", "check_out", "page_like"];

    internal static AvroSchema Schema => AvroSchema.Parse(Json);

    internal static byte[][] Messages()
    {
        var random = new Random(7);
        return Enumerable.Range(0, Count).Select(i => Encode($"user-{random.Next(100_000_000):d8}", Types[i % 4], 1_718_000_000_000 + (i * 1000L), $"session-{random.NextInt64(10_000_000_000_000_000):d16}")).ToArray();
    }

    /// <summary>Messages as serializers frame them: prefix and body.</summary>
    internal static byte[][] Framed(int id, IEnumerable<byte[]> bodies) =>
    [
        .. bodies.Select(body =>
        {
            var message = new byte[WireFormat.PrefixSize + body.Length];
            WireFormat.WritePrefix(message, id);
            body.CopyTo(message, WireFormat.PrefixSize);
            return message;
        }),
    ];

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

    /// <summary>The floor of encoding from UTF-8: one check of the size, then the library's unchecked writes.</summary>
    internal static int HandEncode(in HandRow row, ReadOnlySpan<byte> data, Span<byte> destination)
    {
        if (destination.Length < row.UserId.Length + row.EventType.Length + row.SessionId.Length + 26 + RowOp.Slack)
        {
            return -1;
        }

        var writer = new AvroHandWriter(destination);
        writer.Slice(data.Slice(row.UserId.Offset, row.UserId.Length));
        writer.Slice(data.Slice(row.EventType.Offset, row.EventType.Length));
        writer.Long(row.Timestamp);
        writer.Byte(2);
        writer.Slice(data.Slice(row.SessionId.Offset, row.SessionId.Length));
        return writer.Written;
    }

    /// <summary>The floor of decoding to a class: null where the message is broken.</summary>
    internal static com.company.events.UserEvent? HandRead(ReadOnlySpan<byte> body)
    {
        var reader = new AvroHandReader(body);
        string? session = null;
        if (!reader.TryText(out string user) || !reader.TryText(out string type) || !reader.TryLong(out long timestamp) || !reader.TryByte(out byte tag)
            || !(tag == 0 || (tag == 2 && reader.TryText(out session))) || !reader.IsAtEnd || timestamp is < MillisMin or > MillisMax)
        {
            return null;
        }

        return new com.company.events.UserEvent
        {
            UserId = user,
            EventType = type,
            Timestamp = new DateTime(DateTime.UnixEpoch.Ticks + (timestamp * TimeSpan.TicksPerMillisecond), DateTimeKind.Utc),
            SessionId = session,
        };
    }

    /// <summary>The floor of encoding an object: its text is ASCII.</summary>
    internal static int HandWrite(com.company.events.UserEvent value, Span<byte> destination)
    {
        string? session = value.SessionId;
        if (destination.Length < value.UserId.Length + value.EventType.Length + (session?.Length ?? 0) + 26 + RowOp.Slack)
        {
            return -1;
        }

        var writer = new AvroHandWriter(destination);
        writer.Text(value.UserId);
        writer.Text(value.EventType);
        writer.Long((value.Timestamp.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond);
        writer.Byte(session is null ? (byte)0 : (byte)2);
        if (session is not null)
        {
            writer.Text(session);
        }

        return writer.Written;
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
