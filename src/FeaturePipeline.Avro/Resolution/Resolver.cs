using System.Runtime.CompilerServices;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Resolution;

// Schema resolution (specification 1.12, "Schema Resolution"), done once for a pair of schemas.
// Pairs recur, so a pair is taken to match while it is being resolved. If it then fails, what was resolved meanwhile may lean on it and is
// forgotten; the failure itself is final, because it happened under the most hopeful assumption, and is remembered.
internal sealed class Resolver
{
    // Of types one below the other, at three nodes for each record (union, union, record): more than any schema of people has.
    private const int DepthMax = 512;

    // Of a union, in a message: one is made for each of the writer's branches.
    private const int BranchesMax = 20;

    private readonly Dictionary<(AvroSchema Writer, AvroSchema Reader), ReadNode> _nodes = [];
    private readonly List<(AvroSchema Writer, AvroSchema Reader)> _order = [];
    private readonly Dictionary<(AvroSchema Writer, AvroSchema Reader), SchemaResolutionException> _failures = [];

    private readonly Func<string, bool>? _isRaw;
    private int _depth;

    // The failure is none of a union's branch, which only messages of this branch would have.
    private bool _isFinal;

    private Resolver(Func<string, bool>? isRaw) => _isRaw = isRaw;

    /// <summary>Resolves a pair.</summary>
    /// <param name="writer">The schema that wrote.</param>
    /// <param name="reader">The schema that reads.</param>
    /// <param name="isRaw">Whether a field of the reader, by its path, is read as what the writer wrote whatever their logical types say: the caller
    /// knows what it means, or does not look at it. Null = none is.</param>
    /// <exception cref="SchemaResolutionException">No value of the writer's schema can be read.</exception>
    internal static ReadNode Resolve(AvroSchema writer, AvroSchema reader, Func<string, bool>? isRaw = null) =>
        new Resolver(isRaw).Resolve(writer, reader, "", "");

