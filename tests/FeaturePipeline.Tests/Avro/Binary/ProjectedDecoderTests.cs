using System.Text;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Binary;

public class ProjectedDecoderTests
{
    [Fact]
    public void A_user_event_is_decoded_into_slices_without_an_allocation()
    {
        var decoder = ProjectedDecoder.Compile(UserEvents.Schema, UserEvents.Schema, UserEvents.Fields);
        byte[] message = UserEvents.Message();
        var values = new FieldValue[4];
        Assert.True(decoder.TryDecode(message, values).IsOk);

        Assert.Equal(0, Allocations.Of(() => decoder.TryDecode(message, values)));
        var row = new ProjectedRow(message, decoder.Constants, values);
        Assert.Equal(
            ("user-00012345", "page_view", 1_718_000_000_000, "session-000000-012345678"),
            (Encoding.UTF8.GetString(row.GetBytes(0)), Encoding.UTF8.GetString(row.GetBytes(1)), row.GetLong(2), Encoding.UTF8.GetString(row.GetBytes(3))));
    }

    [Fact]
    public void A_logical_type_of_one_branch_only_is_not_the_field_s()
    {
        var days = AvroSchema.Parse("""
            {"type":"record","name":"R","fields":[
            {"name":"mixed","type":[{"type":"int","logicalType":"date"},"long"]},
            {"name":"mixed2","type":["long",{"type":"int","logicalType":"date"}]},
            {"name":"day","type":["null",{"type":"int","logicalType":"date"}]}]}
            """);
        Assert.Equal([null, null, "date"], ProjectedDecoder.Resolve(days, ["mixed", "mixed2", "day"]).Select(f => f.LogicalType));
    }

    [Fact]
    public void The_schema_as_users_write_it_reads_what_the_built_in_schema_wrote()
    {
        var asWritten = AvroSchema.Parse(UserEvents.AsWritten);
        var decoder = ProjectedDecoder.Compile(UserEvents.Schema, asWritten, ["timestamp"]);
        var values = new FieldValue[1];

        Assert.True(decoder.TryDecode(UserEvents.Message(), values).IsOk);
        Assert.Equal(1_718_000_000_000, values[0].AsLong);
        Assert.Equal(new ProjectedField("timestamp", FieldKind.Long, IsNullable: false, LogicalType: null), decoder.Fields[0]);
        Assert.Equal("timestamp-millis", ProjectedDecoder.Resolve(UserEvents.Schema, ["timestamp"])[0].LogicalType);
        Assert.Equal("timestamp-millis", ((RecordSchema)asWritten).Field("timestamp")!.Properties["logicalType"].GetString());
    }

    [Fact]
    public void Every_message_that_is_cut_short_is_an_error_with_its_field_and_offset()
    {
        var decoder = ProjectedDecoder.Compile(UserEvents.Schema, UserEvents.Schema, UserEvents.Fields);
        byte[] message = UserEvents.Message();
        var values = new FieldValue[4];
        for (int length = 0; length < message.Length; length++)
        {
            DecodeResult result = decoder.TryDecode(message.AsSpan(0, length), values);
            Assert.Equal(DecodeErrorKind.Truncated, result.Error);
            Assert.InRange(result.Offset, 0, length);
        }

        Assert.Equal("session_id", decoder.TryDecode(message.AsSpan(0, message.Length - 1), values).FieldPath);
        Assert.Equal("TrailingBytes at byte 56, field ''", decoder.TryDecode([.. message, 0], values).ToString());
    }

    [Fact]
    public void Text_that_is_not_UTF_8_is_rejected_wherever_it_lies()
    {
        var schema = AvroSchema.Parse("""{"type":"record","name":"R","fields":[{"name":"pad","type":"string"},{"name":"text","type":"string"}]}""");
        var decoder = ProjectedDecoder.Compile(schema, schema, ["text"]);
        var values = new FieldValue[1];
        for (int pad = 0; pad < 70; pad++)
        {
            for (int bad = 0; bad < 70; bad++)
            {
                byte[] message = [.. Text(new string('p', pad)), .. Text(new string('t', 70))];
                Assert.True(decoder.TryDecode(message, values).IsOk);
                message[message.Length - 70 + bad] = 0xff;
                Assert.Equal(DecodeErrorKind.InvalidUtf8, decoder.TryDecode(message, values).Error);
            }
        }
    }

