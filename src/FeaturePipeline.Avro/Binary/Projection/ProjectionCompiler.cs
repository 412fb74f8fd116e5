using System.Runtime.CompilerServices;
using System.Text;
using FeaturePipeline.Avro.Resolution;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Binary.Projection;

// Flattens a resolution into operations: what is wanted is read into slots, everything else is skipped.
// Neighbouring skips of a fixed width become one, unless a jump leads between them.
internal sealed class ProjectionCompiler(int depthMax)
{
    // A union of records that hold unions of records multiplies: the plan of a schema that was made to be large is refused.
    private const int OpsMax = 100_000;

    // Skipped records of up to so many fields, those of records within them included, are operations of their own.
    private const int FlatFieldsMax = 256;

    private const int RunMax = 64;

    private readonly List<ProjectionOp> _ops = [];
    private readonly List<string> _paths = [];
    private readonly List<int> _targets = [];
    private readonly List<FieldValue> _symbols = [];
    private readonly Dictionary<int, (DecodeErrorKind Error, string Text)> _reasons = [];
    private readonly List<FieldValue> _values = [];
    private readonly List<Skipper> _skippers = [];
    private readonly List<byte> _constants = [];
    private int _barrier;
    private int _depth;

    internal static ProjectionPlan Compile(ReadNode node, ProjectionTree tree, int depthMax)
    {
        var compiler = new ProjectionCompiler(depthMax);
        compiler.Read(node, tree, "");
        compiler.Emit(ProjectionCode.End, "");
        compiler.CountRuns();
        bool hasText = compiler._ops.Exists(op => op.Code is ProjectionCode.Text or ProjectionCode.NullableText);
        return new ProjectionPlan(
            [.. compiler._ops], [.. compiler._targets], [.. compiler._symbols], [.. compiler._values], [.. compiler._skippers],
            [.. compiler._constants], [.. compiler._paths], compiler._reasons, hasText, tree.AllSlots().DefaultIfEmpty(-1).Max() + 1, depthMax);
    }

    private void Emit(ProjectionCode code, string path, int slot = 0, int a = 0, int b = 0, byte nullTag = 0, byte valueTag = 0)
    {
        if (_ops.Count >= OpsMax)
        {
            throw new SchemaResolutionException($"The fields need a plan of more than {OpsMax} operations", path, path);
        }

        _ops.Add(new ProjectionOp(code, nullTag, valueTag, checked((ushort)slot), a, b));
        _paths.Add(path);
    }

    // Varints that are skipped one after another can be skipped at once, from wherever a jump leads to.
    private void CountRuns()
    {
        for (int i = _ops.Count - 2; i >= 0; i--)
        {
            if (_ops[i].Code == ProjectionCode.SkipVarint)
            {
                _ops[i] = _ops[i] with { A = _ops[i + 1].Code == ProjectionCode.SkipVarint ? Math.Min(_ops[i + 1].A + 1, RunMax) : 1 };
            }
        }
    }

    private void Read(ReadNode node, ProjectionTree tree, string path)
    {
        switch (node)
        {
            case ReaderUnionNode union:
                Read(union.Branch, tree, path);
                break;
            case WriterUnionNode union:
                ReadUnion(union, tree, path);
                break;
            case RecordNode record:
                Nested(path, () => ReadRecord(record, tree, path));
                break;
            case EnumNode symbols:
                ReadEnum(symbols, tree, path);
                break;
            case FixedNode { Conversion: not null } or ScalarNode { Conversion: not null }:
                throw new SchemaResolutionException(
                    $"{node.Writer.Logical} is not read as {node.Reader.Logical} in a projection. Let the reader's schema say {node.Writer.Logical}", path, path);
            case FixedNode type:
                ReadScalar(ProjectionCode.Fixed, tree, path, type.Size);
                break;
            case ScalarNode { Read: ScalarRead.Null }:
                SetConstant(tree, FieldValue.Null, path);
                break;
            case ScalarNode scalar:
                ReadScalar(CodeOf(scalar.Read), tree, path);
                break;
            default:
                throw new InvalidOperationException($"'{path}' is {node.Reader.TypeName}, which a projection cannot hold.");
        }
    }

    // Records are flat in a plan, but lie as deep as for any other reader.
    private void Nested(string path, Action record)
    {
        if (_depth == depthMax)
        {
            Fail(DecodeErrorKind.TooDeep, AvroReader.NestsTooDeep, path);
            return;
        }

        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new SchemaResolutionException("The field lies too deep for this thread's stack", path, path);
        }

