using BenchmarkDotNet.Attributes;
using com.company.wide;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;
using Apache = global::Avro;

namespace FeaturePipeline.Benchmarks;

/// <summary>
/// A record of 40 fields (arrays, a map, a nested record), per record: six fields projected, the whole to an object, and back; beside a hand-written codec
/// and Apache.Avro.
/// </summary>
[MemoryDiagnoser]
public class AvroWideBenchmarks
{
    internal const int Count = 100;

    internal static readonly string[] Fields = ["text_0", "count_3", "score_5", "note_1", "kind", "place.city"];

    private readonly FieldValue[] _values = new FieldValue[Fields.Length];
    private readonly byte[] _buffer = new byte[4096];
    private readonly MemoryStream _output = new(4096);
    private readonly WideRecord[] _records = [.. Enumerable.Range(0, Count).Select(AvroWideSamples.Record)];
    private byte[][] _messages = [];
    private byte[][] _oldMessages = [];
    private ProjectedDecoder _projected = null!;
    private ProjectedDecoder _projectedEvolved = null!;
    private MappedReader<WideRecord> _reader = null!;
    private MappedReader<WideRecord> _readerEvolved = null!;
    private MappedWriter<WideRecord> _writer = null!;
    private GenericReader _generic = null!;
    private MemoryStream _input = null!;
    private Apache.IO.BinaryDecoder _decoder = null!;
    private Apache.Specific.SpecificDatumReader<WideRecord> _apacheReader = null!;
    private Apache.Specific.SpecificDatumWriter<WideRecord> _apacheWriter = null!;
    private Apache.Generic.GenericDatumReader<Apache.Generic.GenericRecord> _apacheGeneric = null!;
    private Apache.Generic.GenericDatumWriter<Apache.Generic.GenericRecord> _apacheGenericWriter = null!;
    private Apache.Generic.GenericRecord[] _apacheRecords = [];

    internal byte[][] Messages => _messages;

