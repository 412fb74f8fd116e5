using System.Buffers;
using CsCheck;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;
using Apache = global::Avro;

namespace FeaturePipeline.Tests.Avro.Generic;

/// <summary>Random schemas and data, written by one side and read by the other. On failure CsCheck prints the seed.</summary>
public class ApacheDifferentialTests
{
    private const Evolutions WhatApacheDoesRight = Evolutions.Reorder | Evolutions.Remove | Evolutions.AddPlain | Evolutions.Promote;

    [Fact]
    public void Apache_reads_what_we_write_and_writes_the_same_bytes_which_we_read() => Gen.Int.Sample(
        seed =>
        {
            var random = new RandomSchemas(seed);
            string text = random.Record().ToJsonString();
            var schema = AvroSchema.Parse(text);
            byte[] ours = Encode(schema, random.Datum(schema));
            var theirs = Apache.Schema.Parse(text);
            Assert.Equal(ours, Rewrite(theirs, theirs, ours));

            Assert.True(GenericReader.Compile(schema).TryRead(ours, out object? value).IsOk);
            Assert.Equal(ours, Encode(schema, value));
        },
        iter: 300);

    [Fact]
    public void Apache_resolves_an_evolved_schema_to_the_same_value() => Gen.Int.Sample(
        seed =>
        {
            var random = new RandomSchemas(seed);
            var record = random.Record();
            string readerText = new RandomEvolution(seed, WhatApacheDoesRight, random).Evolve(record).ToJsonString();
            var writer = AvroSchema.Parse(record.ToJsonString());
            var reader = AvroSchema.Parse(readerText);
            byte[] body = Encode(writer, random.Datum(writer));

            Assert.True(GenericReader.Compile(writer, reader).TryRead(body, out object? value).IsOk);
            Assert.Equal(Rewrite(Apache.Schema.Parse(record.ToJsonString()), Apache.Schema.Parse(readerText), body), Encode(reader, value));
        },
        iter: 300);

    private static byte[] Encode(AvroSchema schema, object? value)
    {
        var output = new ArrayBufferWriter<byte>();
        GenericWriter.Compile(schema).Write(value, output);
        return output.WrittenSpan.ToArray();
    }

    private static byte[] Rewrite(Apache.Schema writer, Apache.Schema reader, byte[] body)
    {
        using var input = new MemoryStream(body);
        var value = new Apache.Generic.GenericDatumReader<Apache.Generic.GenericRecord>(writer, reader).Read(null!, new Apache.IO.BinaryDecoder(input));
        Assert.Equal(body.Length, input.Position);
        using var output = new MemoryStream();
        new Apache.Generic.GenericDatumWriter<Apache.Generic.GenericRecord>(reader).Write(value, new Apache.IO.BinaryEncoder(output));
        return output.ToArray();
    }
}
