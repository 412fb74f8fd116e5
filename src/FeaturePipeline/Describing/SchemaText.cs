using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FeaturePipeline.Describing;

/// <summary>JSON for people.</summary>
internal static class SchemaText
{
    /// <summary>Options of everything that is printed: indented, with letters and quotes as they are.</summary>
    public static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The same JSON, indented.</summary>
    /// <param name="json">JSON text.</param>
    public static string Indent(string json)
    {
        using var document = JsonDocument.Parse(json);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Indented))
        {
            document.RootElement.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
