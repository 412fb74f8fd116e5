using System.Runtime.CompilerServices;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Resolution;
using FeaturePipeline.Avro.Schemas;
using ApacheAvro = global::Avro;

namespace FeaturePipeline.Avro.Apache;

/// <summary>
/// Reads messages as the values that Apache's library gives: its GenericRecord, GenericEnum and GenericFixed, arrays of objects,
/// dictionaries, and logical types as .NET's. Compiled once for a pair of schemas; immutable, shared by threads; all limits on hostile
/// input hold.
/// </summary>
internal sealed class ApacheReader
{
    private readonly ValueReader _root;
    private readonly int _depthMax;

    private ApacheReader(ValueReader root, int depthMax)
    {
        _root = root;
        _depthMax = AvroReader.CheckDepthMax(depthMax);
    }

    /// <summary>Compiles a reader.</summary>
    /// <param name="writer">The schema that the messages were written with.</param>
    /// <param name="reader">The schema that the caller wants, which the records have; null for the writer's.</param>
    /// <param name="depthMax">How deep records, arrays and maps may nest in a message: 1 to <see cref="AvroReader.DepthMaxHighest"/>.</param>
    /// <exception cref="SchemaResolutionException">No message of the writer can be read.</exception>
    /// <exception cref="NotSupportedException">Apache's library cannot have the schema, or a default that the writer's messages need.</exception>
    internal static ApacheReader Compile(AvroSchema writer, AvroSchema? reader = null, int depthMax = AvroReader.DepthMax) =>
        new(new ReaderGraph().Compile(Resolver.Resolve(writer, reader ?? writer), ApacheSchemas.Of(reader ?? writer)), depthMax);

    /// <summary>Reads one message, to its last byte. Throws only what a logical type of the program's own throws.</summary>
    internal DecodeResult TryRead(ReadOnlySpan<byte> body, out object? value)
    {
        var reader = new AvroReader(body, 0, 0, _depthMax);
        if (_root.TryRead(ref reader, out value) && reader.TryEnd())
        {
            return default;
        }

        value = null;
        return reader.Failure();
    }
}

/// <summary>
/// Makes a reader for each node of a resolution and the schema of Apache's that belongs to it. Without recursion: schemas may recur, and
/// nest.
/// </summary>
internal sealed class ReaderGraph
{
    private readonly Dictionary<Place, ValueReader> _made = [];
    private readonly Stack<(Place Place, ValueReader Reader)> _open = [];
    private readonly List<RecordReader> _records = [];

    // Apache compares schemas by all that they hold, which takes long.
    private readonly record struct Place(ReadNode Node, ApacheAvro.Schema Schema)
    {
        public bool Equals(Place other) => ReferenceEquals(Node, other.Node) && ReferenceEquals(Schema, other.Schema);

        public override int GetHashCode() => HashCode.Combine(
            RuntimeHelpers.GetHashCode(Node), RuntimeHelpers.GetHashCode(Schema));
    }

    internal ValueReader Compile(ReadNode node, ApacheAvro.Schema schema)
    {
        ValueReader root = Of(node, schema);
        while (_open.TryPop(out (Place Place, ValueReader Reader) next))
        {
            Link(next.Reader, next.Place.Node, next.Place.Schema);
        }

        _records.ForEach(record => record.CheckDefaults());
        return root;
    }

    private ValueReader Of(ReadNode node, ApacheAvro.Schema schema)
    {
        while (node is ReaderUnionNode union)
        {
            schema = ((ApacheAvro.UnionSchema)schema)[union.Index];
            node = union.Branch;
        }

        var place = new Place(node, schema);
        if (!_made.TryGetValue(place, out ValueReader? reader))
        {
            reader = schema is ApacheAvro.LogicalSchema logical && node is not WriterUnionNode
                ? LogicalValues.Reader(node, logical, Plain)
                : Plain(node, schema);
            _made.Add(place, reader);
        }

        return reader;
    }

    // The reader of the value without its logical type; what it holds comes later.
    private ValueReader Plain(ReadNode node, ApacheAvro.Schema schema)
    {
        ValueReader reader = node switch
        {
            ScalarNode scalar => new ScalarReader(scalar),
            EnumNode symbols => new EnumReader(symbols, (ApacheAvro.EnumSchema)schema),
            FixedNode type => new FixedReader(type, (ApacheAvro.FixedSchema)schema),
            WriterUnionNode union => new UnionReader(union),
            ArrayNode array => new ArrayReader(array.ItemSizeMin),
            MapNode map => new MapReader(map.EntrySizeMin),
            _ => new RecordReader((RecordNode)node, (ApacheAvro.RecordSchema)schema),
        };
        _open.Push((new Place(node, schema), reader));
        return reader;
    }

    private void Link(ValueReader reader, ReadNode node, ApacheAvro.Schema schema)
    {
        switch (reader)
        {
            case UnionReader union:
                union.Branches = Array.ConvertAll(((WriterUnionNode)node).Branches, branch => branch is null ? null : Of(branch, schema));
                break;
            case ArrayReader array:
                array.Items = Of(((ArrayNode)node).Items, ((ApacheAvro.ArraySchema)schema).ItemSchema);
                break;
            case MapReader map:
                map.Values = Of(((MapNode)node).Values, ((ApacheAvro.MapSchema)schema).ValueSchema);
                break;
            case RecordReader record:
                var own = (RecordNode)node;
                List<ApacheAvro.Field> fields = ((ApacheAvro.RecordSchema)schema).Fields;
                record.Fields = Array.ConvertAll(own.Steps, step => step.Node is null ? null : Of(step.Node, fields[step.Target].Schema));
                record.Defaults = [.. own.Defaults.Select((field, i) => Of(own.DefaultNode(i), fields[field.Position].Schema))];
                _records.Add(record);
                break;
        }
    }
}
