using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Features.Aggregators;
using FeaturePipeline.Features.Definitions;
using FeaturePipeline.Features.Events;
using FeaturePipeline.Features.Expressions;
using FeaturePipeline.Tests.Repository;

namespace FeaturePipeline.Tests.Features.Expressions;

/// <summary>docs/FEATURES.md says what is true.</summary>
public sealed class DocumentationTests
{
    private static readonly string[] Lines = RepositoryFiles.Lines("docs/FEATURES.md");

    [Fact]
    public void Every_filter_of_the_documentation_compiles()
    {
        string[] filters = [.. Lines.SkipWhile(l => l != "```cel").Skip(1).TakeWhile(l => l != "```")];
        Assert.NotEmpty(filters);
        Assert.All(filters, f => ExpressionCompiler.CompileFilter(f, new FieldTable(path => ProjectedDecoder.Resolve(UserEventSchema.Schema, [path])[0])));
    }

    [Fact]
    public void The_table_of_functions_has_every_function_and_no_other()
    {
        IEnumerable<string> documented = Lines
            .Where(l => l.StartsWith("| `", StringComparison.Ordinal) && !l.StartsWith("| `Function`", StringComparison.Ordinal))
            .SelectMany(l => l.Split('|')[1].Split(',', StringSplitOptions.TrimEntries))
            .Select(name => name.Trim('`'));
        Assert.Equal(AggregateFunction.ByName.Keys.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }
}
