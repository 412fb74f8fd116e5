using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Schemas;

public class SchemaParserTests
{
    [Fact]
    public void A_type_of_another_subject_is_found_through_a_reference()
    {
        var address = AvroSchema.Parse("""{"type":"record","name":"shop.Address","fields":[{"name":"city","type":"string"}]}""");
        var order = AvroSchema.Parse("""{"type":"record","name":"shop.Order","fields":[{"name":"to","type":"Address"}]}""", [address]);

        Assert.Same(address, ((RecordSchema)order).Field("to")!.Schema);
        Assert.Contains("'shop.Address' is not defined", Assert.Throws<AvroSchemaException>(() => AvroSchema.Parse(order.CanonicalForm.Replace("\"name\":\"shop.Address\"", "\"name\":\"x\"", StringComparison.Ordinal)
            .Replace("{\"name\":\"x\",\"type\":\"record\",\"fields\":[{\"name\":\"city\",\"type\":\"string\"}]}", "\"shop.Address\"", StringComparison.Ordinal))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("my-server.items", "Order")]
    [InlineData("1st.items", "Order")]
    [InlineData("a..b", "Order")]
    [InlineData("com.company.ü", "Order")]
    public async Task A_namespace_that_Java_accepts_is_read_written_and_registered_but_not_made(string space, string name)
    {
        string text = $$"""{"type":"record","name":"{{name}}","namespace":"{{space}}","fields":[{"name":"next","type":["null","{{name}}"],"default":null}]}""";
        Assert.Throws<AvroSchemaException>(() => AvroSchema.Parse(text));
        foreach (SchemaValidation validation in (SchemaValidation[])[SchemaValidation.Lenient, SchemaValidation.Java])
        {
            var schema = (RecordSchema)AvroSchema.Parse(text, validation: validation);
            Assert.Equal((space, name), (schema.Name.Namespace, schema.Name.Name));
            Assert.Equal(schema.ToString(), AvroSchema.Parse(schema.ToString(), validation: validation).ToString());
        }

        var registry = new FeaturePipeline.Avro.Registry.MockSchemaRegistry();
        Assert.Equal(1, await registry.RegisterSchemaAsync("s", new global::Confluent.SchemaRegistry.Schema(text, global::Confluent.SchemaRegistry.SchemaType.Avro)));
        Assert.Throws<AvroSchemaException>(() => AvroSchema.Parse(text.Replace(name + "\"", "no-name\"", StringComparison.Ordinal), validation: SchemaValidation.Lenient));
    }

    [Theory]
    [InlineData(SchemaValidation.Java)]
    [InlineData(SchemaValidation.Lenient)]
    public void Comments_are_read_over_as_Java_does(SchemaValidation validation)
    {
        var schema = AvroSchema.Parse("""
            // An order, as the shop sends it.
            {"type": "record", "name": "Order", /* since
              2024 */ "fields": [
                {"name": "url", "type": "string", "default": "http://x /* not one */"} // the last
            ]} // the end
            """, validation: validation);
        Assert.Equal("""{"type":"record","name":"Order","fields":[{"name":"url","type":"string","default":"http://x /* not one */"}]}""", schema.ToString());
        Assert.Throws<AvroSchemaException>(() => AvroSchema.Parse("""{"type": "int" /* not closed }""", validation: validation));
    }

    [Fact]
    public void A_type_that_two_references_bring_is_printed_once_unless_they_differ()
    {
        const string Shared = """{"type":"record","name":"shop.Shared","fields":[{"name":"x","type":"X"}]}""";
        AvroSchema Reference(string name, string x) => AvroSchema.Parse(
            $$"""{"type":"record","name":"shop.{{name}}","fields":[{"name":"s","type":{{Shared.Replace("\"X\"", x, StringComparison.Ordinal)}}}]}""");
        const string Text = """{"type":"record","name":"shop.R","fields":[{"name":"a","type":"A"},{"name":"b","type":"B"},{"name":"s","type":"Shared"}]}""";

        var schema = AvroSchema.Parse(Text, [Reference("A", "\"int\""), Reference("B", "\"int\"")]);
        var again = AvroSchema.Parse(schema.ToString());
        Assert.Equal(schema.CanonicalForm, again.CanonicalForm);
        Assert.Equal(schema.Fingerprint64, AvroSchema.Parse(schema.CanonicalForm).Fingerprint64);

        // Two types of one name are no schema; a name for the second would say that they were the same.
        var mixed = AvroSchema.Parse(Text, [Reference("A", "\"int\""), Reference("B", "\"long\"")]);
        Assert.Throws<AvroSchemaException>(() => AvroSchema.Parse(mixed.ToString()));
    }

    [Theory]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"strin"}]}""", "$.fields[1].type")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":"x"}]}""", "$.fields[0].default")]
    [InlineData("""["null",{"type":"enum","name":"E","symbols":["A","B-C"]}]""", "$[1].symbols[1]")]
    public void An_error_says_where_in_the_text_it_lies(string text, string path) =>
        Assert.Equal(path, Assert.Throws<AvroSchemaException>(() => AvroSchema.Parse(text)).Path);

    [Fact]
    public void A_writer_s_schema_may_have_defaults_that_the_specification_forbids()
    {
        const string Text = """{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":"1"}]}""";
        Assert.Throws<AvroSchemaException>(() => AvroSchema.Parse(Text));
        Assert.Equal("\"1\"", ((RecordSchema)AvroSchema.Parse(Text, null, SchemaValidation.Lenient)).Field("a")!.Default!.Value.GetRawText());
    }

    [Theory]
    [InlineData("""{"type":"record","name":"R","namespace":null,"fields":[]}""", """{"name":"R","type":"record","fields":[]}""")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"a","type":"int","order":"DESCENDING"}]}""", """{"name":"R","type":"record","fields":[{"name":"a","type":"int"}]}""")]
    [InlineData(
        """{"type":"record","name":"n.R","fields":[{"name":"a","type":{"type":"enum","name":"E","namespace":"","symbols":["A"]}},{"name":"b","type":["null","E"]}]}""",
        """{"name":"n.R","type":"record","fields":[{"name":"a","type":{"name":"E","type":"enum","symbols":["A"]}},{"name":"b","type":["null","E"]}]}""")]
    public void A_writer_s_schema_may_be_written_as_Java_reads_and_writes_it(string text, string canonical)
    {
        Assert.Throws<AvroSchemaException>(() => AvroSchema.Parse(text));
        var schema = AvroSchema.Parse(text, null, SchemaValidation.Lenient);
        Assert.Equal(canonical, schema.CanonicalForm);
        Assert.Equal(canonical, AvroSchema.Parse(schema.ToString(), null, SchemaValidation.Lenient).CanonicalForm);
        Assert.Equal(text.Contains("DESC", StringComparison.Ordinal), ((RecordSchema)schema).Fields.Any(field => field.Order == FieldOrder.Descending));
    }

    [Theory]
    [InlineData("""{"type":"record","name":"Item","namespace":"my-server.items","fields":[]}""", "my-server.items.Item")]
    [InlineData("""{"type":"record","name":"my-server.items.Item","fields":[]}""", "my-server.items.Item")]
    [InlineData("""{"type":"enum","name":"2024.Kind","symbols":["A"]}""", "2024.Kind")]
    [InlineData("""{"type":"fixed","name":"Id","namespace":"a..b","size":2}""", "a..b.Id")]
    [InlineData("""{"type":"fixed","name":".Id","namespace":"a","size":2}""", "Id")]
    public void Only_the_last_part_of_a_name_that_others_gave_must_be_one(string text, string fullName)
    {
        Assert.Throws<AvroSchemaException>(() => AvroSchema.Parse(text));
        var schema = (NamedSchema)AvroSchema.Parse(text, null, SchemaValidation.Lenient);
        Assert.Equal(fullName, schema.Name.FullName);
        Assert.Equal(fullName, ((NamedSchema)AvroSchema.Parse(schema.ToString(), null, SchemaValidation.Lenient)).Name.FullName);
        Assert.Throws<AvroSchemaException>(() => AvroSchema.Parse(text.Replace("Item", "It-em", StringComparison.Ordinal).Replace("Kind", "2", StringComparison.Ordinal)
            .Replace("Id", "", StringComparison.Ordinal), null, SchemaValidation.Lenient));
    }

    [Fact]
    public void A_type_in_a_namespace_that_is_no_name_is_named_referred_to_and_read()
    {
        const string text = """
            {"type":"record","name":"Item","namespace":"my-server.items","fields":[
             {"name":"id","type":{"type":"fixed","name":"Id","size":1}},{"name":"other","type":"Id"},{"name":"third","type":"my-server.items.Id"}]}
            """;
        AvroSchema writer = AvroSchema.Parse(text, null, SchemaValidation.Lenient);
        AvroSchema reader = AvroSchema.Parse(text.Replace("my-server", "server", StringComparison.Ordinal));
        Assert.True(GenericReader.Compile(writer, reader).TryRead([1, 2, 3], out object? value).IsOk);
        Assert.Equal([3], Assert.IsType<GenericFixed>(Assert.IsType<GenericRecord>(value)["third"]).Value);
        Assert.True(FeaturePipeline.Avro.Apache.ApacheReader.Compile(writer).TryRead([1, 2, 3], out _).IsOk);
    }

    [Theory]
    [InlineData("// one line\n{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}")]
    [InlineData("{\"type\": /* a kind */ \"fixed\", // its name\n\"name\":\"F\",\"size\":2} /* the end */")]
    [InlineData("/* several\n lines */{\"type\":\"fixed\",\"name\":\"F\",\"size\":2,\"unit\":{\"of\": /* raw */ 1.50, \"at\":\"http://x/*y*/\"}}")]
    public void Comments_are_skipped_in_what_others_wrote_and_in_files(string text)
    {
        Assert.Throws<AvroSchemaException>(() => AvroSchema.Parse(text));
        AvroSchema schema = AvroSchema.Parse(text, null, SchemaValidation.Lenient);
        Assert.Equal("""{"name":"F","type":"fixed","size":2}""", schema.CanonicalForm);
        Assert.Equal(text.Contains("unit", StringComparison.Ordinal) ? ",\"unit\":{\"of\":1.50,\"at\":\"http://x/*y*/\"}}" : "2}", schema.ToString()[schema.ToString().IndexOf(
            text.Contains("unit", StringComparison.Ordinal) ? ",\"unit" : "2}", StringComparison.Ordinal)..]);
        Assert.Equal(schema.ToString(), AvroSchema.Parse(schema.ToString()).ToString());
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, text);
            Assert.Equal(schema.ToString(), AvroSchema.ParseFile(file).ToString());
            File.WriteAllText(file, text + "/* without an end");
            Assert.Throws<AvroSchemaException>(() => AvroSchema.ParseFile(file));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void What_is_newly_registered_is_judged_as_Java_judges_it()
    {
        const string text = """/* v2 */ {"type":"record","name":"my-server.R","fields":[{"name":"a","type":"int","default":1,"order":"DESCENDING"}]}""";
        _ = AvroSchema.Parse(text, null, SchemaValidation.Java);
        foreach (string wrong in new[] { text.Replace(":1,", ":\"1\",", StringComparison.Ordinal), """{"type":"enum","name":"E","symbols":["A"],"default":"B"}""" })
        {
            _ = AvroSchema.Parse(wrong, null, SchemaValidation.Lenient);
            Assert.Throws<AvroSchemaException>(() => AvroSchema.Parse(wrong, null, SchemaValidation.Java));
        }
    }

    [Fact]
    public void Attributes_are_kept_as_they_were_written()
    {
        const string Text = """{"type":"record","name":"R","namespace":"n","doc":"d","aliases":["Old"],"fields":[{"name":"a","type":{"type":"bytes","logicalType":"decimal","precision":4,"scale":2},"doc":"f","default":"\u00ff","order":"ignore","aliases":["b"],"unit":{"of":1.50}}],"owner":["x"]}""";
        Assert.Equal(Text.Replace("\\u00ff", "\\u00ff", StringComparison.Ordinal), AvroSchema.Parse(Text).ToString());
    }

    [Fact]
    public void A_logical_type_around_the_definition_of_its_type_is_that_type_s_as_Apache_s_C_library_writes_it()
    {
        var schema = (RecordSchema)AvroSchema.Parse("""
            {"type":"record","name":"R","fields":[
              {"name":"a","type":{"type":{"type":"fixed","name":"Money","size":8,"unit":"x"},"logicalType":"decimal","precision":18,"scale":4}},
              {"name":"b","type":{"type":"Money","logicalType":"decimal","precision":18,"scale":4}},
              {"name":"c","type":{"type":{"type":"Money"},"logicalType":"uuid"}}]}
            """);
        Assert.Equal("decimal(18,4)", schema.Fields[0].Schema.Logical!.ToString());
        Assert.Same(schema.Fields[0].Schema, schema.Fields[1].Schema);
        Assert.Equal("decimal(18,4)", schema.Fields[2].Schema.Logical!.ToString());
        Assert.Equal("""{"type":"fixed","name":"Money","size":8,"unit":"x","logicalType":"decimal","precision":18,"scale":4}""", schema.Fields[0].Schema.ToString());
    }

    [Fact]
    public void A_logical_type_around_the_name_of_a_type_does_not_change_that_type()
    {
        var reference = AvroSchema.Parse("""{"type":"fixed","name":"F","size":16}""");
        AvroSchema.Parse("""{"type":"record","name":"R","fields":[{"name":"a","type":{"type":{"type":"F","name":"F"},"logicalType":"uuid","x":1}}]}""", [reference]);
        Assert.Null(reference.Logical);
        Assert.DoesNotContain("x", reference.Properties.Keys);
    }
}
