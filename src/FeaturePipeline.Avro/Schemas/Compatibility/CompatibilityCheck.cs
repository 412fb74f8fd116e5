// One comparison of a reader with a writer. Pairs of composite types are judged once; a pair that is met inside itself (recursive types) holds
// unless something else in it does not. Source: org.apache.avro.SchemaCompatibility 1.12.
using System.Globalization;
using System.Runtime.CompilerServices;
using FeaturePipeline.Avro.Resolution;

namespace FeaturePipeline.Avro.Schemas.Compatibility;

internal sealed class CompatibilityCheck
{
    // Shared types multiply what is found in them: 2^n for n records that each use the next one twice.
    private const int MaxFound = 1000;

    private static readonly List<Incompatibility> Nothing = [];

    private readonly Dictionary<(AvroSchema Reader, AvroSchema Writer), List<Incompatibility>> _judged = new(new ByReference());

    public List<Incompatibility> Run(AvroSchema reader, AvroSchema writer) => Compare(reader, writer, Place.Top);

    private List<Incompatibility> Compare(AvroSchema reader, AvroSchema writer, Place place)
    {
        // Primitives are shared objects: what is found of them belongs to its place.
        if (reader is PrimitiveSchema || writer is PrimitiveSchema)
        {
            return Judge(reader, writer, place);
        }

        if (!_judged.TryGetValue((reader, writer), out List<Incompatibility>? found))
        {
            if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            {
                throw new AvroSchemaException("The schemas nest too deep to be compared", "$");
            }

            _judged[(reader, writer)] = Nothing;
            found = Judge(reader, writer, place);
            _judged[(reader, writer)] = found;
        }

        return found;
    }

    private List<Incompatibility> Judge(AvroSchema reader, AvroSchema writer, Place place) => (reader, writer) switch
    {
        (UnionSchema, UnionSchema union) => EachBranchIsRead(reader, union, place),
        (_, UnionSchema union) => EachBranchPasses(reader, union, place),
        (UnionSchema union, _) => ReadByABranch(union, writer, place),
        (ArraySchema r, ArraySchema w) => Compare(r.Items, w.Items, place.Both("items")),
        (MapSchema r, MapSchema w) => Compare(r.Values, w.Values, place.Both("values")),
        (FixedSchema r, FixedSchema w) => CompareFixed(r, w, place),
        (EnumSchema r, EnumSchema w) => CompareEnums(r, w, place),
        (RecordSchema r, RecordSchema w) => CompareRecords(r, w, place),
        _ => Resolver.Promotion(writer.Type, reader.Type) is not null
            ? CompareLogical(reader, writer, place)
            : [place.Found(IncompatibilityKind.TypeMismatch, $"the reader has {Describe(reader)}, the writer {Describe(writer)}")],
    };

    // Any branch will do that reads the type, except that the one a resolution takes is not passed over for its logical type.
    private List<Incompatibility> ReadByABranch(UnionSchema reader, AvroSchema writer, Place place)
    {
        if (UnionBranches.Find(writer, reader) is >= 0 and var index && Compare(reader.Branches[index], writer, Place.Top) is var chosen && IsLogical(chosen))
        {
            return [InUnion(chosen, place)];
        }

        List<Incompatibility>[] found = [.. Candidates(reader, writer).Select(branch => Compare(branch, writer, Place.Top))];
        return Array.Exists(found, static one => one.Count == 0) ? Nothing
            : Array.Find(found, IsLogical) is { } mistaken ? [InUnion(mistaken, place)]
            : [MissingBranch(writer, place)];
    }

    private static bool IsLogical(List<Incompatibility> found) =>
        found.Count > 0 && found.TrueForAll(static one => one.Kind == IncompatibilityKind.LogicalTypeMismatch);

    private static Incompatibility InUnion(List<Incompatibility> found, Place place) => place.Found(found[0].Kind, found[0].Message);

    // Two types of one simple name are not mistaken for each other: the one of the writer's full name is meant.
    private static IEnumerable<AvroSchema> Candidates(UnionSchema reader, AvroSchema writer) =>
        writer is NamedSchema named && reader.Branches.FirstOrDefault(branch =>
            branch is NamedSchema own && own.Type == named.Type && string.Equals(own.Name.FullName, named.Name.FullName, StringComparison.Ordinal)) is { } exact
            ? [exact]
            : reader.Branches;

    private static List<Incompatibility> CompareLogical(AvroSchema reader, AvroSchema writer, Place place) => LogicalConversion.TryFind(writer, reader, out _)
        ? Nothing
        : [place.Found(IncompatibilityKind.LogicalTypeMismatch, $"the reader has {reader.Logical}, the writer {writer.Logical?.ToString() ?? writer.TypeName}")];

    private List<Incompatibility> EachBranchIsRead(AvroSchema reader, UnionSchema writer, Place place)
    {
        var found = new List<Incompatibility>();
        for (int i = 0; i < writer.Branches.Count; i++)
        {
            List<Incompatibility> problems = Compare(reader, writer.Branches[i], Place.Top);
            if (problems.Count > 0)
            {
                Place branch = place.WritersBranch(i);
                found.Add(IsLogical(problems) ? InUnion(problems, branch) : MissingBranch(writer.Branches[i], branch));
            }
        }

        return found;
    }

    private List<Incompatibility> EachBranchPasses(AvroSchema reader, UnionSchema writer, Place place)
    {
        var found = new List<Incompatibility>();
        for (int i = 0; i < writer.Branches.Count; i++)
        {
            Add(found, Compare(reader, writer.Branches[i], place.WritersBranch(i)));
        }

        return found;
    }

