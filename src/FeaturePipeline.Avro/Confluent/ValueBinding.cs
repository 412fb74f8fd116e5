// How a type of values meets Avro: which schema a value has, and readers and writers of schemas for the type.
using System.Buffers;
using FeaturePipeline.Avro.Apache;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Confluent;

/// <summary>Reads one body; never throws for what a body may hold.</summary>
internal delegate DecodeResult BodyReader<T>(ReadOnlySpan<byte> body, out T? value);

/// <summary>Writes one body.</summary>
/// <exception cref="ArgumentException">The value is not one of the schema.</exception>
internal delegate void BodyWriter<in T>(T value, IBufferWriter<byte> output);

internal abstract class ValueBinding<T>(int depthMax)
{
    /// <summary>Records, arrays and maps of a value may nest so deep.</summary>
    protected int DepthMax { get; } = depthMax;

    /// <summary>The schema that a value is written with unless another is chosen.</summary>
    public abstract AvroSchema SchemaOf(T value);

    /// <summary>The text that such a schema is registered with: for types that Confluent's serde takes the one that it registers, because a registry may
    /// know schemas by their text.</summary>
    public static string TextOf(AvroSchema schema) => DefaultSerde.Serves(typeof(T)) ? ApacheSchemas.TextOf(schema) : schema.ToString();

    public abstract BodyWriter<T> CompileWriter(AvroSchema schema);

    /// <param name="writer">The message's schema.</param>
    /// <param name="reader">The schema asked for, or null for what suits the type.</param>
    /// <exception cref="SchemaResolutionException">No message of the writer can be read.</exception>
    public abstract BodyReader<T> CompileReader(AvroSchema writer, AvroSchema? reader);

    /// <summary>The binding of a type.</summary>
    /// <param name="depthMax">Records, arrays and maps of a value may nest so deep; null = 64.</param>
    /// <exception cref="NotSupportedException">The type is neither generic nor one that can be mapped.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The depth is beyond its limits.</exception>
    public static ValueBinding<T> Create(int? depthMax) => Create(AvroReader.CheckDepthMax(depthMax ?? AvroReader.DepthMax));

    private static ValueBinding<T> Create(int depthMax) =>
        typeof(T) == typeof(global::Avro.Generic.GenericRecord) ? (ValueBinding<T>)(object)new ApacheBinding(depthMax)
        : GenericBinding<T>.IsFor(typeof(T)) ? new GenericBinding<T>(depthMax)
        : MappedBinding<T>.IsFor(typeof(T)) ? new MappedBinding<T>(depthMax)
        : throw new NotSupportedException(
            $"{typeof(T)} can't be read or written as Avro: it is no type of the framework with a form in Avro, "
            + "or has no constructor without parameters and none whose parameters are all members of it.");

    // Several types of records in one topic are a union of them; a branch of another type is an error of the message that has it.
    protected static void RequireRecords(AvroSchema schema, string remedy)
    {
        if (schema is not RecordSchema && !(schema is UnionSchema union && union.Branches.Any(static branch => branch is RecordSchema)))
        {
            throw new InvalidOperationException($"The schema is of type {schema.TypeName}, not a record. {remedy}.");
        }
    }

    protected static DecodeResult OfType(DecodeResult result, object? read, out T? value)
    {
        value = result.IsOk && read is T held ? held : default;
        return !result.IsOk || read is T || (read is null && default(T) is null) ? result : new DecodeResult(DecodeErrorKind.UnreadableBranch, 0, null, 0);
    }
}

/// <summary>Generic records, primitives, or (as object) whatever a schema says.</summary>
internal sealed class GenericBinding<T> : ValueBinding<T>
{
    private static readonly Dictionary<Type, string> PrimitiveNames = new()
    {
        [typeof(string)] = "string",
        [typeof(byte[])] = "bytes",
        [typeof(bool)] = "boolean",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
    };

    private static readonly Dictionary<Type, AvroSchema> Primitives =
        PrimitiveNames.ToDictionary(static pair => pair.Key, static pair => AvroSchema.Parse($"\"{pair.Value}\""));

    private readonly AvroSchema? _reader;

    // A null branch is read as null where the type has one.
    public GenericBinding(int depthMax)
        : base(depthMax)
    {
        var type = Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T);
        if (PrimitiveNames.TryGetValue(type, out var name))
        {
            _reader = AvroSchema.Parse(type != typeof(T) || !type.IsValueType ? $"[\"null\",\"{name}\"]" : $"\"{name}\"");
        }
    }

    public static bool IsFor(Type type) =>
        type == typeof(object) || type == typeof(GenericRecord) || PrimitiveNames.ContainsKey(Nullable.GetUnderlyingType(type) ?? type);

    public override AvroSchema SchemaOf(T value) => value switch
    {
        GenericRecord record => record.Schema,
        GenericEnum symbol => symbol.Schema,
        GenericFixed bytes => bytes.Schema,
        { } other when Primitives.TryGetValue(other.GetType(), out var schema) => schema,
        _ => throw new ArgumentException($"A value of type {value?.GetType()} does not say what its schema is. Give the serializer a schema.", nameof(value)),
    };

    public override BodyWriter<T> CompileWriter(AvroSchema schema)
    {
        var writer = GenericWriter.Compile(schema, DepthMax);
        return (value, output) => writer.Write(value, output);
    }

    public override BodyReader<T> CompileReader(AvroSchema writer, AvroSchema? reader)
    {
        var wanted = reader ?? _reader;
        if (typeof(T) == typeof(GenericRecord))
        {
            RequireRecords(wanted ?? writer, "Read it as object");
        }

        var compiled = GenericReader.Compile(writer, wanted, DepthMax);
        return (ReadOnlySpan<byte> body, out T? value) => OfType(compiled.TryRead(body, out var read), read, out value);
    }
}
