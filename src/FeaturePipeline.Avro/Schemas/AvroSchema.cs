using System.Text.Json;

namespace FeaturePipeline.Avro.Schemas;

/// <summary>How strictly a schema's text is judged.</summary>
public enum SchemaValidation
{
    /// <summary>Everything that the specification forbids is refused: for schemas of one's own.</summary>
    Strict,

    /// <summary>
    /// Defaults are not judged, nor namespaces, which need be no text; names may have letters of any alphabet, orders letters of any size, and a name
    /// that is not defined in the namespace around it may be one of the null namespace; comments are skipped: for writer schemas from a registry, whose
    /// defaults are never used and which Java's parser has accepted or its printer written.
    /// </summary>
    Lenient,

    /// <summary>As Java's parser judges what is newly registered: as <see cref="Lenient"/>, but defaults are judged.</summary>
    Java,
}

/// <summary>An Avro schema: immutable once parsed, and safe to share. Source: Avro specification 1.12, "Schema Declaration".</summary>
public abstract class AvroSchema
{
    private string? _canonicalForm;
    private string? _json;

    private protected AvroSchema(AvroType type) => Type = type;

    /// <summary>The type.</summary>
    public AvroType Type { get; }

    /// <summary>The logical type, or null where there is none or it is unknown or invalid.</summary>
    public LogicalType? Logical { get; internal set; }

    /// <summary>Attributes that the specification does not know, and <c>logicalType</c> with what belongs to it, as they were written.</summary>
    public IReadOnlyDictionary<string, JsonElement> Properties { get; internal set; } = AvroSchemaProperties.None;

    /// <summary>The parsing canonical form. Source: Avro specification, "Parsing Canonical Form for Schemas".</summary>
    public string CanonicalForm => _canonicalForm ??= SchemaPrinter.Canonical(this);

    /// <summary>The CRC-64-AVRO fingerprint of the canonical form.</summary>
    public ulong Fingerprint64 => SchemaFingerprint.Crc64(CanonicalForm);

    /// <summary>How values are skipped, once that has been asked for.</summary>
    internal Resolution.Skipper? Skipper { get; set; }

    /// <summary>The type's name: a primitive's, <c>array</c>, <c>map</c>, <c>union</c>, or the full name of a named type.</summary>
    public virtual string TypeName => Type.ToString().ToLowerInvariant();

    /// <summary>Parses a schema's text.</summary>
    /// <param name="json">The text: JSON.</param>
    /// <param name="references">Schemas whose named types the text may name (references between subjects).</param>
    /// <param name="validation">How strictly.</param>
    /// <returns>The schema.</returns>
    /// <exception cref="AvroSchemaException">The text is not a schema.</exception>
    public static AvroSchema Parse(string json, IEnumerable<AvroSchema>? references = null, SchemaValidation validation = SchemaValidation.Strict)
    {
        ArgumentNullException.ThrowIfNull(json);
        return new SchemaParser(validation, comments: validation != SchemaValidation.Strict).Parse(json, references);
    }

    /// <summary>Parses the schema of a file (.avsc), which may have comments, as Java's parser takes them.</summary>
    /// <param name="path">The file.</param>
    /// <param name="validation">How strictly all but the comments is judged.</param>
    /// <returns>The schema.</returns>
    /// <exception cref="AvroSchemaException">The text is not a schema.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static AvroSchema ParseFile(string path, SchemaValidation validation = SchemaValidation.Strict) =>
        new SchemaParser(validation, comments: true).Parse(File.ReadAllText(path), null);

    /// <summary>The schema as JSON, with all attributes.</summary>
    /// <returns>JSON without white space.</returns>
    public override string ToString() => _json ??= SchemaPrinter.Json(this);
}

/// <summary>A type that is its name alone: null, boolean, int, long, float, double, bytes, string.</summary>
public sealed class PrimitiveSchema : AvroSchema
{
    internal PrimitiveSchema(AvroType type)
        : base(type)
    {
    }
}