    [Theory]
    [InlineData("sesion_id", "Did you mean 'session_id'?")]
    [InlineData("timestamp.x", "'timestamp' is long, not a record")]
    [InlineData("nothing_like_it", "Its fields: user_id, event_type, timestamp, session_id.")]
    public void A_path_that_names_no_scalar_field_is_refused_with_the_nearest_name(string path, string hint) =>
        Assert.Contains(hint, Assert.Throws<ArgumentException>(() => ProjectedDecoder.Resolve(UserEvents.Schema, [path])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_field_that_the_writer_lacks_is_its_default_also_inside_records_and_twice()
    {
        var writer = AvroSchema.Parse("""{"type":"record","name":"R","fields":[{"name":"id","type":"int"}]}""");
        var reader = AvroSchema.Parse("""
            {"type":"record","name":"R","fields":[{"name":"id","type":"long"},
             {"name":"place","type":{"type":"record","name":"P","fields":[{"name":"city","type":"string","default":"Kyiv"},{"name":"rank","type":["null","int"],"default":7}]},"default":{}}]}
            """);
        var decoder = ProjectedDecoder.Compile(writer, reader, ["place.city", "id", "place.rank", "place.city"]);
        var values = new FieldValue[4];

        Assert.True(decoder.TryDecode([0x0a], values).IsOk);
        var row = new ProjectedRow([0x0a], decoder.Constants, values);
        Assert.Equal(("Kyiv", 5L, 7L, "Kyiv"), (Encoding.UTF8.GetString(row.GetBytes(0)), row.GetLong(1), row.GetLong(2), Encoding.UTF8.GetString(row.GetBytes(3))));
    }

    [Fact]
    public void An_unknown_symbol_and_an_unreadable_branch_are_named_as_in_the_whole_record()
    {
        var writer = AvroSchema.Parse("""
            {"type":"record","name":"R","fields":[{"name":"e","type":{"type":"enum","name":"E","symbols":["A","B"]}},{"name":"u","type":["null","string","double"]}]}
            """);
        var reader = AvroSchema.Parse("""
            {"type":"record","name":"R","fields":[{"name":"e","type":{"type":"enum","name":"E","symbols":["A","C"]}},{"name":"u","type":["null","string"]}]}
            """);
        Assert.Equal("UnknownSymbol at byte 1, field 'e': symbol 'B' is none of enum E, which has A, C and no default", Both([2, 0]));
        Assert.Equal("", ProjectedDecoder.Compile(writer, reader, ["e", "u"]).TryDecode([8, 0], new FieldValue[2]).Detail);
        Assert.Equal("UnreadableBranch at byte 2, field 'u': the writer's branch double cannot be read: what the reader wants is a union of null, string", Both([0, 4, .. new byte[8]]));

        string Both(byte[] body)
        {
            DecodeResult whole = GenericReader.Compile(writer, reader).TryRead(body, out _);
            Assert.Equal(whole.ToString(), ProjectedDecoder.Compile(writer, reader, ["e", "u"]).TryDecode(body, new FieldValue[2]).ToString());
            return whole.ToString();
        }
    }

    [Fact]
    public void Schemas_that_do_not_resolve_are_refused_with_both_paths()
    {
        var reader = AvroSchema.Parse("""{"type":"record","name":"UserEvent","fields":[{"name":"timestamp","type":"string"}]}""");
        var exception = Assert.Throws<SchemaResolutionException>(() => ProjectedDecoder.Compile(UserEvents.Schema, reader, ["timestamp"]));
        Assert.Equal("long cannot be read as string (writer: 'timestamp'; reader: 'timestamp').", exception.Message);
    }

    private static byte[] Text(string text)
    {
        var buffer = new byte[text.Length + 5];
        var writer = new AvroWriter(buffer);
        writer.WriteString(text);
        return buffer[..writer.Position];
    }
}
