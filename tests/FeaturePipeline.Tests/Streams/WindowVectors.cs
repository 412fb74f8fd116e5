using System.Text.Json;
using FeaturePipeline.Tests.Repository;

namespace FeaturePipeline.Tests.Streams;

/// <summary>Cases of tests/vectors/windows: one JSON object a line.</summary>
internal static class WindowVectors
{
    /// <summary>Ids of a file's cases.</summary>
    public static TheoryData<string> Ids(string file) => new(Read(file).Keys);

    /// <summary>One case.</summary>
    public static JsonElement Case(string file, string id) => Read(file)[id];

    private static readonly Dictionary<string, Dictionary<string, JsonElement>> Files = new(StringComparer.Ordinal);

    private static Dictionary<string, JsonElement> Read(string file)
    {
        lock (Files)
        {
            if (!Files.TryGetValue(file, out Dictionary<string, JsonElement>? cases))
            {
                cases = File.ReadLines(Path.Combine(RepositoryFiles.Root, "tests", "vectors", "windows", file))
                    .Select(line => JsonDocument.Parse(line).RootElement)
                    .ToDictionary(c => c.GetProperty("id").GetString()!, StringComparer.Ordinal);
                Files.Add(file, cases);
            }

            return cases;
        }
    }
}
