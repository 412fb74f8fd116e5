using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Generic;

/// <summary>hostile.jsonl, in a field that nobody reads: the limits hold while it is skipped, in every way to read.</summary>
public class SkippedVectorTests
{
    private static readonly AvroSchema Reader = AvroSchema.Parse("""{"type":"record","name":"Around","fields":[{"name":"end","type":"int"}]}""");

    [Fact]
    public void What_is_hostile_is_so_when_it_is_skipped() => Vectors.Check("hostile.jsonl", vector =>
    {
        string inner = vector.GetProperty("schema").GetRawText();
        var writer = AvroSchema.Parse($$"""{"type":"record","name":"Around","fields":[{"name":"skipped","type":{{inner}}},{"name":"end","type":"int"}]}""", null, SchemaValidation.Lenient);
        byte[] body = [.. vector.Hex("hex"), 0x0e];
        var projected = ProjectedDecoder.Compile(writer, Reader, ["end"]);
        var generic = GenericReader.Compile(writer, Reader);
        var mapped = MappedReader<Around>.Compile(writer);
        var values = new FieldValue[1];

        DecodeResult one = default, two = default, three = default;
        long allocated = Allocations.Of(() => one = projected.TryDecode(body, values));
        long more = Allocations.Of(
            () =>
            {
                two = generic.TryRead(body, out _);
                three = mapped.TryRead(body, out _);
            },
            enough: 20_000);

        string expected = vector.Text("expect")!;
        return allocated > 0 || more > 20_000 ? $"{allocated} and {more} bytes allocated"
            : one.IsOk != two.IsOk || two.IsOk != three.IsOk ? $"projected {one}, generic {two}, mapped {three}"
            : expected == "ok" && !one.IsOk ? $"{one}"
            : one.IsOk && (expected is "depth" or "varint-overflow" or "negative-length" or "bad-block-count" or "bad-enum-index" or "bad-union-index" or "too-many-items") ? $"ok for {expected}"
            : null;
    });

    public sealed class Around
    {
        public int End { get; set; }
    }
}
