using System.Buffers;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;
using static FeaturePipeline.Tests.Avro.Mapping.MappedMessages;

namespace FeaturePipeline.Tests.Avro.Mapping;

/// <summary>
/// A type has a schema where an object can be made with everything that the schema has; what it works out itself is no part of it.
/// </summary>
public class MappedConstructionTests
{
    [Fact]
    public void Properties_that_are_worked_out_are_not_in_the_schema()
    {
        Assert.Equal(["First", "Last", "Tags", "_Seen"], Fields<Person>());
        var person = new Person("Ada", "L") { Tags = { "a" }, _Seen = 3 };
        Person read = ReadAgain(person);
        Assert.Equal(("Ada L", 1, 3), (read.Full, read.Count, read._Seen));
        Assert.Equal(["X"], Fields<Kept>());
        Assert.Equal(new Kept(4).X, ReadAgain(new Kept(4)).X);
    }

    [Fact]
    public void Optional_parameters_that_the_messages_lack_keep_their_defaults_structs_too()
    {
        var schema = AvroSchema.Parse("""{"type":"record","name":"Optional","fields":[{"name":"id","type":"int"}]}""");
        Assert.Equal(new Optional(1), Read<Optional>([2], schema));
    }

    private sealed record Optional(
        int Id, DateTime At = default, Guid Key = default, decimal Price = default, int Count = 7, string Text = "x", DayOfWeek Day = DayOfWeek.Friday,
        int? More = 4, int? None = null, DayOfWeek? Other = DayOfWeek.Sunday);

    [Fact]
    public void A_schema_that_has_a_field_for_what_is_worked_out_is_written_and_read_without_it()
    {
        var schema = AvroSchema.Parse("""
            {"type":"record","name":"Person","fields":[{"name":"Full","type":"string"},{"name":"First","type":"string"},
             {"name":"Last","type":"string"},{"name":"_seen","type":"int"}]}
            """);
        byte[] message = Write(new Person("A", "B") { _Seen = 1 }, schema);
        Assert.Equal([0x06, (byte)'A', (byte)' ', (byte)'B', 0x02, (byte)'A', 0x02, (byte)'B', 0x02], message);
        Assert.Equal("A B", Read<Person>(message, schema).Full);

        // The type may have changed since.
        var older = AvroSchema.Parse("""
            {"type":"record","name":"Person","fields":[{"name":"Count","type":"string"},{"name":"First","type":"string"},
             {"name":"Last","type":"string"}]}
            """);
        Assert.Equal("A B", Read<Person>([0x02, (byte)'c', 0x02, (byte)'A', 0x02, (byte)'B'], older).Full);
    }

    [Fact]
    public void What_a_setter_or_constructor_throws_is_an_error_of_the_message_without_its_value()
    {
        var schema = AvroSchema.Parse("""{"type":"record","name":"Picky","fields":[{"name":"A","type":"int"}]}""");
        DecodeResult result = MappedReader<Picky>.Compile(schema).TryRead([1], out Picky? read);
        Assert.Equal(DecodeErrorKind.OutOfRange, result.Error);
        Assert.EndsWith($"a setter or constructor of {typeof(Picky)}, or of what it holds, threw System.InvalidOperationException", result.ToString(), StringComparison.Ordinal);
        Assert.Null(read);
        Assert.Equal(5, Read<Picky>([10], schema).A);
        Assert.Equal(DecodeErrorKind.OutOfRange, MappedReader<PickyRecord>.Compile(schema).TryRead([1], out _).Error);
    }

    private sealed class Picky
    {
        private int _a;

        public int A
        {
            get => _a;
            set => _a = value >= 0 ? value : throw new InvalidOperationException($"{value} is negative");
        }
    }

    private sealed record PickyRecord(int A)
    {
        public int A { get; } = A >= 0 ? A : throw new ArgumentOutOfRangeException(nameof(A));
    }

    private sealed class ShownNumber
    {
        private int _v;

