namespace FeaturePipeline.Tests.Repository;

/// <summary>The repository's own files, as they lie in the work tree without what builds and runs leave behind.</summary>
internal static class RepositoryFiles
{
    private static readonly string[] _generated =
        [".git", ".vs", ".idea", "bin", "obj", "artifacts", "node_modules", "state", "TestResults", "BenchmarkDotNet.Artifacts", "__pycache__"];

    private static readonly string[] _binary = [".avro", ".bin", ".png", ".dll", ".so", ".gz", ".zip"];

    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>All files, as paths relative to <see cref="Root"/> with '/' between folders.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Walk(Root).Select(f => Path.GetRelativePath(Root, f).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    /// <summary>Text files; the vectors are copies of others' text and are not ours to judge.</summary>
    public static IEnumerable<string> Text => All.Where(
        f => !_binary.Contains(Path.GetExtension(f)) && !f.StartsWith("tests/vectors/", StringComparison.Ordinal));

    public static string[] Lines(string file) => File.ReadAllLines(Path.Combine(Root, file));

    private static IEnumerable<string> Walk(string folder) => Directory.EnumerateFiles(folder).Where(f => Path.GetFileName(f) != ".git").Concat(
        Directory.EnumerateDirectories(folder).Where(d => !_generated.Contains(Path.GetFileName(d))).SelectMany(Walk));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "FeaturePipeline.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No folder above '{AppContext.BaseDirectory}' holds FeaturePipeline.sln.");
    }
}
