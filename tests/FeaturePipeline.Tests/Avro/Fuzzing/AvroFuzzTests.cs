using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using FeaturePipeline.Avro.Apache;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Codecs;
using FeaturePipeline.Avro.Files;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Tests.Avro.Generic;
using FeaturePipeline.Tests.Avro.Mapping;

namespace FeaturePipeline.Tests.Avro.Fuzzing;

/// <summary>
/// Random bytes and damaged valid messages for random schemas: a result or the one documented exception, quickly, in bounded memory.
/// AVRO_FUZZ_SECONDS=600 runs each for so long, from a seed of the clock; a failure names its seed, and AVRO_FUZZ_SEED repeats it.
/// </summary>
public class AvroFuzzTests
{
    private static readonly int Seconds = Setting("AVRO_FUZZ_SECONDS") ?? 0;

    [Fact]
    public void Damaged_messages_of_random_schemas_end_in_a_result_in_bounded_memory() => Fuzz(400, random =>
    {
        var schemas = new RandomSchemas(random.Next(), rich: true);
        var schema = (RecordSchema)AvroSchema.Parse(schemas.Record().ToJsonString());
        var reader = GenericReader.Compile(schema);
        string[] scalars = schema.Fields.Where(field => field.Schema.Type is not (AvroType.Union or AvroType.Record or AvroType.Array or AvroType.Map)).Select(field => field.Name).ToArray();
        var projected = ProjectedDecoder.Compile(schema, schema, scalars);
        var values = new FieldValue[scalars.Length];
        var original = new ArrayBufferWriter<byte>();
        GenericWriter.Compile(schema).Write(schemas.Datum(schema), original);
        for (int i = 0; i < 20; i++)
        {
            byte[] message = Damage(random, original.WrittenSpan.ToArray());
            DecodeResult whole = default, some = default;
            object? value = null;
            AssertAllocated(200_000 + (200 * message.Length), message, () => whole = reader.TryRead(message, out value));
            AssertAllocated(0, message, () => some = projected.TryDecode(message, values));
            if (whole.IsOk)
            {
                Assert.True(some.IsOk, some.ToString());
                var again = new ArrayBufferWriter<byte>();
                GenericWriter.Compile(schema).Write(value, again);
                Assert.True(reader.TryRead(again.WrittenSpan, out _).IsOk);
            }
        }
    });

    [Fact]
    public void Damaged_messages_read_as_Apache_s_values_end_in_a_result_in_bounded_memory() => Fuzz(400, random =>
    {
        var schemas = new RandomSchemas(random.Next(), rich: true, logical: true);
        var schema = AvroSchema.Parse(schemas.Record().ToJsonString());
        var reader = ApacheReader.Compile(schema);
        var original = new ArrayBufferWriter<byte>();
        GenericWriter.Compile(schema).Write(schemas.Datum(schema), original);
        for (int i = 0; i < 20; i++)
        {
            byte[] message = Damage(random, original.WrittenSpan.ToArray());
            DecodeResult result = default;
            object? value = null;
            AssertAllocated(200_000 + (250 * message.Length), message, () => result = reader.TryRead(message, out value));
            if (result.IsOk)
            {
                var again = new ArrayBufferWriter<byte>();
                ApacheWriter.Compile(schema).Write(value, again);
                Assert.True(reader.TryRead(again.WrittenSpan, out _).IsOk);
            }

            Assert.True(!GenericReader.Compile(schema).TryRead(message, out _).IsOk || result.IsOk || result.Error == DecodeErrorKind.OutOfRange, result.ToString());
        }
    });

    // A reader's defaults cost memory that the message did not bring: as much for an item as the reader's schema holds.
    [Fact]
    public void Damaged_messages_read_through_an_evolution_end_in_a_value_of_the_readers_schema_or_an_error() => Fuzz(400, random =>
    {
        var schemas = new RandomSchemas(random.Next(), rich: true);
        JsonNode text = schemas.Root();
        var reader = AvroSchema.Parse(new RandomEvolution(random.Next(), Evolutions.All & ~Evolutions.Break, schemas).Evolve(text).ToJsonString());
        var writer = AvroSchema.Parse(text.ToJsonString());
        GenericReader resolving;
        try
        {
            resolving = GenericReader.Compile(writer, reader);
        }
        catch (SchemaResolutionException)
        {
            return;
        }

        var original = new ArrayBufferWriter<byte>();
        GenericWriter.Compile(writer).Write(schemas.Datum(writer), original);
        for (int i = 0; i < 20; i++)
        {
            byte[] message = Damage(random, original.WrittenSpan.ToArray());
            DecodeResult result = default;
            object? value = null;
            AssertAllocated(1_000_000 + (2000 * message.Length), message, () => result = resolving.TryRead(message, out value));
            if (result.IsOk)
            {
                var again = new ArrayBufferWriter<byte>();
                GenericWriter.Compile(reader).Write(value, again);
                Assert.True(GenericReader.Compile(reader).TryRead(again.WrittenSpan, out _).IsOk);
            }
        }
    });

