using System.Buffers;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Schemas;
using ApacheAvro = global::Avro;

namespace FeaturePipeline.Avro.Apache;

/// <summary>
/// Writes the values that Apache's library takes (see <see cref="ApacheReader"/>), as Apache's writer does: an array is any .NET array, a
/// map an IDictionary from strings to objects, and a number is of the schema's own type. Compiled once for a schema; immutable, shared by
/// threads.
/// </summary>
internal sealed class ApacheWriter
{
    private const string Path = "path";

    private readonly ValueWriter _root;
    private readonly int _depthMax;

    private ApacheWriter(ValueWriter root, int depthMax)
    {
        _root = root;
        _depthMax = AvroReader.CheckDepthMax(depthMax);
    }

    /// <summary>Compiles a writer.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="depthMax">How deep records, arrays and maps may nest in a value: 1 to <see cref="AvroReader.DepthMaxHighest"/>.</param>
    /// <exception cref="NotSupportedException">Apache's library cannot have the schema.</exception>
    internal static ApacheWriter Compile(AvroSchema schema, int depthMax = AvroReader.DepthMax) =>
        new(new WriterGraph().Compile(ApacheSchemas.Of(schema)), depthMax);

    /// <summary>Writes one value: arrays and maps as one block, varints as short as they can be.</summary>
    /// <exception cref="ArgumentException">The value is not one of the schema; the message names the field.</exception>
    internal void Write(object? value, IBufferWriter<byte> output)
    {
        var writer = new AvroWriter(output, _depthMax);
        try
        {
            _root.Write(ref writer, value);
        }
        catch (ArgumentException exception) when (exception.Data[Path] is string path)
        {
            throw new ArgumentException($"Field '{path}': {exception.Message}", exception);
        }

        writer.Flush();
    }

    /// <summary>
    /// Notes the field that an exception comes through. A filter that is never true: the path costs nothing until there is an error, and
    /// the stack is not left field by field.
    /// </summary>
    internal static bool Note(ArgumentException exception, string field)
    {
        exception.Data[Path] = exception.Data[Path] is not string path ? field : path.StartsWith('[') ? field + path : $"{field}.{path}";
        return false;
    }
}

/// <summary>Makes a writer for each of Apache's schemas within one. Without recursion: schemas may recur, and nest.</summary>
internal sealed class WriterGraph
{
    private readonly Dictionary<ApacheAvro.Schema, ValueWriter> _made = new(ReferenceEqualityComparer.Instance);
    private readonly Stack<(ApacheAvro.Schema Schema, ValueWriter Writer)> _open = [];

    internal ValueWriter Compile(ApacheAvro.Schema schema)
    {
        ValueWriter root = Of(schema);
        while (_open.TryPop(out (ApacheAvro.Schema Schema, ValueWriter Writer) next))
        {
            switch (next.Writer)
            {
                case UnionWriter union:
                    union.Branches = [.. ((ApacheAvro.UnionSchema)next.Schema).Schemas.Select(Of)];
                    break;
                case ArrayWriter array:
                    array.Items = Of(((ApacheAvro.ArraySchema)next.Schema).ItemSchema);
                    break;
                case MapWriter map:
                    map.Values = Of(((ApacheAvro.MapSchema)next.Schema).ValueSchema);
                    break;
                case RecordWriter record:
                    record.Fields = [.. ((ApacheAvro.RecordSchema)next.Schema).Fields.Select(field => Of(field.Schema))];
                    break;
            }
        }

        return root;
    }

    private ValueWriter Of(ApacheAvro.Schema schema)
    {
        if (!_made.TryGetValue(schema, out ValueWriter? writer))
        {
            writer = schema is ApacheAvro.LogicalSchema logical ? LogicalWrites.Writer(logical, Of) : Plain(schema);
            _made.Add(schema, writer);
        }

        return writer;
    }

    // The writer of a type without its logical type; what it holds comes later.
    private ValueWriter Plain(ApacheAvro.Schema schema)
    {
        ValueWriter writer = schema switch
        {
            ApacheAvro.RecordSchema record => new RecordWriter(record),
            ApacheAvro.EnumSchema symbols => new EnumWriter(symbols),
            ApacheAvro.FixedSchema type => new FixedWriter(type),
            ApacheAvro.UnionSchema union => new UnionWriter(union),
            ApacheAvro.ArraySchema => new ArrayWriter(),
            ApacheAvro.MapSchema => new MapWriter(),
            _ => new PrimitiveWriter(schema.Tag),
        };
        _open.Push((schema, writer));
        return writer;
    }
}