/// <summary>An array.</summary>
public sealed class ArraySchema : AvroSchema
{
    internal ArraySchema(AvroSchema items)
        : base(AvroType.Array) => Items = items;

    /// <summary>The items' schema.</summary>
    public AvroSchema Items { get; }
}

/// <summary>A map from strings.</summary>
public sealed class MapSchema : AvroSchema
{
    internal MapSchema(AvroSchema values)
        : base(AvroType.Map) => Values = values;

    /// <summary>The values' schema.</summary>
    public AvroSchema Values { get; }
}

/// <summary>A union.</summary>
public sealed class UnionSchema : AvroSchema
{
    internal UnionSchema(IReadOnlyList<AvroSchema> branches)
        : base(AvroType.Union)
    {
        Branches = branches;
        NullIndex = -1;
        for (int i = 0; i < branches.Count; i++)
        {
            NullIndex = branches[i].Type == AvroType.Null ? i : NullIndex;
        }
    }

    /// <summary>The branches, in order.</summary>
    public IReadOnlyList<AvroSchema> Branches { get; }

    /// <summary>The position of the null branch, or -1.</summary>
    public int NullIndex { get; }
}

/// <summary>A type with a name: record, enum, fixed.</summary>
public abstract class NamedSchema : AvroSchema
{
    private protected NamedSchema(AvroType type, SchemaName name)
        : base(type) => Name = name;

    /// <summary>The name.</summary>
    public SchemaName Name { get; }

    /// <summary>Other full names under which a writer may know the type.</summary>
    public IReadOnlyList<SchemaName> Aliases { get; internal set; } = [];

    /// <summary>What the schema says of the type, or null.</summary>
    public string? Doc { get; internal set; }

    /// <inheritdoc/>
    public override string TypeName => Name.FullName;

    /// <summary>Whether a writer's type is read as this one, as far as names decide: the unqualified names match, or an alias is the writer's full name.</summary>
    /// <param name="writer">The writer's type.</param>
    /// <remarks>Source: Avro specification, "Schema Resolution" and "Aliases".</remarks>
    public bool Reads(NamedSchema writer)
    {
        // Without an allocation: each branch of one union may be asked about each of another's.
        bool match = string.Equals(writer.Name.Name, Name.Name, StringComparison.Ordinal);
        for (int i = 0; i < Aliases.Count && !match; i++)
        {
            match = string.Equals(Aliases[i].FullName, writer.Name.FullName, StringComparison.Ordinal);
        }

        return match;
    }
}

/// <summary>An enumeration of symbols.</summary>
public sealed class EnumSchema : NamedSchema
{
    private Dictionary<string, int>? _positions;

    internal EnumSchema(SchemaName name, IReadOnlyList<string> symbols, string? defaultSymbol)
        : base(AvroType.Enum, name)
    {
        Symbols = symbols;
        Default = defaultSymbol;
    }

    /// <summary>The symbols, in order.</summary>
    public IReadOnlyList<string> Symbols { get; }

    /// <summary>The symbol that stands for a writer's symbol that this schema does not have, or null.</summary>
    public string? Default { get; }

    /// <summary>The position of a symbol.</summary>
    /// <param name="symbol">The symbol.</param>
    /// <returns>Its position, or -1.</returns>
    public int IndexOf(string symbol)
    {
        _positions ??= Symbols.Index().ToDictionary(entry => entry.Item, entry => entry.Index, StringComparer.Ordinal);
        return _positions.GetValueOrDefault(symbol, -1);
    }
}

/// <summary>A fixed number of bytes.</summary>
public sealed class FixedSchema : NamedSchema
{
    internal FixedSchema(SchemaName name, int size)
        : base(AvroType.Fixed, name) => Size = size;

    /// <summary>Bytes.</summary>
    public int Size { get; }
}
