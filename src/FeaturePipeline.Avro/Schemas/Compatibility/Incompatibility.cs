namespace FeaturePipeline.Avro.Schemas.Compatibility;

/// <summary>What keeps a reader from reading a writer's data. The kinds are those of Java's SchemaCompatibility, which registries report.</summary>
public enum IncompatibilityKind
{
    /// <summary>Named types whose names differ, and no alias of the reader's helps.</summary>
    NameMismatch,

    /// <summary>Fixed types of different sizes.</summary>
    FixedSizeMismatch,

    /// <summary>The writer's enum has symbols that the reader's lacks, and there is no default.</summary>
    MissingEnumSymbols,

    /// <summary>A field that the writer does not write, and that has no default.</summary>
    ReaderFieldMissingDefaultValue,

    /// <summary>Types that do not promote.</summary>
    TypeMismatch,

    /// <summary>A type that no branch of the reader's union reads.</summary>
    MissingUnionBranch,

    /// <summary>Logical types of which one can't be read as the other without loss. Java's checker does not look at them.</summary>
    LogicalTypeMismatch,
}

/// <summary>One thing that keeps a reader from reading a writer's data.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Location">Where, as Java's SchemaCompatibility and registries tell it: the path in the reader's schema, with the numbers of a writer's
/// union's branches in it: <c>/fields/1/type/items</c>.</param>
/// <param name="Message">In words.</param>
public sealed record Incompatibility(IncompatibilityKind Kind, string Location, string Message)
{
    /// <summary>Where in the reader's schema: a path in its JSON.</summary>
    public required string ReaderLocation { get; init; }

    /// <summary>Where in the writer's schema; for a field that the writer lacks, the record that lacks it.</summary>
    public required string WriterLocation { get; init; }

    /// <summary>The kind as Java and registries spell it: <c>READER_FIELD_MISSING_DEFAULT_VALUE</c>.</summary>
    public string KindName => Kind switch
    {
        IncompatibilityKind.NameMismatch => "NAME_MISMATCH",
        IncompatibilityKind.FixedSizeMismatch => "FIXED_SIZE_MISMATCH",
        IncompatibilityKind.MissingEnumSymbols => "MISSING_ENUM_SYMBOLS",
        IncompatibilityKind.ReaderFieldMissingDefaultValue => "READER_FIELD_MISSING_DEFAULT_VALUE",
        IncompatibilityKind.TypeMismatch => "TYPE_MISMATCH",
        IncompatibilityKind.LogicalTypeMismatch => "LOGICAL_TYPE_MISMATCH",
        _ => "MISSING_UNION_BRANCH",
    };

    /// <inheritdoc/>
    public override string ToString() => $"{KindName} at {Location}: {Message}";
}

/// <summary>An incompatibility between a candidate and one version of its subject.</summary>
/// <param name="Version">Position of that version in the history, from 0 for the oldest.</param>
/// <param name="CandidateReads">True: the candidate can't read that version's data. False: that version can't read the candidate's.</param>
/// <param name="Incompatibility">What and where.</param>
public sealed record LevelIncompatibility(int Version, bool CandidateReads, Incompatibility Incompatibility);
