namespace FeaturePipeline.Avro.Schemas.Compatibility;

/// <summary>
/// Whether one schema reads what another wrote, and whether a schema may follow others under a compatibility level: the answers that a
/// registry gives, without asking one.
/// </summary>
/// <remarks>Follows Java's SchemaCompatibility, as registries do. It is stricter in two places, where values would be mistaken: logical types of which
/// one can't be read as the other without loss are reported, and of two types of one simple name in a reader's union the one of the writer's full
/// name is judged. Levels are judged as registries judge them, which do not look at logical types.</remarks>
public static class SchemaCompatibility
{
    /// <summary>What keeps <paramref name="reader"/> from reading data of <paramref name="writer"/>.</summary>
    /// <param name="reader">The schema that reads.</param>
    /// <param name="writer">The schema that wrote.</param>
    /// <returns>Empty if nothing does. Types used at several places may be listed under the place where they were met first.</returns>
    public static IReadOnlyList<Incompatibility> Check(AvroSchema reader, AvroSchema writer)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(writer);
        return new CompatibilityCheck().Run(reader, writer);
    }

    /// <summary>What keeps <paramref name="candidate"/> from becoming the next version after <paramref name="history"/>.</summary>
    /// <param name="level">The subject's level.</param>
    /// <param name="candidate">The new schema.</param>
    /// <param name="history">Earlier versions, oldest first; may be empty.</param>
    /// <returns>Empty if nothing does; newest versions first.</returns>
    public static IReadOnlyList<LevelIncompatibility> Check(CompatibilityLevel level, AvroSchema candidate, IReadOnlyList<AvroSchema> history)
    {
        ArgumentNullException.ThrowIfNull(candidate);
        ArgumentNullException.ThrowIfNull(history);
        bool candidateReads = level is CompatibilityLevel.Backward or CompatibilityLevel.BackwardTransitive
            or CompatibilityLevel.Full or CompatibilityLevel.FullTransitive;
        bool candidateIsRead = level is CompatibilityLevel.Forward or CompatibilityLevel.ForwardTransitive
            or CompatibilityLevel.Full or CompatibilityLevel.FullTransitive;
        var found = new List<LevelIncompatibility>();
        int oldest = level.IsTransitive() ? 0 : Math.Max(history.Count - 1, 0);
        for (int i = history.Count - 1; i >= oldest; i--)
        {
            if (candidateReads)
            {
                found.AddRange(Structural(candidate, history[i]).Select(problem => new LevelIncompatibility(i, CandidateReads: true, problem)));
            }

            if (candidateIsRead)
            {
                found.AddRange(Structural(history[i], candidate).Select(problem => new LevelIncompatibility(i, CandidateReads: false, problem)));
            }
        }

        return found;
    }

    private static IEnumerable<Incompatibility> Structural(AvroSchema reader, AvroSchema writer) =>
        Check(reader, writer).Where(static found => found.Kind != IncompatibilityKind.LogicalTypeMismatch);
}