        public int V => _v;

        public string N { get; set; } = "";

        public void Set(int v) => _v = v;
    }

    private sealed class ShownList
    {
        private readonly List<int> _l = [];

        public IReadOnlyList<int> L => _l;

        public string N { get; set; } = "";
    }

    private sealed class ShownInBlock
    {
        private int _v;

        public int V
        {
            get { return _v; }
        }

        public string N { get; set; } = "";

        public void Set(int v) => _v = v;
    }

    private sealed class ShownSecret
    {
        private readonly int _secret;

        public ShownSecret()
        {
        }

        public ShownSecret(int s) => _secret = s;

        public int Secret => _secret;

        public string N { get; set; } = "";
    }

    [Theory]
    [InlineData(typeof(Unset), "Made", typeof(int))]
    [InlineData(typeof(UnsetField), "Made", typeof(int))]
    [InlineData(typeof(OtherType), "Items", typeof(IReadOnlyList<int>))]
    [InlineData(typeof(FixedArray), "Items", typeof(int[]))]
    [InlineData(typeof(FixedList), "Items", typeof(ImmutableList<int>))]
    [InlineData(typeof(ReadOnlyOne), "Items", typeof(ReadOnlyCollection<int>))]
    [InlineData(typeof(ShownNumber), "V", typeof(int))] // a getter that shows a field works nothing out: the field would be lost
    [InlineData(typeof(ShownList), "L", typeof(IReadOnlyList<int>))]
    [InlineData(typeof(ShownInBlock), "V", typeof(int))]
    [InlineData(typeof(ShownSecret), "Secret", typeof(int))]
    public void A_member_that_nothing_sets_is_refused_by_its_name(Type type, string member, Type memberType)
    {
        foreach (Type refused in new[] { type, typeof(List<>).MakeGenericType(type), typeof(Box<>).MakeGenericType(type) })
        {
            string message = Assert.Throws<ArgumentException>(() => MappedSchema.Of(refused)).Message;
            Assert.Contains($"{type} has no schema", message, StringComparison.Ordinal);
            Assert.Contains($"member {member}, a {memberType}, is not set by its constructor", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Two_constructors_that_each_set_a_part_are_none_that_sets_all() =>
        Assert.Matches(@"member [AB], a System\..*, is not set", Assert.Throws<ArgumentException>(MappedSchema.Of<Halves>).Message);

    [Fact]
    public void A_type_without_a_constructor_of_its_members_is_refused()
    {
        Refuses("no constructor", MappedSchema.Of<Injected>);
        Refuses("(member Box`1.Held)", MappedSchema.Of<Box<Injected>>);
    }

    [Fact]
    public void A_type_that_shows_nothing_of_what_it_holds_is_refused_and_one_that_holds_nothing_is_a_record()
    {
        Refuses("Opaque has no schema (member Box`1.Held): it holds what no member shows", MappedSchema.Of<Box<Opaque>>);
        Refuses("DerivedOpaque has no schema", MappedSchema.Of<DerivedOpaque>);
        Assert.Empty(Fields<Empty>());
    }

    [Fact]
    public void The_remedies_that_the_error_names_help()
    {
        Assert.Equal(["Made"], Fields<Mended>());
        Assert.Equal(5, ReadAgain(new Mended(5)).Made);
        Assert.Equal(["Made"], Fields<MendedByConstructor>());
        Assert.Equal(5, ReadAgain(new MendedByConstructor(5)).Made);
        Assert.Empty(Fields<MendedByIgnoring>());
    }

    [Fact]
    public void A_field_whose_member_nothing_sets_is_refused_when_the_reader_is_compiled()
    {
        var schema = AvroSchema.Parse("""{"type":"record","name":"Unset","fields":[{"name":"Made","type":"int"}]}""");
        Refuses("Unset.Made", () => MappedReader<Unset>.Compile(schema));
        var halves = AvroSchema.Parse("""
            {"type":"record","name":"Halves","fields":[{"name":"A","type":"int"},{"name":"B","type":"int"}]}
            """);
        Assert.Matches(@"Halves\.[AB]", Assert.Throws<ArgumentException>(() => MappedReader<Halves>.Compile(halves)).Message);
        var half = AvroSchema.Parse("""{"type":"record","name":"Halves","fields":[{"name":"B","type":"int"}]}""");
        Assert.Equal(5, Read<Halves>([0x0a], half).B);
    }

    [Fact]
    public void A_collection_that_its_object_makes_read_only_or_not_at_all_is_an_error_of_the_message()
    {
        AvroSchema schema = MappedSchema.Of<Surprise>();
        byte[] message = [0x02, 0x02, 0x00];
        DecodeResult closed = MappedReader<Surprise>.Compile(schema).TryRead(message, out Surprise? read);
        Assert.Equal("OutOfRange at byte 3, field 'Items': the object makes no collection that can be filled", closed.ToString());
        Assert.Null(read);
        Surprise.Makes = null!;
        Assert.False(MappedReader<Surprise>.Compile(schema).TryRead(message, out _).IsOk);
        Surprise.Makes = new List<int> { 9 };
        Assert.Equal([1], Read<Surprise>(message, schema).Items);
    }

    private static IEnumerable<string> Fields<T>() => ((RecordSchema)MappedSchema.Of<T>()).Fields.Select(field => field.Name);

    private sealed record Person(string First, string Last)
    {
        public string Full => First + " " + Last;

        public int Count => Tags.Count;

        public IReadOnlyList<string> Upper => Tags.ConvertAll(tag => tag.ToUpperInvariant());

        public Uri Page
        {
            get { return new Uri("urn:" + First); }
        }

        public StringComparer Comparer => StringComparer.Ordinal;

        public List<string> Tags { get; } = [];

        public int _Seen { get; set; }
    }

    // Without a setter, but the constructor has a parameter for it.
    private sealed class Kept(int x)
    {
        public int X => x;
    }

    private sealed class Unset
    {
        public int Made { get; } = 1;
    }

    private sealed class UnsetField
    {
#pragma warning disable CA1051 // A field is what is tested.
        public readonly int Made = 1;
#pragma warning restore CA1051
    }

    private sealed class OtherType(IEnumerable<int> items)
    {
        public OtherType()
            : this([])
        {
        }

        public IReadOnlyList<int> Items { get; } = [.. items];
    }

    private sealed class FixedArray
    {
        public int[] Items { get; } = [1];
    }

    private sealed class FixedList
    {
        public ImmutableList<int> Items { get; } = [1];
    }

    private sealed class ReadOnlyOne
    {
        public ReadOnlyCollection<int> Items { get; } = new([1]);
    }

    private sealed class Halves
    {
        public Halves(int a) => A = a;

        public Halves(int? b) => B = b;

        public int A { get; }

        public int? B { get; }
    }

    private class Opaque(int number)
    {
        private readonly int _number = number;

        public Opaque()
            : this(0)
        {
        }

        public bool IsEven => _number % 2 == 0;
    }

    private sealed class DerivedOpaque : Opaque;

    private sealed class Empty;

    private sealed class Injected(TimeProvider clock)
    {
        public DateTime At { get; set; } = clock.GetUtcNow().UtcDateTime;
    }

    private sealed class Box<T>
    {
        public T? Held { get; set; }
    }

    private sealed class Mended
    {
        public Mended(int made) => Made = made;

        private Mended()
        {
        }

        public int Made { get; private set; }
    }

    private sealed class MendedByConstructor(int made)
    {
        public int Made { get; } = made;
    }

    private sealed class MendedByIgnoring
    {
        [AvroIgnore]
        public int Made { get; } = 1;
    }

    private sealed class Surprise
    {
        internal static ICollection<int> Makes { get; set; } = new ReadOnlyCollection<int>([]);

        public ICollection<int> Items { get; } = Makes;
    }
}
