using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Features.Events;

/// <summary>The built-in schema of user events.</summary>
/// <remarks>
/// A logicalType beside a field's type (instead of inside it) means nothing by the Avro specification: such a writer's field is a plain long,
/// which resolves with this one.
/// </remarks>
public static class UserEventSchema
{
    /// <summary>The schema's text.</summary>
    public const string Json =
        """
        {
          "type": "record",
          "name": "UserEvent",
          "namespace": "com.company.events",
          "fields": [
            { "name": "user_id", "type": "string" },
            { "name": "event_type", "type": "string" },
            { "name": "timestamp", "type": { "type": "long", "logicalType": "timestamp-millis" } },
            { "name": "session_id", "type": ["null", "string"], "default": null }
          ]
        }
        """;

    /// <summary>The schema.</summary>
    public static AvroSchema Schema => field ??= AvroSchema.Parse(Json);
}