    private ReadNode Resolve(AvroSchema writer, AvroSchema reader, string writerPath, string readerPath)
    {
        if (_nodes.TryGetValue((writer, reader), out ReadNode? known))
        {
            return known;
        }

        if (_failures.TryGetValue((writer, reader), out SchemaResolutionException? failure))
        {
            throw failure;
        }

        int mark = _order.Count;
        _depth++;
        try
        {
            if (_depth > DepthMax || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
            {
                _isFinal = true;
                throw new SchemaResolutionException($"The schemas nest more than {DepthMax} deep, or too deep for this thread's stack", writerPath, readerPath);
            }

            return Build(writer, reader, writerPath, readerPath);
        }
        catch (SchemaResolutionException exception) when (Forget(writer, reader, mark, exception))
        {
            throw;
        }
        finally
        {
            _depth--;
        }
    }

    // A filter that is never true: each handler that rethrew would keep its part of the stack until the last one is left.
    private bool Forget(AvroSchema writer, AvroSchema reader, int mark, SchemaResolutionException exception)
    {
        _failures[(writer, reader)] = exception;
        foreach ((AvroSchema, AvroSchema) pair in _order.Skip(mark))
        {
            _nodes.Remove(pair);
        }

        _order.RemoveRange(mark, _order.Count - mark);
        return false;
    }

    private T Remember<T>(T node)
        where T : ReadNode
    {
        _nodes[(node.Writer, node.Reader)] = node;
        _order.Add((node.Writer, node.Reader));
        return node;
    }

    private ReadNode Build(AvroSchema writer, AvroSchema reader, string writerPath, string readerPath)
    {
        switch (writer, reader)
        {
            case (UnionSchema from, _):
                return ResolveWriterUnion(from, reader, writerPath, readerPath);
            case (_, UnionSchema to):
                return ResolveReaderUnion(writer, to, writerPath, readerPath);
            case (RecordSchema from, RecordSchema to):
                CheckNames(from, to, writerPath, readerPath);
                return ResolveRecord(from, to, writerPath, readerPath);
            case (EnumSchema from, EnumSchema to):
                CheckNames(from, to, writerPath, readerPath);
                return ResolveEnum(from, to);
            case (FixedSchema from, FixedSchema to):
                CheckNames(from, to, writerPath, readerPath);
                return from.Size == to.Size
                    ? Remember(new FixedNode(from, to, Convert(from, to, writerPath, readerPath)))
                    : throw new SchemaResolutionException($"Fixed of {from.Size} bytes cannot be read as fixed of {to.Size}", writerPath, readerPath);
            case (ArraySchema from, ArraySchema to):
                ArrayNode array = Remember(new ArrayNode(from, to));
                array.Items = Resolve(from.Items, to.Items, writerPath + "[]", readerPath + "[]");
                return array;
            case (MapSchema from, MapSchema to):
                MapNode map = Remember(new MapNode(from, to));
                map.Values = Resolve(from.Values, to.Values, writerPath + "[]", readerPath + "[]");
                return map;
            default:
                return Promotion(writer.Type, reader.Type) is { } read
                    ? Remember(new ScalarNode(writer, reader, read, Convert(writer, reader, writerPath, readerPath)))
                    : throw new SchemaResolutionException($"{writer.TypeName} cannot be read as {reader.TypeName}", writerPath, readerPath);
        }
    }

    private WriterUnionNode ResolveWriterUnion(UnionSchema writer, AvroSchema reader, string writerPath, string readerPath)
    {
        var branches = new ReadNode?[writer.Branches.Count];
        var node = new WriterUnionNode(writer, reader, branches);
        Remember(node);
        SchemaResolutionException? failure = null;
        for (int i = 0; i < branches.Length; i++)
        {
            string path = writerPath.Length == 0 ? writer.Branches[i].TypeName : $"{writerPath}<{writer.Branches[i].TypeName}>";
            try
            {
                branches[i] = Resolve(writer.Branches[i], reader, path, readerPath);
            }
            catch (SchemaResolutionException exception) when (!_isFinal)
            {
                failure ??= exception;
            }
        }

        // A union without branches has no data either, but that is for the message to show.
        return failure is null || Array.Exists(branches, branch => branch is not null) ? node : throw failure;
    }

    private ReadNode ResolveReaderUnion(AvroSchema writer, UnionSchema reader, string writerPath, string readerPath)
    {
        if (UnionBranches.Find(writer, reader, IsRaw(readerPath)) is >= 0 and var index)
        {
            return new ReaderUnionNode(writer, reader, index)
            {
                Branch = Resolve(writer, reader.Branches[index], writerPath, $"{readerPath}<{reader.Branches[index].TypeName}>"),
            };
        }

        string branches = string.Join(", ", reader.Branches.Take(BranchesMax).Select(branch => branch.TypeName)) + (reader.Branches.Count > BranchesMax ? ", ..." : "");
        throw new SchemaResolutionException($"{writer.TypeName} matches no branch of the reader's union of {branches}", writerPath, readerPath);
    }

    private RecordNode ResolveRecord(RecordSchema writer, RecordSchema reader, string writerPath, string readerPath)
    {
        RecordNode node = Remember(new RecordNode(writer, reader));
        int[] targets = MatchFields(writer, reader);
        var steps = new RecordStep[writer.Fields.Count];
        for (int i = 0; i < steps.Length; i++)
        {
            RecordField from = writer.Fields[i];
            RecordField? to = targets[i] < 0 ? null : reader.Fields[targets[i]];
            steps[i] = new RecordStep(
                from,
                targets[i],
                to is null ? null : Resolve(from.Schema, to.Schema, Join(writerPath, from.Name), Join(readerPath, to.Name)));
        }

        node.Steps = steps;
        node.Defaults = reader.Fields.Where(field => !targets.Contains(field.Position)).ToArray();
        foreach (RecordField field in node.Defaults)
        {
            CheckDefault(field, writerPath, readerPath);
        }

        return node;
    }

    private static void CheckDefault(RecordField field, string writerPath, string readerPath)
    {
        if (field.Default is null)
        {
            throw new SchemaResolutionException(
                $"The writer has no field '{field.Name}', and the reader's has no default", writerPath, Join(readerPath, field.Name));
        }

        try
        {
            field.DefaultBinary();
        }
        catch (AvroSchemaException exception)
        {
            throw new SchemaResolutionException($"The writer has no field '{field.Name}'. {exception.Message}", writerPath, Join(readerPath, field.Name));
        }
    }

    // For each field of the writer, the position of the reader's field that takes it, or -1.
    // Aliases act as though the writer's field were renamed, so a field taken by an alias is gone for a field of its own name;
    // but a field that the writer has under the reader's own name needs no alias.
    private static int[] MatchFields(RecordSchema writer, RecordSchema reader)
    {
        var targets = new int[writer.Fields.Count];
        Array.Fill(targets, -1);
        foreach (RecordField field in reader.Fields)
        {
            RecordField? from = writer.Field(field.Name) is not null
                ? null
                : field.Aliases.Select(writer.Field).FirstOrDefault(candidate => candidate is not null && targets[candidate.Position] < 0);
            if (from is not null)
            {
                targets[from.Position] = field.Position;
            }
        }

        foreach (RecordField field in reader.Fields)
        {
            if (writer.Field(field.Name) is { } from && targets[from.Position] < 0)
            {
                targets[from.Position] = field.Position;
            }
        }

        return targets;
    }

    // A symbol that the reader lacks is an error of the datum that has it, even where it lacks all of them.
    private EnumNode ResolveEnum(EnumSchema writer, EnumSchema reader)
    {
        int fallback = reader.Default is null ? -1 : reader.IndexOf(reader.Default);
        return Remember(new EnumNode(writer, reader, writer.Symbols.Select(symbol => reader.IndexOf(symbol) is >= 0 and var index ? index : fallback).ToArray()));
    }

    private static void CheckNames(NamedSchema writer, NamedSchema reader, string writerPath, string readerPath)
    {
        if (!reader.Reads(writer))
        {
            throw new SchemaResolutionException(
                $"{writer.Name} cannot be read as {reader.Name}: the names differ, and the reader's type has no alias '{writer.Name}'", writerPath, readerPath);
        }
    }

    private LogicalConversion? Convert(AvroSchema writer, AvroSchema reader, string writerPath, string readerPath)
    {
        bool isLossless = LogicalConversion.TryFind(writer, reader, out LogicalConversion? conversion);
        if ((conversion is null && isLossless) || IsRaw(readerPath))
        {
            return null;
        }

        // Also in a union: most fields that may be null hold a value sooner or later.
        _isFinal |= !isLossless;
        return isLossless ? conversion : throw new SchemaResolutionException(
            $"{LogicalName(writer)} cannot be read as {reader.Logical}: {(writer.Logical is { } from && LogicalConversion.AreOfOneKind(from, reader.Logical!) ? "values could be lost" : "it means something else")}. "
            + $"Read it as {LogicalName(writer)}, or as {reader.TypeName} without a logical type",
            writerPath,
            readerPath);
    }

    private static string LogicalName(AvroSchema schema) => schema.Logical?.ToString() ?? schema.TypeName;

    private bool IsRaw(string readerPath) => _isRaw?.Invoke(WithoutBranches(readerPath)) == true;

    // A path as fields are named: without the branches of unions on the way.
    private static string WithoutBranches(string path)
    {
        for (int start = path.IndexOf('<'); start >= 0; start = path.IndexOf('<'))
        {
            path = path.Remove(start, path.IndexOf('>', start) - start + 1);
        }

        return path;
    }

    /// <summary>How a primitive is read as another, or null where it cannot be.</summary>
    internal static ScalarRead? Promotion(AvroType writer, AvroType reader) => (writer, reader) switch
    {
        (AvroType.Null, AvroType.Null) => ScalarRead.Null,
        (AvroType.Boolean, AvroType.Boolean) => ScalarRead.Boolean,
        (AvroType.Int, AvroType.Int) => ScalarRead.Int,
        (AvroType.Int, AvroType.Long) => ScalarRead.IntToLong,
        (AvroType.Int, AvroType.Float) => ScalarRead.IntToFloat,
        (AvroType.Int, AvroType.Double) => ScalarRead.IntToDouble,
        (AvroType.Long, AvroType.Long) => ScalarRead.Long,
        (AvroType.Long, AvroType.Float) => ScalarRead.LongToFloat,
        (AvroType.Long, AvroType.Double) => ScalarRead.LongToDouble,
        (AvroType.Float, AvroType.Float) => ScalarRead.Float,
        (AvroType.Float, AvroType.Double) => ScalarRead.FloatToDouble,
        (AvroType.Double, AvroType.Double) => ScalarRead.Double,
        (AvroType.Bytes, AvroType.Bytes) => ScalarRead.Bytes,
        (AvroType.Bytes, AvroType.String) => ScalarRead.BytesToString,
        (AvroType.String, AvroType.String) => ScalarRead.String,
        (AvroType.String, AvroType.Bytes) => ScalarRead.StringToBytes,
        _ => null,
    };

    private static string Join(string path, string name) => path.Length == 0 ? name : path + "." + name;
}
