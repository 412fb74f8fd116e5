using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using FeaturePipeline.Avro.Binary;

namespace FeaturePipeline.Features.Definitions;

/// <summary>Generates the Avro schema of a view's record. The order of fields is the contract's.</summary>
internal static class FeatureRecordSchema
{
    public const string IsFinal = "is_final";

    /// <summary>The fields between the entity and the features.</summary>
    public static readonly IReadOnlyList<string> BaseFields = ["event_timestamp", "created_timestamp", "window_start", "window_end"];

    private static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The schema's JSON text, without white space.</summary>
    public static string ToJson(FeatureView view)
    {
        int dot = view.RecordName.LastIndexOf('.');
        var fields = new JsonArray
        {
            Field(view.Entity, "string", "Entity: the user event's field of this name."),
            Field(BaseFields[0], Timestamp(), "Event time of the features: the end of the session."),
            Field(BaseFields[1], Timestamp(), "Wall-clock time at which the record was made."),
            Field(BaseFields[2], Timestamp(), "Time of the session's first event."),
            Field(BaseFields[3], Timestamp(), "Time of the session's last event."),
        };
        if (view.Emit != EmitMode.OnClose)
        {
            fields.Add(Field(IsFinal, "boolean", "Whether the session is closed."));
        }

        foreach (FeatureDefinition feature in view.Features)
        {
            JsonObject field = Field(feature.Name, feature.IsCount ? "long" : new JsonArray("null", Type(feature)), feature.Doc);
            field["default"] = feature.IsCount ? 0 : null;
            fields.Add(field);
        }

        var record = new JsonObject { ["type"] = "record", ["name"] = view.RecordName[(dot + 1)..] };
        if (dot > 0)
        {
            record["namespace"] = view.RecordName[..dot];
        }

        record["doc"] = Doc(view);
        record["fields"] = fields;
        return record.ToJsonString(Options);
    }

    private static string Doc(FeatureView view)
    {
        string where = view.Where is null ? "" : $", events where {view.Where}";
        return $"Features of {view.Entity} by session: gap {Durations.Format(view.Gap)}, grace {Durations.Format(view.Grace)}{where}; emitted {view.Emit}.";
    }

    private static JsonObject Field(string name, JsonNode type, string doc) => new() { ["name"] = name, ["type"] = type, ["doc"] = doc };

    private static JsonObject Timestamp() => new() { ["type"] = "long", ["logicalType"] = "timestamp-millis" };

    private static JsonNode Type(FeatureDefinition feature)
    {
        string type = (feature.Kind, feature.LogicalType) switch
        {
            (FieldKind.Long, "date" or "time-millis") => "int",
            (FieldKind.Long, _) => "long",
            (FieldKind.Double, _) => "double",
            (FieldKind.Boolean, _) => "boolean",
            (FieldKind.String, _) => "string",
            _ => "bytes",
        };

        // A logical type of a fixed (uuid on 16 bytes) has no meaning on bytes.
        return feature.LogicalType is null || type == "bytes" ? JsonValue.Create(type) : new JsonObject { ["type"] = type, ["logicalType"] = feature.LogicalType };
    }
}
