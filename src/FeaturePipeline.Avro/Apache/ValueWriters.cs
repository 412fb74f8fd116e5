using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Mapping;
using ApacheAvro = global::Avro;

namespace FeaturePipeline.Avro.Apache;

/// <summary>Writes values of one schema.</summary>
internal abstract class ValueWriter
{
    /// <summary>Whether the value is of the type, by which a union's branch is chosen.</summary>
    internal abstract bool IsFor(object? value);

    /// <exception cref="ArgumentException">The value is not one of the schema.</exception>
    internal abstract void Write(ref AvroWriter writer, object? value);

    /// <summary>What is said of a value that does not fit.</summary>
    internal static ArgumentException Mismatch(string schema, string taken, object? value) =>
        new($"it is {schema}, which takes {taken}, not {Given(value)}.");

    private static string Given(object? value) => value switch
    {
        null => "null",
        ApacheAvro.Generic.GenericRecord record => $"a record {record.Schema.Fullname}",
        ApacheAvro.Generic.GenericEnum symbol => $"'{symbol.Value}' of enum {symbol.Schema.Fullname}",
        ApacheAvro.Generic.GenericFixed bytes => $"a fixed {bytes.Schema.Fullname} of {bytes.Value.Length} bytes",
        _ => value.GetType().ToString(),
    };
}

internal sealed class PrimitiveWriter(ApacheAvro.Schema.Type type) : ValueWriter
{
    internal override bool IsFor(object? value) => value switch
    {
        null => type == ApacheAvro.Schema.Type.Null,
        bool => type == ApacheAvro.Schema.Type.Boolean,
        int => type == ApacheAvro.Schema.Type.Int,
        long => type == ApacheAvro.Schema.Type.Long,
        float => type == ApacheAvro.Schema.Type.Float,
        double => type == ApacheAvro.Schema.Type.Double,
        byte[] => type == ApacheAvro.Schema.Type.Bytes,
        string => type == ApacheAvro.Schema.Type.String,
        _ => false,
    };

    internal override void Write(ref AvroWriter writer, object? value)
    {
        if (!IsFor(value))
        {
            throw Mismatch($"of type {ApacheAvro.Schema.GetTypeString(type)}", Taken, value);
        }

        switch (value)
        {
            case bool truth:
                writer.WriteBoolean(truth);
                break;
            case int number:
                writer.WriteLong(number);
                break;
            case long number:
                writer.WriteLong(number);
                break;
            case float number:
                writer.WriteFloat(number);
                break;
            case double number:
                writer.WriteDouble(number);
                break;
            case byte[] bytes:
                writer.WriteBytes(bytes);
                break;
            case string text:
                MappedWrites.Text(ref writer, text, "");
                break;
        }
    }

    private string Taken => type switch
    {
        ApacheAvro.Schema.Type.Null => "null",
        ApacheAvro.Schema.Type.Boolean => "bool",
        ApacheAvro.Schema.Type.Bytes => "byte[]",
        _ => ApacheAvro.Schema.GetTypeString(type),
    };
}

internal sealed class EnumWriter(ApacheAvro.EnumSchema schema) : ValueWriter
{
    private readonly Dictionary<string, int> _indexes =
        schema.Symbols.Index().ToDictionary(static entry => entry.Item, static entry => entry.Index, StringComparer.Ordinal);

    internal override bool IsFor(object? value) =>
        value is ApacheAvro.Generic.GenericEnum symbol && symbol.Schema.SchemaName.Equals(schema.SchemaName);

    internal override void Write(ref AvroWriter writer, object? value) => writer.WriteLong(
        value is ApacheAvro.Generic.GenericEnum symbol && _indexes.TryGetValue(symbol.Value, out int index)
            ? index
            : throw Mismatch($"enum {schema.Fullname}", $"a GenericEnum of one of {string.Join(", ", schema.Symbols)}", value));
}

internal sealed class FixedWriter(ApacheAvro.FixedSchema schema) : ValueWriter
{
    internal override bool IsFor(object? value) =>
        value is ApacheAvro.Generic.GenericFixed bytes && bytes.Schema.SchemaName.Equals(schema.SchemaName);

    internal override void Write(ref AvroWriter writer, object? value) => writer.WriteRaw(
        value is ApacheAvro.Generic.GenericFixed { Value: var bytes } && bytes.Length == schema.Size
            ? bytes
            : throw Mismatch($"fixed {schema.Fullname}", $"a GenericFixed of {schema.Size} bytes", value));
}

/// <summary>The first branch that the value is of, as Apache chooses it.</summary>
internal sealed class UnionWriter(ApacheAvro.UnionSchema schema) : ValueWriter
{
    internal ValueWriter[] Branches { get; set; } = [];

