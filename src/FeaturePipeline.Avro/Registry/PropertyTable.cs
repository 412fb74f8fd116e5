// Settings by the names that Confluent's clients gave them: one table per kind of settings says how each is read.
using System.Globalization;

namespace FeaturePipeline.Avro.Registry;

/// <summary>One setting as it is given.</summary>
/// <param name="Name">Full name, as given.</param>
/// <param name="Value">The value.</param>
internal readonly record struct Property(string Name, string Value)
{
    public bool Boolean() => bool.TryParse(Value, out var set) ? set : throw Wrong("true or false");

    public int Integer(int min, int max) => int.TryParse(Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
        ? number
        : throw Wrong(max == int.MaxValue ? $"a number from {min}" : $"a number from {min} to {max}");

    public TimeSpan Milliseconds() => TimeSpan.FromMilliseconds(Integer(0, int.MaxValue));

    public ArgumentException Wrong(string allowed) => new($"{Name} is '{Value}'; it takes {allowed}.");

    public ArgumentException Unsupported(string remedy) => new($"{Name} is not supported. {remedy}.");
}

/// <summary>The settings that one prefix stands before.</summary>
/// <param name="prefix">For example <c>avro.serializer.</c>.</param>
/// <param name="readers">How each is read into the options, by its name without the prefix.</param>
/// <param name="aliases">Other full names, and the one in the table that each stands for.</param>
internal sealed class PropertyTable<TOptions>(
    string prefix, Dictionary<string, Action<TOptions, Property>> readers, IReadOnlyDictionary<string, string> aliases)
{
    /// <summary>Reads the settings that are in the table and passes over those of others.</summary>
    /// <exception cref="ArgumentException">A value can't be read, or a name has the prefix and is not in the table.</exception>
    public TOptions Read(IEnumerable<KeyValuePair<string, string>> properties, TOptions options)
    {
        ArgumentNullException.ThrowIfNull(properties);
        foreach (var (name, value) in properties)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                var own = readers.GetValueOrDefault(name[prefix.Length..]) ?? throw Unknown(name);
                own(options, new Property(name, value));
            }
            else if (aliases.TryGetValue(name, out var meant) && readers.TryGetValue(meant, out var read))
            {
                read(options, new Property(name, value));
            }
        }

        return options;
    }

    private ArgumentException Unknown(string name)
    {
        var nearest = NearestName.Find(name[prefix.Length..], readers.Keys, changesMax: int.MaxValue);
        return new ArgumentException($"{name} is not a known setting. The nearest one is {prefix}{nearest}; all: {string.Join(", ", readers.Keys.Order(StringComparer.Ordinal))}.");
    }
}
