using System.Buffers;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Generic;

/// <summary>
/// Writes generic values (see <see cref="GenericReader"/>) of any schema; what C# has for an array (any sequence), a map (any dictionary from strings), an
/// enum (a symbol's text) and a fixed (a byte array) is taken, too. Immutable, shared by threads.
/// </summary>
public sealed class GenericWriter
{
    // Of fields or branches, in a message.
    private const int NamesMax = 20;

    // What is given for a symbol may be any text.
    private const int SymbolLengthMax = 64;

    private readonly AvroSchema _schema;
    private readonly int _depthMax;

    private GenericWriter(AvroSchema schema, int depthMax)
    {
        _schema = schema;
        _depthMax = AvroReader.CheckDepthMax(depthMax);
    }

    /// <summary>Prepares a writer.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="depthMax">How deep records, arrays and maps may nest in a value: 1 to <see cref="AvroReader.DepthMaxHighest"/>.</param>
    /// <returns>The writer.</returns>
    public static GenericWriter Compile(AvroSchema schema, int depthMax = AvroReader.DepthMax) => new(schema, depthMax);

    /// <summary>Writes one value: arrays and maps as one block, varints as short as they can be.</summary>
    /// <param name="value">The value.</param>
    /// <param name="output">Where to write.</param>
    /// <exception cref="ArgumentException">The value is not one of the schema; the message names the field.</exception>
    public void Write(object? value, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var writer = new AvroWriter(output, _depthMax);
        Write(ref writer, _schema, value, "");
        writer.Flush();
    }

    /// <summary>Writes one value; the path is that of its field, for errors.</summary>
    internal static void Write(ref AvroWriter writer, AvroSchema schema, object? value, string path)
    {
        switch (schema, value)
        {
            case ({ Type: AvroType.Null }, null):
                break;
            case ({ Type: AvroType.Boolean }, bool truth):
                writer.WriteBoolean(truth);
                break;
            case ({ Type: AvroType.Int }, int number):
                writer.WriteLong(number);
                break;
            case ({ Type: AvroType.Long }, long or int):
                writer.WriteLong(value is int small ? small : (long)value);
                break;
            case ({ Type: AvroType.Float }, float single):
                writer.WriteFloat(single);
                break;
            case ({ Type: AvroType.Double }, double or float or int):
                writer.WriteDouble(value is double full ? full : value is float narrow ? narrow : (int)value);
                break;
            case ({ Type: AvroType.Bytes }, byte[] bytes):
                writer.WriteBytes(bytes);
                break;
            case ({ Type: AvroType.String }, string text):
                MappedWrites.Text(ref writer, text, path);
                break;
            case (FixedSchema type, GenericFixed { Value: var raw }) when raw.Length == type.Size:
                writer.WriteRaw(raw);
                break;
            case (FixedSchema type, byte[] raw) when raw.Length == type.Size:
                writer.WriteRaw(raw);
                break;
            case (EnumSchema type, GenericEnum or string) when type.IndexOf(value.ToString()!) is >= 0 and var index:
                writer.WriteLong(index);
                break;
            case (UnionSchema union, _):
                WriteUnion(ref writer, union, value, path);
                break;
            default:
                WriteContainer(ref writer, schema, value, path);
                break;
        }
    }

    private static void WriteContainer(ref AvroWriter writer, AvroSchema schema, object? value, string path)
    {
        MappedWrites.Enter(ref writer, path);
        switch (schema, value)
        {
            case (RecordSchema type, GenericRecord record) when type.Fields.Count == record.Schema.Fields.Count:
                foreach (RecordField field in type.Fields)
                {
                    RecordField own = record.Schema.Field(field.Name) ?? throw Mismatch(schema, value, path);
                    Write(ref writer, field.Schema, record[own.Position], path.Length == 0 ? field.Name : path + "." + field.Name);
                }

                break;
            case (ArraySchema type, _) when GenericCollections.Items(value) is { } items:
                WriteArray(ref writer, type, items, path);
                break;
            case (MapSchema type, _) when GenericCollections.Entries(value) is { } entries:
                WriteMap(ref writer, type, entries, path);
                break;
            default:
                throw Mismatch(schema, value, path);
        }

        writer.Leave();
    }

    private static void WriteArray(ref AvroWriter writer, ArraySchema type, IReadOnlyCollection<object?> items, string path)
    {
        int count = items.Count;
        if (count > 0)
        {
            writer.WriteLong(count);
            foreach (object? item in items)
            {
                Write(ref writer, type.Items, item, path + "[]");
                count--;
            }

            MappedWrites.CheckCount(count, path);
        }

        writer.WriteLong(0);
    }

    private static void WriteMap(ref AvroWriter writer, MapSchema type, IReadOnlyCollection<KeyValuePair<string, object?>> entries, string path)
    {
        int count = entries.Count;
        if (count > 0)
        {
            writer.WriteLong(count);
            foreach ((string key, object? item) in entries)
            {
                MappedWrites.Text(ref writer, key, path + "[]");
                Write(ref writer, type.Values, item, path + "[]");
                count--;
            }

            MappedWrites.CheckCount(count, path);
        }

        writer.WriteLong(0);
    }

