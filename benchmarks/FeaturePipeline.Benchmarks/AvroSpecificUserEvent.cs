using Apache = global::Avro;

// Apache.Avro looks the class up by the schema's full name.
namespace com.company.events;

/// <summary>The user event as Apache's avrogen would make it.</summary>
public sealed class UserEvent : Apache.Specific.ISpecificRecord
{
    private static readonly Apache.Schema AvroSchema = Apache.Schema.Parse(FeaturePipeline.Benchmarks.AvroUserEvents.Json);

    /// <summary>The user.</summary>
    public string UserId { get; set; } = "";

    /// <summary>The kind.</summary>
    public string EventType { get; set; } = "";

    /// <summary>When.</summary>
    public DateTime Timestamp { get; set; }

    /// <summary>The session, if any.</summary>
    public string? SessionId { get; set; }

    /// <inheritdoc/>
    public Apache.Schema Schema => AvroSchema;

    /// <inheritdoc/>
    public object Get(int fieldPos) => fieldPos switch
    {
        0 => UserId,
        1 => EventType,
        2 => Timestamp,
        3 => SessionId!,
        _ => throw new Apache.AvroRuntimeException($"Bad index {fieldPos}"),
    };

    /// <inheritdoc/>
    public void Put(int fieldPos, object fieldValue)
    {
        switch (fieldPos)
        {
            case 0:
                UserId = (string)fieldValue;
                break;
            case 1:
                EventType = (string)fieldValue;
                break;
            case 2:
                Timestamp = (DateTime)fieldValue;
                break;
            case 3:
                SessionId = (string)fieldValue;
                break;
            default:
                throw new Apache.AvroRuntimeException($"Bad index {fieldPos}");
        }
    }
}
