using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace FeaturePipeline.Tests.Repository;

// What docs/STYLE.md says of files and folders, held by a test. Marks are put together here so that this file does not carry them itself.
public sealed partial class RepositoryTests
{
    private const int LinesMax = 400;

    private static readonly Dictionary<string, string[]> _allowedReferences = new(StringComparer.Ordinal)
    {
        ["FeaturePipeline"] = ["FeaturePipeline.Avro", "FeaturePipeline.Features", "FeaturePipeline.Kafka"],
        ["FeaturePipeline.Features"] = ["FeaturePipeline.Avro", "FeaturePipeline.Streams"],
        ["FeaturePipeline.Kafka"] = ["FeaturePipeline.Streams"],
        ["FeaturePipeline.Streams"] = [],
        ["FeaturePipeline.Avro"] = [],
    };

    private static readonly string[] _marks = ["FIX" + "ME", "XX" + "X:", "HA" + "CK:"];

    [GeneratedRegex(@"(?<![\w.])/(home/(?!app\b)|root/|Users/|work/|tmp/wt/)|\b[A-Z]:\\Users\\")]
    private static partial Regex MachinePath { get; }

    [Fact]
    public void Source_files_have_at_most_400_lines()
    {
        var tooLong = RepositoryFiles.All
            .Where(f => f.EndsWith(".cs", StringComparison.Ordinal))
            .Select(f => (File: f, Lines: RepositoryFiles.Lines(f).Length))
            .Where(f => f.Lines > LinesMax)
            .Select(f => $"{f.File}: {f.Lines} lines; split it by what it does");
        AssertNone(tooLong);
    }

    [Fact]
    public void Projects_reference_only_those_below_them()
    {
        var projects = RepositoryFiles.All.Where(f => f.StartsWith("src/", StringComparison.Ordinal) && f.EndsWith(".csproj", StringComparison.Ordinal)).ToList();
        Assert.Equal(_allowedReferences.Keys.Order(StringComparer.Ordinal), projects.Select(p => Path.GetFileNameWithoutExtension(p)).Order(StringComparer.Ordinal));
        var wrong = projects.SelectMany(project => References(project)
            .Where(r => !_allowedReferences[Path.GetFileNameWithoutExtension(project)].Contains(r))
            .Select(r => $"{project} references {r}"));
        AssertNone(wrong);
    }

    [Fact]
    public void Streams_and_Features_do_not_name_the_Kafka_client()
    {
        var wrong = RepositoryFiles.All
            .Where(f => f.StartsWith("src/FeaturePipeline.Streams/", StringComparison.Ordinal)
                || f.StartsWith("src/FeaturePipeline.Features/", StringComparison.Ordinal))
            .Where(f => f.EndsWith(".cs", StringComparison.Ordinal))
            .SelectMany(f => Hits(f, line => line.Contains("using Confluent.Kafka", StringComparison.Ordinal)));
        AssertNone(wrong);
    }

    [Fact]
    public void No_marks_of_unfinished_work_are_left() =>
        AssertNone(RepositoryFiles.Text.SelectMany(f => Hits(f, line => _marks.Any(m => line.Contains(m, StringComparison.Ordinal)))));

    [Fact]
    public void Every_document_has_one_heading_of_the_first_level()
    {
        var wrong = RepositoryFiles.Text
            .Where(f => f.EndsWith(".md", StringComparison.Ordinal))
            .Select(f => (File: f, Headings: CountTopHeadings(RepositoryFiles.Lines(f))))
            .Where(f => f.Headings != 1)
            .Select(f => $"{f.File}: {f.Headings} headings of the first level");
        AssertNone(wrong);
    }

    [Fact]
    public void No_file_names_a_path_of_one_machine() =>
        AssertNone(RepositoryFiles.Text.SelectMany(f => Hits(f, line => MachinePath.IsMatch(line))));

    [Fact]
    public void Only_the_CI_script_knows_what_lies_beside_the_repository()
    {
        string beside = ".." + "/shared";
        AssertNone(RepositoryFiles.Text.Where(f => f != ".ci/run").SelectMany(f => Hits(f, line => line.Contains(beside, StringComparison.Ordinal))));
    }

    [Fact]
    public void Every_project_is_in_the_solution_and_locked()
    {
        string solution = File.ReadAllText(Path.Combine(RepositoryFiles.Root, "FeaturePipeline.sln")).Replace('\\', '/');
        var projects = RepositoryFiles.All.Where(f => f.EndsWith(".csproj", StringComparison.Ordinal)).ToList();
        AssertNone(projects.Where(p => !solution.Contains(p, StringComparison.Ordinal)).Select(p => $"{p} is not in FeaturePipeline.sln"));
        AssertNone(projects.Where(p => !RepositoryFiles.All.Contains(Path.GetDirectoryName(p)!.Replace('\\', '/') + "/packages.lock.json")).Select(p => $"{p} has no packages.lock.json"));
    }

    private static IEnumerable<string> References(string project) =>
        XDocument.Load(Path.Combine(RepositoryFiles.Root, project)).Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')));

    private static IEnumerable<string> Hits(string file, Func<string, bool> wrong) =>
        RepositoryFiles.Lines(file).Select((line, index) => (line, index)).Where(l => wrong(l.line)).Select(l => $"{file}:{l.index + 1}: {l.line.Trim()}");

    private static int CountTopHeadings(string[] lines)
    {
        int count = 0;
        bool isCode = false;
        foreach (string line in lines)
        {
            if (line.TrimStart().StartsWith("```", StringComparison.Ordinal))
            {
                isCode = !isCode;
            }
            else if (!isCode && line.StartsWith("# ", StringComparison.Ordinal))
            {
                count++;
            }
        }

        return count;
    }

    private static void AssertNone(IEnumerable<string> complaints)
    {
        var list = complaints.ToList();
        Assert.True(list.Count == 0, string.Join('\n', list));
    }
}
