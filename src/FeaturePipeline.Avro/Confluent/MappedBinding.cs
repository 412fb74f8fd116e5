using System.Collections.Concurrent;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Confluent;

/// <summary>C# types, and classes that Apache's avrogen has made (see <see cref="MappedReader{T}"/>).</summary>
internal sealed class MappedBinding<T>(int depthMax) : ValueBinding<T>(depthMax)
{
    private readonly Lazy<AvroSchema> _schema = new(static () => MappedSchema.Of<T>());

    // A value of any class that avrogen has made brings its class's schema.
    private readonly ConcurrentDictionary<Type, AvroSchema>? _schemas = typeof(T) == ApacheTypes.AnyRecord ? new() : null;

    /// <summary>Whether values of the type can be made.</summary>
    public static bool IsFor(Type type) => TypeMembers.CanBeMade(type);

    public override AvroSchema SchemaOf(T value) => _schemas?.GetOrAdd(value!.GetType(), MappedSchema.Of) ?? _schema.Value;

    public override BodyWriter<T> CompileWriter(AvroSchema schema) => MappedWriter<T>.Compile(schema, DepthMax).Write;

    public override BodyReader<T> CompileReader(AvroSchema writer, AvroSchema? reader) => MappedReader<T>.Compile(writer, reader, DepthMax).TryRead;
}