    /// <summary>Compiles the plans, encodes the records, and checks every codec against the others.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var schema = AvroSchema.Parse(WideRecord.Json);
        var (older, newer) = (AvroSchema.Parse(AvroWideSamples.OldJson), AvroSchema.Parse(AvroWideSamples.NewJson));
        _projected = ProjectedDecoder.Compile(schema, schema, Fields);
        _projectedEvolved = ProjectedDecoder.Compile(older, newer, Fields);
        _reader = MappedReader<WideRecord>.Compile(schema);
        _readerEvolved = MappedReader<WideRecord>.Compile(older, newer);
        _writer = MappedWriter<WideRecord>.Compile(schema);
        _generic = GenericReader.Compile(schema);
        _messages = [.. _records.Select(record => Bytes(record))];
        _oldMessages = [.. Enumerable.Range(0, Count).Select(AvroWideSamples.OldMessage)];
        _apacheReader = new(WideRecord.AvroSchema, WideRecord.AvroSchema);
        _apacheWriter = new(WideRecord.AvroSchema);
        _apacheGeneric = new(WideRecord.AvroSchema, WideRecord.AvroSchema);
        _apacheGenericWriter = new(WideRecord.AvroSchema);
        _input = new MemoryStream([.. _messages.SelectMany(message => message)]);
        _decoder = new Apache.IO.BinaryDecoder(_input);
        _apacheRecords = [.. _messages.Select(message => _apacheGeneric.Read(null!, Decoder(message)))];
        for (int i = 0; i < Count; i++)
        {
            Check(i);
        }
    }

    /// <summary>Six of the 40 fields, hand-written.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Count)]
    public int HandProjected()
    {
        int good = 0;
        foreach (byte[] message in _messages)
        {
            good += AvroWideFloor.Project(message, out _) ? 1 : 0;
        }

        return good;
    }

    /// <summary>Six of the 40 fields.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public int Projected() => Project(_projected, _messages);

    /// <summary>Six of the 40 fields of messages of an older schema: fields in another order, removed, added, renamed, promoted.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public int ProjectedEvolved() => Project(_projectedEvolved, _oldMessages);

    /// <summary>The whole record as an object, hand-written.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public object? HandObject()
    {
        object? last = null;
        foreach (byte[] message in _messages)
        {
            last = AvroWideObjectFloor.Read(message);
        }

        return last;
    }

    /// <summary>The whole record as an object.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public object? Mapped() => Read(_reader, _messages);

    /// <summary>The whole record as an object, from messages of an older schema.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public object? MappedEvolved() => Read(_readerEvolved, _oldMessages);

    /// <summary>The whole record as a generic record.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public object? Generic()
    {
        object? last = null;
        foreach (byte[] message in _messages)
        {
            _generic.TryRead(message, out last);
        }

        return last;
    }

    /// <summary>Apache.Avro, specific, resolved beforehand, a stream for each message.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public object ApacheSpecific()
    {
        object last = this;
        foreach (byte[] message in _messages)
        {
            last = _apacheReader.Read(null!, Decoder(message));
        }

        return last;
    }

    /// <summary>Apache.Avro at its fastest: one stream over all messages, each read into a new object that has its collections already.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public object ApacheSpecificFastest()
    {
        object last = this;
        _input.Position = 0;
        for (int i = 0; i < Count; i++)
        {
            var given = new WideRecord { Tags = new List<string>(), Points = new List<long>(), Counters = new Dictionary<string, long>(), Place = new WidePlace() };
            last = _apacheReader.Read(given, _decoder);
        }

        return last;
    }

    /// <summary>Apache.Avro, generic.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public object ApacheGeneric()
    {
        object last = this;
        foreach (byte[] message in _messages)
        {
            last = _apacheGeneric.Read(null!, Decoder(message));
        }

        return last;
    }

    /// <summary>The object encoded, hand-written.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public int HandEncode()
    {
        int sum = 0;
        foreach (WideRecord record in _records)
        {
            sum += AvroWideObjectFloor.Write(record, _buffer);
        }

        return sum;
    }

    /// <summary>The object encoded.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public int MappedEncode()
    {
        int sum = 0;
        foreach (WideRecord record in _records)
        {
            sum += _writer.Write(record, _buffer);
        }

        return sum;
    }

    /// <summary>The object encoded by Apache.Avro.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public long ApacheSpecificEncode()
    {
        long sum = 0;
        foreach (WideRecord record in _records)
        {
            _output.Position = 0;
            _apacheWriter.Write(record, new Apache.IO.BinaryEncoder(_output));
            sum += _output.Position;
        }

        return sum;
    }

    /// <summary>A generic record encoded by Apache.Avro.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public long ApacheGenericEncode()
    {
        long sum = 0;
        foreach (Apache.Generic.GenericRecord record in _apacheRecords)
        {
            _output.Position = 0;
            _apacheGenericWriter.Write(record, new Apache.IO.BinaryEncoder(_output));
            sum += _output.Position;
        }

        return sum;
    }

    private static Apache.IO.BinaryDecoder Decoder(byte[] message) => new(new MemoryStream(message));

    private static object? Read(MappedReader<WideRecord> reader, byte[][] messages)
    {
        object? last = null;
        foreach (byte[] message in messages)
        {
            last = reader.TryRead(message, out WideRecord? record).IsOk ? record : null;
        }

        return last;
    }

    private int Project(ProjectedDecoder decoder, byte[][] messages)
    {
        int good = 0;
        foreach (byte[] message in messages)
        {
            good += decoder.TryDecode(message, _values).IsOk ? 1 : 0;
        }

        return good;
    }

    private byte[] Bytes(WideRecord? record) => _buffer[..(record is null ? 0 : _writer.Write(record, _buffer))];

    // What is timed must be right: all codecs agree on these messages, and the hand-written one refuses every message that is cut short.
    private void Check(int i)
    {
        byte[] message = _messages[i];
        AvroCheck.Equal(message, Bytes(AvroWideObjectFloor.Read(message)), "The wide floor reads");
        AvroCheck.Equal(message, _buffer[..AvroWideObjectFloor.Write(_records[i], _buffer)], "The wide floor writes");
        _reader.TryRead(message, out WideRecord? read);
        AvroCheck.Equal(message, Bytes(read), "The wide reader reads");
        AvroCheck.Equal(message, Bytes(_apacheReader.Read(null!, Decoder(message))), "Apache reads");
        _output.SetLength(0);
        _apacheWriter.Write(_records[i], new Apache.IO.BinaryEncoder(_output));
        AvroCheck.Equal(message, _output.ToArray(), "Apache writes");
        _readerEvolved.TryRead(_oldMessages[i], out WideRecord? evolved);
        AvroCheck.Equal(Bytes(AvroWideSamples.Evolved(i)), Bytes(evolved), "The wide reader reads an older message");
        bool projected = AvroWideFloor.Project(message, out AvroWideFloor.Row row) && _projected.TryDecode(message, _values).IsOk;
        var values = new ProjectedRow(message, _projected.Constants, _values);
        AvroCheck.That(
            projected && AvroCheck.IsSlice(values, 0, row.Text0) && row.Count3 == values.GetLong(1) && row.Score5.Equals(values.GetDouble(2))
                && AvroCheck.IsSlice(values, 3, row.Note1) && values.GetBytes(4).SequenceEqual(System.Text.Encoding.UTF8.GetBytes(((WideKind)(row.Kind >> 1)).ToString()))
                && AvroCheck.IsSlice(values, 5, row.City),
            "The wide floor projects");
        for (int length = 0; length < message.Length; length++)
        {
            AvroCheck.That(!AvroWideFloor.Project(message.AsSpan(0, length), out _) && AvroWideObjectFloor.Read(message.AsSpan(0, length)) is null, "The wide floor refuses a part");
        }
    }
}
