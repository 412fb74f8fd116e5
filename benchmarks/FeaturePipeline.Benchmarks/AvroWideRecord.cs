using System.Diagnostics.CodeAnalysis;
using Apache = global::Avro;

// Apache.Avro looks classes up by the schema's full name. The same class serves our mapped reader and writer.
namespace com.company.wide;

/// <summary>A kind.</summary>
public enum WideKind
{
    /// <summary>A view.</summary>
    VIEW,

    /// <summary>A click.</summary>
    CLICK,

    /// <summary>A purchase.</summary>
    BUY,
}

/// <summary>A nested record.</summary>
public sealed class WidePlace : Apache.Specific.ISpecificRecord
{
    private static readonly Apache.Schema AvroSchema = ((Apache.RecordSchema)WideRecord.AvroSchema).Fields[39].Schema;

    /// <summary>The city.</summary>
    public string City { get; set; } = null!;

    /// <summary>The rank.</summary>
    public int Rank { get; set; }

    /// <inheritdoc/>
    public Apache.Schema Schema => AvroSchema;

    /// <inheritdoc/>
    public object Get(int fieldPos) => fieldPos == 0 ? City : Rank;

    /// <inheritdoc/>
    public void Put(int fieldPos, object fieldValue)
    {
        if (fieldPos == 0)
        {
            City = (string)fieldValue;
        }
        else
        {
            Rank = (int)fieldValue;
        }
    }
}

/// <summary>A record of 40 fields: scalars, nullable text, arrays, a map, an enum, a nested record. Members without initializers, as avrogen makes them.</summary>
public sealed class WideRecord : Apache.Specific.ISpecificRecord
{
    internal const string Json = """
        {"type": "record", "name": "WideRecord", "namespace": "com.company.wide", "fields": [
          {"name": "text_0", "type": "string"},
          {"name": "text_1", "type": "string"},
          {"name": "text_2", "type": "string"},
          {"name": "text_3", "type": "string"},
          {"name": "text_4", "type": "string"},
          {"name": "text_5", "type": "string"},
          {"name": "text_6", "type": "string"},
          {"name": "text_7", "type": "string"},
          {"name": "count_0", "type": "long"},
          {"name": "count_1", "type": "long"},
          {"name": "count_2", "type": "long"},
          {"name": "count_3", "type": "long"},
          {"name": "count_4", "type": "long"},
          {"name": "count_5", "type": "long"},
          {"name": "count_6", "type": "long"},
          {"name": "count_7", "type": "long"},
          {"name": "size_0", "type": "int"},
          {"name": "size_1", "type": "int"},
          {"name": "size_2", "type": "int"},
          {"name": "size_3", "type": "int"},
          {"name": "size_4", "type": "int"},
          {"name": "size_5", "type": "int"},
          {"name": "score_0", "type": "double"},
          {"name": "score_1", "type": "double"},
          {"name": "score_2", "type": "double"},
          {"name": "score_3", "type": "double"},
          {"name": "score_4", "type": "double"},
          {"name": "score_5", "type": "double"},
          {"name": "flag_0", "type": "boolean"},
          {"name": "flag_1", "type": "boolean"},
          {"name": "flag_2", "type": "boolean"},
          {"name": "flag_3", "type": "boolean"},
          {"name": "note_0", "type": ["null","string"]},
          {"name": "note_1", "type": ["null","string"]},
          {"name": "note_2", "type": ["null","string"]},
          {"name": "tags", "type": {"type":"array","items":"string"}},
          {"name": "points", "type": {"type":"array","items":"long"}},
          {"name": "counters", "type": {"type":"map","values":"long"}},
          {"name": "kind", "type": {"type":"enum","name":"WideKind","symbols":["VIEW","CLICK","BUY"]}},
          {"name": "place", "type": {"type":"record","name":"WidePlace","fields":[{"name":"city","type":"string"},{"name":"rank","type":"int"}]}}]}
        """;

    internal static readonly Apache.Schema AvroSchema = Apache.Schema.Parse(Json);

    /// <inheritdoc/>
    public Apache.Schema Schema => AvroSchema;

    /// <summary>Field text_0.</summary>
    public string Text0 { get; set; } = null!;

    /// <summary>Field text_1.</summary>
    public string Text1 { get; set; } = null!;

    /// <summary>Field text_2.</summary>
    public string Text2 { get; set; } = null!;

    /// <summary>Field text_3.</summary>
    public string Text3 { get; set; } = null!;

    /// <summary>Field text_4.</summary>
    public string Text4 { get; set; } = null!;

    /// <summary>Field text_5.</summary>
    public string Text5 { get; set; } = null!;

    /// <summary>Field text_6.</summary>
    public string Text6 { get; set; } = null!;

    /// <summary>Field text_7.</summary>
    public string Text7 { get; set; } = null!;

    /// <summary>Field count_0.</summary>
    public long Count0 { get; set; }

    /// <summary>Field count_1.</summary>
    public long Count1 { get; set; }

    /// <summary>Field count_2.</summary>
    public long Count2 { get; set; }

    /// <summary>Field count_3.</summary>
    public long Count3 { get; set; }

    /// <summary>Field count_4.</summary>
    public long Count4 { get; set; }

    /// <summary>Field count_5.</summary>
    public long Count5 { get; set; }

    /// <summary>Field count_6.</summary>
    public long Count6 { get; set; }

    /// <summary>Field count_7.</summary>
    public long Count7 { get; set; }

    /// <summary>Field size_0.</summary>
    public int Size0 { get; set; }

    /// <summary>Field size_1.</summary>
    public int Size1 { get; set; }

