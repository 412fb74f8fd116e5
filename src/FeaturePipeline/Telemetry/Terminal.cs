using Spectre.Console;

namespace FeaturePipeline.Telemetry;

/// <summary>Whether somebody watches: colour and progress are for terminals only, and colour only without NO_COLOR.</summary>
internal static class Terminal
{
    /// <summary>Standard output is a terminal.</summary>
    public static bool IsOutputTerminal => !Console.IsOutputRedirected && !IsDumb;

    /// <summary>Standard error is a terminal.</summary>
    public static bool IsErrorTerminal => !Console.IsErrorRedirected && !IsDumb;

    /// <summary>Standard error is a terminal that takes colour.</summary>
    public static bool IsErrorInteractive => IsErrorTerminal && !NoColor;

    /// <summary>no-color.org: set to anything but the empty string.</summary>
    public static bool NoColor => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    private static bool IsDumb => Environment.GetEnvironmentVariable("TERM") is "dumb";

    /// <summary>A console for progress and live displays.</summary>
    /// <param name="writer">Standard output or standard error.</param>
    /// <param name="isTerminal">Whether that is a terminal.</param>
    public static IAnsiConsole CreateConsole(TextWriter writer, bool isTerminal) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = new AnsiConsoleOutput(writer),
        Ansi = isTerminal ? AnsiSupport.Yes : AnsiSupport.No,
        ColorSystem = isTerminal && !NoColor ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        Interactive = isTerminal ? InteractionSupport.Yes : InteractionSupport.No,
    });
}
