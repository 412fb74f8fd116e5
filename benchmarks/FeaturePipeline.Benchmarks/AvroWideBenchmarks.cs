using System.Buffers;
using BenchmarkDotNet.Attributes;
using com.company.wide;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;
using Apache = global::Avro;

namespace FeaturePipeline.Benchmarks;

/// <summary>A record of 40 fields (arrays, a map, a nested record): six fields projected, the whole to an object, and back; beside Apache.Avro.</summary>
[MemoryDiagnoser]
public class AvroWideBenchmarks
{
    private readonly FieldValue[] _values = new FieldValue[6];
    private readonly byte[] _buffer = new byte[4096];
    private readonly MemoryStream _stream = new(4096);
    private readonly WideRecord _record = Sample();
    private byte[] _message = [];
    private ProjectedDecoder _projected = null!;
    private MappedReader<WideRecord> _reader = null!;
    private MappedWriter<WideRecord> _writer = null!;
    private GenericReader _generic = null!;
    private Apache.Specific.SpecificDatumReader<WideRecord> _apacheReader = null!;
    private Apache.Specific.SpecificDatumWriter<WideRecord> _apacheWriter = null!;
    private Apache.Generic.GenericDatumReader<Apache.Generic.GenericRecord> _apacheGeneric = null!;

    /// <summary>Compiles the plans and encodes the record.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var schema = AvroSchema.Parse(WideRecord.Json);
        _projected = ProjectedDecoder.Compile(schema, schema, ["text_0", "count_3", "score_5", "note_1", "kind", "place.city"]);
        _reader = MappedReader<WideRecord>.Compile(schema);
        _writer = MappedWriter<WideRecord>.Compile(schema);
        _generic = GenericReader.Compile(schema);
        _apacheReader = new Apache.Specific.SpecificDatumReader<WideRecord>(WideRecord.AvroSchema, WideRecord.AvroSchema);
        _apacheWriter = new Apache.Specific.SpecificDatumWriter<WideRecord>(WideRecord.AvroSchema);
        _apacheGeneric = new Apache.Generic.GenericDatumReader<Apache.Generic.GenericRecord>(WideRecord.AvroSchema, WideRecord.AvroSchema);
        var output = new ArrayBufferWriter<byte>();
        _writer.Write(_record, output);
        _message = output.WrittenSpan.ToArray();
    }

    /// <summary>Six of the 40 fields.</summary>
    [Benchmark(Baseline = true)]
    public bool Projected() => _projected.TryDecode(_message, _values).IsOk;

    /// <summary>The whole record as an object.</summary>
    [Benchmark]
    public object? Mapped() => _reader.TryRead(_message, out WideRecord? record).IsOk ? record : null;

    /// <summary>The whole record as a generic record.</summary>
    [Benchmark]
    public object? Generic() => _generic.TryRead(_message, out object? record).IsOk ? record : null;

    /// <summary>Apache.Avro, specific.</summary>
    [Benchmark]
    public object ApacheSpecific() => _apacheReader.Read(null!, new Apache.IO.BinaryDecoder(new MemoryStream(_message)));

    /// <summary>Apache.Avro, generic.</summary>
    [Benchmark]
    public object ApacheGeneric() => _apacheGeneric.Read(null!, new Apache.IO.BinaryDecoder(new MemoryStream(_message)));

    /// <summary>The object encoded.</summary>
    [Benchmark]
    public int MappedEncode() => _writer.Write(_record, _buffer);

    /// <summary>The object encoded by Apache.Avro.</summary>
    [Benchmark]
    public long ApacheSpecificEncode()
    {
        _stream.Position = 0;
        _apacheWriter.Write(_record, new Apache.IO.BinaryEncoder(_stream));
        return _stream.Position;
    }

    private static WideRecord Sample()
    {
        var record = new WideRecord { Tags = ["alpha", "beta", "gamma"], Points = [1, 1000, 1_000_000, -5], Kind = WideKind.BUY, Place = new WidePlace { City = "Lviv", Rank = 7 } };
        foreach (System.Reflection.PropertyInfo property in typeof(WideRecord).GetProperties().Where(property => property.CanWrite))
        {
            object? value = property.PropertyType == typeof(string) ? $"{property.Name} text of some length"
                : property.PropertyType == typeof(long) ? 1_718_000_000_000L
                : property.PropertyType == typeof(int) ? 12_345
                : property.PropertyType == typeof(double) ? 0.25
                : property.PropertyType == typeof(bool) ? true : null;
            if (value is not null)
            {
                property.SetValue(record, value);
            }
        }

        record.Note1 = null;
        record.Counters["views"] = 12;
        record.Counters["clicks"] = 3;
        return record;
    }
}
