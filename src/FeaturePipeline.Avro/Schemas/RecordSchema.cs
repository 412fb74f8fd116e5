using System.Buffers;
using System.Text.Json;

namespace FeaturePipeline.Avro.Schemas;

/// <summary>The order of a field in comparisons.</summary>
public enum FieldOrder : byte
{
    /// <summary>The default.</summary>
    Ascending,

    /// <summary>Reversed.</summary>
    Descending,

    /// <summary>Not compared.</summary>
    Ignore,
}

/// <summary>A record.</summary>
public sealed class RecordSchema : NamedSchema
{
    private Dictionary<string, int>? _positions;

    internal RecordSchema(SchemaName name)
        : base(AvroType.Record, name)
    {
    }

    /// <summary>The fields, in order.</summary>
    public IReadOnlyList<RecordField> Fields { get; internal set; } = [];

    /// <summary>The fewest bytes of a value, or -1 until that has been asked for.</summary>
    internal int SizeMin { get; set; } = -1;

    /// <summary>The field of that name, or null.</summary>
    /// <param name="name">The field's own name; aliases are not looked at.</param>
    /// <returns>The field, or null.</returns>
    public RecordField? Field(string name)
    {
        _positions ??= Fields.ToDictionary(field => field.Name, field => field.Position, StringComparer.Ordinal);
        return _positions.TryGetValue(name, out int position) ? Fields[position] : null;
    }
}

/// <summary>A field of a record.</summary>
public sealed class RecordField
{
    private byte[]? _defaultBinary;

    internal RecordField(string name, AvroSchema schema, int position)
    {
        Name = name;
        Schema = schema;
        Position = position;
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The type.</summary>
    public AvroSchema Schema { get; }

    /// <summary>The position in the record, from 0.</summary>
    public int Position { get; }

    /// <summary>What the schema says of the field, or null.</summary>
    public string? Doc { get; internal init; }

    /// <summary>Other names under which a writer may know the field.</summary>
    public IReadOnlyList<string> Aliases { get; internal init; } = [];

    /// <summary>The order in comparisons.</summary>
    public FieldOrder Order { get; internal init; }

    /// <summary>The default as it was written, or null where there is none. A JSON null is a default.</summary>
    public JsonElement? Default { get; internal init; }

    /// <summary>Attributes that the specification does not know (also a <c>logicalType</c> beside the field's type, which means nothing there).</summary>
    public IReadOnlyDictionary<string, JsonElement> Properties { get; internal init; } = AvroSchemaProperties.None;

    /// <summary>The default, encoded as a value of the field's type. Throws <see cref="AvroSchemaException"/> where it is no value of that type.</summary>
    internal ReadOnlyMemory<byte> DefaultBinary()
    {
        if (_defaultBinary is null)
        {
            var output = new ArrayBufferWriter<byte>();
            string? error = Default is { } value ? new DefaultEncoder().Encode(Schema, value, output) : "there is no default";
            if (error is not null)
            {
                throw new AvroSchemaException($"The default of field '{Name}' is not valid: {error}", "$");
            }

            _defaultBinary = output.WrittenSpan.ToArray();
        }

        return _defaultBinary;
    }
}

/// <summary>The empty set of attributes.</summary>
internal static class AvroSchemaProperties
{
    internal static readonly IReadOnlyDictionary<string, JsonElement> None =
        System.Collections.ObjectModel.ReadOnlyDictionary<string, JsonElement>.Empty;
}
