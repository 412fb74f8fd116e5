using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Resolution;

/// <summary>How a value is skipped.</summary>
internal enum SkipKind : byte
{
    /// <summary>A number of bytes: Size.</summary>
    Bytes,

    /// <summary>One varint.</summary>
    Varint,

    /// <summary>A length, then as many bytes.</summary>
    Length,

    /// <summary>An index below Size.</summary>
    Enum,

    /// <summary>An index below the number of parts, then that part.</summary>
    Union,

    /// <summary>Blocks of the only part.</summary>
    Array,

    /// <summary>Blocks of a key and the only part.</summary>
    Map,

    /// <summary>The parts in order, one deeper.</summary>
    Record,
}

/// <summary>Skips values of the writer's schema, under the same limits as reading: a graph, because schemas may recur.</summary>
internal sealed class Skipper
{
    private static readonly Skipper OneVarint = new(SkipKind.Varint);
    private static readonly Skipper OneLength = new(SkipKind.Length);

    private Skipper[] _parts = [];

    private Skipper(SkipKind kind, int size = 0)
    {
        Kind = kind;
        Size = size;
    }

    /// <summary>How.</summary>
    internal SkipKind Kind { get; }

    /// <summary>Bytes for <see cref="SkipKind.Bytes"/>, symbols of an enum, fewest bytes of an item for an array or map.</summary>
    internal int Size { get; }

    /// <summary>The skipper of a schema.</summary>
    internal static Skipper Of(AvroSchema schema) => schema.Skipper ?? Build(schema);

    /// <summary>Skips one value.</summary>
    /// <returns>False where the message is broken; the reader knows why.</returns>
    internal bool Skip(ref AvroReader reader)
    {
        switch (Kind)
        {
            case SkipKind.Bytes:
                return reader.TryReadFixed(Size, out _);
            case SkipKind.Varint:
                return reader.TryReadLong(out _);
            case SkipKind.Length:
                return reader.TryReadBytes(out _);
            case SkipKind.Enum:
                return reader.TryReadEnumIndex(Size, out _);
            case SkipKind.Union:
                return reader.TryReadUnionIndex(_parts.Length, out int index) && _parts[index].Skip(ref reader);
            case SkipKind.Record:
                return SkipRecord(ref reader);
            default:
                return SkipBlocks(ref reader);
        }
    }

    private bool SkipRecord(ref AvroReader reader)
    {
        if (!reader.TryEnter(_parts.Length))
        {
            return false;
        }

        foreach (Skipper part in _parts)
        {
            if (!part.Skip(ref reader))
            {
                return false;
            }
        }

        reader.Leave();
        return true;
    }

    private bool SkipBlocks(ref AvroReader reader)
    {
        if (!reader.TryEnter())
        {
            return false;
        }

        while (true)
        {
            if (!reader.TryReadBlock(Size, out int count, out int size))
            {
                return false;
            }

            if (count == 0)
            {
                break;
            }

            if (size >= 0)
            {
                reader.TryReadFixed(size, out _);
                continue;
            }

            if (!(Kind == SkipKind.Map ? SkipEntries(ref reader, count) : SkipItems(ref reader, count)))
            {
                return false;
            }
        }

        reader.Leave();
        return true;
    }

    private bool SkipItems(ref AvroReader reader, int count)
    {
        Skipper item = _parts[0];
        switch (item.Kind)
        {
            case SkipKind.Varint:
                return reader.TrySkipVarints(count);
            case SkipKind.Length:
                for (int i = 0; i < count; i++)
                {
                    if (!reader.TryReadBytes(out _))
                    {
                        return false;
                    }
                }

                return true;
            default:
                for (int i = 0; i < count; i++)
                {
                    if (!item.Skip(ref reader))
                    {
                        return false;
                    }
                }

                return true;
        }
    }

    private bool SkipEntries(ref AvroReader reader, int count)
    {
        Skipper value = _parts[0];
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryReadBytes(out _) || !(value.Kind == SkipKind.Varint ? reader.TryReadLong(out _) : value.Skip(ref reader)))
            {
                return false;
            }
        }

        return true;
    }

    // Without recursion, because a schema of flat text can be a graph of any depth.
    private static Skipper Build(AvroSchema root)
    {
        var made = new Dictionary<AvroSchema, Skipper>();
        var open = new Stack<AvroSchema>();
        Skipper skipper = Start(root);
        while (open.TryPop(out AvroSchema? schema))
        {
            made[schema]._parts = schema switch
            {
                ArraySchema array => [Start(array.Items)],
                MapSchema map => [Start(map.Values)],
                UnionSchema union => union.Branches.Select(Start).ToArray(),
                _ => Fuse(((RecordSchema)schema).Fields.Select(field => Start(field.Schema))),
            };
        }

        // Only now is every part there, for other threads too.
        foreach ((AvroSchema schema, Skipper whole) in made)
        {
            schema.Skipper = whole;
        }

        return skipper;

        Skipper Start(AvroSchema schema)
        {
            if ((Leaf(schema) ?? schema.Skipper ?? made.GetValueOrDefault(schema)) is { } known)
            {
                return known;
            }

            open.Push(schema);
            return made[schema] = schema switch
            {
                ArraySchema array => new Skipper(SkipKind.Array, MinimumSize.Of(array.Items)),
                MapSchema map => new Skipper(SkipKind.Map, MinimumSize.AddSaturated(MinimumSize.Of(map.Values), 1)),
                UnionSchema => new Skipper(SkipKind.Union),
                _ => new Skipper(SkipKind.Record),
            };
        }
    }

    private static Skipper? Leaf(AvroSchema schema) => schema.Type switch
    {
        AvroType.Null => new Skipper(SkipKind.Bytes),
        AvroType.Boolean => new Skipper(SkipKind.Bytes, 1),
        AvroType.Float => new Skipper(SkipKind.Bytes, 4),
        AvroType.Double => new Skipper(SkipKind.Bytes, 8),
        AvroType.Int or AvroType.Long => OneVarint,
        AvroType.Bytes or AvroType.String => OneLength,
        AvroType.Fixed => new Skipper(SkipKind.Bytes, ((FixedSchema)schema).Size),
        AvroType.Enum => new Skipper(SkipKind.Enum, ((EnumSchema)schema).Symbols.Count),
        _ => null,
    };

    // Neighbours of a fixed width are skipped at once.
    private static Skipper[] Fuse(IEnumerable<Skipper> parts)
    {
        var fused = new List<Skipper>();
        foreach (Skipper part in parts)
        {
            if (part.Kind == SkipKind.Bytes && fused.Count > 0 && fused[^1].Kind == SkipKind.Bytes)
            {
                fused[^1] = new Skipper(SkipKind.Bytes, MinimumSize.AddSaturated(fused[^1].Size, part.Size));
            }
            else
            {
                fused.Add(part);
            }
        }

        return fused.ToArray();
    }
}
