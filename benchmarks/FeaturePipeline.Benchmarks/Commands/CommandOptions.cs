using System.Globalization;

namespace FeaturePipeline.Benchmarks.Commands;

/// <summary>Options of the form <c>--name value</c>. What nobody asked for is refused by <see cref="End"/>.</summary>
public sealed class CommandOptions
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    public CommandOptions(string[] args)
    {
        for (int i = 0; i < args.Length; i += 2)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal) || i + 1 == args.Length)
            {
                throw new ArgumentException($"Expected '--option value' at '{args[i]}'.");
            }

            _values[args[i][2..]] = args[i + 1];
        }
    }

    public string Text(string name, string? fallback = null)
    {
        _ = _asked.Add(name);
        return _values.TryGetValue(name, out string? value) ? value
            : fallback ?? throw new ArgumentException($"Option --{name} is missing.");
    }

    public long Number(string name, long fallback) =>
        long.TryParse(Text(name, fallback.ToString(CultureInfo.InvariantCulture)), NumberStyles.Integer, CultureInfo.InvariantCulture, out long value)
            ? value
            : throw new ArgumentException($"Option --{name}: '{_values[name]}' is not a whole number.");

    public void End()
    {
        foreach (string name in _values.Keys.Where(n => !_asked.Contains(n)))
        {
            throw new ArgumentException($"Unknown option --{name}; there are --{string.Join(", --", _asked.Order(StringComparer.Ordinal))}.");
        }
    }
}
