using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Resolution;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Mapping;

/// <summary>
/// Reads messages as values of a C# type: classes and records (also with required, init and constructor parameters), structs, enums, collections,
/// dictionaries, Nullable, Guid, dates and times, decimal, closed hierarchies, and classes that Apache's avrogen has made, each by its own type or all of them as ISpecificRecord. Compiled once for a pair of
/// schemas; immutable, shared by threads. Allocates the value and what it holds, nothing else.
/// </summary>
/// <typeparam name="T">The type.</typeparam>
/// <remarks>
/// Members meet fields by name: <see cref="AvroNameAttribute"/>, else exactly, else without regard to case and underscores (UserId and user_id).
/// A member is for one field, and one of its own name comes before one that is alike. A field without a member is skipped. A member without a field keeps
/// its own default, unless it is required: then compiling fails. Collections without a setter that the object makes itself are filled. A
/// <see cref="Generic.GenericRecord"/> or an object holds a generic value. A member of numbers that is narrower than its field takes what it can
/// hold: an int of a long the same number, a float of a double the nearest one. A number beyond its range is
/// <see cref="DecodeErrorKind.OutOfRange"/> of its message, and so is a value that a setter or constructor refuses by an exception.
/// </remarks>
public sealed class MappedReader<T>
{
    private readonly ReadSlot<T> _slot;
    private readonly int _depthMax;

    private MappedReader(ReadSlot<T> slot, int depthMax)
    {
        _slot = slot;
        _depthMax = AvroReader.CheckDepthMax(depthMax);
    }

    /// <summary>Compiles a reader.</summary>
    /// <param name="writer">The schema that the messages were written with.</param>
    /// <param name="reader">The schema to resolve to; null for an Apache class's own, and else the writer's, so that the type alone decides.</param>
    /// <param name="depthMax">How deep records, arrays and maps may nest in a message: 1 to <see cref="AvroReader.DepthMaxHighest"/>.</param>
    /// <returns>The reader.</returns>
    /// <exception cref="SchemaResolutionException">No message of the writer can be read.</exception>
    /// <exception cref="ArgumentException">The type cannot hold a field.</exception>
    public static MappedReader<T> Compile(AvroSchema writer, AvroSchema? reader = null, int depthMax = AvroReader.DepthMax) =>
        new(ReaderCompiler.Compile<T>(Resolver.Resolve(writer, reader ?? Own(writer) ?? writer)), depthMax);

    /// <summary>Reads one message, to its last byte. Never throws for what the message holds.</summary>
    /// <param name="body">The message, without framing.</param>
    /// <param name="value">The value.</param>
    /// <returns>How it went.</returns>
    public DecodeResult TryRead(ReadOnlySpan<byte> body, out T? value)
    {
        var reader = new AvroReader(body, 0, 0, _depthMax);
        if (TryReadNext(ref reader, out T read) && reader.TryEnd())
        {
            value = read;
            return default;
        }

        value = default;
        return reader.Failure();
    }

    private static AvroSchema? Own(AvroSchema writer) =>
        typeof(T) == ApacheTypes.AnyRecord ? ApacheTypes.OfLoaded(writer) : MappedSchema.OfApache(typeof(T));

    /// <summary>Reads one of several messages that follow each other, as in a file's block.</summary>
    internal bool TryReadNext(ref AvroReader reader, out T value)
    {
        try
        {
            value = _slot.Read(ref reader);
            return reader.Error == DecodeErrorKind.None;
        }
        catch (Exception exception) when (exception is not (OutOfMemoryException or InsufficientExecutionStackException))
        {
            // The type's own code threw: nothing here does for what a message holds. Its text may hold the value.
            value = default!;
            return reader.Fail(DecodeErrorKind.OutOfRange, $"a setter or constructor of {typeof(T)}, or of what it holds, threw {exception.GetType()}");
        }
    }
}
