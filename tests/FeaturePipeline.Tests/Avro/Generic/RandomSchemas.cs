using System.Text;
using System.Text.Json.Nodes;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Generic;

/// <summary>Random schemas and data of them, all from one seed.</summary>
/// <param name="seed">The seed.</param>
/// <param name="rich">
/// False: what every implementation does right. True: also recursive types, types used again by name, unions of anything, enums with a default,
/// roots that are no records, and the edges of numbers.
/// </param>
/// <param name="logical">Whether there are logical types: those that Apache's library has, with values that it can hold.</param>
internal sealed class RandomSchemas(int seed, bool rich = false, bool logical = false)
{
    private const int DatumDepthMax = 8;
    private const int DatumSizeMax = 300;

    private static readonly string[] Scalars = ["boolean", "int", "long", "float", "double", "bytes", "string"];

    private static readonly (string Type, string Logical)[] LogicalTypes =
    [
        ("int", "date"), ("int", "time-millis"), ("long", "time-micros"), ("long", "timestamp-millis"), ("long", "timestamp-micros"), ("string", "uuid"),
        ("bytes", "decimal"),
    ];

    private readonly Random _random = new(seed);
    private readonly List<string> _open = [];
    private readonly List<string> _known = [];
    private int _names;
    private int _left;

    /// <summary>A schema of any kind, most often a record.</summary>
    internal JsonNode Root() => rich && _random.Next(6) == 0 ? Type(1) : Record();

    internal JsonObject Record(int depth = 0)
    {
        var fields = new JsonArray();
        int count = _random.Next(depth == 0 ? 1 : 0, depth == 0 ? 12 : 5);
        string name = $"R{_names++}";
        _open.Add("test." + name);
        for (int i = 0; i < count; i++)
        {
            fields.Add(new JsonObject { ["name"] = $"f{i}", ["type"] = Type(depth + 1) });
        }

        _open.RemoveAt(_open.Count - 1);
        return Named(new JsonObject { ["type"] = "record", ["name"] = name, ["namespace"] = "test", ["fields"] = fields });
    }

    /// <summary>A type for a field.</summary>
    internal JsonNode Type(int depth)
    {
        switch (_random.Next(depth > 3 ? 8 : rich ? 18 : 14))
        {
            case < 7:
                return logical && _random.Next(2) == 0 ? LogicalType() : Scalar();
            case 7:
                return new JsonArray("null", Scalar());
            case 8:
                return new JsonObject { ["type"] = "array", ["items"] = Type(depth + 1) };
            case 9:
                return new JsonObject { ["type"] = "map", ["values"] = Type(depth + 1) };
            case 10:
                return Named(new JsonObject { ["type"] = "enum", ["name"] = $"E{_names++}", ["symbols"] = new JsonArray("A", "B", "C") });
            case 11:
                return Named(new JsonObject { ["type"] = "fixed", ["name"] = $"F{_names++}", ["size"] = _random.Next(1, 20) });
            case 12:
                return new JsonArray("string", "null", "int");
            case 13:
                return Record(depth);
            case 14:
                return RandomEnum();
            case 15:
                return _known.Count > 0 ? _known[_random.Next(_known.Count)] : Scalar();
            case 16:
                return _open.Count > 0 ? Recursion(_open[_random.Next(_open.Count)]) : Scalar();
            default:
                return Union(depth);
        }
    }

    internal object? Datum(AvroSchema schema)
    {
        _left = DatumSizeMax;
        return Datum(schema, 0);
    }

    // Recursive types lead through a union with null, an array or a map: data ends where these are kept small.
    private object? Datum(AvroSchema schema, int depth)
    {
        bool small = depth > DatumDepthMax || _left-- <= 0;
        switch (schema)
        {
            case RecordSchema type:
                var record = new GenericRecord(type);
                foreach (RecordField field in type.Fields)
                {
                    record[field.Position] = Datum(field.Schema, depth + 1);
                }

                return record;
            case EnumSchema type:
                return new GenericEnum(type, _random.Next(type.Symbols.Count));
            case FixedSchema type:
                return new GenericFixed(type, Bytes(type.Size));
            case ArraySchema type:
                return Enumerable.Range(0, small ? 0 : _random.Next(4)).Select(_ => Datum(type.Items, depth + 1)).ToList();
            case MapSchema type:
                return new OrderedDictionary<string, object?>(
                    Enumerable.Range(0, small ? 0 : _random.Next(4)).Select(i => KeyValuePair.Create($"k{i}", Datum(type.Values, depth + 1))));
            case UnionSchema type:
                return Datum(type.Branches[small && type.NullIndex >= 0 ? type.NullIndex : _random.Next(type.Branches.Count)], depth);
            case { Type: AvroType.Bytes, Logical: null } when rich && _random.Next(30) > 0:
                return Encoding.UTF8.GetBytes(Text());
            case { Logical: not null }:
                return LogicalDatum(schema);
            default:
                return rich && _random.Next(8) == 0 ? Edge(schema.Type) : Scalar(schema.Type);
        }
    }

