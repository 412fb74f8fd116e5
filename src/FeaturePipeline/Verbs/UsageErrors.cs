using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using FeaturePipeline.Avro;

namespace FeaturePipeline.Verbs;

/// <summary>What is wrong with a command line, for people: System.CommandLine names types of .NET and breaks lists into lines.</summary>
internal static partial class UsageErrors
{
    /// <summary>Verbs of the contract that this version does not have.</summary>
    private static readonly string[] s_laterVerbs = ["backfill", "verify"];

    /// <summary>One line for each mistake.</summary>
    /// <param name="result">A command line that has mistakes.</param>
    public static IReadOnlyList<string> Of(ParseResult result) =>
        result.CommandResult.Command is RootCommand && result.UnmatchedTokens.FirstOrDefault() is { } word && s_laterVerbs.Contains(word, StringComparer.Ordinal)
            ? [$"the verb '{word}' is not in this version. See --help for those that are."]
            : [.. result.Errors.Select(error => OneLine(error) + Suggestion(result, error.Message)).Distinct(StringComparer.Ordinal)];

    private static string OneLine(ParseError error)
    {
        string text = WhiteSpace().Replace(TypeName().Replace(error.Message, match => Kind(match.Groups["type"].Value)), " ");
        string? option = (error.SymbolResult as OptionResult ?? error.SymbolResult?.Parent as OptionResult)?.Option.Name;
        return option is null || text.Contains($"'{option}'", StringComparison.Ordinal) ? text : $"{option}: {text}";
    }

    private static string Kind(string type) => type switch
    {
        _ when type.Contains("Double", StringComparison.Ordinal) => "as a number",
        _ when type.Contains("UInt64", StringComparison.Ordinal) => "as a whole number from 0",
        _ when type.Contains("Int32", StringComparison.Ordinal) => "as a whole number up to 2147483647",
        _ => "as a whole number",
    };

    private static string Suggestion(ParseResult result, string message)
    {
        if (result.UnmatchedTokens.Count == 0 || !message.Contains($"'{result.UnmatchedTokens[0]}'", StringComparison.Ordinal))
        {
            return "";
        }

        string word = result.UnmatchedTokens[0];
        Command command = result.CommandResult.Command;
        IEnumerable<string> names = word.StartsWith('-')
            ? command.Options.Concat(command.Parents.OfType<Command>().SelectMany(parent => parent.Options)).Select(option => option.Name)
            : command.Subcommands.Select(verb => verb.Name);
        return NearestName.Find(word, names) is { } nearest ? $" Did you mean '{nearest}'?" : " See --help.";
    }

    [GeneratedRegex(@"as expected type '(?<type>[^']+)'", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TypeName();

    [GeneratedRegex(@"\s+", RegexOptions.None, 1000)]
    private static partial Regex WhiteSpace();
}
