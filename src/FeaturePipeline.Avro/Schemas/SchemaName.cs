namespace FeaturePipeline.Avro.Schemas;

/// <summary>The full name of a record, enum or fixed.</summary>
public sealed record SchemaName
{
    private SchemaName(string fullName)
    {
        FullName = fullName;
        int dot = fullName.LastIndexOf('.');
        Name = fullName[(dot + 1)..];
        Namespace = dot < 0 ? "" : fullName[..dot];
    }

    /// <summary>The name with its namespace.</summary>
    public string FullName { get; }

    /// <summary>The name without its namespace: what resolution compares.</summary>
    public string Name { get; }

    /// <summary>The namespace; empty for the null namespace.</summary>
    public string Namespace { get; }

    /// <summary>The full name.</summary>
    /// <returns><see cref="FullName"/>.</returns>
    public override string ToString() => FullName;

    /// <summary>Qualifies a name: one with a dot is a full name already (of the null namespace, where it begins with its only one, as
    /// Java has it), another lies in the namespace. Does not check the name's letters.</summary>
    /// <param name="name">A simple or full name.</param>
    /// <param name="space">The namespace for a simple name; empty for none.</param>
    /// <returns>The full name.</returns>
    public static SchemaName Of(string name, string space) =>
        new(name.LastIndexOf('.') == 0 ? name[1..] : space.Length == 0 || name.Contains('.') ? name : space + "." + name);

    /// <summary>Whether each part between dots starts with a letter or underscore and goes on with these and digits (ASCII).</summary>
    internal static bool IsFullName(string text) => text.Length > 0 && Array.TrueForAll(text.Split('.'), IsSimpleName);

    /// <summary>Whether the text is a name without dots: a field's, a symbol's.</summary>
    internal static bool IsSimpleName(string text)
    {
        if (text.Length == 0 || char.IsAsciiDigit(text[0]))
        {
            return false;
        }

        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '_')
            {
                return false;
            }
        }

        return true;
    }
}