    private JsonNode LogicalType()
    {
        (string type, string name) = LogicalTypes[_random.Next(LogicalTypes.Length)];
        var schema = new JsonObject { ["type"] = type, ["logicalType"] = name };
        if (name == "decimal")
        {
            schema["precision"] = 400;
            schema["scale"] = _random.Next(10);
        }

        return _random.Next(4) == 0 ? new JsonArray("null", schema) : schema;
    }

    private object LogicalDatum(AvroSchema schema) => schema.Logical!.Name switch
    {
        "date" => _random.Next(-700_000, 2_900_000),
        "time-millis" => _random.Next(86_400_000),
        "time-micros" => _random.NextInt64(86_400_000_000),
        "timestamp-millis" => _random.NextInt64(-13_000_000_000_000, 14_000_000_000_000) >> _random.Next(40), // beyond, Apache counts with rounded numbers
        "timestamp-micros" => _random.NextInt64(-62_135_596_800_000_000, 253_402_300_799_999_999) >> _random.Next(50),
        "uuid" => new Guid(Bytes(16)).ToString(),
        _ => new System.Numerics.BigInteger(Bytes(_random.Next(1, 40))).ToByteArray(isBigEndian: true),
    };

    private string Scalar() => Scalars[_random.Next(Scalars.Length)];

    private JsonObject Named(JsonObject type)
    {
        // Inside a record its namespace is theirs.
        if (_open.Count == 0)
        {
            type["namespace"] = "test";
        }

        _known.Add($"test.{(string)type["name"]!}");
        return type;
    }

    private JsonObject RandomEnum()
    {
        string[] symbols = Enumerable.Range(0, _random.Next(1, 6)).Select(i => $"S{i}").OrderBy(_ => _random.Next()).ToArray();
        var type = new JsonObject { ["type"] = "enum", ["name"] = $"E{_names++}", ["symbols"] = new JsonArray([.. symbols]) };
        if (_random.Next(2) == 0)
        {
            type["default"] = symbols[_random.Next(symbols.Length)];
        }

        return Named(type);
    }

    private JsonNode Recursion(string name) => _random.Next(3) switch
    {
        0 => new JsonObject { ["type"] = "array", ["items"] = name },
        1 => new JsonObject { ["type"] = "map", ["values"] = name },
        _ => new JsonArray("null", name),
    };

    private JsonArray Union(int depth)
    {
        var branches = new Dictionary<string, JsonNode>(StringComparer.Ordinal);
        if (_random.Next(2) == 0)
        {
            branches["null"] = "null";
        }

        for (int i = _random.Next(1, 5); i > 0; i--)
        {
            int known = _known.Count;
            JsonNode branch = Type(depth + 1);
            if (branch is JsonArray || !branches.TryAdd(RandomEvolution.BranchName(branch), branch))
            {
                _known.RemoveRange(known, _known.Count - known);
            }
        }

        return branches.Count == 0 ? new JsonArray("null", "long") : new JsonArray([.. branches.Values]);
    }

    // JavaScript and .NET write NaN with different signs: one bit pattern for all.
    private object? Edge(AvroType type) => type switch
    {
        AvroType.Int => Pick(int.MinValue, int.MaxValue, 0, -1, (1 << 24) + 1, -(1 << 24) - 1),
        AvroType.Long => Pick(long.MinValue, long.MaxValue, 0, (1L << 53) + 1, (1L << 24) + 1, 1L << 31, (1L << 53) - 1),
        AvroType.Float => Pick(0f, -0f, float.PositiveInfinity, float.NegativeInfinity, float.Epsilon, float.MaxValue, BitConverter.Int32BitsToSingle(0x7fc00000)),
        AvroType.Double => Pick(
            0.0, -0.0, double.PositiveInfinity, double.NegativeInfinity, double.Epsilon, double.MaxValue, 0.1, BitConverter.Int64BitsToDouble(0x7ff8000000000000)),
        _ => Scalar(type),
    };

    private T Pick<T>(params ReadOnlySpan<T> values) => values[_random.Next(values.Length)];

    private object? Scalar(AvroType type) => type switch
    {
        AvroType.Boolean => _random.Next(2) == 0,
        AvroType.Int => (int)_random.NextInt64(int.MinValue, int.MaxValue + 1L) >> _random.Next(32),
        AvroType.Long => _random.NextInt64(long.MinValue, long.MaxValue) >> _random.Next(64),
        AvroType.Float => (float)(_random.NextDouble() * 1e6),
        AvroType.Double => _random.NextDouble() * 1e9,
        AvroType.Bytes => Bytes(_random.Next(40)),
        AvroType.String => Text(),
        _ => null,
    };

    private byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        _random.NextBytes(bytes);
        return bytes;
    }

    private string Text()
    {
        var text = new StringBuilder();
        string[] letters = ["a", "b", "7", "-", "é", "日", "😀"];
        for (int i = _random.Next(90); i > 0; i--)
        {
            text.Append(letters[_random.Next(_random.Next(4) == 0 ? letters.Length : 4)]);
        }

        return text.ToString();
    }
}
