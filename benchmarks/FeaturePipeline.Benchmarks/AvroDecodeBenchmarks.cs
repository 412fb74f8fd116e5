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
    private readonly FieldValue[] _values = new FieldValue[5];
    private byte[][] _oldMessages = [];
    private MemoryStream _stream = null!;
    private Apache.IO.BinaryDecoder _decoder = null!;
    private MappedReader<EvolvedUserEvent> _mappedEvolved = null!;
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
        _all = ProjectedDecoder.Compile(schema, schema, AvroUserEvents.Fields);
        _two = ProjectedDecoder.Compile(schema, schema, ["user_id", "timestamp"]);
        _evolved = ProjectedDecoder.Compile(EvolvedUserEvent.Old, EvolvedUserEvent.New, EvolvedUserEvent.Fields);
        _generic = GenericReader.Compile(schema);
        _mapped = MappedReader<com.company.events.UserEvent>.Compile(schema);
        _mappedEvolved = MappedReader<EvolvedUserEvent>.Compile(EvolvedUserEvent.Old, EvolvedUserEvent.New);
        _oldMessages = [.. _messages.Select(EvolvedUserEvent.OldMessage)];
        var apache = Apache.Schema.Parse(AvroUserEvents.Json);
        _apacheGeneric = new Apache.Generic.GenericDatumReader<Apache.Generic.GenericRecord>(apache, apache);
        _apacheSpecific = new Apache.Specific.SpecificDatumReader<com.company.events.UserEvent>(apache, apache);
        _stream = new MemoryStream([.. _messages.SelectMany(message => message)]);
        _decoder = new Apache.IO.BinaryDecoder(_stream);
        for (int i = 0; i < _messages.Length; i++)
        {
            Check(i);
        }
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
    public long Projected() => Run(_all, _messages, 2);

    /// <summary>Two of the four fields.</summary>
    [Benchmark(OperationsPerInvoke = AvroUserEvents.Count)]
    public long ProjectedTwoFields() => Run(_two, _messages, 1);

    /// <summary>All fields of messages of an older schema: moved, removed, renamed, promoted, added.</summary>
    [Benchmark(OperationsPerInvoke = AvroUserEvents.Count)]
    public long ProjectedEvolved() => Run(_evolved, _oldMessages, 2);

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

    /// <summary>Objects, from messages of an older schema.</summary>
    [Benchmark(OperationsPerInvoke = AvroUserEvents.Count)]
    public long MappedEvolved()
    {
        long sum = 0;
        foreach (byte[] message in _oldMessages)
        {
            _mappedEvolved.TryRead(message, out EvolvedUserEvent? record);
            sum += record!.Timestamp.Ticks;
        }

        return sum;
    }

    /// <summary>Objects, hand-written.</summary>
    [Benchmark(OperationsPerInvoke = AvroUserEvents.Count)]
    public long HandWrittenObject()
    {
        long sum = 0;
        foreach (byte[] message in _messages)
        {
            sum += AvroUserEvents.HandRead(message)!.Timestamp.Ticks;
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

    /// <summary>Apache.Avro, specific, at its fastest: resolved beforehand, one stream over all messages, each read into a new object.</summary>
    [Benchmark(OperationsPerInvoke = AvroUserEvents.Count)]
    public long ApacheSpecificFastest()
    {
        long sum = 0;
        _stream.Position = 0;
        for (int i = 0; i < AvroUserEvents.Count; i++)
        {
            sum += _apacheSpecific.Read(new com.company.events.UserEvent(), _decoder).Timestamp.Ticks;
        }

        return sum;
    }

    /// <summary>Apache.Avro, specific, resolved beforehand, a stream for each message.</summary>
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

    private long Run(ProjectedDecoder decoder, byte[][] messages, int timestamp)
    {
        long sum = 0;
        FieldValue[] values = _values;
        foreach (byte[] message in messages)
        {
            sum += decoder.TryDecode(message, values).IsOk ? values[timestamp].AsLong : 0;
        }

        return sum;
    }

    // What is timed must be right: all codecs agree on these messages, and the hand-written ones refuse every message that is cut short.
    private void Check(int i)
    {
        byte[] message = _messages[i];
        com.company.events.UserEvent hand = AvroUserEvents.HandRead(message)!;
        com.company.events.UserEvent apache = _apacheSpecific.Read(null!, new Apache.IO.BinaryDecoder(new MemoryStream(message)));
        _mapped.TryRead(message, out com.company.events.UserEvent? mapped);
        _mappedEvolved.TryRead(_oldMessages[i], out EvolvedUserEvent? evolved);
        AvroCheck.That(Same(hand, apache), "The floor reads");
        AvroCheck.That(Same(mapped!, apache), "The reader reads");
        AvroCheck.That(
            (evolved!.UserId, evolved.EventType, evolved.Timestamp, evolved.SessionId, evolved.Country) == (hand.UserId, hand.EventType, hand.Timestamp, hand.SessionId, "unknown"),
            "The reader reads an older message");
        bool decoded = AvroUserEvents.HandDecode(message, out AvroUserEvents.HandRow row) && _all.TryDecode(message, _values).IsOk;
        var values = new ProjectedRow(message, _all.Constants, _values);
        AvroCheck.That(
            decoded && AvroCheck.IsSlice(values, 0, row.UserId) && AvroCheck.IsSlice(values, 1, row.EventType) && values.GetLong(2) == row.Timestamp
                && AvroCheck.IsSlice(values, 3, row.SessionId),
            "The floor decodes");
        for (int length = 0; length < message.Length; length++)
        {
            AvroCheck.That(
                !AvroUserEvents.HandDecode(message.AsSpan(0, length), out _) && AvroUserEvents.HandRead(message.AsSpan(0, length)) is null, "The floor refuses a part");
        }
    }

    private static bool Same(com.company.events.UserEvent left, com.company.events.UserEvent right) =>
        (left.UserId, left.EventType, left.Timestamp, left.SessionId) == (right.UserId, right.EventType, right.Timestamp, right.SessionId);
}
