using System.Buffers;
using System.Text;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Avro.Files;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Streams.Errors;

namespace FeaturePipeline.Generator;

/// <summary>The records of an Avro object container file, in its order, under the file's own schema.</summary>
internal sealed class FileEvents : EventSupply
{
    private readonly string _path;
    private readonly string _keyField;
    private readonly AvroFileReader _reader;
    private readonly GenericWriter _writer;
    private readonly IEnumerator<object?> _records;
    private readonly RecordField _timestamp;
    private readonly long _unitsPerMs;
    private readonly ArrayBufferWriter<byte> _value = new();
    private byte[]? _key;
    private long _timestampMs;

    private FileEvents(string path, AvroFileReader reader, RecordField key, RecordField timestamp)
    {
        _path = path;
        _keyField = key.Name;
        _timestamp = timestamp;
        _reader = reader;
        _writer = GenericWriter.Compile(reader.Schema);
        _records = reader.ReadGeneric().GetEnumerator();
        _unitsPerMs = UnitsPerMs(timestamp.Schema);
    }

    public override ReadOnlySpan<byte> Key => _key;

    public override ReadOnlySpan<byte> Value => _value.WrittenSpan;

    public override bool HasKey => _key is not null;

    public override long TimestampMs => _timestampMs;

    /// <summary>Id of the file's schema in the registry; to be set before the first record.</summary>
    public int SchemaId { get; set; }

    /// <summary>The file's schema.</summary>
    public AvroSchema Schema => _reader.Schema;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="keyField">Field that becomes the key.</param>
    /// <param name="timestampField">Field of event time.</param>
    /// <exception cref="StreamsException">It can't be read, or its records lack one of the fields.</exception>
    public static FileEvents Open(string path, string keyField, string timestampField)
    {
        try
        {
            AvroFileReader reader = AvroFileReader.Open(File.OpenRead(path));
            var record = reader.Schema as RecordSchema;
            RecordField? key = record?.Fields.FirstOrDefault(field => field.Name == keyField);
            RecordField? timestamp = record?.Fields.FirstOrDefault(field => field.Name == timestampField);
            if (key is null || timestamp is null)
            {
                reader.Dispose();
                throw new StreamsException(
                    $"'{path}' holds no records with the fields '{keyField}' and '{timestampField}'. Set Source:KeyedBy and Source:TimestampField to fields of its schema.");
            }

            return new FileEvents(path, reader, key, timestamp);
        }
        catch (Exception e) when (e is AvroFileException or AvroSchemaException)
        {
            throw new StreamsException($"'{path}' is no Avro object container file that can be read: {e.Message}", e);
        }
    }

    public override bool MoveNext()
    {
        try
        {
            if (!_records.MoveNext())
            {
                return false;
            }
        }
        catch (AvroFileException e)
        {
            throw new StreamsException($"'{_path}' is broken: {e.Message} What came before has been sent.", e);
        }

        var record = (GenericRecord)_records.Current!;
        _key = record[_keyField] is string text ? Encoding.UTF8.GetBytes(text) : null;
        _timestampMs = record[_timestamp.Name] is long units ? Math.Max(0, units / _unitsPerMs) : 0;
        _value.ResetWrittenCount();
        WireFormat.WritePrefix(_value.GetSpan(WireFormat.PrefixSize), SchemaId);
        _value.Advance(WireFormat.PrefixSize);
        _writer.Write(record, _value);
        return true;
    }

    public override void Dispose()
    {
        _records.Dispose();
        _reader.Dispose();
    }

    private static long UnitsPerMs(AvroSchema schema)
    {
        IEnumerable<AvroSchema> branches = schema is UnionSchema union ? union.Branches : [schema];
        return branches.Select(branch => branch.Logical?.Name).FirstOrDefault(name => name is not null) switch
        {
            "timestamp-micros" or "local-timestamp-micros" => 1_000,
            "timestamp-nanos" or "local-timestamp-nanos" => 1_000_000,
            _ => 1,
        };
    }
}
