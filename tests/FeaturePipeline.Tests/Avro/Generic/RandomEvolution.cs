using System.Text.Json.Nodes;

namespace FeaturePipeline.Tests.Avro.Generic;

/// <summary>What a <see cref="RandomEvolution"/> may do.</summary>
[Flags]
internal enum Evolutions
{
    Reorder = 1,
    Remove = 2,

    /// <summary>Fields with defaults of a few plain types.</summary>
    AddPlain = 4,
    Promote = 8,

    /// <summary>Fields with defaults of any type.</summary>
    Add = 16,

    /// <summary>string as bytes and the other way.</summary>
    TextAndBytes = 32,

    /// <summary>Types become unions, unions get and lose branches, change their order, or become one of their branches.</summary>
    Unions = 64,

    /// <summary>Enums get and lose symbols and defaults.</summary>
    Symbols = 128,

    /// <summary>Fields and types are renamed, with aliases.</summary>
    Aliases = 256,
    Namespaces = 512,

    /// <summary>What can't be resolved: now and then another type, another size, a field without a default, a name without an alias.</summary>
    Break = 1024,
    All = 2047 & ~AddPlain,
}

/// <summary>Makes reader schemas of writer schemas. Every type is changed, wherever it is used, not only the root.</summary>
/// <param name="seed">The seed.</param>
/// <param name="allowed">What may be done.</param>
/// <param name="source">Made the writer's schema; makes the types of added fields.</param>
internal sealed class RandomEvolution(int seed, Evolutions allowed, RandomSchemas source)
{
    private static readonly string[] Scalars = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"];

    private readonly Random _random = new(seed);

    // Named types by the writer's simple name; inside them and in the root, a type is only mentioned by that name.
    private readonly Dictionary<string, JsonObject> _types = new(StringComparer.Ordinal);

    /// <summary>What was done, in order.</summary>
    internal List<string> Edits { get; } = [];

    /// <summary>The name of a union's branch, without its namespace.</summary>
    internal static string BranchName(JsonNode type) => type switch
    {
        JsonValue name => ((string)name!).Split('.')[^1],
        JsonObject other => (string?)other["name"] ?? (string)other["type"]!,
        _ => "union",
    };

    internal JsonNode Evolve(JsonNode schema)
    {
        JsonNode root = Flatten(schema);
        string[] names = [.. _types.Keys];
        foreach (string name in names)
        {
            EditNamed(name, _types[name]);
        }

        root = Edit(root, isBranch: false);
        foreach (string name in names.Where(name => _types[name]["fields"] is not null))
        {
            AddFields((JsonArray)_types[name]["fields"]!);
        }

        if (allowed.HasFlag(Evolutions.Add))
        {
            foreach (string name in names.Where(name => _types[name]["fields"] is not null))
            {
                AddDefaults((JsonArray)_types[name]["fields"]!);
            }
        }

        return Expand(root, []);
    }

    private bool Chance(int one, Evolutions kind, string edit)
    {
        bool yes = allowed.HasFlag(kind) && _random.Next(one) == 0;
        if (yes)
        {
            Edits.Add(edit);
        }

        return yes;
    }

    private JsonNode Flatten(JsonNode type)
    {
        switch (type)
        {
            case JsonArray union:
                return new JsonArray([.. union.Select(branch => Flatten(branch!))]);
            case JsonObject { } array when array["items"] is { } items:
                return new JsonObject { ["type"] = "array", ["items"] = Flatten(items) };
            case JsonObject { } map when map["values"] is { } values:
                return new JsonObject { ["type"] = "map", ["values"] = Flatten(values) };
            case JsonObject { } logical when logical["logicalType"] is not null:
                return logical.DeepClone();
            case JsonObject named:
                string name = (string)named["name"]!;
                var copy = (JsonObject)named.DeepClone();
                copy["namespace"] ??= "test";
                _types[name] = copy;
                foreach (JsonObject? field in (copy["fields"] as JsonArray) ?? [])
                {
                    field!["type"] = Flatten(field["type"]!);
                }

                return name;
            default:
                return ((string)type!).Split('.')[^1];
        }
    }