    [Fact]
    public void Damaged_messages_of_a_mapped_type_end_in_a_result()
    {
        var reader = MappedReader<Everything>.Compile(MappedSchema.Of<Everything>());
        var original = new ArrayBufferWriter<byte>();
        MappedWriter<Everything>.Compile().Write(MappedTypesTests.Sample(), original);
        Fuzz(5000, random =>
        {
            byte[] message = Damage(random, original.WrittenSpan.ToArray());
            AssertAllocated(200_000 + (200 * message.Length), message, () => reader.TryRead(message, out _));
        });
    }

    [Fact]
    public void Damaged_files_of_every_codec_end_in_rows_or_in_the_file_s_own_exception()
    {
        var schema = AvroSchema.Parse("""{"type":"record","name":"R","fields":[{"name":"t","type":"string"},{"name":"a","type":{"type":"array","items":"long"}}]}""");
        var files = BlockCodec.Names.Select(codec => File(schema, codec)).ToArray();
        Fuzz(1500, random =>
        {
            byte[] file = Damage(random, files[random.Next(files.Length)]);
            try
            {
                var options = new AvroFileReaderOptions { BlockSizeMax = 1 << 20, SkipBrokenBlocks = random.Next(2) == 0 };
                using var reader = AvroFileReader.Open(new MemoryStream(file), null, options);
                _ = reader.ReadGeneric().Take(10_000).Count();
            }
            catch (AvroFileException)
            {
                // The documented way to fail.
            }
        });
    }

    [Fact]
    public void Damaged_schemas_are_schemas_or_refused_by_the_parser_s_own_exception() => Fuzz(3000, random =>
    {
        byte[] text = Damage(random, Encoding.UTF8.GetBytes(new RandomSchemas(random.Next()).Record().ToJsonString()));
        try
        {
            AvroSchema schema = AvroSchema.Parse(Encoding.UTF8.GetString(text));
            Assert.Equal(schema.CanonicalForm, AvroSchema.Parse(schema.ToString()).CanonicalForm);
            GenericReader.Compile(schema).TryRead(text, out _);
        }
        catch (AvroSchemaException)
        {
            // The documented way to fail.
        }
    });

    private static void AssertAllocated(long most, byte[] message, Action read) =>
        Assert.True(Allocations.Of(read, most) is var bytes && bytes <= most, $"{bytes} bytes for {message.Length}");

    private static byte[] File(AvroSchema schema, string codec)
    {
        using var file = new MemoryStream();
        using (var writer = new AvroFileWriter(file, schema, new AvroFileWriterOptions { Codec = codec, BlockSize = 300, LeaveOpen = true }))
        {
            for (int i = 0; i < 40; i++)
            {
                writer.Write(new GenericRecord((RecordSchema)schema) { [0] = $"row {i}", [1] = new List<object?> { (long)i, -1L } });
            }
        }

        return file.ToArray();
    }

    private static byte[] Damage(Random random, byte[] bytes)
    {
        var damaged = bytes.ToList();
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            int at = random.Next(damaged.Count + 1);
            switch (random.Next(6))
            {
                case 0 when at < damaged.Count:
                    damaged[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1 when at < damaged.Count:
                    damaged[at] = random.Next(3) switch { 0 => 0xff, 1 => 0x80, _ => (byte)random.Next(256) };
                    break;
                case 2:
                    damaged.Insert(at, (byte)random.Next(256));
                    break;
                case 3 when at < damaged.Count:
                    damaged.RemoveRange(at, random.Next(1, Math.Min(9, damaged.Count - at + 1)));
                    break;
                case 4:
                    damaged.InsertRange(at, Enumerable.Repeat((byte)0xff, random.Next(1, 11)));
                    break;
                default:
                    damaged.RemoveRange(at, damaged.Count - at);
                    break;
            }
        }

        return damaged.ToArray();
    }

    private static void Fuzz(int iterations, Action<Random> one)
    {
        int seed = Setting("AVRO_FUZZ_SEED") ?? (Seconds > 0 ? Environment.TickCount : 7);
        var clock = Stopwatch.StartNew();
        for (int i = 0; Seconds > 0 ? clock.Elapsed.TotalSeconds < Seconds : i < iterations; i++, seed++)
        {
            long started = Stopwatch.GetTimestamp();
            try
            {
                one(new Random(seed));
            }
            catch (Exception exception)
            {
                Assert.Fail($"AVRO_FUZZ_SEED={seed}: {exception}");
            }

            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20), $"AVRO_FUZZ_SEED={seed} took {Stopwatch.GetElapsedTime(started)}");
        }
    }

    private static int? Setting(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out int value) ? value : null;
}