    private static List<Incompatibility> CompareFixed(FixedSchema reader, FixedSchema writer, Place place)
    {
        var found = CompareNames(reader, writer, place);
        if (reader.Size != writer.Size)
        {
            found.Add(place.Both("size").Found(
                IncompatibilityKind.FixedSizeMismatch,
                string.Create(CultureInfo.InvariantCulture, $"the reader has {reader.Size} bytes, the writer {writer.Size}")));
        }

        found.AddRange(CompareLogical(reader, writer, place));

        return found;
    }

    private static List<Incompatibility> CompareEnums(EnumSchema reader, EnumSchema writer, Place place)
    {
        var found = CompareNames(reader, writer, place);
        string[] missing = [.. writer.Symbols.Where(symbol => reader.IndexOf(symbol) < 0)];
        if (missing.Length > 0 && (reader.Default is null || reader.IndexOf(reader.Default) < 0))
        {
            found.Add(place.Both("symbols").Found(
                IncompatibilityKind.MissingEnumSymbols,
                $"the reader lacks {string.Join(", ", missing)} and has no default"));
        }

        return found;
    }

    private List<Incompatibility> CompareRecords(RecordSchema reader, RecordSchema writer, Place place)
    {
        var found = CompareNames(reader, writer, place);
        foreach (RecordField field in reader.Fields)
        {
            if (WritersField(field, writer) is { } written)
            {
                Add(found, Compare(field.Schema, written.Schema, place.Field(field.Position, written.Position).Both("type")));
            }
            else if (field.Default is null)
            {
                // An enum's own default does not stand for a field that is missing; Java compares it with the record, and says so.
                Add(found, field.Schema is EnumSchema { Default: not null }
                    ? Compare(field.Schema, writer, place.ReadersField(field.Position).Readers("type"))
                    : [place.ReadersField(field.Position).Found(
                        IncompatibilityKind.ReaderFieldMissingDefaultValue, $"the writer has no field '{field.Name}', and the reader no default for it")]);
            }
        }

        return found;
    }

    // Where both the name and an alias are there, the name is meant; the specification is silent.
    private static RecordField? WritersField(RecordField reader, RecordSchema writer) =>
        writer.Field(reader.Name) ?? reader.Aliases.Select(writer.Field).FirstOrDefault(static field => field is not null);

    private static List<Incompatibility> CompareNames(NamedSchema reader, NamedSchema writer, Place place) =>
        string.Equals(reader.Name.Name, writer.Name.Name, StringComparison.Ordinal) || reader.Aliases.Contains(writer.Name)
            ? []
            : [place.Both("name").Found(
                IncompatibilityKind.NameMismatch,
                $"the reader's '{reader.Name}' is the writer's '{writer.Name}' only with an alias")];

    private static Incompatibility MissingBranch(AvroSchema writer, Place place) =>
        place.Found(IncompatibilityKind.MissingUnionBranch, $"no branch of the reader's union reads {Describe(writer)}");

    private static void Add(List<Incompatibility> to, List<Incompatibility> found) => to.AddRange(found.Take(MaxFound - to.Count));

    private static string Describe(AvroSchema schema) => schema is NamedSchema named ? $"{schema.Type.ToString().ToLowerInvariant()} '{named.Name}'" : schema.TypeName;

    // Where a pair is: in the reader, in the writer, and as Java's SchemaCompatibility tells it, which is the reader's path with the numbers of the
    // writer's branches in it.
    private sealed record Place(Path Java, Path Reader, Path Writer)
    {
        public static readonly Place Top = new(Path.Top, Path.Top, Path.Top);

        public Place Both(string name) => new(Java.Down(name), Reader.Down(name), Writer.Down(name));

        public Place Readers(string name) => this with { Java = Java.Down(name), Reader = Reader.Down(name) };

        public Place WritersBranch(int index) => this with { Java = Java.Down(index), Writer = Writer.Down(index) };

        public Place ReadersField(int index) =>
            this with { Java = Java.Down("fields").Down(index), Reader = Reader.Down("fields").Down(index) };

        public Place Field(int reader, int writer) => ReadersField(reader) with { Writer = Writer.Down("fields").Down(writer) };

        public Incompatibility Found(IncompatibilityKind kind, string message) => new(kind, Java.ToString(), message)
        {
            ReaderLocation = Reader.ToString(),
            WriterLocation = Writer.ToString(),
        };
    }

    // Shares its beginning with its siblings' and becomes text only when something is found.
    private sealed record Path(Path? Above, string Name)
    {
        public static readonly Path Top = new(null, "");

        public Path Down(string name) => new(this, name);

        public Path Down(int index) => new(this, index.ToString(CultureInfo.InvariantCulture));

        public override string ToString()
        {
            var names = new Stack<string>();
            for (Path? at = this; at.Above is not null; at = at.Above)
            {
                names.Push(at.Name);
            }

            return "/" + string.Join('/', names);
        }
    }

    private sealed class ByReference : IEqualityComparer<(AvroSchema Reader, AvroSchema Writer)>
    {
        public bool Equals((AvroSchema Reader, AvroSchema Writer) x, (AvroSchema Reader, AvroSchema Writer) y) =>
            ReferenceEquals(x.Reader, y.Reader) && ReferenceEquals(x.Writer, y.Writer);

        public int GetHashCode((AvroSchema Reader, AvroSchema Writer) pair) =>
            HashCode.Combine(RuntimeHelpers.GetHashCode(pair.Reader), RuntimeHelpers.GetHashCode(pair.Writer));
    }
}
