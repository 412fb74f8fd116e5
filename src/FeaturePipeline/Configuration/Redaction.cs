using System.Text.RegularExpressions;

namespace FeaturePipeline.Configuration;

/// <summary>Hides secrets wherever configuration is printed.</summary>
public static partial class Redaction
{
    /// <summary>What is printed in place of a secret.</summary>
    public const string Mask = "***";

    private static readonly string[] s_secretWords =
        ["password", "secret", "token", "userinfo", "sasljaasconfig", "keypem", "apikey", "saslusername", "oauthbearerconfig"];

    /// <summary>Whether a key's value is a secret, judged by the last part of its name.</summary>
    /// <param name="key">Full key in either spelling, for example <c>Kafka:Client:sasl.password</c> or <c>Kafka:Client:SaslPassword</c>.</param>
    public static bool IsSecret(string key)
    {
        string name = key[(key.LastIndexOf(':') + 1)..].Replace(".", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);
        return !name.EndsWith("url", StringComparison.OrdinalIgnoreCase)
            && s_secretWords.Any(word => name.Contains(word, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The value as it may be printed: masked when the key names a secret, without passwords inside URLs and connection strings.</summary>
    /// <param name="key">Full key.</param>
    /// <param name="value">The value.</param>
    public static string? Value(string key, string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            return value;
        }

        return IsSecret(key) ? Mask : InlinePassword().Replace(UserInfo().Replace(value, "://" + Mask + "@"), "${name}" + Mask);
    }

    [GeneratedRegex(@"://[^/\s,]+@", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex UserInfo();

    [GeneratedRegex(@"(?<name>\b(password|passwd|pwd|secret|token)\s*=\s*)[^,;\s]+", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex InlinePassword();
}
