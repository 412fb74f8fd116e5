using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json.Nodes;
using FeaturePipeline.Avro.Files;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Tests.Avro.Generic;

namespace FeaturePipeline.Interop;

/// <summary>Object container files of random schemas and data: written here, read and written again by others, compared here row by row. Beside each
/// file stands what its rows are, for others to compare with what they read: bytes alone would come back the same whatever they mean.</summary>
internal static class FileExchange
{
    private const int Rows = 20;

    private static readonly string[] Codecs = ["null", "deflate", "bzip2"];

    internal static int Write(string folder, int seed, int count)
    {
        Directory.CreateDirectory(folder);
        for (int i = 0; i < count; i++)
        {
            var random = new RandomSchemas(seed + i);
            var schema = AvroSchema.Parse(random.Record().ToJsonString());
            using var writer = new AvroFileWriter(
                File.Create(Path.Combine(folder, $"{i}.avro")), schema, new AvroFileWriterOptions { Codec = Codecs[i % Codecs.Length], BlockSize = 2000 });
            using var values = File.CreateText(Path.Combine(folder, $"{i}.values"));
            for (int row = 0; row < Rows; row++)
            {
                object? value = random.Datum(schema);
                writer.Write(value);
                values.WriteLine(Text(value));
            }
        }

        return 0;
    }

    internal static int Compare(string folder)
    {
        int compared = 0;
        int different = 0;
        foreach (string theirs in Directory.GetFiles(folder, "*.again.avro").Order(StringComparer.Ordinal))
        {
            string ours = theirs.Replace(".again.avro", ".avro", StringComparison.Ordinal);
            compared++;
            var (cameBack, values) = Read(theirs);
            if (!Read(ours).Bytes.SequenceEqual(cameBack, StringComparer.Ordinal)
                || !File.ReadLines(Path.ChangeExtension(ours, ".values")).SequenceEqual(values, StringComparer.Ordinal))
            {
                different++;
                Console.Error.WriteLine($"{Path.GetFileName(ours)}: what came back differs");
            }
        }

        Console.WriteLine($"{compared - different} of {compared} files equal, {Rows} rows each");
        return compared > 0 && different == 0 ? 0 : 1;
    }

    private static (List<string> Bytes, List<string> Values) Read(string file)
    {
        using var reader = AvroFileReader.Open(File.OpenRead(file));
        var writer = GenericWriter.Compile(reader.Schema);
        var bytes = new List<string>();
        var values = new List<string>();
        foreach (object? row in reader.ReadGeneric())
        {
            var output = new ArrayBufferWriter<byte>();
            writer.Write(row, output);
            bytes.Add(Convert.ToHexString(output.WrittenSpan));
            values.Add(Text(row));
        }

        return (bytes, values);
    }

    private static string Text(object? value) => ToJson(value)?.ToJsonString() ?? "null";

    // As python_files.py has it: numbers with a fraction by their bits, bytes in hexadecimal, so that nothing is rounded on the way.
    private static JsonNode? ToJson(object? value) => value switch
    {
        null => null,
        bool truth => truth,
        int or long => Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture),
        float number => Bits(number),
        double number => Bits(number),
        string text => "s:" + text,
        byte[] bytes => "b:" + Convert.ToHexStringLower(bytes),
        GenericFixed bytes => "b:" + Convert.ToHexStringLower(bytes.Value),
        GenericEnum symbol => "s:" + symbol.Symbol,
        GenericRecord record => new JsonObject(record.Schema.Fields.Select(field => KeyValuePair.Create(field.Name, ToJson(record[field.Position])))),
        IReadOnlyDictionary<string, object?> map => new JsonObject(map.Select(entry => KeyValuePair.Create(entry.Key, ToJson(entry.Value)))),
        IEnumerable<object?> items => new JsonArray([.. items.Select(ToJson)]),
        _ => throw new NotSupportedException($"{value.GetType()} is no generic value."),
    };

    private static string Bits(double number)
    {
        byte[] bits = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bits, BitConverter.DoubleToInt64Bits(number));
        return "d:" + Convert.ToHexStringLower(bits);
    }
}
