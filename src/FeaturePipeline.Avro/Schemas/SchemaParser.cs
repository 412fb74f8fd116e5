using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace FeaturePipeline.Avro.Schemas;

// Parses one schema's text. Names are resolved in order of appearance: a name must be defined before it is used, and once only.
// Defaults are judged after the whole text is read, because a record's default may lean on types that close later.
internal sealed class SchemaParser(SchemaValidation validation, bool comments)
{
    private static readonly string[] KnownForNamed = ["type", "name", "namespace", "doc", "aliases"];

    private readonly SchemaNames _names = new();
    private readonly List<(RecordField Field, string Path)> _defaults = [];

    internal AvroSchema Parse(string json, IEnumerable<AvroSchema>? references)
    {
        _names.AddAllOf(references ?? []);
        try
        {
            using JsonDocument document = SchemaText.Read(json, comments);
            AvroSchema schema = ParseSchema(document.RootElement.Clone(), "", "$");
            if (validation != SchemaValidation.Lenient)
            {
                CheckDefaults();
            }

            return schema;
        }
        catch (JsonException exception)
        {
            throw new AvroSchemaException($"The schema is not JSON: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            throw new AvroSchemaException($"The schema has text that is not Unicode: {exception.Message}", exception);
        }
    }

    private void CheckDefaults()
    {
        var encoder = new DefaultEncoder();
        foreach ((RecordField field, string path) in _defaults)
        {
            if (encoder.Encode(field.Schema, field.Default!.Value, new ArrayBufferWriter<byte>()) is { } error)
            {
                throw new AvroSchemaException($"The default of field '{field.Name}' is not valid: {error}", path);
            }
        }
    }

    // 500 levels fit a thread's usual stack; a thread may have less of it.
    private AvroSchema ParseSchema(JsonElement json, string space, string path) => json.ValueKind switch
    {
        _ when !RuntimeHelpers.TryEnsureSufficientExecutionStack() => throw new AvroSchemaException("The schema nests too deep for this thread's stack", "$"),
        JsonValueKind.String => ParseName(json.GetString()!, space, path),
        JsonValueKind.Array => ParseUnion(json, space, path),
        JsonValueKind.Object => ParseObject(json, space, path),
        _ => throw new AvroSchemaException($"A schema is a string, an array or an object, not {json.ValueKind}", path),
    };

    private AvroSchema ParseName(string name, string space, string path) =>
        Primitive(name) is { } type ? new PrimitiveSchema(type) : Lookup(name, space, path);

    private NamedSchema Lookup(string name, string space, string path)
    {
        // Java names a type of the null namespace so where another namespace encloses the name, too.
        string fullName = SchemaName.Of(name, space).FullName;
        return (_names.Find(fullName) ?? (validation != SchemaValidation.Strict ? _names.Find(name) : null)) is { } schema
            ? schema
            : throw new AvroSchemaException($"Type '{fullName}' is not defined. Define it before it is used, or pass its schema as a reference", path);
    }

    private static AvroType? Primitive(string name) => name switch
    {
        "null" => AvroType.Null,
        "boolean" => AvroType.Boolean,
        "int" => AvroType.Int,
        "long" => AvroType.Long,
        "float" => AvroType.Float,
        "double" => AvroType.Double,
        "bytes" => AvroType.Bytes,
        "string" => AvroType.String,
        _ => null,
    };

    private UnionSchema ParseUnion(JsonElement json, string space, string path)
    {
        var branches = new List<AvroSchema>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonElement element in json.EnumerateArray())
        {
            string at = $"{path}[{branches.Count}]";
            AvroSchema branch = ParseSchema(element, space, at);
            if (branch.Type == AvroType.Union)
            {
                throw new AvroSchemaException("A union cannot hold a union", at);
            }

            if (!seen.Add(branch.TypeName))
            {
                throw new AvroSchemaException($"A union cannot hold '{branch.TypeName}' twice", at);
            }

            branches.Add(branch);
        }

        return new UnionSchema(branches);
    }

