using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Resolution;

/// <summary>Which branch of a reader's union takes a writer's type, as far as types and names decide.</summary>
/// <remarks>The first that matches, also by a promotion, as specification 1.12 says ("Schema Resolution": if reader's is a union). Of named types the one of
/// the writer's full name comes first, then one that has it as an alias ("Aliases"), then one of its unqualified name, so that two types of
/// one simple name are not mistaken for each other: there Java's Resolver.ReaderUnion looks for the full name first, too. Java also takes the same
/// type before a promotion, which the specification does not.</remarks>
internal static class UnionBranches
{
    private const int Ranks = 3;

    /// <summary>The branch's position, or -1.</summary>
    internal static int Find(AvroSchema writer, UnionSchema reader)
    {
        int found = -1, best = Ranks;
        for (int i = 0; i < reader.Branches.Count && best > 0; i++)
        {
            int rank = Rank(writer, reader.Branches[i]);
            (found, best) = rank < best ? (i, rank) : (found, best);
        }

        return found;
    }

    // From 0, the best, to Ranks where the branch does not take the type.
    private static int Rank(AvroSchema writer, AvroSchema branch) => (writer, branch) switch
    {
        (UnionSchema, _) or (_, UnionSchema) => 0,
        (FixedSchema from, FixedSchema to) when from.Size != to.Size => Ranks,
        (NamedSchema from, NamedSchema to) when from.Type == to.Type => RankOfNames(from, to),
        (ArraySchema from, ArraySchema to) => Rank(from.Items, to.Items),
        (MapSchema from, MapSchema to) => Rank(from.Values, to.Values),
        _ => Resolver.Promotion(writer.Type, branch.Type) is null ? Ranks : 0,
    };

    private static int RankOfNames(NamedSchema writer, NamedSchema reader) =>
        string.Equals(writer.Name.FullName, reader.Name.FullName, StringComparison.Ordinal) ? 0
        : !reader.Reads(writer) ? Ranks
        : string.Equals(writer.Name.Name, reader.Name.Name, StringComparison.Ordinal) && !reader.Aliases.Contains(writer.Name) ? 2
        : 1;
}