    private static void WriteUnion(ref AvroWriter writer, UnionSchema union, object? value, string path)
    {
        int index = BranchOf(union, value);
        if (index < 0)
        {
            throw Mismatch(union, value, path);
        }

        writer.WriteLong(index);
        Write(ref writer, union.Branches[index], value, path);
    }

    /// <summary>The branch that holds a generic value, or -1: the one of its own type, else one that takes it.</summary>
    internal static int BranchOf(UnionSchema union, object? value)
    {
        int index = BranchOf(union, value, exact: true);
        return index >= 0 ? index : BranchOf(union, value, exact: false);
    }

    private static int BranchOf(UnionSchema union, object? value, bool exact)
    {
        for (int i = 0; i < union.Branches.Count; i++)
        {
            if (Fits(union.Branches[i], value, exact))
            {
                return i;
            }
        }

        return -1;
    }

    private static bool Fits(AvroSchema schema, object? value, bool exact) => (schema, value) switch
    {
        ({ Type: AvroType.Null }, null) => true,
        ({ Type: AvroType.Boolean }, bool) => true,
        ({ Type: AvroType.Int }, int) => true,
        ({ Type: AvroType.Long }, long) => true,
        ({ Type: AvroType.Long }, int) => !exact,
        ({ Type: AvroType.Float }, float) => true,
        ({ Type: AvroType.Double }, double) => true,
        ({ Type: AvroType.Double }, float or int) => !exact,
        ({ Type: AvroType.Bytes }, byte[]) => true,
        ({ Type: AvroType.String }, string) => true,
        (RecordSchema type, GenericRecord record) => SameName(type, record.Schema),
        (EnumSchema type, GenericEnum symbol) => SameName(type, symbol.Schema),
        (EnumSchema type, string text) => !exact && type.IndexOf(text) >= 0,
        (FixedSchema type, GenericFixed bytes) => SameName(type, bytes.Schema),
        (FixedSchema type, byte[] bytes) => !exact && bytes.Length == type.Size,
        (ArraySchema, _) => GenericCollections.IsArray(value),
        (MapSchema, _) => GenericCollections.IsMap(value),
        _ => false,
    };

    private static bool SameName(NamedSchema left, NamedSchema right) =>
        ReferenceEquals(left, right) || string.Equals(left.Name.FullName, right.Name.FullName, StringComparison.Ordinal);

    private static ArgumentException Mismatch(AvroSchema schema, object? value, string path) =>
        new($"{(path.Length == 0 ? "The value" : $"Field '{path}'")} is {TypeOf(schema)}; {Given(schema, value)} does not fit.", nameof(value));

    /// <summary>What a schema has, for a message.</summary>
    internal static string TypeOf(AvroSchema schema) => schema switch
    {
        UnionSchema union => $"a union of {Listed(union.Branches.Select(branch => branch is EnumSchema symbols ? $"{symbols.Name} ({SymbolsOf(symbols)})" : branch.TypeName))}",
        FixedSchema type => $"of type {type.Name}, a fixed of {type.Size} bytes",
        RecordSchema record => $"of type {record.Name}, a record of {Listed(record.Fields.Select(field => field.Name))}",
        EnumSchema symbols => $"of type {symbols.Name}, {SymbolsOf(symbols)}",
        _ => $"of type {schema.TypeName}",
    };

    private static string SymbolsOf(EnumSchema schema) => $"an enum of {Listed(schema.Symbols)}";

    private static bool HasEnum(AvroSchema schema) => schema is EnumSchema || (schema is UnionSchema union && union.Branches.Any(branch => branch is EnumSchema));

    private static string Given(AvroSchema schema, object? value) => (schema, value) switch
    {
        (_, null) => "null",
        (_, GenericEnum symbol) => $"'{symbol}' of enum {symbol.Schema.Name}",
        (_, string text) when HasEnum(schema) => $"'{GenericText.Cut(text, SymbolLengthMax)}'",
        (FixedSchema or UnionSchema, byte[] bytes) => $"an array of {bytes.Length} bytes",
        (_, GenericFixed bytes) => $"a fixed {bytes.Schema.Name} of {bytes.Value.Length} bytes",
        (_, GenericRecord record) => $"a record {record.Schema.Name} of {Listed(record.Schema.Fields.Select(field => field.Name))}",
        _ => value.GetType().Name,
    };

    /// <summary>The first names of a schema's, for a message.</summary>
    internal static string Listed(IEnumerable<string> names)
    {
        string[] first = names.Take(NamesMax + 1).ToArray();
        return first.Length == 0 ? "nothing" : first.Length > NamesMax ? string.Join(", ", first[..NamesMax]) + ", ..." : string.Join(", ", first);
    }
}