    private AvroSchema ParseObject(JsonElement json, string space, string path)
    {
        if (!json.TryGetProperty("type", out JsonElement type))
        {
            throw new AvroSchemaException("A schema object needs \"type\"", path);
        }

        if (type.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
        {
            // Not in the specification's grammar, but unambiguous, and accepted by common tools.
            AvroSchema inner = ParseSchema(type, space, path + ".type");
            return inner.Logical is null && json.TryGetProperty("logicalType", out _) && (inner is PrimitiveSchema || Defines(type))
                ? Outer(inner, json)
                : inner;
        }

        if (type.ValueKind != JsonValueKind.String)
        {
            throw new AvroSchemaException($"\"type\" is a name, not {type.ValueKind}", path + ".type");
        }

        string kind = type.GetString()!;
        switch (kind)
        {
            case "record" or "error":
                return ParseRecord(json, space, path);
            case "enum":
                return ParseEnum(json, space, path);
            case "fixed":
                return ParseFixed(json, space, path);
            case "array":
                return Finish(new ArraySchema(ParsePart(json, "items", space, path)), json, ["type", "items"]);
            case "map":
                return Finish(new MapSchema(ParsePart(json, "values", space, path)), json, ["type", "values"]);
            default:
                return Primitive(kind) is { } primitive
                    ? Finish(new PrimitiveSchema(primitive), json, ["type"])
                    : Lookup(kind, space, path + ".type");
        }
    }

    // One that only names a type may name one of the caller's, which is finished.
    private static bool Defines(JsonElement json) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty("type", out JsonElement type) && type.ValueKind == JsonValueKind.String
        && type.GetString() is "record" or "error" or "enum" or "fixed";

    // Apache's C# library writes a logical type around the definition of its fixed.
    private static AvroSchema Outer(AvroSchema inner, JsonElement json)
    {
        IReadOnlyDictionary<string, JsonElement> own = inner.Properties;
        Finish(inner, json, ["type"]);
        var all = new OrderedDictionary<string, JsonElement>(own, StringComparer.Ordinal);
        foreach ((string name, JsonElement value) in inner.Properties)
        {
            all[name] = value;
        }

        inner.Properties = all;
        return inner;
    }

    private AvroSchema ParsePart(JsonElement json, string name, string space, string path) =>
        json.TryGetProperty(name, out JsonElement part)
            ? ParseSchema(part, space, $"{path}.{name}")
            : throw new AvroSchemaException($"The type needs \"{name}\"", path);

    private RecordSchema ParseRecord(JsonElement json, string space, string path)
    {
        SchemaName name = ParseNaming(json, space, path);
        var record = new RecordSchema(name);
        Define(record, json, path);
        if (!json.TryGetProperty("fields", out JsonElement fields) || fields.ValueKind != JsonValueKind.Array)
        {
            throw new AvroSchemaException($"Record '{name}' needs an array \"fields\"", path);
        }

        var list = new List<RecordField>(fields.GetArrayLength());
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonElement element in fields.EnumerateArray())
        {
            string at = $"{path}.fields[{list.Count}]";
            RecordField field = ParseField(element, name.Namespace, list.Count, at);
            if (!seen.Add(field.Name))
            {
                throw new AvroSchemaException($"Record '{name}' has field '{field.Name}' twice", at);
            }

            list.Add(field);
        }

        record.Fields = list;
        return Finish(record, json, [.. KnownForNamed, "fields"]);
    }

