using FeaturePipeline.Features.Definitions;

namespace FeaturePipeline.Verbs;

/// <summary>Values of command-line options that System.CommandLine has no type for.</summary>
internal static class OptionText
{
    /// <summary>A duration in either form of configuration.</summary>
    /// <param name="option">Name of the option, for the message.</param>
    /// <param name="text">What was written.</param>
    /// <exception cref="UsageException">It is not a duration, or zero.</exception>
    public static TimeSpan Duration(string option, string text) =>
        Durations.TryParse(text, out TimeSpan value) && value > TimeSpan.Zero
            ? value
            : throw new UsageException($"{option} '{text}' is not {Durations.Allowed}, above zero.");
}
