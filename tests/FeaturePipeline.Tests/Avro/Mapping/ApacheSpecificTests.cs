using System.Buffers;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;
using test.shop;
using Apache = global::Avro;

namespace FeaturePipeline.Tests.Avro.Mapping;

/// <summary>Classes as Apache's avrogen makes them are read and written as they are, to the bytes that Apache writes.</summary>
public class ApacheSpecificTests
{
    [Fact]
    public void A_generated_class_is_written_to_Apache_s_bytes_and_read_from_them()
    {
        var order = new test.Order
        {
            id = 7,
            at = new DateTime(2026, 11, 23, 1, 2, 3, DateTimeKind.Utc),
            price = new Apache.AvroDecimal(-1250, 2),
            colour = test.Paint.GREEN,
            digest = new test.Digest { Value = [1, 2, 3] },
            tags = ["a", "b"],
            counts = new Dictionary<string, long> { ["x"] = 1 },
            note = null,
            parent = new test.Order { at = DateTime.UnixEpoch, price = new Apache.AvroDecimal(0, 2), digest = new test.Digest { Value = [0, 0, 0] }, tags = [], counts = new Dictionary<string, long>(), note = "n" },
        };
        byte[] theirs = WriteApache(order);
        var output = new ArrayBufferWriter<byte>();
        MappedWriter<test.Order>.Compile().Write(order, output);
        Assert.Equal(theirs, output.WrittenSpan.ToArray());

        var schema = AvroSchema.Parse(test.Order._SCHEMA.ToString());
        Assert.True(MappedReader<test.Order>.Compile(schema).TryRead(theirs, out test.Order? read).IsOk);
        Assert.Equal(theirs, WriteApache(read!));
        Assert.Equal("n", read!.parent!.note);
    }

    [Fact]
    public void A_class_with_a_field_of_its_schema_that_no_member_is_named_after_is_refused_both_ways()
    {
        string reading = Assert.Throws<ArgumentException>(() => MappedReader<Misnamed>.Compile(AvroSchema.Parse(Misnamed.Json))).Message;
        Assert.Contains("has no member for field 'alpha'", reading, StringComparison.Ordinal);
        Assert.Contains("has no member for field 'alpha'", Assert.Throws<ArgumentException>(() => MappedWriter<Misnamed>.Compile()).Message, StringComparison.Ordinal);

        // The remedy.
        Assert.True(MappedReader<Renamed>.Compile(AvroSchema.Parse(Misnamed.Json)).TryRead([4], out Renamed? read).IsOk);
        Assert.Equal(2, read!.X);
    }

    public class Misnamed : Apache.Specific.ISpecificRecord
    {
        internal const string Json = """{"type":"record","name":"Misnamed","fields":[{"name":"alpha","type":"int"}]}""";

        public virtual int X { get; set; }

        public Apache.Schema Schema { get; } = Apache.Schema.Parse(Json);

        public object Get(int fieldPos) => X;

        public void Put(int fieldPos, object fieldValue) => X = (int)fieldValue;
    }

    public class Renamed : Misnamed
    {
        [AvroName("alpha")]
        public override int X { get; set; }
    }

    public static TheoryData<string> Payments => ["none", "text", "int", "card", "cash"];

    [Theory]
    [MemberData(nameof(Payments))]
    public void Objects_for_unions_hold_the_generated_classes_as_Apache_s_do(string payment)
    {
        var invoice = new Invoice
        {
            id = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"),
            Total_amount = new Apache.AvroDecimal(-12_345_678, 4),
            payment = payment switch { "text" => "t", "int" => 5, "card" => new Card { number = "4" }, "cash" => new Cash { coins = [1, 2] }, _ => null },
            parts = [new Card { number = "1" }, new Cash { coins = [] }],
            byName = new Dictionary<string, Cash> { ["a"] = new Cash { coins = [7] }, ["b"] = null! },
            matrix = [new List<double> { 1, 2 }, new List<double>()],
            moment = payment == "text" ? "soon" : new DateTime(2026, 11, 23, 1, 2, 3, DateTimeKind.Utc),
            local = new DateTime(2026, 11, 23, 1, 2, 3, DateTimeKind.Unspecified),
            day = new DateTime(1969, 12, 31, 0, 0, 0, DateTimeKind.Utc),
            clock = new TimeSpan(0, 23, 59, 59, 999),
            maybe = new DateTime(2026, 11, 23, 0, 0, 0, DateTimeKind.Utc),
            kind = payment == "none" ? null : Kind.B,
            hash = new Hash { Value = [1, 2] },
            any = payment switch
            {
                "text" => new Hash { Value = [3, 4] },
                "int" => Kind.B,
                "card" => new List<Card> { new() { number = "x" } },
                "cash" => new Dictionary<string, long> { ["l"] = 1 },
                _ => true,
            },
        };
        invoice.nextInvoice = payment == "card" ? (Invoice)Clone(invoice) : null;
        byte[] theirs = WriteApache(invoice, Invoice._SCHEMA);
        var output = new ArrayBufferWriter<byte>();
        MappedWriter<Invoice>.Compile().Write(invoice, output);
        Assert.Equal(theirs, output.WrittenSpan.ToArray());

        var reader = MappedReader<Invoice>.Compile(MappedSchema.Of<Invoice>());
        DecodeResult result = reader.TryRead(theirs, out Invoice? read);
        Assert.True(result.IsOk, result.ToString());
        Assert.Equal(theirs, WriteApache(read!, Invoice._SCHEMA));
        Invoice apaches = ReadApache<Invoice>(theirs, Invoice._SCHEMA);
        Assert.Equal(System.Text.Json.JsonSerializer.Serialize(Clone(apaches)), System.Text.Json.JsonSerializer.Serialize(Clone(read!)));
        Assert.Equal(apaches.payment?.GetType(), read!.payment?.GetType());

        // Apache gives an enum within an object as its number, which it cannot write again.
        Assert.Equal(payment == "int" ? "Kind" : apaches.any.GetType().Name, read.any.GetType().Name);
        Assert.IsType<Card>(read.parts[0]);

        // Every way to cut it is an error and no exception.
        for (int length = 0; length < theirs.Length; length++)
        {
            Assert.False(reader.TryRead(theirs.AsSpan(0, length), out _).IsOk);
        }
    }

    // All members but the schema.
    private static Invoice Clone(Invoice from)
    {
        var to = new Invoice();
        for (int i = 0; i < ((Apache.RecordSchema)Invoice._SCHEMA).Count - 1; i++)
        {
            to.Put(i, from.Get(i));
        }

        // Apache makes a local timestamp one of the machine's zone; the specification says that it has none.
        to.local = DateTime.SpecifyKind(to.local, DateTimeKind.Unspecified);
        return to;
    }

    private static T ReadApache<T>(byte[] bytes, Apache.Schema schema)
    {
        using var stream = new MemoryStream(bytes);
        return new Apache.Specific.SpecificDatumReader<T>(schema, schema).Read(default!, new Apache.IO.BinaryDecoder(stream));
    }

    private static byte[] WriteApache<T>(T value, Apache.Schema schema)
    {
        using var stream = new MemoryStream();
        new Apache.Specific.SpecificDatumWriter<T>(schema).Write(value, new Apache.IO.BinaryEncoder(stream));
        return stream.ToArray();
    }

    private static byte[] WriteApache(test.Order order)
    {
        using var stream = new MemoryStream();
        new Apache.Specific.SpecificDatumWriter<test.Order>(test.Order._SCHEMA).Write(order, new Apache.IO.BinaryEncoder(stream));
        return stream.ToArray();
    }
}
