using System.Buffers;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Text.Json;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Mapping;

/// <summary>Which member meets which field, and how it is set: nothing that was written is lost without a word.</summary>
public class MappedMembersTests
{
    [Fact]
    public void Members_of_a_base_that_only_the_base_can_set_are_set()
    {
        var value = new Derived { Own = 3 };
        value.Set(1, "b");
        Assert.Equal("""{"Own":3,"Private":1,"Protected":"b"}""", ReadAgain(value));
    }

    [Fact]
    public void A_member_that_hides_one_of_the_base_stands_for_both()
    {
        Assert.Equal("""{"type":"record","name":"Hiding","namespace":"FeaturePipeline.Tests.Avro.Mapping","fields":[{"name":"Value","type":"string"}]}""", MappedSchema.Of<Hiding>().ToString());
        Assert.Equal("""{"Value":"x"}""", ReadAgain(new Hiding { Value = "x" }));
    }

    [Fact]
    public void A_constructor_that_sets_what_nothing_else_does_is_called_where_its_values_are_given()
    {
        Assert.Equal("""{"Id":7,"Name":"n"}""", ReadAgain(new TwoWays(7) { Name = "n" }));

        var less = AvroSchema.Parse("""{"type":"record","name":"TwoWays","fields":[{"name":"Name","type":"string"}]}""");
        Assert.True(MappedReader<TwoWays>.Compile(less).TryRead([0x02, (byte)'n'], out TwoWays? read).IsOk);
        Assert.Equal("""{"Id":-1,"Name":"n"}""", JsonSerializer.Serialize(read));

        var noBoth = AvroSchema.Parse("""{"type":"record","name":"Narrow","fields":[{"name":"A","type":"int"}]}""");
        Assert.True(MappedReader<Narrow>.Compile(noBoth).TryRead([0x04], out Narrow? narrow).IsOk);
        Assert.Equal(new Narrow(2), narrow);
    }

    [Fact]
    public void Collections_that_an_object_makes_itself_are_filled_and_what_it_works_out_is_not()
    {
        var value = new Filled(5) { Words = { "a" }, Numbers = { ["n"] = 1 }, Observed = { 2 } };
        const string Json = """{"Words":["a"],"Numbers":{"n":1},"Observed":[2],"Id":5,"Count":1,"Reversed":["a"]}""";
        Assert.Equal(Json, ReadAgain(value));

        // A fresh object has an item of its own, which the message's replace.
        Assert.Equal("""{"Items":[]}""", ReadAgain(new Prefilled().Emptied()));
    }

    [Fact]
    public void A_field_of_a_member_s_own_name_is_the_member_s_whatever_others_are_like_it()
    {
        foreach (string fields in new[] { "user_id,UserId", "UserId,user_id" })
        {
            string[] names = fields.Split(',');
            var schema = AvroSchema.Parse($$"""{"type":"record","name":"One","fields":[{"name":"{{names[0]}}","type":"int"},{"name":"{{names[1]}}","type":"int","default":9}]}""");
            Assert.True(MappedReader<One>.Compile(schema).TryRead([0x02, 0x04], out One? read).IsOk);
            Assert.Equal(Array.IndexOf(names, "UserId") + 1, read!.UserId);
        }

        var alike = AvroSchema.Parse("""{"type":"record","name":"One","fields":[{"name":"user_id","type":"int"},{"name":"userId","type":"int","default":9}]}""");
        Assert.True(MappedReader<One>.Compile(alike).TryRead([0x02, 0x04], out One? first).IsOk);
        Assert.Equal(1, first!.UserId);
        Assert.Equal([0x06, 0x12], Write(new One { UserId = 3 }, alike));
    }

    [Fact]
    public void An_immutable_array_that_was_never_made_is_refused_by_the_field_s_name() => Assert.Contains(
        "'Items' does not fit: null", Assert.Throws<ArgumentException>(() => Write(new Unmade(), MappedSchema.Of<Unmade>())).Message, StringComparison.Ordinal);

