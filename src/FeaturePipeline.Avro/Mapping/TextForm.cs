using System.Net;
using System.Text;

namespace FeaturePipeline.Avro.Mapping;

/// <summary>How a C# type is a string of Avro.</summary>
/// <param name="TryParse">The value of a text; false where the text is none.</param>
/// <param name="Format">A text of which <paramref name="TryParse"/> makes an equal value.</param>
internal sealed record TextForm<T>(TextForms.Parser<T> TryParse, Func<T, string> Format);

/// <summary>
/// The C# types, beside string and Guid, that are strings of Avro. CultureInfo and TimeZoneInfo are none: what their names mean depends on
/// the machine, and the framework keeps every culture whose name it has been asked for.
/// </summary>
internal static class TextForms
{
    internal delegate bool Parser<T>(string text, out T value);

    private static readonly Dictionary<Type, object> All = new()
    {
        [typeof(Uri)] = new TextForm<Uri>(TryParseUri, FormatUri),
        [typeof(Version)] = new TextForm<Version>(Version.TryParse!, static version => version.ToString()),
        [typeof(IPAddress)] = new TextForm<IPAddress>(IPAddress.TryParse!, static address => address.ToString()),
        [typeof(char)] = new TextForm<char>(char.TryParse, static letter => letter.ToString()),
        [typeof(Rune)] = new TextForm<Rune>(TryParseRune, static rune => rune.ToString()),
    };

    /// <summary>The form of a type, or null where it has none.</summary>
    internal static object? Of(Type type) => All.GetValueOrDefault(type);

    // A rooted path is relative, on Unix too, where the framework would take it for a file's.
    private static bool TryParseUri(string text, out Uri value) =>
        Uri.TryCreate(text, text.StartsWith('/') ? UriKind.Relative : UriKind.RelativeOrAbsolute, out value!);

    // An absolute one that was made of a file's path does not say its scheme.
    private static string FormatUri(Uri uri) =>
        !uri.IsAbsoluteUri || uri.OriginalString.StartsWith(uri.Scheme + ":", StringComparison.OrdinalIgnoreCase)
            ? uri.OriginalString
            : uri.AbsoluteUri;

    private static bool TryParseRune(string text, out Rune value) =>
        Rune.DecodeFromUtf16(text, out value, out int consumed) == System.Buffers.OperationStatus.Done && consumed == text.Length;
}
