using System.Text.Json;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro;

/// <summary>Any message as JSON, for people and tools.</summary>
public static class AvroJson
{
    /// <summary>Writes a message as JSON.</summary>
    /// <param name="json">Where to write.</param>
    /// <param name="schema">The schema that the message was written with.</param>
    /// <param name="body">The message, without framing.</param>
    public static void Write(Utf8JsonWriter json, AvroSchema schema, ReadOnlySpan<byte> body) => throw new NotSupportedException("Follows in the next delivery.");
}
