using System.Buffers;
using FeaturePipeline.Avro.Files;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Tests.Avro.Generic;

namespace FeaturePipeline.Interop;

/// <summary>Object container files of random schemas and data: written here, read and written again by others, compared here row by row.</summary>
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
            for (int row = 0; row < Rows; row++)
            {
                writer.Write(random.Datum(schema));
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
            if (!Rewritten(ours).SequenceEqual(Rewritten(theirs), StringComparer.Ordinal))
            {
                different++;
                Console.Error.WriteLine($"{Path.GetFileName(ours)}: what came back differs");
            }
        }

        Console.WriteLine($"{compared - different} of {compared} files equal, {Rows} rows each");
        return compared > 0 && different == 0 ? 0 : 1;
    }

    private static List<string> Rewritten(string file)
    {
        using var reader = AvroFileReader.Open(File.OpenRead(file));
        var writer = GenericWriter.Compile(reader.Schema);
        var rows = new List<string>();
        foreach (object? row in reader.ReadGeneric())
        {
            var output = new ArrayBufferWriter<byte>();
            writer.Write(row, output);
            rows.Add(Convert.ToHexString(output.WrittenSpan));
        }

        return rows;
    }
}