    // The first mention of a named type becomes its definition, wherever that now is.
    private JsonNode Expand(JsonNode type, HashSet<string> defined)
    {
        switch (type)
        {
            case JsonArray union:
                return new JsonArray([.. union.Select(branch => Expand(branch!, defined))]);
            case JsonObject { } array when array["items"] is { } items:
                return new JsonObject { ["type"] = "array", ["items"] = Expand(items, defined) };
            case JsonObject { } logical when logical["logicalType"] is not null:
                return logical.DeepClone();
            case JsonObject map:
                return new JsonObject { ["type"] = "map", ["values"] = Expand(map["values"]!, defined) };
            default:
                string name = (string)type!;
                if (!_types.TryGetValue(name, out JsonObject? definition))
                {
                    return name;
                }

                if (!defined.Add(name))
                {
                    return $"{(string)definition["namespace"]!}.{(string)definition["name"]!}";
                }

                var copy = (JsonObject)definition.DeepClone();
                foreach (JsonObject? field in (copy["fields"] as JsonArray) ?? [])
                {
                    field!["type"] = Expand(field["type"]!, defined);
                }

                return copy;
        }
    }

    private void EditNamed(string name, JsonObject type)
    {
        if (Chance(8, Evolutions.Aliases, $"{name} renamed"))
        {
            type["name"] = name + "x";
            type["aliases"] = new JsonArray(_random.Next(2) == 0 ? $"test.{name}" : name);
        }
        else if (Chance(40, Evolutions.Break, $"{name} renamed without an alias"))
        {
            type["name"] = name + "x";
        }
        else if (Chance(10, Evolutions.Namespaces, $"{name} in another namespace"))
        {
            type["namespace"] = "other";
        }

        switch ((string)type["type"]!)
        {
            case "enum":
                EditSymbols(name, type);
                break;
            case "fixed" when Chance(30, Evolutions.Break, $"{name} larger"):
                type["size"] = (int)type["size"]! + 1;
                break;
            case "record":
                EditFields(name, type);
                break;
        }
    }

    private void EditSymbols(string name, JsonObject type)
    {
        var symbols = ((JsonArray)type["symbols"]!).Select(symbol => (string)symbol!).ToList();
        if (symbols.Count > 1 && Chance(4, Evolutions.Symbols, $"{name} loses a symbol"))
        {
            symbols.RemoveAt(_random.Next(symbols.Count));
        }

        if (Chance(4, Evolutions.Symbols, $"{name} gets a symbol"))
        {
            symbols.Insert(_random.Next(symbols.Count + 1), "NEW");
        }

        if (allowed.HasFlag(Evolutions.Symbols))
        {
            type.Remove("default");
            if (_random.Next(2) == 0)
            {
                type["default"] = symbols[_random.Next(symbols.Count)];
            }
        }

        type["symbols"] = new JsonArray([.. symbols]);
    }

    private void EditFields(string record, JsonObject type)
    {
        var fields = ((JsonArray)type["fields"]!).Select(field => field!.DeepClone()).ToList();
        fields.RemoveAll(field => Chance(6, Evolutions.Remove, $"{record}.{(string)field["name"]!} removed"));
        if (Chance(2, Evolutions.Reorder, $"{record} reordered"))
        {
            fields = [.. fields.OrderBy(_ => _random.Next())];
        }

        foreach (JsonNode field in fields)
        {
            string name = (string)field["name"]!;
            field["type"] = Edit(field["type"]!, isBranch: false);
            if (Chance(8, Evolutions.Aliases, $"{record}.{name} renamed"))
            {
                field["name"] = name + "x";
                field["aliases"] = _random.Next(3) == 0 ? new JsonArray("never", name) : new JsonArray(name);
            }
            else if (Chance(100, Evolutions.Aliases, $"{record}.{name} has the alias f0"))
            {
                field["aliases"] = new JsonArray("f0");
            }
        }

        type["fields"] = new JsonArray([.. fields]);
    }

    private JsonNode Edit(JsonNode type, bool isBranch)
    {
        switch (type)
        {
            case JsonArray union:
                return EditUnion(union);
            case JsonObject { } array when array["items"] is { } items:
                type = Chance(60, Evolutions.Break, "array becomes a map")
                    ? new JsonObject { ["type"] = "map", ["values"] = items.DeepClone() }
                    : new JsonObject { ["type"] = "array", ["items"] = Edit(items, isBranch: false) };
                break;
            case JsonObject { } logical when logical["logicalType"] is not null:
                break;
            case JsonObject map:
                type = new JsonObject { ["type"] = "map", ["values"] = Edit(map["values"]!, isBranch: false) };
                break;
            default:
                type = EditName((string)type!);
                break;
        }

        if (isBranch || !Chance(8, Evolutions.Unions, "type becomes a union"))
        {
            return type.DeepClone();
        }

        JsonNode other = AnyBranch();
        return string.Equals(BranchName(type), BranchName(other), StringComparison.Ordinal) ? new JsonArray(type.DeepClone())
            : _random.Next(2) == 0 ? new JsonArray(type.DeepClone(), other) : new JsonArray(other, type.DeepClone());
    }