    internal override bool IsFor(object? value) => false;

    internal override void Write(ref AvroWriter writer, object? value)
    {
        for (int i = 0; i < Branches.Length; i++)
        {
            if (Branches[i].IsFor(value))
            {
                writer.WriteLong(i);
                Branches[i].Write(ref writer, value);
                return;
            }
        }

        throw Mismatch("a union", $"one of {string.Join(", ", schema.Schemas.Select(NameOf))}", value);
    }

    private static string NameOf(ApacheAvro.Schema branch) =>
        branch is ApacheAvro.LogicalSchema logical ? logical.LogicalTypeName : branch.Fullname;
}

internal sealed class ArrayWriter : ValueWriter
{
    internal ValueWriter Items { get; set; } = null!;

    internal override bool IsFor(object? value) => value is Array and not byte[];

    internal override void Write(ref AvroWriter writer, object? value)
    {
        if (value is not Array { Rank: 1 } array)
        {
            throw Mismatch("an array", ".NET's array", value);
        }

        MappedWrites.Enter(ref writer, "");
        if (array.Length > 0)
        {
            writer.WriteLong(array.Length);
            int i = array.GetLowerBound(0);
            try
            {
                for (; i <= array.GetUpperBound(0); i++)
                {
                    Items.Write(ref writer, array is object?[] items ? items[i] : array.GetValue(i));
                }
            }
            catch (ArgumentException exception) when (ApacheWriter.Note(exception, $"[{i}]"))
            {
                throw;
            }
        }

        writer.WriteLong(0);
        writer.Leave();
    }
}

internal sealed class MapWriter : ValueWriter
{
    internal ValueWriter Values { get; set; } = null!;

    internal override bool IsFor(object? value) => value is IDictionary<string, object?>;

    internal override void Write(ref AvroWriter writer, object? value)
    {
        if (value is not IDictionary<string, object?> map)
        {
            throw Mismatch("a map", "an IDictionary<string, object>", value);
        }

        MappedWrites.Enter(ref writer, "");
        int count = map.Count;
        if (count > 0)
        {
            writer.WriteLong(count);
            string at = "";
            try
            {
                foreach ((string key, object? item) in map)
                {
                    at = key;
                    MappedWrites.Text(ref writer, key, "");
                    Values.Write(ref writer, item);
                    count--;
                }
            }
            catch (ArgumentException exception) when (ApacheWriter.Note(exception, $"['{at}']"))
            {
                throw;
            }

            MappedWrites.CheckCount(count, "");
        }

        writer.WriteLong(0);
        writer.Leave();
    }
}

internal sealed class RecordWriter(ApacheAvro.RecordSchema schema) : ValueWriter
{
    private Positions _last = new(schema, [.. Enumerable.Range(0, schema.Count)]);

    /// <summary>In the schema's order.</summary>
    internal ValueWriter[] Fields { get; set; } = [];

    // Where another schema of the same record has the fields. Records of one schema follow each other.
    private sealed record Positions(ApacheAvro.RecordSchema Schema, int[] Fields);

    internal override bool IsFor(object? value) =>
        value is ApacheAvro.Generic.GenericRecord record && record.Schema.SchemaName.Equals(schema.SchemaName);

    internal override void Write(ref AvroWriter writer, object? value)
    {
        var record = value as ApacheAvro.Generic.GenericRecord ?? throw Mismatch($"record {schema.Fullname}", "a GenericRecord", value);
        Positions last = _last;
        if (!ReferenceEquals(last.Schema, record.Schema))
        {
            _last = last = Find(record.Schema);
        }

        MappedWrites.Enter(ref writer, "");
        int i = 0;
        try
        {
            for (; i < Fields.Length; i++)
            {
                Fields[i].Write(ref writer, record.GetValue(last.Fields[i]));
            }
        }
        catch (ArgumentException exception) when (ApacheWriter.Note(exception, schema.Fields[i].Name))
        {
            throw;
        }

        writer.Leave();
    }

    // Nothing of a record is left out, and nothing made up.
    private Positions Find(ApacheAvro.RecordSchema own)
    {
        int[] fields = [.. schema.Fields.Select(field => own.TryGetField(field.Name, out ApacheAvro.Field found) ? found.Pos : -1)];
        return own.SchemaName.Equals(schema.SchemaName) && own.Count == schema.Count && !fields.Contains(-1)
            ? new Positions(own, fields)
            : throw new ArgumentException(
                $"it is record {Described(schema)}, which takes a record of the same fields, not {Described(own)}.");

        static string Described(ApacheAvro.RecordSchema record) =>
            $"{record.Fullname} of {string.Join(", ", record.Fields.Select(static field => field.Name))}";
    }
}
