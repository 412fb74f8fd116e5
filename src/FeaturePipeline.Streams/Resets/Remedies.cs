using System.Globalization;
using FeaturePipeline.Streams.Clients;

namespace FeaturePipeline.Streams.Resets;

/// <summary>What refusals say of the verb <c>reset</c>, in the same words wherever they are.</summary>
public static class Remedies
{
    /// <summary>The group's offsets are set to where the state is.</summary>
    public const string OffsetsToState = "To go on where the state is, nothing lost or repeated: feature-pipeline reset --offsets-to-state.";

    /// <summary>Everything is computed anew.</summary>
    /// <param name="source">The source topic, or what stands for its name.</param>
    public static string Everything(string source = "the source") =>
        $"To compute everything anew that {source} still holds, emitting its results again: feature-pipeline reset.";

    /// <summary>Views begin anew at the group's offsets.</summary>
    /// <param name="names">Names of the views.</param>
    public static string Views(params IEnumerable<string> names) =>
        $"To begin anew at the group's offset, open windows lost: feature-pipeline reset {string.Join(' ', names.Select(static name => $"--view {name}"))}.";

    /// <summary>What is wrong where a source partition ends before the state does; an article comes before it.</summary>
    internal static string SourceIsGone(TopicPartition source, long next, long end) => string.Create(
        CultureInfo.InvariantCulture,
        $"state holds {source} up to offset {next}, and that partition ends at {end}: the topic was deleted and created anew, or has lost its end");
}