    private string EditName(string name)
    {
        string[] wider = name switch
        {
            "int" => ["long", "float", "double"],
            "long" => ["float", "double"],
            "float" => ["double"],
            _ => [],
        };
        if (wider.Length > 0 && Chance(3, Evolutions.Promote, $"{name} promoted"))
        {
            return wider[_random.Next(wider.Length)];
        }

        if (name is "string" or "bytes" && Chance(4, Evolutions.TextAndBytes, $"{name} becomes the other"))
        {
            return name is "string" ? "bytes" : "string";
        }

        return Chance(60, Evolutions.Break, $"{name} becomes another type") ? Scalars[_random.Next(Scalars.Length)] : name;
    }

    private JsonNode EditUnion(JsonArray union)
    {
        var branches = union.Select(branch => Edit(branch!, isBranch: true)).ToList();
        if (branches.Count > 1 && Chance(5, Evolutions.Unions, "union loses a branch"))
        {
            branches.RemoveAt(_random.Next(branches.Count));
        }

        if (Chance(4, Evolutions.Unions, "union gets a branch"))
        {
            branches.Insert(_random.Next(branches.Count + 1), AnyBranch());
        }

        if (Chance(4, Evolutions.Unions, "union reordered"))
        {
            branches = [.. branches.OrderBy(_ => _random.Next())];
        }

        branches = [.. branches.DistinctBy(BranchName)];
        return Chance(12, Evolutions.Unions, "union becomes a branch") ? branches[_random.Next(branches.Count)] : new JsonArray([.. branches]);
    }

    private JsonNode AnyBranch()
    {
        int choice = _random.Next(Scalars.Length + 2);
        return choice < Scalars.Length ? Scalars[choice]
            : choice == Scalars.Length && _types.Count > 0 ? _types.Keys.ElementAt(_random.Next(_types.Count))
            : new JsonObject { ["type"] = "array", ["items"] = Scalars[_random.Next(1, Scalars.Length)] };
    }

    private void AddFields(JsonArray fields)
    {
        (string Type, JsonNode? Default)[] plain =
            [("\"int\"", 7), ("\"string\"", "added"), ("[\"null\",\"string\"]", null), ("{\"type\":\"array\",\"items\":\"int\"}", new JsonArray(1, 2)), ("\"boolean\"", true)];
        for (int i = 0; i < 2; i++)
        {
            if (Chance(3, Evolutions.AddPlain, "field added"))
            {
                (string type, JsonNode? value) = plain[_random.Next(plain.Length)];
                Insert(fields, new JsonObject { ["name"] = $"added{i}", ["type"] = JsonNode.Parse(type), ["default"] = value?.DeepClone() });
            }
            else if (Chance(3, Evolutions.Add, "field added"))
            {
                var field = new JsonObject { ["name"] = $"added{i}", ["type"] = Flatten(source.Type(2)) };
                if (!Chance(30, Evolutions.Break, "field added without a default"))
                {
                    field["default"] = null;
                }

                Insert(fields, field);
            }
        }
    }

    // When all fields are there, because the default of one may be a record with the others.
    private void AddDefaults(JsonArray fields)
    {
        var defaults = new RandomDefaults(_random, _types);
        foreach (JsonObject? field in fields.ToArray())
        {
            // A default of a field that the writer has must not matter.
            bool isAdded = ((string)field!["name"]!).StartsWith("added", StringComparison.Ordinal);
            if (isAdded ? !field.ContainsKey("default") : _random.Next(4) > 0)
            {
                continue;
            }

            if (defaults.TryMake(field["type"]!, out JsonNode? value))
            {
                field["default"] = value;
            }
            else if (field.ContainsKey("default"))
            {
                fields.Remove(field);
            }
        }
    }

    private void Insert(JsonArray fields, JsonNode field) => fields.Insert(_random.Next(fields.Count + 1), field);
}
