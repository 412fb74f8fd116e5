using System.Buffers;
using System.Text.Json;

namespace FeaturePipeline.Avro.Schemas;

/// <summary>A schema's text as JSON.</summary>
internal static class SchemaText
{
    private const int DepthMax = 500;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = DepthMax };
    private static readonly JsonDocumentOptions CommentedOptions = Options with { CommentHandling = JsonCommentHandling.Skip };

    /// <summary>Reads the text.</summary>
    /// <param name="json">The text.</param>
    /// <param name="comments">Whether it may have comments (// and /* */), as Java's parser allows (ALLOW_COMMENTS of Jackson).</param>
    /// <exception cref="JsonException">It is not JSON.</exception>
    /// <exception cref="InvalidOperationException">It has comments, and text that is not Unicode.</exception>
    internal static JsonDocument Read(string json, bool comments)
    {
        try
        {
            return JsonDocument.Parse(json, Options);
        }
        catch (JsonException) when (comments && json.Contains('/', StringComparison.Ordinal))
        {
            // Written anew: comments would come along with the raw text of defaults and attributes.
            using JsonDocument commented = JsonDocument.Parse(json, CommentedOptions);
            var output = new ArrayBufferWriter<byte>();
            using (var writer = new Utf8JsonWriter(output, SchemaPrinter.Options))
            {
                commented.WriteTo(writer);
            }

            return JsonDocument.Parse(output.WrittenMemory, Options);
        }
    }
}
