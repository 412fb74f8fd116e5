using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;

namespace FeaturePipeline.Avro.Generic;

/// <summary>A generic value as text like JSON, of a bounded length whatever the value holds, also itself.</summary>
internal static class GenericText
{
    private const int LengthMax = 4000;
    private const int DepthMax = 8;
    private const int ItemsMax = 32;
    private const int TextMax = 256;
    private const int BytesMax = 64;
    private const string More = "...";

    internal static string Of(object? value)
    {
        var text = new StringBuilder();
        Append(text, value, 0);
        return text.ToString();
    }

    /// <summary>The beginning of a text, not cut within a letter.</summary>
    internal static string Cut(string text, int length) =>
        text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)] + More;

    private static void Append(StringBuilder text, object? value, int depth)
    {
        switch (value)
        {
            case null:
                text.Append("null");
                break;
            case bool truth:
                text.Append(truth ? "true" : "false");
                break;
            case int or long or float or double:
                text.Append(((IFormattable)value).ToString(null, CultureInfo.InvariantCulture));
                break;
            case byte[] bytes:
                AppendBytes(text, bytes);
                break;
            case GenericFixed { Value: var raw }:
                AppendBytes(text, raw);
                break;
            case GenericRecord record:
                AppendParts(text, '{', '}', record.Schema.Fields, depth, field => AppendMember(text, field.Name, record[field.Position], depth));
                break;
            case var _ when GenericCollections.Entries(value) is { } entries:
                AppendParts(text, '{', '}', entries, depth, entry => AppendMember(text, entry.Key, entry.Value, depth));
                break;
            case IEnumerable items when GenericCollections.IsArray(value):
                // Not GenericCollections.Items, which takes all of a sequence: it may be long, or have no end.
                AppendParts(text, '[', ']', items.Cast<object?>(), depth, item => Append(text, item, depth + 1));
                break;
            default:
                AppendText(text, value.ToString() ?? "");
                break;
        }
    }

    private static void AppendMember(StringBuilder text, string name, object? value, int depth)
    {
        AppendText(text, name);
        text.Append(": ");
        Append(text, value, depth + 1);
    }

    private static void AppendParts<T>(StringBuilder text, char open, char close, IEnumerable<T> parts, int depth, Action<T> append)
    {
        text.Append(open);
        int count = 0;
        foreach (T part in parts)
        {
            text.Append(count == 0 ? "" : ", ");
            if (depth == DepthMax || count == ItemsMax || text.Length > LengthMax)
            {
                text.Append(More);
                break;
            }

            append(part);
            count++;
        }

        text.Append(close);
    }

    private static void AppendBytes(StringBuilder text, byte[] bytes) =>
        text.Append("\"0x").Append(Convert.ToHexString(bytes.AsSpan(0, Math.Min(bytes.Length, BytesMax)))).Append(bytes.Length > BytesMax ? More : "").Append('"');

    private static void AppendText(StringBuilder text, string value) =>
        text.Append('"').Append(JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(Cut(value, TextMax))).Append('"');
}
