using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;
using static FeaturePipeline.Tests.Avro.Mapping.MappedMessages;

namespace FeaturePipeline.Tests.Avro.Mapping;

/// <summary>Closed hierarchies as unions: what an object is comes back.</summary>
public class MappedHierarchyTests
{
    [Fact]
    public void A_class_or_an_interface_names_its_types_by_the_attribute()
    {
        Assert.Equal(["Cat", "Dog"], Branches<Animal>());
        Same<Animal>(new Dog { Name = "d", Bones = 3 });
        Same(new Home { Pet = new Cat { Name = "c" }, Guest = null, Cat = new Cat(), All = [new Dog(), new Cat()] });
        Same(new Cat { Name = "alone" });
        Same<IPayment>(new Cash(5));
        Assert.Contains("no branch of the union is a Wolf", Assert.Throws<ArgumentException>(() => Write<Animal>(new Wolf())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_object_of_a_type_that_derives_from_another_of_the_union_is_not_cut_down_to_it()
    {
        Assert.Equal(["Cash", "Coin"], Branches<IPayment>());
        Same<IPayment>(new Coin(5, "EUR"));
        Same<IPayment>(new Cash(6));
    }

    [Fact]
    public void An_object_of_a_derived_type_is_refused_where_its_own_members_would_be_lost()
    {
        Refuses("'[]'", () => Write(new List<Person> { new() { Name = "a" }, new Employee { Name = "b", Salary = 1 } }));
        Refuses($"Salary of {typeof(Employee)} would be lost, because {typeof(Person)} is declared", () => Write<Person>(new Employee { Name = "b", Salary = 1 }));
        Refuses("Salary", () => Write(new Team { Lead = new Employee() }));
        Refuses("Salary", () => Write(new Dictionary<string, Person> { ["k"] = new Employee() }));
        Refuses("Kennel", () => Write<Animal>(new Puppy { Name = "p", Kennel = "k" }));

        // The remedies of the message.
        Same(new List<Employee> { new() { Name = "b", Salary = 1 } });
        Same<Animal>(new Dog { Name = "d", Bones = 3 });
    }

    [Fact]
    public void An_object_of_a_derived_type_that_adds_nothing_is_written_as_what_it_is_declared()
    {
        Assert.Equal(Write(new Person { Name = "a" }), Write<Person>(new Proxy { Name = "a" }));
        Assert.Equal(Write(new Person { Name = "a" }), Write<Person>(new WithGreeting { Name = "a" }));
    }

    [Fact]
    public void Hierarchies_within_a_hierarchy_are_one_union()
    {
        Assert.Equal(["Created", "Renamed", "Archived"], Branches<Event>());
        Same<Event>(new Event.Changed.Renamed("n"));
        Same<Event.Changed>(new Event.Changed.Archived());
    }

    [Fact]
    public void Classes_nested_in_a_generic_base_are_its_types()
    {
        Assert.Equal(["Ok_Int32", "Failed_Int32"], Branches<Outcome<int>>());
        Same<Outcome<int>>(new Outcome<int>.Ok(5));
        Same<Outcome<string>>(new Outcome<string>.Failed("why"));
    }

    [Fact]
    public void A_type_that_does_not_derive_from_the_base_is_refused_as_is_the_base_itself()
    {
        Assert.Contains("String is no type of the union", Assert.Throws<ArgumentException>(MappedSchema.Of<Foreign>).Message, StringComparison.Ordinal);
        Assert.Contains("is no type of the union", Assert.Throws<ArgumentException>(MappedSchema.Of<Itself>).Message, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Branches<T>() => ((UnionSchema)MappedSchema.Of<T>()).Branches.Select(branch => ((NamedSchema)branch).Name.Name);

    private static void Same<T>(T value)
    {
        Assert.True(MappedReader<T>.Compile(MappedSchema.Of<T>()).TryRead(Write(value), out T? read).IsOk);
        Assert.Equivalent(value, read, strict: true);
        Assert.Equal(value!.GetType(), read!.GetType());
    }

    [AvroUnion(typeof(Cat), typeof(Dog))]
    public abstract class Animal
    {
        public string Name { get; set; } = "";
    }

    public sealed class Cat : Animal;

    public class Dog : Animal
    {
        public int Bones { get; set; }
    }

    public sealed class Wolf : Animal;

    public sealed class Home
    {
        public required Animal Pet { get; init; }

        public Animal? Guest { get; init; }

        public required Cat Cat { get; init; }

        public List<Animal> All { get; init; } = [];
    }

    [AvroUnion(typeof(Cash), typeof(Coin))]
    public interface IPayment;

    public record Cash(int Cents) : IPayment;

    public sealed record Coin(int Cents, string Currency) : Cash(Cents);

    public abstract record Event
    {
        public sealed record Created(string Id) : Event;

        public abstract record Changed : Event
        {
            public sealed record Renamed(string Name) : Changed;

            public sealed record Archived : Changed;
        }
    }

    public abstract record Outcome<T>
    {
        public sealed record Ok(T Value) : Outcome<T>;

        public sealed record Failed(string Reason) : Outcome<T>;
    }

    [AvroUnion(typeof(string))]
    public abstract class Foreign;

    [AvroUnion(typeof(Itself))]
    public class Itself;

    private record Person
    {
        public string Name { get; set; } = "";
    }

    private record Employee : Person
    {
        public int Salary { get; set; }
    }

    private sealed record Proxy : Person;

    private sealed record WithGreeting : Person
    {
        public string Greeting => "Hello " + Name;

        [AvroIgnore]
        public int Seen { get; set; }
    }

    private sealed record Team
    {
        public Person? Lead { get; set; }
    }

    public sealed class Puppy : Dog
    {
        public string Kennel { get; set; } = "";
    }
}