    /// <summary>Field size_2.</summary>
    public int Size2 { get; set; }

    /// <summary>Field size_3.</summary>
    public int Size3 { get; set; }

    /// <summary>Field size_4.</summary>
    public int Size4 { get; set; }

    /// <summary>Field size_5.</summary>
    public int Size5 { get; set; }

    /// <summary>Field score_0.</summary>
    public double Score0 { get; set; }

    /// <summary>Field score_1.</summary>
    public double Score1 { get; set; }

    /// <summary>Field score_2.</summary>
    public double Score2 { get; set; }

    /// <summary>Field score_3.</summary>
    public double Score3 { get; set; }

    /// <summary>Field score_4.</summary>
    public double Score4 { get; set; }

    /// <summary>Field score_5.</summary>
    public double Score5 { get; set; }

    /// <summary>Field flag_0.</summary>
    public bool Flag0 { get; set; }

    /// <summary>Field flag_1.</summary>
    public bool Flag1 { get; set; }

    /// <summary>Field flag_2.</summary>
    public bool Flag2 { get; set; }

    /// <summary>Field flag_3.</summary>
    public bool Flag3 { get; set; }

    /// <summary>Field note_0.</summary>
    public string? Note0 { get; set; }

    /// <summary>Field note_1.</summary>
    public string? Note1 { get; set; }

    /// <summary>Field note_2.</summary>
    public string? Note2 { get; set; }

    /// <summary>Field tags.</summary>
    public IList<string> Tags { get; set; } = null!;

    /// <summary>Field points.</summary>
    public IList<long> Points { get; set; } = null!;

    /// <summary>Field counters.</summary>
    public IDictionary<string, long> Counters { get; set; } = null!;

    /// <summary>Field kind.</summary>
    public WideKind Kind { get; set; }

    /// <summary>Field place.</summary>
    public WidePlace Place { get; set; } = null!;

    /// <inheritdoc/>
    public object Get(int fieldPos) => fieldPos switch
    {
        0 => Text0,
        1 => Text1,
        2 => Text2,
        3 => Text3,
        4 => Text4,
        5 => Text5,
        6 => Text6,
        7 => Text7,
        8 => Count0,
        9 => Count1,
        10 => Count2,
        11 => Count3,
        12 => Count4,
        13 => Count5,
        14 => Count6,
        15 => Count7,
        16 => Size0,
        17 => Size1,
        18 => Size2,
        19 => Size3,
        20 => Size4,
        21 => Size5,
        22 => Score0,
        23 => Score1,
        24 => Score2,
        25 => Score3,
        26 => Score4,
        27 => Score5,
        28 => Flag0,
        29 => Flag1,
        30 => Flag2,
        31 => Flag3,
        32 => Note0!,
        33 => Note1!,
        34 => Note2!,
        35 => Tags,
        36 => Points,
        37 => Counters,
        38 => Kind,
        39 => Place,
        _ => throw new Apache.AvroRuntimeException($"Bad index {fieldPos}"),
    };

    /// <inheritdoc/>
    [SuppressMessage("Design", "MA0051:Method is too long", Justification = "As avrogen makes it: one case for each field.")]
    public void Put(int fieldPos, object fieldValue)
    {
        switch (fieldPos)
        {
            case 0: Text0 = (string)fieldValue; break;
            case 1: Text1 = (string)fieldValue; break;
            case 2: Text2 = (string)fieldValue; break;
            case 3: Text3 = (string)fieldValue; break;
            case 4: Text4 = (string)fieldValue; break;
            case 5: Text5 = (string)fieldValue; break;
            case 6: Text6 = (string)fieldValue; break;
            case 7: Text7 = (string)fieldValue; break;
            case 8: Count0 = (long)fieldValue; break;
            case 9: Count1 = (long)fieldValue; break;
            case 10: Count2 = (long)fieldValue; break;
            case 11: Count3 = (long)fieldValue; break;
            case 12: Count4 = (long)fieldValue; break;
            case 13: Count5 = (long)fieldValue; break;
            case 14: Count6 = (long)fieldValue; break;
            case 15: Count7 = (long)fieldValue; break;
            case 16: Size0 = (int)fieldValue; break;
            case 17: Size1 = (int)fieldValue; break;
            case 18: Size2 = (int)fieldValue; break;
            case 19: Size3 = (int)fieldValue; break;
            case 20: Size4 = (int)fieldValue; break;
            case 21: Size5 = (int)fieldValue; break;
            case 22: Score0 = (double)fieldValue; break;
            case 23: Score1 = (double)fieldValue; break;
            case 24: Score2 = (double)fieldValue; break;
            case 25: Score3 = (double)fieldValue; break;
            case 26: Score4 = (double)fieldValue; break;
            case 27: Score5 = (double)fieldValue; break;
            case 28: Flag0 = (bool)fieldValue; break;
            case 29: Flag1 = (bool)fieldValue; break;
            case 30: Flag2 = (bool)fieldValue; break;
            case 31: Flag3 = (bool)fieldValue; break;
            case 32: Note0 = (string?)fieldValue; break;
            case 33: Note1 = (string?)fieldValue; break;
            case 34: Note2 = (string?)fieldValue; break;
            case 35: Tags = (IList<string>)fieldValue; break;
            case 36: Points = (IList<long>)fieldValue; break;
            case 37: Counters = (IDictionary<string, long>)fieldValue; break;
            case 38: Kind = (WideKind)fieldValue; break;
            case 39: Place = (WidePlace)fieldValue; break;
            default: throw new Apache.AvroRuntimeException($"Bad index {fieldPos}");
        }
    }
}
