using BenchmarkDotNet.Attributes;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;
using Apache = global::Avro;

namespace FeaturePipeline.Benchmarks;

/// <summary>Decoding user events of 56 bytes, per record: the flat plan, the hand-written floor, Apache.Avro.</summary>
[MemoryDiagnoser]
public class AvroDecodeBenchmarks
{
    private readonly byte[][] _messages = AvroUserEvents.Messages();
    private readonly FieldValue[] _values = new FieldValue[4];
    private ProjectedDecoder _all = null!;
    private ProjectedDecoder _two = null!;
    private ProjectedDecoder _evolved = null!;
    private GenericReader _generic = null!;
    private MappedReader<com.company.events.UserEvent> _mapped = null!;
    private Apache.Generic.GenericDatumReader<Apache.Generic.GenericRecord> _apacheGeneric = null!;
    private Apache.Specific.SpecificDatumReader<com.company.events.UserEvent> _apacheSpecific = null!;

    /// <summary>Compiles the plans.</summary>
    [GlobalSetup]
    public void Setup()
    {
        AvroSchema schema = AvroUserEvents.Schema;
        var evolved = AvroSchema.Parse("""
            {"type": "record", "name": "UserEvent", "namespace": "com.company.events", "fields": [
              {"name": "timestamp", "type": {"type": "long", "logicalType": "timestamp-millis"}}, {"name": "kind", "type": "string", "aliases": ["event_type"]},
              {"name": "session_id", "type": ["null", "string"], "default": null}, {"name": "user_id", "type": "string"}, {"name": "country", "type": "string", "default": "unknown"}]}
            """);
        _all = ProjectedDecoder.Compile(schema, schema, AvroUserEvents.Fields);
        _two = ProjectedDecoder.Compile(schema, schema, ["user_id", "timestamp"]);
        _evolved = ProjectedDecoder.Compile(schema, evolved, ["user_id", "kind", "timestamp", "session_id"]);
        _generic = GenericReader.Compile(schema);
        _mapped = MappedReader<com.company.events.UserEvent>.Compile(schema);
        var apache = Apache.Schema.Parse(AvroUserEvents.Json);
        _apacheGeneric = new Apache.Generic.GenericDatumReader<Apache.Generic.GenericRecord>(apache, apache);
        _apacheSpecific = new Apache.Specific.SpecificDatumReader<com.company.events.UserEvent>(apache, apache);
    }

    /// <summary>Hand-written for this schema.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = AvroUserEvents.Count)]
    public long HandWritten()
    {
        long sum = 0;
        foreach (byte[] message in _messages)
        {
            sum += AvroUserEvents.HandDecode(message, out AvroUserEvents.HandRow row) ? row.Timestamp : 0;
        }

        return sum;
    }

    /// <summary>All four fields.</summary>
    [Benchmark(OperationsPerInvoke = AvroUserEvents.Count)]
    public long Projected() => Run(_all, 2);

    /// <summary>Two of the four fields.</summary>
    [Benchmark(OperationsPerInvoke = AvroUserEvents.Count)]
    public long ProjectedTwoFields() => Run(_two, 1);

    /// <summary>All four fields under a schema with fields moved, renamed and added.</summary>
    [Benchmark(OperationsPerInvoke = AvroUserEvents.Count)]
    public long ProjectedEvolved() => Run(_evolved, 2);

    /// <summary>Objects of the class that Apache reads too: an object and three strings.</summary>
    [Benchmark(OperationsPerInvoke = AvroUserEvents.Count)]
    public long Mapped()
    {
        long sum = 0;
        foreach (byte[] message in _messages)
        {
            _mapped.TryRead(message, out com.company.events.UserEvent? record);
            sum += record!.Timestamp.Ticks;
        }

        return sum;
    }

    /// <summary>Generic records.</summary>
    [Benchmark(OperationsPerInvoke = AvroUserEvents.Count)]
    public long Generic()
    {
        long sum = 0;
        foreach (byte[] message in _messages)
        {
            _generic.TryRead(message, out object? value);
            sum += (long)((GenericRecord)value!)[2]!;
        }

        return sum;
    }

    /// <summary>Apache.Avro, generic, resolved beforehand.</summary>
    [Benchmark(OperationsPerInvoke = AvroUserEvents.Count)]
    public long ApacheGeneric()
    {
        long sum = 0;
        foreach (byte[] message in _messages)
        {
            Apache.Generic.GenericRecord record = _apacheGeneric.Read(null!, new Apache.IO.BinaryDecoder(new MemoryStream(message)));
            sum += ((DateTime)record["timestamp"]).Ticks;
        }

        return sum;
    }

    /// <summary>Apache.Avro, specific, resolved beforehand: its fastest.</summary>
    [Benchmark(OperationsPerInvoke = AvroUserEvents.Count)]
    public long ApacheSpecific()
    {
        long sum = 0;
        foreach (byte[] message in _messages)
        {
            com.company.events.UserEvent record = _apacheSpecific.Read(null!, new Apache.IO.BinaryDecoder(new MemoryStream(message)));
            sum += record.Timestamp.Ticks;
        }

        return sum;
    }

    private long Run(ProjectedDecoder decoder, int timestamp)
    {
        long sum = 0;
        FieldValue[] values = _values;
        foreach (byte[] message in _messages)
        {
            sum += decoder.TryDecode(message, values).IsOk ? values[timestamp].AsLong : 0;
        }

        return sum;
    }
}