        _depth++;
        record();
        _depth--;
    }

    private void ReadScalar(ProjectionCode code, ProjectionTree tree, string path, int a = 0)
    {
        Emit(code, path, tree.Slots[0], a);
        CopySlots(tree, path);
    }

    private void CopySlots(ProjectionTree tree, string path)
    {
        foreach (int slot in tree.Slots.Skip(1))
        {
            Emit(ProjectionCode.Copy, path, slot, tree.Slots[0]);
        }
    }

    private static ProjectionCode CodeOf(ScalarRead read) => read switch
    {
        ScalarRead.Boolean => ProjectionCode.Boolean,
        ScalarRead.Int or ScalarRead.IntToLong => ProjectionCode.Int,
        ScalarRead.Long => ProjectionCode.Long,
        ScalarRead.Float or ScalarRead.FloatToDouble => ProjectionCode.Float,
        ScalarRead.Double => ProjectionCode.Double,
        ScalarRead.IntToFloat => ProjectionCode.IntToFloat,
        ScalarRead.IntToDouble => ProjectionCode.IntToDouble,
        ScalarRead.LongToFloat => ProjectionCode.LongToFloat,
        ScalarRead.LongToDouble => ProjectionCode.LongToDouble,
        ScalarRead.String or ScalarRead.BytesToString => ProjectionCode.Text,
        ScalarRead.Bytes or ScalarRead.StringToBytes => ProjectionCode.Bytes,
        _ => throw new ArgumentOutOfRangeException(nameof(read), read, "Null has no operation."),
    };

    private void ReadEnum(EnumNode node, ProjectionTree tree, string path)
    {
        int first = _symbols.Count;
        var reader = (EnumSchema)node.Reader;
        FieldValue[] constants = reader.Symbols.Select(symbol => AddConstant(Encoding.UTF8.GetBytes(symbol))).ToArray();
        _symbols.AddRange(node.Map.Select(index => index < 0 ? FieldValue.Null : constants[index]));
        if (Array.Exists(node.Map, static index => index < 0))
        {
            _reasons[_ops.Count] = (DecodeErrorKind.UnknownSymbol, node.Unknown(Enumerable.Range(0, node.Map.Length).Where(i => node.Map[i] < 0)));
        }

        Emit(ProjectionCode.Enum, path, tree.Slots[0], first, node.Map.Length);
        CopySlots(tree, path);
    }

    private FieldValue AddConstant(ReadOnlySpan<byte> bytes)
    {
        int offset = _constants.Count;
        _constants.AddRange(bytes);
        return FieldValue.FromConstant(offset, bytes.Length);
    }

    private void SetConstant(ProjectionTree tree, FieldValue value, string path)
    {
        foreach (int slot in tree.AllSlots())
        {
            Emit(ProjectionCode.Constant, path, slot, _values.Count);
        }

        _values.Add(value);
    }

    private void ReadRecord(RecordNode record, ProjectionTree tree, string path)
    {
        foreach (RecordStep step in record.Steps)
        {
            string at = path.Length == 0 ? step.Field.Name : path + "." + step.Field.Name;
            ProjectionTree? wanted = step.Target < 0 ? null : tree.Child(((RecordSchema)record.Reader).Fields[step.Target].Name);
            if (wanted is null)
            {
                Skip(step.Field.Schema, at);
            }
            else
            {
                Read(step.Node!, wanted, at);
            }
        }

        foreach (RecordField field in record.Defaults)
        {
            if (tree.Child(field.Name) is { } wanted)
            {
                ReadDefault(field, wanted, path.Length == 0 ? field.Name : path + "." + field.Name);
            }
        }
    }

    // A default is decoded here and now, by a plan of its own.
    private void ReadDefault(RecordField field, ProjectionTree tree, string path)
    {
        ProjectionPlan plan = Compile(Resolver.Resolve(field.Schema, field.Schema), tree, depthMax);
        ReadOnlySpan<byte> encoded = field.DefaultBinary().Span;
        var values = new FieldValue[tree.AllSlots().Max() + 1];
        DecodeResult result = ProjectionLoop.Run(plan, encoded, values);
        if (!result.IsOk)
        {
            throw new SchemaResolutionException($"The default of field '{field.Name}' cannot be decoded: {result}", "", path);
        }

        foreach (int slot in tree.AllSlots())
        {
            FieldValue value = values[slot];
            FieldValue moved = value.IsSlice ? AddConstant(value.AsBytes(encoded, plan.Constants)) : value;
            Emit(ProjectionCode.Constant, path, slot, _values.Count);
            _values.Add(moved);
        }
    }

    private void Fail(DecodeErrorKind error, string reason, string path)
    {
        _reasons[_ops.Count] = (error, reason);
        Emit(ProjectionCode.Fail, path, a: (int)error);
    }

    private void ReadUnion(WriterUnionNode union, ProjectionTree tree, string path)
    {
        if (TryReadNullable(union, tree, path))
        {
            return;
        }

        int table = _targets.Count;
        _targets.AddRange(new int[union.Branches.Length]);
        Emit(ProjectionCode.Union, path, a: table, b: union.Branches.Length);
        var jumps = new List<int>();
        for (int i = 0; i < union.Branches.Length; i++)
        {
            _targets[table + i] = _barrier = _ops.Count;
            if (union.Branches[i] is { } branch)
            {
                Read(branch, tree, path);
                jumps.Add(_ops.Count);
                Emit(ProjectionCode.Jump, path);
            }
            else
            {
                Fail(DecodeErrorKind.UnreadableBranch, union.Unreadable(i), path);
            }
        }

        _barrier = _ops.Count;
        foreach (int jump in jumps)
        {
            _ops[jump] = _ops[jump] with { A = _ops.Count };
        }
    }

    // A union of null and a string or long, wanted once, is a single operation.
    private bool TryReadNullable(WriterUnionNode union, ProjectionTree tree, string path)
    {
        if (union.Branches is not [{ } first, { } second] || tree.Slots.Count != 1)
        {
            return false;
        }

        int nullIndex = IsNull(first) ? 0 : 1;
        if (!IsNull(nullIndex == 0 ? first : second))
        {
            return false;
        }

        ProjectionCode? code = Strip(nullIndex == 0 ? second : first) switch
        {
            ScalarNode { Read: ScalarRead.String or ScalarRead.BytesToString } => ProjectionCode.NullableText,
            ScalarNode { Read: ScalarRead.Long } => ProjectionCode.NullableLong,
            _ => null,
        };
        if (code is null)
        {
            return false;
        }

        Emit(code.Value, path, tree.Slots[0], nullTag: (byte)(nullIndex * 2), valueTag: (byte)((1 - nullIndex) * 2));
        return true;
    }

    private static ReadNode Strip(ReadNode node) => node is ReaderUnionNode union ? Strip(union.Branch) : node;

    private static bool IsNull(ReadNode node) => Strip(node) is ScalarNode { Read: ScalarRead.Null };

    private void Skip(AvroSchema schema, string path)
    {
        int budget = FlatFieldsMax;
        if (schema is RecordSchema record && IsSmall(record, ref budget))
        {
            Nested(path, () =>
            {
                foreach (RecordField field in record.Fields)
                {
                    Skip(field.Schema, path + "." + field.Name);
                }
            });
            return;
        }

        if (schema is UnionSchema { NullIndex: >= 0, Branches: [_, _] branches } union
            && branches[1 - union.NullIndex].Type is (AvroType.String or AvroType.Bytes))
        {
            Emit(ProjectionCode.SkipNullableLength, path, nullTag: (byte)(union.NullIndex * 2), valueTag: (byte)((1 - union.NullIndex) * 2));
            return;
        }

        Skipper skipper = Skipper.Of(schema);
        switch (skipper.Kind)
        {
            case SkipKind.Bytes when skipper.Size == 0:
                break;
            case SkipKind.Bytes when _ops.Count > _barrier && _ops[^1].Code == ProjectionCode.SkipBytes:
                _ops[^1] = _ops[^1] with { A = MinimumSize.AddSaturated(_ops[^1].A, skipper.Size) };
                break;
            case SkipKind.Bytes:
                Emit(ProjectionCode.SkipBytes, path, a: skipper.Size);
                break;
            case SkipKind.Varint:
                Emit(ProjectionCode.SkipVarint, path);
                break;
            case SkipKind.Length:
                Emit(ProjectionCode.SkipLength, path);
                break;
            default:
                Emit(ProjectionCode.Skip, path, a: _skippers.Count, b: _depth);
                _skippers.Add(skipper);
                break;
        }
    }

    // A record that holds itself, or one that holds another twice which holds a third twice and so on, has more fields than any budget.
    private static bool IsSmall(RecordSchema record, ref int budget)
    {
        foreach (RecordField field in record.Fields)
        {
            if (--budget < 0 || (field.Schema is RecordSchema inner && !IsSmall(inner, ref budget)))
            {
                return false;
            }
        }

        return true;
    }
}
