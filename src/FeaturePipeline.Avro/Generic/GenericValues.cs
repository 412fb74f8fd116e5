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
    /// <returns><see cref="Symbol"/>.</returns>
    public override string ToString() => Symbol;
}

/// <summary>A fixed.</summary>
/// <param name="Schema">Its schema.</param>
/// <param name="Value">As many bytes as the schema says.</param>
public sealed record GenericFixed(FixedSchema Schema, byte[] Value);
