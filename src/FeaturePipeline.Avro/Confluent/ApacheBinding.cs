using FeaturePipeline.Avro.Apache;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Schemas;
using GenericRecord = global::Avro.Generic.GenericRecord;

namespace FeaturePipeline.Avro.Confluent;

/// <summary>Generic records of Apache's library.</summary>
internal sealed class ApacheBinding(int depthMax) : ValueBinding<GenericRecord>(depthMax)
{
    public override AvroSchema SchemaOf(GenericRecord value) => ApacheSchemas.Of(value.Schema);

    public override BodyWriter<GenericRecord> CompileWriter(AvroSchema schema) => ApacheWriter.Compile(schema, DepthMax).Write;

    public override BodyReader<GenericRecord> CompileReader(AvroSchema writer, AvroSchema? reader)
    {
        RequireRecords(reader ?? writer, "Read it as object");
        var compiled = ApacheReader.Compile(writer, reader, DepthMax);
        return (ReadOnlySpan<byte> body, out GenericRecord? value) => OfType(compiled.TryRead(body, out var read), read, out value);
    }
}
