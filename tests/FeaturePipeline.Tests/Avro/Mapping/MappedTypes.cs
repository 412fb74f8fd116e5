using FeaturePipeline.Avro.Mapping;

namespace FeaturePipeline.Tests.Avro.Mapping;

public enum Colour
{
    Red,
    [AvroName("GREEN_ISH")]
    Green,
}

/// <summary>A positional record whose names are C#'s.</summary>
[AvroName("com.company.events.UserEvent")]
public sealed record MappedUserEvent(
    [property: AvroName("user_id")] string UserId,
    [property: AvroName("event_type")] string EventType,
    [property: AvroName("timestamp")] long Timestamp,
    [property: AvroName("session_id")] string? SessionId = null);

public readonly record struct Point(int X, double Y);

/// <summary>One member of every kind.</summary>
public sealed class Everything
{
    public required string Name { get; init; }

    public bool Flag { get; init; }

    public short Small { get; set; }

    public ulong Big { get; set; }

    public float Single { get; set; }

    public double Full { get; set; }

    public byte[] Bytes { get; set; } = [];

    public Colour Colour { get; set; }

    public Colour? MaybeColour { get; set; }

    public int? MaybeInt { get; set; }

    public string? MaybeText { get; set; }

    public Guid Id { get; set; }

    public DateTime At { get; set; }

    public DateTimeOffset AtOffset { get; set; }

    public DateOnly Day { get; set; }

    public TimeOnly Clock { get; set; }

    public TimeSpan Span { get; set; }

    [AvroDecimal(12, 3)]
    public decimal Price { get; set; }

    public List<int> Numbers { get; set; } = [];

    public string[] Words { get; set; } = [];

    public IReadOnlyList<Point> Points { get; set; } = [];

    public Dictionary<string, long?> Counts { get; set; } = [];

    public IReadOnlyDictionary<string, List<Point>> Nested { get; set; } = new Dictionary<string, List<Point>>();

    public Shape Form { get; set; } = new Shape.Circle(1);

    public Shape? MaybeForm { get; set; }

    public Link? Next { get; set; }

    [AvroIgnore]
    public object? Ignored { get; set; }
}

/// <summary>A closed hierarchy: the classes nested in it.</summary>
public abstract record Shape
{
    private Shape()
    {
    }

    public sealed record Circle(double Radius) : Shape;

    public sealed record Square(double Side, string Label) : Shape;
}

/// <summary>A type that holds itself.</summary>
public sealed record Link(int Value, Link? Next);
