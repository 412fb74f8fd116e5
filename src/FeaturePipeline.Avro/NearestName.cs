namespace FeaturePipeline.Avro;

/// <summary>Finds the name that a misspelt one was meant to be.</summary>
public static class NearestName
{
    /// <summary>The nearest name, or null where none is near: more than a third of the letters would have to change.</summary>
    /// <param name="name">The misspelt name.</param>
    /// <param name="candidates">The names that exist.</param>
    public static string? Find(string name, IEnumerable<string> candidates) => Find(name, candidates, Math.Max(2, name.Length / 3));

    /// <summary>The nearest name, or null where each would have to change in more letters than <paramref name="changesMax"/>.</summary>
    /// <param name="name">The misspelt name.</param>
    /// <param name="candidates">The names that exist.</param>
    /// <param name="changesMax">Most letters that may have to change.</param>
    public static string? Find(string name, IEnumerable<string> candidates, int changesMax)
    {
        string? best = null;
        int limit = changesMax;
        foreach (string candidate in candidates)
        {
            if (Distance(name, candidate, limit) is { } distance && distance <= limit)
            {
                (best, limit) = (candidate, distance - 1);
            }
        }

        return best;
    }

    /// <summary>The end of a message: <c>did you mean 'x'?</c>, or the names that are allowed.</summary>
    /// <param name="name">The misspelt name.</param>
    /// <param name="candidates">The names that exist.</param>
    public static string Suggest(string name, IReadOnlyCollection<string> candidates) =>
        Find(name, candidates) is { } near
            ? $"did you mean '{near}'?"
            : $"allowed: {string.Join(", ", candidates.Order(StringComparer.Ordinal))}";

    // Edit distance without regard to case, '_', '-' or exchanged neighbours (a swap costs 1).
    private static int? Distance(string a, string b, int limit)
    {
        if (Math.Abs(a.Length - b.Length) > limit)
        {
            return null;
        }

        int[,] d = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                d[i, j] = i == 0 || j == 0 ? i + j : Step(d, a, b, i, j);
            }
        }

        return d[a.Length, b.Length];
    }

    private static int Step(int[,] d, string a, string b, int i, int j)
    {
        bool same = Fold(a[i - 1]) == Fold(b[j - 1]);
        int best = Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (same ? 0 : 1));
        bool swapped = i > 1 && j > 1 && Fold(a[i - 1]) == Fold(b[j - 2]) && Fold(a[i - 2]) == Fold(b[j - 1]);
        return swapped ? Math.Min(best, d[i - 2, j - 2] + 1) : best;
    }

    private static char Fold(char c) => c == '-' ? '_' : char.ToLowerInvariant(c);
}