    [Fact]
    public void A_generic_record_is_a_member_as_any_other_but_has_no_schema_of_its_own()
    {
        var schema = (RecordSchema)AvroSchema.Parse("""
            {"type":"record","name":"Mixed","fields":[{"name":"Id","type":"int"},{"name":"Rest","type":["null",{"type":"record","name":"In","fields":[{"name":"x","type":"string"}]}]}]}
            """);
        var inner = (RecordSchema)((UnionSchema)schema.Fields[1].Schema).Branches[1];
        byte[] bytes = Write(new Mixed { Id = 1, Rest = new GenericRecord(inner) { ["x"] = "a" } }, schema);
        Assert.Equal([0x02, 0x02, 0x02, (byte)'a'], bytes);
        Assert.True(MappedReader<Mixed>.Compile(schema).TryRead(bytes, out Mixed? read).IsOk);
        Assert.Equal("a", read!.Rest!["x"]);
        Assert.False(MappedReader<Mixed>.Compile(schema).TryRead(bytes.AsSpan(0, 3), out _).IsOk);
        Assert.True(MappedReader<Mixed>.Compile(schema).TryRead([0x02, 0x00], out read).IsOk);
        Assert.Null(read!.Rest);
        Assert.True(MappedReader<GenericRecord>.Compile(inner).TryRead([0x02, (byte)'b'], out GenericRecord? alone).IsOk);
        Assert.Equal("b", alone!["x"]);
        Assert.Contains("GenericRecord has no schema", Assert.Throws<ArgumentException>(MappedSchema.Of<Mixed>).Message, StringComparison.Ordinal);
    }

    private static string ReadAgain<T>(T value)
    {
        AvroSchema schema = MappedSchema.Of<T>();
        Assert.True(MappedReader<T>.Compile(schema).TryRead(Write(value, schema), out T? read).IsOk);
        Assert.Equal(JsonSerializer.Serialize(value), JsonSerializer.Serialize(read));
        return JsonSerializer.Serialize(read);
    }

    private static byte[] Write<T>(T value, AvroSchema schema)
    {
        var output = new ArrayBufferWriter<byte>();
        MappedWriter<T>.Compile(schema).Write(value, output);
        return output.WrittenSpan.ToArray();
    }

    public class Guarded
    {
        public int Private { get; private set; }

        public string? Protected { get; protected set; }

        public void Set(int first, string second) => (Private, Protected) = (first, second);
    }

    public sealed class Derived : Guarded
    {
        public int Own { get; set; }
    }

    public class Hidden
    {
        public int Value { get; set; }
    }

    public sealed class Hiding : Hidden
    {
        public new string Value { get; set; } = "";
    }

    public sealed class TwoWays
    {
        public TwoWays() => Id = -1;

        public TwoWays(int id) => Id = id;

        public int Id { get; }

        public string Name { get; set; } = "";
    }

    public sealed record Narrow(int A, int B)
    {
        public Narrow(int a)
            : this(a, 1)
        {
        }
    }

    public sealed class Filled(int id)
    {
        public List<string> Words { get; } = [];

        public IDictionary<string, int> Numbers { get; } = new Dictionary<string, int>();

        public ObservableCollection<int> Observed { get; } = [];

        public int Id { get; } = id;

        public int Count => Words.Count;

        public List<string> Reversed => Words.AsEnumerable().Reverse().ToList();
    }

    public sealed class Prefilled
    {
        public List<int> Items { get; } = [1];

        internal Prefilled Emptied()
        {
            Items.Clear();
            return this;
        }
    }

    public sealed class One
    {
        public int UserId { get; set; }
    }

    public sealed class Mixed
    {
        public int Id { get; set; }

        public GenericRecord? Rest { get; set; }
    }

    public sealed class Unmade
    {
        public ImmutableArray<int> Items { get; set; }
    }
}
