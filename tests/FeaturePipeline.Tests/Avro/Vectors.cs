using System.Text.Json;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Tests.Repository;

namespace FeaturePipeline.Tests.Avro;

/// <summary>The vectors of tests/vectors/avro: one JSON object a line. A missing or empty file fails.</summary>
internal static class Vectors
{
    internal static IReadOnlyList<JsonElement> Read(string file)
    {
        string path = Path.Combine(RepositoryFiles.Root, "tests", "vectors", "avro", file);
        var lines = File.ReadLines(path).Where(line => line.Length > 0).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.NotEmpty(lines);
        return lines;
    }

    /// <summary>Runs a check on every vector of a file, and fails with all the complaints.</summary>
    internal static void Check(string file, Func<JsonElement, string?> complaint)
    {
        var complaints = new List<string>();
        foreach (JsonElement vector in Read(file))
        {
            string? wrong;
            try
            {
                wrong = complaint(vector);
            }
            catch (Exception exception)
            {
                wrong = exception.ToString();
            }

            if (wrong is not null)
            {
                complaints.Add($"{vector.GetProperty("id").GetString()}: {wrong}");
            }
        }

        Assert.True(complaints.Count == 0, $"{complaints.Count} of {file}:\n{string.Join('\n', complaints.Take(20))}");
    }

    internal static string? Text(this JsonElement vector, string member) =>
        vector.TryGetProperty(member, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    internal static byte[] Hex(this JsonElement vector, string member) => Convert.FromHexString(vector.Text(member)!);

    internal static AvroSchema Schema(this JsonElement vector, string member, SchemaValidation validation = SchemaValidation.Strict) =>
        AvroSchema.Parse(vector.GetProperty(member).GetRawText(), null, validation);

    /// <summary>The vectors' word for an error of ours.</summary>
    internal static string Category(DecodeErrorKind error) => error switch
    {
        DecodeErrorKind.None => "ok",
        DecodeErrorKind.Truncated => "truncated",
        DecodeErrorKind.TrailingBytes => "trailing",
        DecodeErrorKind.VarintOverflow => "varint-overflow",
        DecodeErrorKind.IntRange => "int-range",
        DecodeErrorKind.NegativeLength => "negative-length",
        DecodeErrorKind.BadUnionIndex => "bad-union-index",
        DecodeErrorKind.BadEnumIndex => "bad-enum-index",
        DecodeErrorKind.BadBoolean => "bad-boolean",
        DecodeErrorKind.InvalidUtf8 => "invalid-utf8",
        DecodeErrorKind.BadBlockCount => "bad-block-count",
        DecodeErrorKind.BadBlockSize => "bad-block-size",
        DecodeErrorKind.TooManyItems => "too-many-items",
        DecodeErrorKind.TooDeep => "depth",
        _ => "data",
    };

    /// <summary>Whether an outcome is the expected category or one that is accepted too.</summary>
    internal static bool Accepts(this JsonElement vector, string outcome)
    {
        string expect = vector.Text("expect")!;
        return expect == outcome || expect == "either"
            || (vector.TryGetProperty("accept", out JsonElement accept) && accept.EnumerateArray().Any(other => other.GetString() == outcome));
    }
}
