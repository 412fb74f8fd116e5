using System.Buffers;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Mapping;

/// <summary>Writes values of a C# type (see <see cref="MappedReader{T}"/>). Compiled once for a schema; immutable, shared by threads.</summary>
/// <typeparam name="T">The type.</typeparam>
public sealed class MappedWriter<T>
{
    private readonly WriteSlot<T> _slot;
    private readonly int _depthMax;

    private MappedWriter(WriteSlot<T> slot, AvroSchema schema, int depthMax)
    {
        _slot = slot;
        _depthMax = AvroReader.CheckDepthMax(depthMax);
        Schema = schema;
    }

    /// <summary>The schema.</summary>
    public AvroSchema Schema { get; }

    /// <summary>Compiles a writer.</summary>
    /// <param name="schema">The schema; null for the type's own (see <see cref="MappedSchema"/>).</param>
    /// <param name="depthMax">How deep records, arrays and maps may nest in a value: 1 to <see cref="AvroReader.DepthMaxHighest"/>.</param>
    /// <returns>The writer.</returns>
    /// <exception cref="ArgumentException">The type lacks a field that has no default, or a member's values are not the field's.</exception>
    public static MappedWriter<T> Compile(AvroSchema? schema = null, int depthMax = AvroReader.DepthMax)
    {
        AvroSchema own = schema ?? MappedSchema.Of<T>();
        return new MappedWriter<T>(WriterCompiler.Compile<T>(own), own, depthMax);
    }

    /// <summary>Writes one value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="output">Where to write.</param>
    /// <exception cref="ArgumentException">The value is not one of the schema; the message names the field. A part may have been written.</exception>
    public void Write(T value, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var writer = new AvroWriter(output, _depthMax);
        _slot.Write(ref writer, value);
        writer.Flush();
    }

    /// <summary>Writes one value into memory of the caller.</summary>
    /// <param name="value">The value.</param>
    /// <param name="destination">Where to write.</param>
    /// <returns>Bytes written, or -1 where the destination is too small; then its content is undefined.</returns>
    /// <exception cref="ArgumentException">The value is not one of the schema; the message names the field.</exception>
    public int Write(T value, Span<byte> destination)
    {
        var writer = new AvroWriter(destination, _depthMax);
        _slot.Write(ref writer, value);
        return writer.IsFull ? -1 : writer.Position;
    }
}
