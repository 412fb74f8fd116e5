using System.Buffers;
using System.Collections.Immutable;
using System.Net;
using System.Numerics;
using CsCheck;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;
using static FeaturePipeline.Tests.Avro.Mapping.MappedMessages;

namespace FeaturePipeline.Tests.Avro.Mapping;

/// <summary>
/// Random values of several types: what was written is read, and written again the same, by the type's own schema and by those of older
/// and newer types.
/// </summary>
public class MappedPropertyTests
{
    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.String[Gen.Char.AlphaNumeric, 0, 20], Gen.OneOf(Gen.Const("ß€"), Gen.Const("😀"), Gen.Const("")));

    private static readonly Gen<BigInteger> Whole = Gen.Byte.Array[0, 40].Select(bytes => new BigInteger(bytes));

    private static readonly Gen<decimal> Price = Gen.Select(Gen.Long[-999_999_999_999, 999_999_999_999], Gen.Int[0, 6])
        .Select((digits, scale) => digits * new decimal(1, 0, 0, false, (byte)scale));

    private static readonly Gen<DateTime> Moment =
        Gen.DateTime.Select(moment => DateTime.SpecifyKind(moment.AddTicks(-(moment.Ticks % 10)), DateTimeKind.Utc));

    private static readonly Gen<Framework> Frameworks =
        Gen.Select(
            Gen.Select(Whole, Gen.ULong, Gen.Long, Gen.Float, Gen.UInt),
            Gen.Select(Gen.Int[0, 9], Gen.Char.AlphaNumeric, Gen.Byte.Array[16], Gen.Bool),
            Gen.Select(Price, Whole.Nullable(), Gen.Int, Text),
            Moment)
        .Select((numbers, texts, rest, moment) => new Framework(
            numbers.Item1,
            new Int128(numbers.Item2, (ulong)numbers.Item3),
            new UInt128(numbers.Item2, (ulong)numbers.Item3),
            (Half)numbers.Item4,
            texts.Item4 ? new Uri($"https://h{texts.Item1}/{texts.Item2}?q=%20") : new Uri($"/{texts.Item2}", UriKind.Relative),
            new Version(texts.Item1, texts.Item1 + 1),
            new IPAddress(texts.Item3),
            texts.Item2,
            (rest.Item3, rest.Item4),
            KeyValuePair.Create(rest.Item4, rest.Item2),
            rest.Item1,
            moment,
            numbers.Item5));

    private static readonly Gen<Tree> Trees = Gen.Recursive<Tree>((depth, tree) => depth > 4
        ? Leaf([])
        : Gen.Select(tree.Array[0, 3], Gen.Int).SelectMany((children, _) => Leaf(children)));

    [Fact]
    public void Values_of_the_framework_s_types_are_read_and_written_again_the_same() =>
        Again(Frameworks, (left, right) => Assert.Equal(left, right));

    [Fact]
    public void Trees_of_records_collections_and_hierarchies_are_read_and_written_again_the_same() =>
        Again(Trees, (left, right) => Assert.Equivalent(left, right, strict: true));

    [Fact]
    public void Any_bytes_are_a_value_or_an_error_for_every_type() => Gen.Byte.Array[0, 200].Sample(bytes =>
    {
        TryRead<Framework>(bytes);
        TryRead<Tree>(bytes);
        TryRead<Newer>(bytes);
    });

    [Fact]
    public void A_newer_type_reads_older_values_with_its_defaults_and_an_older_one_reads_newer_values_without_what_it_does_not_know() =>
        Gen.Select(Text, Gen.Int, Price, Gen.Enum<Size>()).Sample((name, count, price, size) =>
        {
            AvroSchema older = MappedSchema.Of<Older>();
            AvroSchema newer = MappedSchema.Of<Newer>();
            Newer grown = Read<Newer>(Write(new Older(name, count)), older, newer);
            Assert.Equal(new Newer(name, count), grown);
            Assert.Equal(new Older(name, count), Read<Older>(Write(grown), newer, older));

            var full = new Newer(name, count, size, price, [name, ""]);
            Assert.Equal(new Older(name, count), Read<Older>(Write(full), newer, older));
            Assert.Equal(new Older(name, count), Read<Older>(Write(full), newer, null));

            // A type that is narrower than the messages, and one that is wider than its schema.
            DecodeResult result = MappedReader<Narrower>.Compile(newer).TryRead(Write(full), out Narrower? narrow);
            Assert.Equal(count == (short)count, result.IsOk);
            Assert.True(narrow is null || (narrow.Count == count && narrow.Size == size.ToString()));
            AvroSchema wider = MappedSchema.Of<Wider>();
            Assert.Equal(new Wider(name, count), Read<Wider>(Write(full), newer, wider));
            Assert.Equal(Write(new Wider(name, count), wider), Write(new Older(name, count), wider));
        }, iter: 30);

    private static Gen<Tree> Leaf(Tree[] children) => Gen.Select(
        Gen.Select(Gen.Double, Text, Gen.Bool).Select((number, text, isCircle) => isCircle
            ? (Shape)new Shape.Circle(number) : new Shape.Square(number, text)),
        Gen.Int.Nullable(),
        Gen.Select(Text, Gen.Enum<DayOfWeek>()).Array[0, 3],
        Gen.Byte.Array[0, 5])
        .Select((shape, number, days, bytes) => new Tree
        {
            Shape = shape,
            MaybeShape = bytes.Length > 2 ? null : shape,
            Number = number,
            Days = days.DistinctBy(day => day.Item1).ToDictionary(day => day.Item1, day => day.Item2),
            Bytes = bytes,
            Children = [.. children],
            First = children.FirstOrDefault(),
        });

    private static void Again<T>(Gen<T> values, Action<T, T> same)
    {
        var generic = GenericReader.Compile(Own<T>.Writer.Schema);
        var genericWriter = GenericWriter.Compile(Own<T>.Writer.Schema);
        values.Sample(
            value =>
            {
                var output = new ArrayBufferWriter<byte>();
                Own<T>.Writer.Write(value, output);
                byte[] bytes = output.WrittenSpan.ToArray();
                DecodeResult result = Own<T>.Reader.TryRead(bytes, out T? read);
                Assert.True(result.IsOk, result.ToString());
                same(value, read!);
                output.ResetWrittenCount();
                Own<T>.Writer.Write(read!, output);
                Assert.Equal(bytes, output.WrittenSpan);

                // The same bytes are a value of the schema to those who know nothing of the type.
                Assert.True(generic.TryRead(bytes, out object? record).IsOk);
                output.ResetWrittenCount();
                genericWriter.Write(record, output);
                Assert.Equal(bytes, output.WrittenSpan);
                for (int cut = 0; cut < bytes.Length; cut += Math.Max(1, bytes.Length / 16))
                {
                    Assert.False(Own<T>.Reader.TryRead(bytes.AsSpan(0, cut), out _).IsOk);
                }
            },
            iter: 200);
    }

    private static void TryRead<T>(byte[] bytes)
    {
        if (Own<T>.Reader.TryRead(bytes, out T? read).IsOk)
        {
            Own<T>.Writer.Write(read!, new ArrayBufferWriter<byte>());
        }
    }

    private static class Own<T>
    {
        internal static readonly MappedWriter<T> Writer = MappedWriter<T>.Compile();
        internal static readonly MappedReader<T> Reader = MappedReader<T>.Compile(Writer.Schema);
    }

    public enum Size
    {
        Small,
        Large,
    }

    public sealed record Framework(
        BigInteger Whole,
        Int128 Signed,
        UInt128 Unsigned,
        Half Half,
        Uri Page,
        Version Version,
        IPAddress Address,
        char Letter,
        (int Number, string Text) Pair,
        KeyValuePair<string, BigInteger?> Entry,
        decimal Price,
        DateTime At,
        uint Count);

    public sealed class Tree
    {
        public required Shape Shape { get; init; }

        public Shape? MaybeShape { get; init; }

        public int? Number { get; set; }

        public Dictionary<string, DayOfWeek> Days { get; set; } = [];

        public byte[] Bytes { get; set; } = [];

        public ImmutableArray<Tree> Children { get; set; } = [];

        public Tree? First { get; set; }
    }

    [AvroName("evolving.Item")]
    public sealed record Older(string Name, int Count);

    [AvroName("evolving.Item")]
    public sealed record Newer(
        string Name,
        int Count,
        [property: AvroDefault(Size.Large)] Size Size = Size.Large,
        [property: AvroDefault("9.99")] decimal Price = 9.99m,
        [property: AvroDefault(Json = "null")] string[]? Tags = null);

    [AvroName("evolving.Item")]
    public sealed record Narrower(string Name, short Count, string Size);

    [AvroName("evolving.Item")]
    public sealed record Wider(string Name, long Count, [property: AvroDefault(1.5)] double Rate = 1.5);
}
