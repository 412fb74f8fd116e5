using Confluent.Kafka;
using FeaturePipeline.Avro.Confluent;

namespace FeaturePipeline.Interop;

/// <summary>Puts the GUID that a serializer writes into a header before the body.</summary>
internal sealed class GuidPrefix(AvroSerializer<object> inner) : ISerializer<object>
{
    public byte[] Serialize(object data, SerializationContext context)
    {
        byte[] body = inner.AsSync().Serialize(data, context);
        if (body is null)
        {
            return null!;
        }

        byte[] guid = context.Headers.GetLastBytes(WireFormat.ValueHeader);
        context.Headers.Remove(WireFormat.ValueHeader);
        return [.. guid, .. body];
    }
}
