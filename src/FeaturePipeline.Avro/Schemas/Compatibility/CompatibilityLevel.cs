namespace FeaturePipeline.Avro.Schemas.Compatibility;

/// <summary>What a new version of a subject's schema must be able to do. Source: Confluent Schema Registry, "Schema Evolution and Compatibility".</summary>
public enum CompatibilityLevel
{
    /// <summary>Nothing is checked.</summary>
    None,

    /// <summary>The new schema reads data of the latest version.</summary>
    Backward,

    /// <summary>The new schema reads data of every version.</summary>
    BackwardTransitive,

    /// <summary>The latest version reads data of the new schema.</summary>
    Forward,

    /// <summary>Every version reads data of the new schema.</summary>
    ForwardTransitive,

    /// <summary>Backward and forward against the latest version.</summary>
    Full,

    /// <summary>Backward and forward against every version.</summary>
    FullTransitive,
}

/// <summary>The registry's spelling of levels: <c>BACKWARD_TRANSITIVE</c>.</summary>
public static class CompatibilityLevels
{
    private static readonly (CompatibilityLevel Level, string Name)[] Names =
    [
        (CompatibilityLevel.None, "NONE"),
        (CompatibilityLevel.Backward, "BACKWARD"),
        (CompatibilityLevel.BackwardTransitive, "BACKWARD_TRANSITIVE"),
        (CompatibilityLevel.Forward, "FORWARD"),
        (CompatibilityLevel.ForwardTransitive, "FORWARD_TRANSITIVE"),
        (CompatibilityLevel.Full, "FULL"),
        (CompatibilityLevel.FullTransitive, "FULL_TRANSITIVE"),
    ];

    /// <summary>The level's name as the registry writes it.</summary>
    public static string ToRegistryName(this CompatibilityLevel level) => Names[(int)level].Name;

    /// <summary>Whether the new schema is compared with every version, not with the latest one alone.</summary>
    public static bool IsTransitive(this CompatibilityLevel level) =>
        level is CompatibilityLevel.BackwardTransitive or CompatibilityLevel.ForwardTransitive or CompatibilityLevel.FullTransitive;

    /// <summary>Reads a level's name as the registry writes it, whatever its case.</summary>
    public static bool TryParse(string? name, out CompatibilityLevel level)
    {
        foreach (var (candidate, spelling) in Names)
        {
            if (string.Equals(spelling, name, StringComparison.OrdinalIgnoreCase))
            {
                level = candidate;
                return true;
            }
        }

        level = CompatibilityLevel.None;
        return false;
    }
}
