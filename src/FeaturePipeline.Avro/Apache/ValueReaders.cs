using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Resolution;
using FeaturePipeline.Avro.Schemas;
using ApacheAvro = global::Avro;

namespace FeaturePipeline.Avro.Apache;

/// <summary>Reads a value of one schema.</summary>
internal abstract class ValueReader
{
    /// <returns>False where the message is broken; the reader knows why.</returns>
    internal abstract bool TryRead(ref AvroReader reader, out object? value);
}

internal sealed class ScalarReader(ScalarNode node) : ValueReader
{
    internal override bool TryRead(ref AvroReader reader, out object? value) => GenericReader.TryRead(node, ref reader, out value);
}

internal sealed class EnumReader(EnumNode node, ApacheAvro.EnumSchema schema) : ValueReader
{
    internal override bool TryRead(ref AvroReader reader, out object? value)
    {
        bool read = GenericReader.TryReadSymbol(node, ref reader, out int index);
        value = read ? new ApacheAvro.Generic.GenericEnum(schema, schema[index]) : null;
        return read;
    }
}

internal sealed class FixedReader(FixedNode node, ApacheAvro.FixedSchema schema) : ValueReader
{
    internal override bool TryRead(ref AvroReader reader, out object? value)
    {
        value = null;
        if (!GenericReader.TryReadFixed(node, ref reader, out ReadOnlySpan<byte> bytes))
        {
            return false;
        }

        var made = new ApacheAvro.Generic.GenericFixed(schema);
        bytes.CopyTo(made.Value);
        value = made;
        return true;
    }
}

/// <summary>The message says which of the writer's branches follows.</summary>
internal sealed class UnionReader(WriterUnionNode node) : ValueReader
{
    internal ValueReader?[] Branches { get; set; } = [];

    internal override bool TryRead(ref AvroReader reader, out object? value)
    {
        value = null;
        return reader.TryReadUnionIndex(Branches.Length, out int index)
            && (Branches[index] is { } branch
                ? branch.TryRead(ref reader, out value)
                : reader.Fail(DecodeErrorKind.UnreadableBranch, node.Unreadable(index)));
    }
}

internal sealed class ArrayReader(int itemSizeMin) : ValueReader
{
    internal ValueReader Items { get; set; } = null!;

    internal override bool TryRead(ref AvroReader reader, out object? value)
    {
        value = null;
        object?[] items = [];
        int used = 0;
        if (!reader.TryEnter())
        {
            return false;
        }

        while (reader.TryReadBlock(itemSizeMin, out int count, out int size))
        {
            if (count == 0)
            {
                reader.Leave();
                value = MappedReads.Trim(items, used);
                return true;
            }

            int start = reader.Position;
            MappedReads.Grow(ref items, used, count);
            for (int i = 0; i < count; i++)
            {
                if (!Items.TryRead(ref reader, out object? item))
                {
                    return reader.FailIn("[]");
                }

                MappedReads.Append(ref items, ref used, item);
            }

            if (!reader.TryEndBlock(start, size))
            {
                return false;
            }
        }

        return false;
    }
}

/// <summary>Of two entries with one key the last one stays.</summary>
internal sealed class MapReader(int entrySizeMin) : ValueReader
{
    internal ValueReader Values { get; set; } = null!;

    internal override bool TryRead(ref AvroReader reader, out object? value)
    {
        var map = new Dictionary<string, object?>();
        value = map;
        if (!reader.TryEnter())
        {
            return false;
        }

        while (reader.TryReadBlock(entrySizeMin, out int count, out int size))
        {
            if (count == 0)
            {
                reader.Leave();
                return true;
            }

            int start = reader.Position;
            MappedReads.ReserveEntries(map, count);
            for (int i = 0; i < count; i++)
            {
                if (MappedReads.Text(ref reader) is not { } key || !Values.TryRead(ref reader, out object? item))
                {
                    return reader.FailIn("[]");
                }

                map[key] = item;
            }

            if (!reader.TryEndBlock(start, size))
            {
                return false;
            }
        }

        return false;
    }
}

internal sealed class RecordReader(RecordNode node, ApacheAvro.RecordSchema schema) : ValueReader
{
    /// <summary>For each of the writer's fields; null where the reader's schema lacks it.</summary>
    internal ValueReader?[] Fields { get; set; } = [];

    /// <summary>For each of the reader's fields that the writer lacks.</summary>
    internal ValueReader[] Defaults { get; set; } = [];

    internal override bool TryRead(ref AvroReader reader, out object? value)
    {
        value = null;
        if (!reader.TryEnter(Fields.Length))
        {
            return false;
        }

        var record = new ApacheAvro.Generic.GenericRecord(schema);
        for (int i = 0; i < Fields.Length; i++)
        {
            object? field = null;
            RecordStep step = node.Steps[i];
            if (!(Fields[i] is { } read ? read.TryRead(ref reader, out field) : node.Skip(step, ref reader)))
            {
                return reader.FailIn(step.Field.Name);
            }

            if (step.Target >= 0)
            {
                record.Add(step.Target, field!);
            }
        }

        for (int i = 0; i < Defaults.Length; i++)
        {
            record.Add(node.Defaults[i].Position, Default(i)!);
        }

        reader.Leave();
        value = record;
        return true;
    }

    /// <summary>Refuses a default that no message could get.</summary>
    /// <exception cref="NotSupportedException">A default is outside what its logical type has in Apache's library.</exception>
    internal void CheckDefaults()
    {
        for (int i = 0; i < Defaults.Length; i++)
        {
            Default(i);
        }
    }

    // Read anew each time: it may be an object that the caller changes.
    private object? Default(int i)
    {
        RecordField field = node.Defaults[i];
        var encoded = AvroReader.OfDefault(field.DefaultBinary().Span);
        return Defaults[i].TryRead(ref encoded, out object? value)
            ? value
            : throw new NotSupportedException(
                $"The default of field '{field.Name}' of record {node.Reader.TypeName}, {field.Default}, is no value of Apache's library: {encoded.Failure()}. "
                + "Give the reader's schema a default within the range of its logical type.");
    }
}
