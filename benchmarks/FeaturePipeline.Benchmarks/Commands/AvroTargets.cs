using System.Globalization;

namespace FeaturePipeline.Benchmarks.Commands;

/// <summary>The library's targets against what was measured.</summary>
internal sealed class AvroTargets(IReadOnlyList<AvroContender> contenders)
{
    private bool _allocates;

    internal AvroContender Of(string record, string path, string codec) =>
        contenders.Single(one => one.Record == record && one.Path == path && one.Codec == codec);

    /// <summary>Prints the table.</summary>
    /// <returns>The exit code: 1 where an allocation target is not met.</returns>
    internal int Print(Action<AvroTargets> targets)
    {
        Console.WriteLine("| target | measured | ratio | |");
        Console.WriteLine("|---|---|---|---|");
        targets(this);
        return _allocates ? 1 : 0;
    }

    /// <summary>At most so many times another's time, and some nanoseconds.</summary>
    internal void AtMost(string record, string path, string codec, double times, AvroContender other, double more = 0)
    {
        AvroContender one = Of(record, path, codec);
        double limit = (times * other.Best) + more;
        string plus = more > 0 ? string.Create(CultureInfo.InvariantCulture, $" + {more} ns") : "";
        string than = other.Path == path ? other.Codec : other.Path;
        Line(
            string.Create(CultureInfo.InvariantCulture, $"{record}: {path}, at most {times} x {than}{plus}"),
            string.Create(CultureInfo.InvariantCulture, $"{one.Best:f1} of {limit:f1} ns"),
            one.Best / other.Best,
            one.Best <= limit);
    }

    /// <summary>At least so many times faster than another.</summary>
    internal void TimesFaster(string record, string path, string codec, double times, string than)
    {
        AvroContender one = Of(record, path, codec);
        AvroContender other = Of(record, path, than);
        Line(
            string.Create(CultureInfo.InvariantCulture, $"{record}: {path}, at least {times} x faster than {than}"),
            string.Create(CultureInfo.InvariantCulture, $"{one.Best:f1} against {other.Best:f1} ns"),
            other.Best / one.Best,
            other.Best >= times * one.Best);
    }

    /// <summary>No more bytes than that.</summary>
    internal void Allocates(string record, string path, string codec, double bytesMax)
    {
        double bytes = Of(record, path, codec).Bytes;
        bool met = bytes <= bytesMax;
        _allocates |= !met;
        Line(
            string.Create(CultureInfo.InvariantCulture, $"{record}: {path}, at most {bytesMax:f0} bytes"),
            string.Create(CultureInfo.InvariantCulture, $"{bytes:f0} bytes"),
            ratio: null,
            met);
    }

    private static void Line(string target, string measured, double? ratio, bool met) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {target} | {measured} | {ratio:f2} | {(met ? "met" : "NOT MET")} |"));
}
