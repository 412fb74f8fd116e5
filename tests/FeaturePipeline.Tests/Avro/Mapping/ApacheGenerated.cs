// As Apache's avrogen would write it, names and all.
using Apache = global::Avro;

namespace test;

public enum Paint
{
    RED,
    GREEN,
}

public class Digest : Apache.Specific.SpecificFixed
{
    public static readonly Apache.FixedSchema _SCHEMA = (Apache.FixedSchema)Apache.Schema.Parse("""{"type":"fixed","name":"Digest","namespace":"test","size":3}""");

    public Digest()
        : base(3)
    {
    }

    public override Apache.Schema Schema => _SCHEMA;
}

public class Order : Apache.Specific.ISpecificRecord
{
    public static readonly Apache.Schema _SCHEMA = Apache.Schema.Parse("""
        {"type":"record","name":"Order","namespace":"test","fields":[
          {"name":"id","type":"int"},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
          {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},
          {"name":"colour","type":{"type":"enum","name":"Paint","symbols":["RED","GREEN"]}},{"name":"digest","type":{"type":"fixed","name":"Digest","size":3}},
          {"name":"tags","type":{"type":"array","items":"string"}},{"name":"counts","type":{"type":"map","values":"long"}},
          {"name":"note","type":["null","string"],"default":null},{"name":"parent","type":["null","Order"],"default":null}]}
        """);

    public virtual Apache.Schema Schema => _SCHEMA;

    public int id { get; set; }

    public DateTime at { get; set; }

    public Apache.AvroDecimal price { get; set; }

    public Paint colour { get; set; }

    public Digest digest { get; set; } = null!;

    public IList<string> tags { get; set; } = null!;

    public IDictionary<string, long> counts { get; set; } = null!;

    public string? note { get; set; }

    public Order? parent { get; set; }

    public virtual object Get(int fieldPos) => fieldPos switch
    {
        0 => id,
        1 => at,
        2 => price,
        3 => colour,
        4 => digest,
        5 => tags,
        6 => counts,
        7 => note!,
        8 => parent!,
        _ => throw new Apache.AvroRuntimeException("Bad index " + fieldPos + " in Get()"),
    };

    public virtual void Put(int fieldPos, object fieldValue)
    {
        switch (fieldPos)
        {
            case 0:
                id = (int)fieldValue;
                break;
            case 1:
                at = (DateTime)fieldValue;
                break;
            case 2:
                price = (Apache.AvroDecimal)fieldValue;
                break;
            case 3:
                colour = (Paint)fieldValue;
                break;
            case 4:
                digest = (Digest)fieldValue;
                break;
            case 5:
                tags = (IList<string>)fieldValue;
                break;
            case 6:
                counts = (IDictionary<string, long>)fieldValue;
                break;
            case 7:
                note = (string?)fieldValue;
                break;
            case 8:
                parent = (Order?)fieldValue;
                break;
            default:
                throw new Apache.AvroRuntimeException("Bad index " + fieldPos + " in Put()");
        }
    }
}

public class Visit : Apache.Specific.ISpecificRecord
{
    public static readonly Apache.Schema _SCHEMA = Apache.Schema.Parse("""
        {"type":"record","name":"Visit","namespace":"test","fields":[{"name":"id","type":"long"},{"name":"pages","type":"int","default":5}]}
        """);

    public virtual Apache.Schema Schema => _SCHEMA;

    public long id { get; set; }

    public int pages { get; set; }

    public virtual object Get(int fieldPos) => fieldPos == 0 ? (object)id : pages;

    public virtual void Put(int fieldPos, object fieldValue)
    {
        switch (fieldPos)
        {
            case 0:
                id = (long)fieldValue;
                break;
            case 1:
                pages = (int)fieldValue;
                break;
            default:
                throw new Apache.AvroRuntimeException("Bad index " + fieldPos + " in Put()");
        }
    }
}
