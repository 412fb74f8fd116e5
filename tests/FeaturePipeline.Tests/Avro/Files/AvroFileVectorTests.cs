using System.Text.Json;
using FeaturePipeline.Avro;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Files;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Tests.Repository;

namespace FeaturePipeline.Tests.Avro.Files;

/// <summary>ocf/index.jsonl: files of every codec, evolved, and broken ones.</summary>
public class AvroFileVectorTests
{
    private static readonly string Folder = Path.Combine(RepositoryFiles.Root, "tests", "vectors", "avro", "ocf");

    [Fact]
    public void Files_of_every_codec_give_their_rows_and_metadata() => Vectors.Check("ocf/index.jsonl", vector =>
    {
        if (vector.Text("cat") == "corrupt")
        {
            return null;
        }

        using var reader = AvroFileReader.Open(File.OpenRead(Path.Combine(Folder, vector.Text("file")!)));
        return reader.Codec != vector.Text("codec") ? $"codec {reader.Codec}"
            : Convert.ToHexStringLower(reader.SyncMarker) != vector.Text("sync") ? "sync marker"
            : vector.TryGetProperty("meta", out JsonElement meta) && !meta.EnumerateObject().All(entry => Convert.ToHexStringLower(reader.Metadata[entry.Name]) == entry.Value.GetString()) ? "metadata"
            : CompareRows(reader, vector.Text("rows")!);
    });

    [Fact]
    public void Files_are_read_under_an_evolved_schema() => Vectors.Check("ocf/index.jsonl", vector =>
    {
        if (!vector.TryGetProperty("reader", out _))
        {
            return null;
        }

        using var reader = AvroFileReader.Open(File.OpenRead(Path.Combine(Folder, vector.Text("file")!)), vector.Schema("reader"));
        return CompareRows(reader, vector.Text("evolved")!);
    });

    [Fact]
    public void A_broken_file_ends_in_an_error_that_says_how() => Vectors.Check("ocf/index.jsonl", vector =>
    {
        if (vector.Text("cat") != "corrupt")
        {
            return null;
        }

        const int Most = 100 << 20;
        string outcome = "";
        long allocated = Allocations.Of(
            () => outcome = Outcome(Path.Combine(Folder, vector.Text("file")!), new AvroFileReaderOptions { BlockSizeMax = 16 << 20 }), Most);
        return !vector.Accepts(outcome) ? $"{outcome} for {vector.Text("expect")}" : allocated > Most ? $"{allocated} bytes allocated" : null;
    });

    [Fact]
    public void Broken_blocks_are_passed_over_on_request_and_all_else_is_read() => Vectors.Check("ocf/index.jsonl", vector =>
    {
        if (!vector.Text("id")!.StartsWith("valid-", StringComparison.Ordinal) || vector.GetProperty("blocks").GetInt32() < 3)
        {
            return null;
        }

        byte[] file = File.ReadAllBytes(Path.Combine(Folder, vector.Text("file")!));
        byte[] sync = Convert.FromHexString(vector.Text("sync")!);
        int second = file.AsSpan().IndexOf(sync) + sync.Length;
        int end = second + file.AsSpan(second).IndexOf(sync);
        int third = file.AsSpan(end + 16).IndexOf(sync);
        file.AsSpan(end + 16, third).Fill(0xff);

        using var reader = AvroFileReader.Open(new MemoryStream(file), null, new AvroFileReaderOptions { SkipBrokenBlocks = true });
        int rows = reader.ReadGeneric().Count();
        return reader.BrokenBlocks == 1 && rows > 0 && rows < vector.GetProperty("count").GetInt32() ? null : $"{rows} rows, {reader.BrokenBlocks} broken blocks";
    });

    [Fact]
    public void What_is_written_by_every_codec_is_read_again() => Vectors.Check("ocf/index.jsonl", vector =>
    {
        if (vector.Text("cat") == "corrupt")
        {
            return null;
        }

        using var source = AvroFileReader.Open(File.OpenRead(Path.Combine(Folder, vector.Text("file")!)));
        using var file = new MemoryStream();
        var options = new AvroFileWriterOptions
        {
            Codec = source.Codec,
            BlockSize = 500,
            LeaveOpen = true,
            Metadata = source.Metadata.Where(entry => !entry.Key.StartsWith("avro.", StringComparison.Ordinal)).ToDictionary(),
        };
        using (var writer = new AvroFileWriter(file, source.Schema, options))
        {
            foreach (object? row in source.ReadGeneric())
            {
                writer.Write(row);
            }
        }

        file.Position = 0;
        using var reader = AvroFileReader.Open(file);
        return CompareRows(reader, vector.Text("rows")!);
    });

    private static string Outcome(string file, AvroFileReaderOptions options)
    {
        try
        {
            using var reader = AvroFileReader.Open(File.OpenRead(file), null, options);
            _ = reader.ReadGeneric().Count();
            return "ok";
        }
        catch (AvroFileException exception)
        {
            return exception.Error switch
            {
                AvroFileError.BadMagic => "bad-magic",
                AvroFileError.BadHeader => "bad-header",
                AvroFileError.BadSchema => "bad-schema",
                AvroFileError.UnknownCodec => "unknown-codec",
                AvroFileError.Truncated => "truncated",
                AvroFileError.BadSync => "bad-sync",
                AvroFileError.BadCount => "bad-count",
                AvroFileError.BadSize => "bad-size",
                AvroFileError.BadChecksum => "bad-checksum",
                AvroFileError.BadCompression => "bad-compression",
                AvroFileError.TooLarge => "too-large",
                _ => Vectors.Category(exception.Decode.Error),
            };
        }
    }

    private static string? CompareRows(AvroFileReader reader, string rowsFile)
    {
        using var expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, rowsFile)));
        var rows = reader.ReadGeneric().ToList();
        if (rows.Count != expected.RootElement.GetArrayLength())
        {
            return $"{rows.Count} rows for {expected.RootElement.GetArrayLength()}";
        }

        foreach ((object? row, JsonElement wanted) in rows.Zip(expected.RootElement.EnumerateArray()))
        {
            if (Show(reader.ReaderSchema, row) != Show(reader.ReaderSchema, VectorDatum.Parse(reader.ReaderSchema, wanted)))
            {
                return $"{Show(reader.ReaderSchema, row)} for {wanted}";
            }
        }

        return null;
    }

    private static string Show(AvroSchema schema, object? value)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            AvroJson.Write(json, schema, value);
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }
}
