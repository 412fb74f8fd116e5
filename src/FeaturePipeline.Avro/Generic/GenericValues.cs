using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Generic;

// Generic values, for tools: null, bool, int, long, float, double, string, byte[], GenericEnum, GenericFixed, List<object?> for an array,
// OrderedDictionary<string, object?> for a map, GenericRecord. A union's value is its branch's value: the .NET type and, for named types, the
// schema say which branch it is. Logical types stay what underlies them.

/// <summary>A record of any schema.</summary>
public sealed class GenericRecord
{
    private readonly object?[] _values;

    /// <summary>Creates a record whose fields are null.</summary>
    /// <param name="schema">Its schema.</param>
    public GenericRecord(RecordSchema schema)
    {
        Schema = schema;
        _values = new object?[schema.Fields.Count];
    }

    /// <summary>The schema.</summary>
    public RecordSchema Schema { get; }

    /// <summary>A field by position.</summary>
    /// <param name="position">From 0.</param>
    public object? this[int position]
    {
        get => _values[position];
        set => _values[position] = value;
    }

    /// <summary>A field by name.</summary>
    /// <param name="name">The field's own name.</param>
    /// <exception cref="KeyNotFoundException">The record has no such field.</exception>
    public object? this[string name]
    {
        get => _values[Position(name)];
        set => _values[Position(name)] = value;
    }

    /// <summary>A field by name, where the record may lack it: other versions of a schema have other fields.</summary>
    /// <param name="name">The field's own name.</param>
    /// <param name="value">The value, which may be null; null where there is no such field.</param>
    /// <returns>Whether the record has the field.</returns>
    public bool TryGetValue(string name, out object? value)
    {
        RecordField? field = Schema.Field(name);
        value = field is null ? null : _values[field.Position];
        return field is not null;
    }

    /// <summary>The fields with their values as text for people, like JSON; what is long or deep ends in "...". Not for programs: see <see cref="AvroJson"/>.</summary>
    /// <returns>Such as <c>{"id": 4, "who": "bob"}</c>, at most some 5,000 characters.</returns>
    public override string ToString() => GenericText.Of(this);

    private int Position(string name) =>
        Schema.Field(name)?.Position ?? throw new KeyNotFoundException($"Record {Schema.Name} has no field '{name}'.");
}

/// <summary>A symbol of an enum.</summary>
/// <param name="Schema">The enum's schema.</param>
/// <param name="Index">The symbol's position.</param>
public sealed record GenericEnum(EnumSchema Schema, int Index)
{
    /// <summary>The symbol.</summary>
    public string Symbol => Schema.Symbols[Index];

    /// <summary>The symbol.</summary>
    /// <returns><see cref="Symbol"/>, or what is no symbol where the enum has none at the position.</returns>
    public override string ToString() => (uint)Index < (uint)Schema.Symbols.Count ? Symbol : $"no symbol {Index}";
}

/// <summary>A fixed.</summary>
/// <param name="Schema">Its schema.</param>
/// <param name="Value">As many bytes as the schema says.</param>
public sealed record GenericFixed(FixedSchema Schema, byte[] Value)
{
    /// <summary>The bytes in hex, the first 64.</summary>
    /// <returns>Such as <c>"0x00FF"</c>, with the quotes.</returns>
    public override string ToString() => GenericText.Of(this);
}
