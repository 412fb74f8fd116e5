using System.Buffers;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Mapping;

/// <summary>Messages of mapped types.</summary>
internal static class MappedMessages
{
    /// <summary>The message of a value, by a schema or by its type's own.</summary>
    internal static byte[] Write<T>(T value, AvroSchema? schema = null)
    {
        var output = new ArrayBufferWriter<byte>();
        MappedWriter<T>.Compile(schema).Write(value, output);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>The value of a message that can be read.</summary>
    internal static T Read<T>(byte[] message, AvroSchema writer, AvroSchema? reader = null)
    {
        DecodeResult result = MappedReader<T>.Compile(writer, reader).TryRead(message, out T? read);
        Assert.True(result.IsOk, result.ToString());
        return read!;
    }

    /// <summary>The value that comes back from its own message.</summary>
    internal static T ReadAgain<T>(T value, AvroSchema? schema = null) => Read<T>(Write(value, schema), schema ?? MappedSchema.Of<T>());

    /// <summary>Asserts that something is refused with a message that holds the part.</summary>
    internal static void Refuses(string part, Func<object?> action) =>
        Assert.Contains(part, Assert.Throws<ArgumentException>(action).Message, StringComparison.Ordinal);
}
