using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using FeaturePipeline.Avro.Resolution;

namespace FeaturePipeline.Avro.Schemas;

/// <summary>A schema as JSON: whole, or as its parsing canonical form.</summary>
internal static class SchemaPrinter
{
    // The parser reads 500; what references add is printed in place, so there may be more.
    internal const int DepthMax = 2000;

    internal static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true, MaxDepth = DepthMax };

    internal static string Json(AvroSchema schema) => Print(schema, canonical: false, new DefinedTypes());

    /// <summary>As JSON without the types that <paramref name="references"/> define: they are named only.</summary>
    internal static string Json(AvroSchema schema, IReadOnlyList<AvroSchema> references)
    {
        var defined = new DefinedTypes();
        foreach (AvroSchema reference in references)
        {
            Print(reference, canonical: false, defined);
        }

        return Print(schema, canonical: false, defined);
    }

    internal static string Canonical(AvroSchema schema) => Print(schema, canonical: true, new DefinedTypes());

    private static string Print(AvroSchema schema, bool canonical, DefinedTypes defined)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, Options))
        {
            if (canonical)
            {
                WriteCanonical(json, schema, defined);
            }
            else
            {
                WriteFull(json, schema, "", defined);
            }
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static void CheckDepth(Utf8JsonWriter json)
    {
        if (json.CurrentDepth > DepthMax - 4 || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new AvroSchemaException($"The schema nests more than {DepthMax} deep, or too deep for this thread's stack, so it cannot be written", "$");
        }
    }

    private static void WriteCanonical(Utf8JsonWriter json, AvroSchema schema, DefinedTypes defined)
    {
        CheckDepth(json);
        switch (schema)
        {
            case UnionSchema union:
                json.WriteStartArray();
                foreach (AvroSchema branch in union.Branches)
                {
                    WriteCanonical(json, branch, defined);
                }

                json.WriteEndArray();
                return;
            case PrimitiveSchema:
            case NamedSchema named when !defined.Add(named):
                json.WriteStringValue(schema.TypeName);
                return;
        }

        json.WriteStartObject();
        if (schema is NamedSchema { Name.FullName: var name })
        {
            json.WriteString("name", name);
        }

        json.WriteString("type", KindName(schema.Type));
        switch (schema)
        {
            case RecordSchema record:
                WriteCanonicalFields(json, record, defined);
                break;
            case EnumSchema symbols:
                WriteStrings(json, "symbols", symbols.Symbols);
                break;
            case FixedSchema size:
                json.WriteNumber("size", size.Size);
                break;
            case ArraySchema array:
                json.WritePropertyName("items");
                WriteCanonical(json, array.Items, defined);
                break;
            case MapSchema map:
                json.WritePropertyName("values");
                WriteCanonical(json, map.Values, defined);
                break;
        }

        json.WriteEndObject();
    }

    private static void WriteCanonicalFields(Utf8JsonWriter json, RecordSchema record, DefinedTypes defined)
    {
        json.WriteStartArray("fields");
        foreach (RecordField field in record.Fields)
        {
            json.WriteStartObject();
            json.WriteString("name", field.Name);
            json.WritePropertyName("type");
            WriteCanonical(json, field.Schema, defined);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteFull(Utf8JsonWriter json, AvroSchema schema, string space, DefinedTypes defined)
    {
        CheckDepth(json);
        switch (schema)
        {
            case UnionSchema union:
                json.WriteStartArray();
                foreach (AvroSchema branch in union.Branches)
                {
                    WriteFull(json, branch, space, defined);
                }

                json.WriteEndArray();
                return;
            case PrimitiveSchema when schema.Properties.Count == 0:
                json.WriteStringValue(schema.TypeName);
                return;
            case NamedSchema named when !defined.Add(named):
                json.WriteStringValue(named.Name.Namespace == space ? named.Name.Name : named.Name.FullName);
                return;
        }

        json.WriteStartObject();
        json.WriteString("type", KindName(schema.Type));
        if (schema is NamedSchema definition)
        {
            WriteNaming(json, definition, space);
            space = definition.Name.Namespace;
        }

        WriteBody(json, schema, space, defined);
        WriteProperties(json, schema.Properties);
        json.WriteEndObject();
    }

    private static void WriteBody(Utf8JsonWriter json, AvroSchema schema, string space, DefinedTypes defined)
    {
        switch (schema)
        {
            case RecordSchema record:
                json.WriteStartArray("fields");
                foreach (RecordField field in record.Fields)
                {
                    WriteField(json, field, space, defined);
                }

                json.WriteEndArray();
                break;
            case EnumSchema symbols:
                WriteStrings(json, "symbols", symbols.Symbols);
                if (symbols.Default is not null)
                {
                    json.WriteString("default", symbols.Default);
                }

                break;
            case FixedSchema size:
                json.WriteNumber("size", size.Size);
                break;
            case ArraySchema array:
                json.WritePropertyName("items");
                WriteFull(json, array.Items, space, defined);
                break;
            case MapSchema map:
                json.WritePropertyName("values");
                WriteFull(json, map.Values, space, defined);
                break;
        }
    }

    private static void WriteNaming(Utf8JsonWriter json, NamedSchema named, string space)
    {
        json.WriteString("name", named.Name.Name);
        if (named.Name.Namespace != space)
        {
            json.WriteString("namespace", named.Name.Namespace);
        }

        if (named.Doc is not null)
        {
            json.WriteString("doc", named.Doc);
        }

        if (named.Aliases.Count > 0)
        {
            WriteStrings(json, "aliases", named.Aliases.Select(alias => alias.Namespace == named.Name.Namespace ? alias.Name : alias.FullName));
        }
    }

    private static void WriteField(Utf8JsonWriter json, RecordField field, string space, DefinedTypes defined)
    {
        json.WriteStartObject();
        json.WriteString("name", field.Name);
        json.WritePropertyName("type");
        WriteFull(json, field.Schema, space, defined);
        if (field.Doc is not null)
        {
            json.WriteString("doc", field.Doc);
        }

        if (field.Default is { } value)
        {
            json.WritePropertyName("default");
            json.WriteRawValue(value.GetRawText(), skipInputValidation: true);
        }

        if (field.Order != FieldOrder.Ascending)
        {
            json.WriteString("order", field.Order.ToString().ToLowerInvariant());
        }

        if (field.Aliases.Count > 0)
        {
            WriteStrings(json, "aliases", field.Aliases);
        }

        WriteProperties(json, field.Properties);
        json.WriteEndObject();
    }

    private static void WriteProperties(Utf8JsonWriter json, IReadOnlyDictionary<string, JsonElement> properties)
    {
        foreach ((string name, JsonElement value) in properties)
        {
            json.WritePropertyName(name);
            json.WriteRawValue(value.GetRawText(), skipInputValidation: true);
        }
    }

    private static void WriteStrings(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }

    // The types that have been printed whole. Two references may each have brought a type of one name: where they are the same, it is printed once.
    private sealed class DefinedTypes
    {
        private readonly Dictionary<string, NamedSchema> _byName = new(StringComparer.Ordinal);
        private readonly SameForm _forms = new();

        internal bool Add(NamedSchema schema) => _byName.TryAdd(schema.Name.FullName, schema) || !_forms.Of(_byName[schema.Name.FullName], schema);
    }

    private static string KindName(AvroType type) => type.ToString().ToLowerInvariant();
}