    private RecordField ParseField(JsonElement json, string space, int position, string path)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw new AvroSchemaException("A field is an object", path);
        }

        string name = Text(json, "name") ?? throw new AvroSchemaException("A field needs a string \"name\"", path);
        CheckSimpleName(name, path + ".name");
        AvroSchema schema = ParsePart(json, "type", space, path);
        var field = new RecordField(name, schema, position)
        {
            Doc = Text(json, "doc"),
            Aliases = ParseAliases(json, path),
            Order = ParseOrder(json, path),
            Default = json.TryGetProperty("default", out JsonElement value) ? value : null,
            Properties = Properties(json, ["name", "type", "doc", "aliases", "order", "default"]),
        };
        if (field.Default is not null)
        {
            _defaults.Add((field, path + ".default"));
        }

        return field;
    }

    private FieldOrder ParseOrder(JsonElement json, string path) => !json.TryGetProperty("order", out JsonElement order)
        ? FieldOrder.Ascending
        : (order.ValueKind != JsonValueKind.String ? null : validation != SchemaValidation.Strict ? order.GetString()!.ToLowerInvariant() : order.GetString()) switch
        {
            "ascending" => FieldOrder.Ascending,
            "descending" => FieldOrder.Descending,
            "ignore" => FieldOrder.Ignore,
            _ => throw new AvroSchemaException("\"order\" is \"ascending\", \"descending\" or \"ignore\"", path + ".order"),
        };

    private EnumSchema ParseEnum(JsonElement json, string space, string path)
    {
        SchemaName name = ParseNaming(json, space, path);
        if (!json.TryGetProperty("symbols", out JsonElement array) || array.ValueKind != JsonValueKind.Array)
        {
            throw new AvroSchemaException($"Enum '{name}' needs an array \"symbols\"", path);
        }

        var symbols = new List<string>(array.GetArrayLength());
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonElement element in array.EnumerateArray())
        {
            string at = $"{path}.symbols[{symbols.Count}]";
            string symbol = element.ValueKind == JsonValueKind.String ? element.GetString()! : throw new AvroSchemaException("A symbol is a string", at);
            CheckSimpleName(symbol, at);
            if (!seen.Add(symbol))
            {
                throw new AvroSchemaException($"Enum '{name}' has symbol '{symbol}' twice", at);
            }

            symbols.Add(symbol);
        }

        string? fallback = null;
        if (json.TryGetProperty("default", out JsonElement value))
        {
            fallback = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
            if ((fallback is null || !seen.Contains(fallback)) && validation != SchemaValidation.Lenient)
            {
                throw new AvroSchemaException($"The default of enum '{name}' is one of its symbols", path + ".default");
            }
        }

        var schema = new EnumSchema(name, symbols, fallback is not null && seen.Contains(fallback) ? fallback : null);
        Define(schema, json, path);
        return Finish(schema, json, [.. KnownForNamed, "symbols", "default"]);
    }

    private FixedSchema ParseFixed(JsonElement json, string space, string path)
    {
        SchemaName name = ParseNaming(json, space, path);
        if (Number(json, "size") is not { } size || size < 0)
        {
            throw new AvroSchemaException($"Fixed '{name}' needs \"size\": a whole number of bytes, 0 to 2147483647", path);
        }

        var schema = new FixedSchema(name, size);
        Define(schema, json, path);
        return Finish(schema, json, [.. KnownForNamed, "size"]);
    }

    private SchemaName ParseNaming(JsonElement json, string space, string path)
    {
        string name = Text(json, "name") ?? throw new AvroSchemaException("A record, enum or fixed needs a string \"name\"", path);
        if (json.TryGetProperty("namespace", out JsonElement own))
        {
            space = own.ValueKind == JsonValueKind.String ? own.GetString()!
                : validation != SchemaValidation.Strict ? space
                : throw new AvroSchemaException("\"namespace\" is a string", path + ".namespace");
        }

        // Java's Name takes any namespace.
        SchemaName full = SchemaName.Of(name, space);
        string judged = validation != SchemaValidation.Strict ? full.Name : name.Contains('.') ? name : full.FullName;
        foreach (string part in judged.Split('.'))
        {
            CheckSimpleName(part, path + ".name");
        }

        return Primitive(full.Name) is null
            ? full
            : throw new AvroSchemaException($"'{full.Name}' is a primitive type's name, which no other type may have", path + ".name");
    }

    private void CheckSimpleName(string name, string path)
    {
        bool valid = validation == SchemaValidation.Strict
            ? SchemaName.IsSimpleName(name)
            : name.Length > 0 && !char.IsDigit(name[0]) && name.All(c => char.IsLetterOrDigit(c) || c == '_');
        if (!valid)
        {
            throw new AvroSchemaException($"'{name}' is not a name: letters A-Z and a-z, digits and '_', no digit first", path);
        }
    }

    private void Define(NamedSchema schema, JsonElement json, string path)
    {
        if (!_names.TryAdd(schema))
        {
            throw new AvroSchemaException($"Type '{schema.Name}' is defined twice", path);
        }

        schema.Doc = Text(json, "doc");
        schema.Aliases = ParseAliases(json, path).Select(alias => SchemaName.Of(alias, schema.Name.Namespace)).ToArray();
    }

    private static string[] ParseAliases(JsonElement json, string path)
    {
        if (!json.TryGetProperty("aliases", out JsonElement aliases))
        {
            return [];
        }

        return aliases.ValueKind == JsonValueKind.Array && aliases.EnumerateArray().All(alias => alias.ValueKind == JsonValueKind.String)
            ? aliases.EnumerateArray().Select(alias => alias.GetString()!).ToArray()
            : throw new AvroSchemaException("\"aliases\" is an array of strings", path + ".aliases");
    }

    private static T Finish<T>(T schema, JsonElement json, string[] known)
        where T : AvroSchema
    {
        schema.Properties = Properties(json, known);
        schema.Logical = LogicalType.Resolve(
            Text(json, "logicalType"),
            schema.Type,
            schema is FixedSchema { Size: var size } ? size : 0,
            Number(json, "precision"),
            json.TryGetProperty("scale", out _) ? Number(json, "scale") ?? -1 : null);
        return schema;
    }

    private static IReadOnlyDictionary<string, JsonElement> Properties(JsonElement json, string[] known)
    {
        OrderedDictionary<string, JsonElement>? properties = null;
        foreach (JsonProperty property in json.EnumerateObject())
        {
            if (!known.Contains(property.Name, StringComparer.Ordinal))
            {
                properties ??= new OrderedDictionary<string, JsonElement>(StringComparer.Ordinal);
                properties[property.Name] = property.Value;
            }
        }

        return properties ?? AvroSchemaProperties.None;
    }

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static int? Number(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number
        && int.TryParse(value.GetRawText(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number : null;
}
