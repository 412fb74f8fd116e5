using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Benchmarks;

/// <summary>User events as an older version of their schema wrote them, and the class that reads them.</summary>
public sealed class EvolvedUserEvent
{
    internal static readonly string[] Fields = ["user_id", "event_type", "timestamp", "session_id", "country"];

    /// <summary>Who; the older schema has bytes here.</summary>
    public string UserId { get; set; } = null!;

    /// <summary>What; called kind by the older schema.</summary>
    public string EventType { get; set; } = null!;

    /// <summary>When; the older schema has it first.</summary>
    public DateTime Timestamp { get; set; }

    /// <summary>In which session of the client's.</summary>
    public string? SessionId { get; set; }

    /// <summary>Where from; the older schema has no such field.</summary>
    public string Country { get; set; } = null!;

    internal static AvroSchema Old => AvroSchema.Parse("""
        {"type": "record", "name": "UserEvent", "namespace": "com.company.events", "fields": [
          {"name": "timestamp", "type": {"type": "long", "logicalType": "timestamp-millis"}}, {"name": "flagged", "type": "boolean"},
          {"name": "kind", "type": "string"}, {"name": "user_id", "type": "bytes"}, {"name": "session_id", "type": ["null", "string"], "default": null}]}
        """);

    internal static AvroSchema New => AvroSchema.Parse("""
        {"type": "record", "name": "UserEvent", "namespace": "com.company.events", "fields": [
          {"name": "user_id", "type": "string"}, {"name": "event_type", "type": "string", "aliases": ["kind"]},
          {"name": "timestamp", "type": {"type": "long", "logicalType": "timestamp-millis"}},
          {"name": "session_id", "type": ["null", "string"], "default": null}, {"name": "country", "type": "string", "default": "unknown"}]}
        """);

    /// <summary>The message of today's schema in the older one.</summary>
    internal static byte[] OldMessage(byte[] message)
    {
        AvroCheck.That(AvroUserEvents.HandDecode(message, out AvroUserEvents.HandRow row), "The floor decodes");
        var buffer = new byte[128];
        var writer = new AvroWriter(buffer);
        writer.WriteLong(row.Timestamp);
        writer.WriteBoolean(true);
        writer.WriteBytes(message.AsSpan(row.EventType.Offset, row.EventType.Length));
        writer.WriteBytes(message.AsSpan(row.UserId.Offset, row.UserId.Length));
        writer.WriteLong(1);
        writer.WriteBytes(message.AsSpan(row.SessionId.Offset, row.SessionId.Length));
        return buffer[..writer.Position];
    }
}
