using BenchmarkDotNet.Attributes;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;
using Apache = global::Avro;

namespace FeaturePipeline.Benchmarks;

/// <summary>Encoding user events of 56 bytes from UTF-8, per record: rows, the hand-written floor, Apache.Avro from strings.</summary>
[MemoryDiagnoser]
public class AvroEncodeBenchmarks
{
    private readonly byte[][] _messages = AvroUserEvents.Messages();
    private readonly byte[] _buffer = new byte[256];
    private readonly MemoryStream _stream = new(256);
    private FieldValue[][] _rows = null!;
    private AvroUserEvents.HandRow[] _handRows = null!;
    private com.company.events.UserEvent[] _records = null!;
    private RowEncoder _encoder = null!;
    private MappedWriter<com.company.events.UserEvent> _mapped = null!;
    private Apache.Generic.GenericRecord[] _genericRecords = [];
    private Apache.Generic.GenericDatumWriter<Apache.Generic.GenericRecord> _apacheGeneric = null!;
    private Apache.Specific.SpecificDatumWriter<com.company.events.UserEvent> _apacheSpecific = null!;

    /// <summary>Decodes the events once.</summary>
    [GlobalSetup]
    public void Setup()
    {
        AvroSchema schema = AvroUserEvents.Schema;
        var decoder = ProjectedDecoder.Compile(schema, schema, AvroUserEvents.Fields);
        _encoder = RowEncoder.Compile(schema);
        _mapped = MappedWriter<com.company.events.UserEvent>.Compile(schema);
        _rows = new FieldValue[AvroUserEvents.Count][];
        _handRows = new AvroUserEvents.HandRow[AvroUserEvents.Count];
        _records = new com.company.events.UserEvent[AvroUserEvents.Count];
        var apache = Apache.Schema.Parse(AvroUserEvents.Json);
        var reader = new Apache.Specific.SpecificDatumReader<com.company.events.UserEvent>(apache, apache);
        for (int i = 0; i < AvroUserEvents.Count; i++)
        {
            decoder.TryDecode(_messages[i], _rows[i] = new FieldValue[4]);
            AvroUserEvents.HandDecode(_messages[i], out _handRows[i]);
            _records[i] = reader.Read(null!, new Apache.IO.BinaryDecoder(new MemoryStream(_messages[i])));
        }

        _apacheSpecific = new Apache.Specific.SpecificDatumWriter<com.company.events.UserEvent>(apache);
        _apacheGeneric = new Apache.Generic.GenericDatumWriter<Apache.Generic.GenericRecord>(apache);
        var generic = new Apache.Generic.GenericDatumReader<Apache.Generic.GenericRecord>(apache, apache);
        _genericRecords = [.. _messages.Select(message => generic.Read(null!, new Apache.IO.BinaryDecoder(new MemoryStream(message))))];
        for (int i = 0; i < _messages.Length; i++)
        {
            AvroCheck.Equal(_messages[i], _buffer[..AvroUserEvents.HandEncode(in _handRows[i], _messages[i], _buffer)], "The floor encodes");
            AvroCheck.Equal(_messages[i], _buffer[..AvroUserEvents.HandWrite(_records[i], _buffer)], "The floor writes");
            AvroCheck.Equal(_messages[i], _buffer[.._encoder.Encode(_rows[i], _messages[i], _buffer)], "The row encoder encodes");
            AvroCheck.Equal(_messages[i], _buffer[.._mapped.Write(_records[i], _buffer)], "The writer writes");
        }
    }

    /// <summary>Hand-written for this schema.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = AvroUserEvents.Count)]
    public int HandWritten()
    {
        int sum = 0;
        for (int i = 0; i < _handRows.Length; i++)
        {
            sum += AvroUserEvents.HandEncode(in _handRows[i], _messages[i], _buffer);
        }

        return sum;
    }

    /// <summary>From objects, hand-written.</summary>
    [Benchmark(OperationsPerInvoke = AvroUserEvents.Count)]
    public int HandWrittenObject()
    {
        int sum = 0;
        foreach (com.company.events.UserEvent record in _records)
        {
            sum += AvroUserEvents.HandWrite(record, _buffer);
        }

        return sum;
    }

    /// <summary>The row encoder.</summary>
    [Benchmark(OperationsPerInvoke = AvroUserEvents.Count)]
    public int Row()
    {
        int sum = 0;
        for (int i = 0; i < _rows.Length; i++)
        {
            sum += _encoder.Encode(_rows[i], _messages[i], _buffer);
        }

        return sum;
    }

    /// <summary>From objects with strings.</summary>
    [Benchmark(OperationsPerInvoke = AvroUserEvents.Count)]
    public int Mapped()
    {
        int sum = 0;
        foreach (com.company.events.UserEvent record in _records)
        {
            sum += _mapped.Write(record, _buffer);
        }

        return sum;
    }

    /// <summary>Apache.Avro, specific, into one stream.</summary>
    [Benchmark(OperationsPerInvoke = AvroUserEvents.Count)]
    public long ApacheSpecific()
    {
        long sum = 0;
        foreach (com.company.events.UserEvent record in _records)
        {
            _stream.Position = 0;
            _apacheSpecific.Write(record, new Apache.IO.BinaryEncoder(_stream));
            sum += _stream.Position;
        }

        return sum;
    }

    /// <summary>Apache.Avro, generic, into one stream.</summary>
    [Benchmark(OperationsPerInvoke = AvroUserEvents.Count)]
    public long ApacheGeneric()
    {
        long sum = 0;
        foreach (Apache.Generic.GenericRecord record in _genericRecords)
        {
            _stream.Position = 0;
            _apacheGeneric.Write(record, new Apache.IO.BinaryEncoder(_stream));
            sum += _stream.Position;
        }

        return sum;
    }
}
