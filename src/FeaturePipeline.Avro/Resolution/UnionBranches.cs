using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Resolution;

/// <summary>Which branch of a reader's union takes a writer's type, as far as types and names decide.</summary>
/// <remarks>
/// The branch of the writer's own type, else the first that a promotion leads to: so Java's Resolver.ReaderUnion and Apache's library for .NET find it.
/// Specification 1.12 ("Schema Resolution") takes the first that matches, also by a promotion, and so reads a long as a double where a long is
/// behind that. Of named types the one of the writer's full name comes first, then one that has it as an alias ("Aliases"), then one of its
/// unqualified name. A logical type belongs to the type: a number that has none is not taken for a time, nor a time for another, where another
/// branch takes it.
/// </remarks>
internal static class UnionBranches
{
    private const int Ranks = 5;

    /// <summary>The branch's position, or -1. It is the one that is meant; whether it reads the type is for the resolution to say.</summary>
    /// <param name="writer">A type of the writer's that is no union.</param>
    /// <param name="reader">The reader's union.</param>
    /// <param name="isRaw">Whether logical types mean nothing.</param>
    internal static int Find(AvroSchema writer, UnionSchema reader, bool isRaw = false)
    {
        int found = -1, best = Ranks;
        for (int i = 0; i < reader.Branches.Count && best > 0; i++)
        {
            int rank = Rank(writer, reader.Branches[i], isRaw);
            (found, best) = rank < best ? (i, rank) : (found, best);
        }

        return found;
    }

    // From 0, the best, to Ranks where the branch does not take the type.
    private static int Rank(AvroSchema writer, AvroSchema branch, bool isRaw) => (writer, branch) switch
    {
        (UnionSchema, _) or (_, UnionSchema) => 0,
        (FixedSchema from, FixedSchema to) when from.Size != to.Size => Ranks,
        (NamedSchema from, NamedSchema to) when from.Type == to.Type => RankOfNames(from, to),
        (ArraySchema from, ArraySchema to) => Rank(from.Items, to.Items, isRaw),
        (MapSchema from, MapSchema to) => Rank(from.Values, to.Values, isRaw),
        _ => Resolver.Promotion(writer.Type, branch.Type) is null ? Ranks
            : isRaw || writer.Logical is null ? RankOfPlain(writer, branch, isRaw)
            : RankOfLogical(writer, branch),
    };

    private static int RankOfNames(NamedSchema writer, NamedSchema reader) =>
        string.Equals(writer.Name.FullName, reader.Name.FullName, StringComparison.Ordinal) ? 0
        : !reader.Reads(writer) ? Ranks
        : string.Equals(writer.Name.Name, reader.Name.Name, StringComparison.Ordinal) && !reader.Aliases.Contains(writer.Name) ? 2
        : 1;

    private static int RankOfPlain(AvroSchema writer, AvroSchema branch, bool isRaw) =>
        (writer.Type == branch.Type ? 0 : 2) + (isRaw || branch.Logical is null ? 0 : 1);

    // Of one kind, first; where values would then be lost, that is told, and no other branch reads them as mere numbers. What is of another kind
    // is told as well, unless a branch takes the type as it is.
    private static int RankOfLogical(AvroSchema writer, AvroSchema branch) =>
        branch.Logical is null ? (writer.Type == branch.Type ? 2 : 4)
        : !LogicalConversion.AreOfOneKind(writer.Logical!, branch.Logical) ? 3
        : LogicalConversion.TryFind(writer, branch, out _) ? 0
        : 1;
}
