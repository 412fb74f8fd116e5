using System.Text;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Binary;

/// <summary>The user event: its schema as the users write it and as it should be, and one message.</summary>
internal static class UserEvents
{
    internal const string AsWritten = """
        { "type": "record", "name": "UserEvent", "namespace": "com.company.events", "fields": [
          {"name": "user_id", "type": "string"}, {"name": "event_type", "type": "string"},
          {"name": "timestamp", "type": "long", "logicalType": "timestamp-millis"}, {"name": "session_id", "type": ["null", "string"], "default": null} ] }
        """;

    internal static readonly AvroSchema Schema = AvroSchema.Parse("""
        {"type": "record", "name": "UserEvent", "namespace": "com.company.events", "fields": [
          {"name": "user_id", "type": "string"}, {"name": "event_type", "type": "string"},
          {"name": "timestamp", "type": {"type": "long", "logicalType": "timestamp-millis"}},
          {"name": "session_id", "type": ["null", "string"], "default": null}]}
        """);

    internal static readonly string[] Fields = ["user_id", "event_type", "timestamp", "session_id"];

    /// <summary>One message of 56 bytes.</summary>
    internal static byte[] Message()
    {
        var buffer = new byte[128];
        var writer = new AvroWriter(buffer);
        writer.WriteBytes("user-00012345"u8);
        writer.WriteBytes("page_view"u8);
        writer.WriteLong(1_718_000_000_000);
        writer.WriteLong(1);
        writer.WriteBytes(Encoding.UTF8.GetBytes("session-000000-0123456789"[..24]));
        return buffer[..writer.Position];
    }
}
