using System.Text.Json.Nodes;
using BenchmarkDotNet.Attributes;
using com.company.wide;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Benchmarks;

/// <summary>Encoding from UTF-8 the 36 fields of the wide record that a row can hold (no array, map or record), per record.</summary>
[MemoryDiagnoser]
public class AvroFlatRowBenchmarks
{
    private const int Fields = 36;

    private readonly byte[] _buffer = new byte[4096];
    private byte[][] _messages = [];
    private FieldValue[][] _rows = [];
    private RowEncoder _encoder = null!;

    /// <summary>Encodes and decodes the rows once, and checks the codecs against each other.</summary>
    [GlobalSetup]
    public void Setup()
    {
        JsonNode json = JsonNode.Parse(WideRecord.Json)!;
        json["fields"] = new JsonArray([.. json["fields"]!.AsArray().Where(field => (string)field!["name"]! is not ("tags" or "points" or "counters" or "place")).Select(field => field!.DeepClone())]);
        var schema = AvroSchema.Parse(json.ToJsonString());
        var writer = MappedWriter<WideRecord>.Compile(schema);
        var decoder = ProjectedDecoder.Compile(schema, schema, [.. ((RecordSchema)schema).Fields.Select(field => field.Name)]);
        _encoder = RowEncoder.Compile(schema);
        _messages = [.. Enumerable.Range(0, AvroWideBenchmarks.Count).Select(i => _buffer[..writer.Write(AvroWideSamples.Record(i), _buffer)])];
        _rows = [.. _messages.Select(message =>
        {
            var row = new FieldValue[Fields];
            AvroCheck.That(decoder.TryDecode(message, row).IsOk, "The decoder decodes");
            row[^1] = FieldValue.FromLong((int)WideKind.BUY);
            return row;
        })];
        for (int i = 0; i < _rows.Length; i++)
        {
            AvroCheck.Equal(_messages[i], _buffer[.._encoder.Encode(_rows[i], _messages[i], _buffer)], "The row encoder encodes");
            AvroCheck.Equal(_messages[i], _buffer[..Encode(_rows[i], _messages[i], _buffer)], "The floor encodes");
        }
    }

    /// <summary>Hand-written.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = AvroWideBenchmarks.Count)]
    public int HandWritten()
    {
        int sum = 0;
        for (int i = 0; i < _rows.Length; i++)
        {
            sum += Encode(_rows[i], _messages[i], _buffer);
        }

        return sum;
    }

    /// <summary>The row encoder.</summary>
    [Benchmark(OperationsPerInvoke = AvroWideBenchmarks.Count)]
    public int Row()
    {
        int sum = 0;
        for (int i = 0; i < _rows.Length; i++)
        {
            sum += _encoder.Encode(_rows[i], _messages[i], _buffer);
        }

        return sum;
    }

    // Eight texts, eight longs, six ints, six doubles, four booleans, three nullable texts, an enum.
    private static int Encode(ReadOnlySpan<FieldValue> row, ReadOnlySpan<byte> data, Span<byte> destination)
    {
        int size = RowOp.Slack + (Fields * 10);
        for (int i = 0; i < 8; i++)
        {
            size += row[i].Length;
        }

        for (int i = 32; i < 35; i++)
        {
            size += row[i].Length;
        }

        if (row.Length != Fields || destination.Length < size)
        {
            return -1;
        }

        var writer = new AvroHandWriter(destination);
        for (int i = 0; i < 8; i++)
        {
            writer.Slice(row[i].AsBytes(data, default));
        }

        for (int i = 8; i < 22; i++)
        {
            writer.Long(row[i].AsLong);
        }

        for (int i = 22; i < 28; i++)
        {
            writer.Double(row[i].AsDouble);
        }

        for (int i = 28; i < 32; i++)
        {
            writer.Byte(row[i].AsBoolean ? (byte)1 : (byte)0);
        }

        for (int i = 32; i < 35; i++)
        {
            writer.Byte(row[i].IsNull ? (byte)0 : (byte)2);
            if (!row[i].IsNull)
            {
                writer.Slice(row[i].AsBytes(data, default));
            }
        }

        writer.Long(row[35].AsLong);
        return writer.Written;
    }
}
